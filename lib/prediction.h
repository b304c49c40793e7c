/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What follows from the facts for one CPU definition: the algebra of effective = E − U. */
#pragma once

#include "lib/question.h"

enum cg_usable { CG_USABLE_NO, CG_USABLE_YES, CG_USABLE_UNKNOWN };

struct cg_prediction {
	char *text;    /* the definition in its one form */
	json_t *model; /* CpuDefinitionInfo of its model */
	struct cg_expansion expansion;
	bool has_effective; /* false for a target that doesn't say what it can't give: then E is all there is */
	struct cg_featureset effective;
	struct cg_featureset removed; /* (E ∪ what the user switched on) − effective */
	struct cg_featureset
		ignored; /* the part of it that QEMU drops without a word, even with "enforce" */
	struct cg_featureset
		hidden; /* the part of effective that a guest can't find: see cg_visible() */
	bool contradicted; /* QEMU's own list isn't E ∩ U, and was used */
	enum cg_usable usable;
	json_t *why; /* how QEMU ended when it was tried; NULL if it wasn't or didn't */
};

/*
 * From what is known already: cg_prober_ensure() with CG_DEPTH_DEFINITION (or more) comes first.
 * CG_E_UNKNOWN for a target that doesn't say what its models consist of.
 */
cg_must_check int cg_prediction_make(struct cg_prediction *out,
				     const struct cg_question *question,
				     const char *accel, const char *machine,
				     const struct cg_definition *definition,
				     struct cg_error *err);
void cg_prediction_deinit(struct cg_prediction *prediction);

#define cg_auto_prediction cg_cleanup(cg_prediction_deinit)
