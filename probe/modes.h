/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What U can be here: the sets of struct cg_modes, each by one start without a machine. */
#pragma once

#include "base/pool.h"
#include "probe/sweep.h"

struct cg_modes_start {
	struct cg_session_plan plan;
	struct cg_session_result result;
	int ret;
	struct cg_error err;
};

struct cg_modes_question {
	struct cg_modes_start starts[CG_MODES_MAX];
	size_t count;
};

/* Fill in a job for each start of the sweep's accelerator; returns how many, at most CG_MODES_MAX. */
size_t cg_modes_ask(struct cg_modes_question *question, const struct cg_sweep *sweep,
		    struct cg_job *jobs);

/*
 * Once the jobs are done: what they found, all or nothing, for cg_prober_modes(); what holds without a machine
 * is kept as facts of "none". Frees the results.
 */
cg_must_check int cg_modes_take(struct cg_modes_question *question,
				const struct cg_sweep *sweep, struct cg_error *err);
