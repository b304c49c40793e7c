/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Independent jobs on a few threads, for work that mostly waits for other processes. */
#pragma once

#include <stddef.h>

struct cg_job {
	void (*run)(void *arg); /* on a worker thread; must touch nothing but @arg */
	void *arg;
};

/* As many workers as there are CPUs that this process may use, at least 2. */
size_t cg_pool_workers(void);

/*
 * Run all jobs, in order of their start, on @workers threads, and return when the last one is done. @done (may be NULL) is
 * called on the calling thread, one job at a time, as they finish. Cancelling is the jobs' own affair.
 */
void cg_pool_run(const struct cg_job *jobs, size_t count, size_t workers,
		 void (*done)(size_t job, void *data), void *data);
