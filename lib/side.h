/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One side of a comparison: an emulator, a machine type and an accelerator on a host,
 * which may be another one or this one as it was before. Of such a host only the cache
 * can tell.
 */
#pragma once

#include "lib/question.h"

/* A model of the machine type, with its features over the emulator's vocabulary. */
struct cg_side_model {
	const char *name;
	const json_t *info; /* CpuDefinitionInfo */
	bool known;         /* are there the two sets and scalars? */
	struct cg_featureset requested, effective;
	json_t *scalars;
	size_t piece; /* models of this side with equal numbers ask for the same */
};

struct cg_side {
	const char *name; /* "FROM" or "TO", for messages */
	json_t *args;     /* what the user said of it */
	struct cg_question question;
	struct cg_facts *facts; /* borrowed: two sides of one emulator share them */
	struct cg_host *past;   /* a host that isn't this one as it is now, or NULL */
	char *missing;          /* why nothing can be told of this side, or NULL */
	bool contradicted;
	bool has_effective; /* does this target say what it can't give? */
	json_t *list;       /* of the models */
	struct cg_side_model *models;
	size_t count;
	json_t *index; /* name: place in @models */
};

/*
 * Read the arguments "from" and "to" over the common ones, measure what is missing here,
 * look up the rest. Each side is an object or a text of KEY=VALUE,... Blocks for as long
 * as measuring takes.
 */
cg_must_check int cg_sides_open(struct cg_side sides[static 2],
				struct cg_context *context, const json_t *args,
				struct cg_error *err);
void cg_sides_deinit(struct cg_side sides[static 2]);

/* The model of a name, or NULL. */
const struct cg_side_model *cg_side_model(const struct cg_side *side, const char *name);

/* What the side is: emulator, machine type, host. New reference. */
json_t *cg_side_json(const struct cg_side *side);
