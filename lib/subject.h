/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One side of a comparison, as a user names it: a CPU definition, a record's file, or
 * "host" for this host. Kinds to come have a prefix of their own ("qmp:") or are known by
 * what is in the file.
 */
#pragma once

#include "cpumodels/compare.h"
#include "cpumodels/definition.h"
#include "lib/records.h"

enum cg_subject_kind {
	CG_SUBJECT_DEFINITION, /* is what it asks for */
	CG_SUBJECT_HOST,       /* is all that can be had there */
};

struct cg_subject {
	enum cg_subject_kind kind;
	char *text;
	struct cg_definition definition;
	struct cg_records records; /* the one of a host */
	json_t *scalars; /* of a definition: its properties that are no features */
	struct cg_vocabulary *own; /* of a definition without a record */
	const struct cg_vocabulary *words;
	struct cg_featureset features; /* over @words */
	struct cg_cpu cpu;             /* but for the features */
};

/*
 * Two of them: args "a" and "b". A definition is looked up in the record of the other
 * side, or, where that is none, asked of the emulator that the common arguments name.
 * Blocks as long as measuring takes.
 */
cg_must_check int cg_subjects_open(struct cg_subject out[static 2],
				   struct cg_context *context, const json_t *args,
				   struct cg_error *err);
void cg_subjects_deinit(struct cg_subject subjects[static 2]);

/* What it is, for a reply. New reference. */
json_t *cg_subject_json(const struct cg_subject *subject);
