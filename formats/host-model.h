/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What others tell of a host, without cpugate ever having been there: QEMU's own reply to
 * query-cpu-model-expansion of the models host or max, or libvirt's domcapabilities. They
 * name features that it has and some that it lacks, which is a part of U. E doesn't
 * depend on the host, so with a record of the same emulator's E from anywhere it becomes
 * a record.
 */
#pragma once

#include "formats/libvirt-document.h"
#include "formats/record.h"

/* Names are canonical. */
struct cg_host_model {
	char *name;         /* what to call the host; may be "" */
	char *machine;      /* that it was asked about, or NULL */
	const char *accel;  /* static text */
	const char *vendor; /* as CPUID has it, or NULL; borrowed from @scalars */
	json_t *supported;  /* { feature: true } */
	json_t *blocked;    /* { feature: true }: not even if one of @models has it */
	json_t *models;  /* [name]: it has all that they ask for, less what is blocked */
	json_t *scalars; /* other properties of the host's own CPU, or NULL */
};

/*
 * The reply, as QMP has it ({"return": {"model": ...}}) or less of it (down to {"name",
 * "props"}). CG_E_PARSE if it is none.
 */
cg_must_check int cg_host_model_from_reply(struct cg_host_model *out, const json_t *reply,
					   struct cg_error *err);

/* CG_E_PARSE if it isn't the domcapabilities of a host with a host model. */
cg_must_check int cg_host_model_from_libvirt(struct cg_host_model *out,
					     const struct cg_libvirt_document *document,
					     struct cg_error *err);

/* Either, from text; what follows the reply in a log of QMP is passed over. */
cg_must_check int cg_host_model_parse(struct cg_host_model *out, const char *text,
				      size_t len, struct cg_error *err);
/*
 * From a file, whose name, less its extension, becomes the host's. Blocks on it and names
 * it.
 */
cg_must_check int cg_host_model_read(struct cg_host_model *out, const char *path,
				     struct cg_error *err);
cg_must_check int cg_host_model_name(struct cg_host_model *host, const char *path,
				     struct cg_error *err);
void cg_host_model_deinit(struct cg_host_model *host);

#define cg_auto_host_model cg_cleanup(cg_host_model_deinit)

/*
 * A record of that host, of honesty "partial". With @source, a record of the emulator
 * from any host (its accelerator's E counts, its U doesn't): of all its machine types; a
 * feature that nobody spoke of is in cg_record_untold(). Without, of the model "host" on
 * the machine type "none" only, over the features that were named; CG_E_UNDECIDED if
 * there are none without an emulator's models.
 */
cg_must_check int cg_record_from_host_model(struct cg_record **out,
					    const struct cg_host_model *host,
					    const struct cg_record *source,
					    struct cg_error *err);
