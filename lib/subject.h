/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One side of a comparison, as a user names it: a CPU definition, "host" for this host,
 * "qmp:SOCKET" for a guest that runs, or a file: a record, QEMU's reply about a host, or
 * one of libvirt's documents.
 */
#pragma once

#include "cpumodels/compare.h"
#include "cpumodels/definition.h"
#include "formats/evidence.h"
#include "lib/records.h"
#include "probe/guest.h"

enum cg_subject_kind {
	CG_SUBJECT_DEFINITION, /* is what it asks for */
	CG_SUBJECT_HOST,       /* is all that can be had there */
	CG_SUBJECT_GUEST,      /* is what it has */
};

struct cg_subject {
	enum cg_subject_kind kind;
	char *text;
	/* What it says of itself, or what came of it; NULL if it doesn't. Borrowed. */
	const char *target, *machine, *accel;
	struct cg_evidence evidence; /* of a file, until a record of it is in @records */
	struct cg_definition definition;
	struct cg_records records; /* the one of a host */
	struct cg_guest guest;
	json_t *scalars; /* of a definition: its properties that are no features */
	json_t *about;   /* of the emulator that was asked for a definition */
	struct cg_vocabulary *own; /* of a definition without a record */
	const struct cg_vocabulary *words;
	struct cg_featureset features; /* over @words */
	struct cg_cpu cpu;             /* but for the features */
};

/* <cpu> of libvirt's that it is; NULL if it is something else. */
const struct cg_libvirt_cpu *cg_subject_libvirt(const struct cg_subject *subject);

/*
 * What it is, read from files and monitors; nothing is measured yet. Blocks on those.
 * Starts as { 0 }, and is to be deinited even after a failure.
 */
cg_must_check int cg_subject_read(struct cg_subject *out, struct cg_context *context,
				  const char *text, struct cg_error *err);
void cg_subject_deinit(struct cg_subject *subject);

/*
 * Two of them: args "a" and "b". A definition is looked up in the record of the other
 * side, or, where that is none, asked of the emulator that the common arguments name;
 * for the machine type and accelerator that these, the side itself or the other side name.
 * CG_E_USAGE if the sides are of two targets. Blocks as long as measuring takes.
 */
cg_must_check int cg_subjects_open(struct cg_subject out[static 2],
				   struct cg_context *context, const json_t *args,
				   struct cg_error *err);
void cg_subjects_deinit(struct cg_subject subjects[static 2]);

/*
 * What another definition asks for where that of the first side was looked up: a list of
 * names. New reference.
 */
cg_must_check int cg_subject_look_up(const struct cg_subject sides[static 2],
				     const char *definition, struct cg_context *context,
				     const json_t *args, json_t **out,
				     struct cg_error *err);

/*
 * With several vCPUs QEMU adds features to what was asked for, on every host: they come
 * with the topology and not with the CPU. A guest doesn't have them here.
 */
struct cg_featureset cg_subject_without_threads(const struct cg_vocabulary *names,
						const struct cg_featureset *features);

/* What it is, for a reply. New reference. */
json_t *cg_subject_json(const struct cg_subject *subject);
