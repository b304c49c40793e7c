/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions that take time, each in a worker process (daemon/worker.h). Who asks the same
 * while it is being answered waits for the same answer. A few run at once; the others wait.
 */
#pragma once

#include "base/json.h"
#include "base/loop.h"
#include "daemon/rights.h"
#include "emulator/places.h"

struct cg_jobs;

/* Somebody who waits for an answer; a part of something larger of its own. */
struct cg_waiter {
	/* Exactly one of @reply and @why. The waiter is its owner's again. */
	void (*done)(struct cg_waiter *waiter, const json_t *reply,
		     const struct cg_error *why);
	/* An event: how far it has come, or a warning; may be NULL. */
	void (*tell)(struct cg_waiter *waiter, const char *event, const json_t *data);
};

struct cg_question_text {
	const char *command;
	const json_t *args;
	json_t *files; /* see cg_files_pack() */
	bool guarded;
	uid_t uid;
	/*
	 * May others who ask the same get the answer of the one that is on its way? Only if
	 * nothing has changed since that was begun: @epoch is the same and @places hold.
	 */
	bool shared;
	uint64_t epoch;
	struct cg_places **places;
	size_t places_count;
};

cg_must_check int cg_jobs_new(struct cg_jobs **out, struct cg_loop *loop,
			      struct cg_error *err);

/* Ends all workers; who waits is told, each by its own done(). */
struct cg_jobs *cg_jobs_free(struct cg_jobs *jobs);

/*
 * Ask. On success @waiter is told later, never at once. References to the places are taken.
 * CG_E_LIMIT if too many questions wait.
 */
cg_must_check int cg_jobs_ask(struct cg_jobs *jobs,
			      const struct cg_question_text *question,
			      struct cg_waiter *waiter, struct cg_error *err);

/*
 * Nobody is there any more for those waiters for which @is_gone; it frees them. What nobody waits for
 * is ended: what it has measured is kept.
 */
void cg_jobs_forget(struct cg_jobs *jobs, bool (*is_gone)(struct cg_waiter *, void *data),
		    void *data);

size_t cg_jobs_running(const struct cg_jobs *jobs);
size_t cg_jobs_waiting(const struct cg_jobs *jobs);
uint64_t cg_jobs_started(const struct cg_jobs *jobs);
