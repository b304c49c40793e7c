/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A round of measuring: starts that don't depend on each other, run side by side, each result kept as soon as it is
 * there. Which ones is the plan's business.
 */
#pragma once

#include "machine/catalogue.h"
#include "probe/prober.h"

#define CG_LARGEST_MODEL "max" /* asks for all that the accelerator says it supports */

enum cg_task_kind { CG_TASK_CATALOGUE, CG_TASK_SESSION, CG_TASK_DRYRUN };

struct cg_task {
	enum cg_task_kind kind;
	struct cg_ahead *ahead; /* the catalogue's, if it is under way already */
	bool largest; /* a session: its vCPU is the largest model, which is to be known to start or not */
	const char *accel;
	char machine[CG_MACHINE_NAME];       /* "" for the default of a dry run */
	char *definition;                    /* of a dry run */
	const struct cg_definition **wanted; /* of a session */
	size_t wanted_count;
	struct cg_session_plan plan;
	struct cg_session_result result;
	struct cg_dryrun_plan dryrun;
	bool started;
	struct cg_outcome outcome;
	int ret;
	struct cg_error err;
};

struct cg_round {
	struct cg_prober *prober;
	struct cg_memo *memo;
	const struct cg_emulator_facts *emulator;
	struct cg_task *tasks;
	size_t count, room;
};

/* The same task already in this round; NULL if there is none. @definition is of dry runs. Borrowed. */
struct cg_task *cg_round_find(const struct cg_round *round, enum cg_task_kind kind,
			      const char *accel, const char *machine,
			      const char *definition);

/* The same, or a new one; NULL if memory is out. Adding moves those that are there. */
struct cg_task *cg_round_add(struct cg_round *round, enum cg_task_kind kind,
			     const char *accel, const char *machine,
			     const char *definition);

/*
 * Run all tasks, keep what they say, and tell those of @needs that fail. Blocks for the longest. -1 if nothing can be said of the emulator, or
 * if interrupted; then too, what was done is kept.
 */
cg_must_check int cg_round_run(struct cg_round *round, struct cg_need *needs,
			       size_t count, struct cg_error *err);
void cg_round_free(struct cg_round *round); /* what it owns */

/* What a failure with this definition is kept under: it says nothing of others. The caller frees it. */
char *cg_round_failure_name(const char *machine, const struct cg_definition *definition);

/* The need can't be met, for the reason in @why. Returns 0: the others go on. */
int cg_need_fail(struct cg_need *need, const struct cg_error *why);

/* Fill @err; returns -1. */
int cg_round_no_memory(struct cg_error *err);
