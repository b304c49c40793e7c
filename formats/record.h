/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A record: what one emulator build can give under one accelerator on one host, as one
 * portable JSON file; see cpugate-record(5). Reading one checks all of it, so whoever has
 * a record need not doubt it. Immutable once read, but for scalars that are put together
 * when they are first asked for: one thread at a time. Everything returned is borrowed
 * and lives as long as the record.
 */
#pragma once

#include "base/json.h"
#include "cpumodels/vocabulary.h"

#define CG_RECORD_VERSION 1
#define CG_RECORD_BYTES (16 << 20) /* of a file */

struct cg_record;

/*
 * What isn't a record, or is a damaged one, is refused with a sentence that names what is
 * wrong: CG_E_PARSE, CG_E_CORRUPT, CG_E_NEWER for the version of a later cpugate, and
 * CG_E_LIMIT. cg_record_read() blocks on the file and names it, and also takes what
 * others tell of a host: see formats/host-model.h.
 */
cg_must_check int cg_record_parse(struct cg_record **out, const char *text, size_t len,
				  struct cg_error *err);
cg_must_check int cg_record_read(struct cg_record **out, const char *path,
				 struct cg_error *err);

/* The same of a parsed document, which is shared and not to be changed afterwards. */
cg_must_check int cg_record_from_json(struct cg_record **out, json_t *document,
				      struct cg_error *err);
/* Another owner of the same record. */
struct cg_record *cg_record_ref(struct cg_record *record);
struct cg_record *cg_record_free(struct cg_record *record); /* takes NULL; returns NULL */

/* What to call it: the host's name as the record says it, else the file's name. */
const char *cg_record_name(const struct cg_record *record);
const char *cg_record_file(const struct cg_record *record); /* its path, else its name */
const char *cg_record_digest(const struct cg_record *record); /* hexadecimal */
const json_t *cg_record_json(const struct cg_record *record); /* all of it */

const char *cg_record_accel(const struct cg_record *record);   /* "kvm" or "tcg" */
const char *cg_record_honesty(const struct cg_record *record); /* as in cpugate(1) */

/*
 * Made of what others tell of a host; then U may be larger than need be: see
 * cg_record_untold().
 */
bool cg_record_is_foreign(const struct cg_record *record);

/* Does this KVM make the guest see what QEMU says it sees? True under TCG. */
bool cg_record_is_enforced(const struct cg_record *record);

/* When its newest fact was measured, in seconds since 1970; 0 if that isn't known. */
int64_t cg_record_measured(const struct cg_record *record);

/*
 * The emulator: { "version", "package", "target", "path", "sha256", "parts" }, each of
 * them optional in a record of honesty "partial".
 */
const json_t *cg_record_about(const struct cg_record *record);

/* NULL where nothing of the host counts (TCG) or is known. */
const char *cg_record_fingerprint(const struct cg_record *record);
const json_t *cg_record_host_parts(const struct cg_record *record);

/* NULL for a target that doesn't name its features: then there are no sets either. */
const struct cg_vocabulary *cg_record_vocabulary(const struct cg_record *record);

/* Scalars of the emulator's bare model; NULL likewise. */
const json_t *cg_record_defaults(const struct cg_record *record);

/* All machine types of the emulator (MachineInfo), and { alias: name }. */
const json_t *cg_record_machines(const struct cg_record *record);
const json_t *cg_record_aliases(const struct cg_record *record);

/*
 * The canonical name of a name or an alias; of the default machine type for NULL. NULL if
 * the emulator has no such machine type. That it has one doesn't mean that the record
 * tells of its CPUs: see cg_record_has_machine().
 */
const char *cg_record_resolve_machine(const struct cg_record *record, const char *name);

/*
 * From here on @machine is a canonical name. A machine type that the record tells nothing
 * of is a miss: false or NULL.
 */
bool cg_record_has_machine(const struct cg_record *record, const char *machine);

/*
 * U: what can't be had, on nearly all machine types the same. With @machine NULL, on the
 * default one, or on the first if the record doesn't tell of that. NULL if it isn't
 * known.
 */
const struct cg_featureset *cg_record_unsupported(const struct cg_record *record,
						  const char *machine);

/*
 * The part of U that the source said nothing about: it may be there or not. Empty, but
 * for records made of what others tell.
 */
const struct cg_featureset *cg_record_untold(const struct cg_record *record);

/* CpuDefinitionInfo of each model, in QEMU's order. */
const json_t *cg_record_models(const struct cg_record *record, const char *machine);

/* E of a plain model (host and max included) or of a definition in its printed form. */
struct cg_record_cpu {
	struct cg_featureset features;
	const json_t *scalars; /* every other property: vendor, family, level ... */
};
bool cg_record_expansion(const struct cg_record *record, const char *machine,
			 const char *definition, struct cg_record_cpu *out);

/*
 * What QEMU itself says that a plain model lacks: E ∩ U, unless the record holds another
 * list for it, which is then right. False if neither is known.
 */
bool cg_record_unavailable(const struct cg_record *record, const char *machine,
			   const char *model, struct cg_featureset *out);

/* Are there lists of QEMU's own on this machine type that aren't E ∩ U? */
bool cg_record_is_contradicted(const struct cg_record *record, const char *machine);

/*
 * The definitions with changes whose E it holds on a machine type, and those that were
 * started (@machine NULL: on the default one): { printed form: anything }, or NULL.
 */
const json_t *cg_record_definitions(const struct cg_record *record, const char *machine);
const json_t *cg_record_starts(const struct cg_record *record, const char *machine);

/*
 * Did a vCPU of it start? @machine NULL: on the default machine type. CG_RECORD_UNTRIED
 * if it wasn't tried. *why (may be NULL) is how QEMU ended: { "status" or "signal",
 * "words" }, or NULL.
 */
enum cg_record_start { CG_RECORD_UNTRIED, CG_RECORD_STARTED, CG_RECORD_NOT_STARTED };
enum cg_record_start cg_record_start(const struct cg_record *record, const char *machine,
				     const char *definition, const json_t **why);

static inline void cg_record_freep(struct cg_record **record)
{
	cg_record_free(*record);
}
#define cg_auto_record cg_cleanup(cg_record_freep)
