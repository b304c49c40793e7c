/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A question that a record answers: what the record holds is put among the facts, where
 * commands find it as if it had been measured. Nothing is started and no cache is read.
 * What the record doesn't hold is CG_E_UNDECIDED, and a name that its emulator doesn't
 * have is CG_E_UNKNOWN.
 */
#pragma once

#include "lib/question.h"

/*
 * Sets up @question, whose context is set, from the common arguments, "record" among
 * them.
 */
cg_must_check int cg_recall_open(struct cg_question *question, const json_t *args,
				 struct cg_error *err);

/* As cg_question_ensure() says. */
cg_must_check int cg_recall_ensure(struct cg_question *question, enum cg_depth depth,
				   const struct cg_definition *definition,
				   struct cg_error *err);
