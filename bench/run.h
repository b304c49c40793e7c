/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs run against the clock. What they leave running is waited for before a function
 * returns (but isn't part of the time), so that no run pays for the one before it.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

struct bench_cost {
	int64_t wall; /* ns */
	int64_t cpu;  /* ns, of the program and all that it started */
};

/* Once, before anything is run: orphans become ours. */
void bench_run_init(void);

/*
 * Run a program to its end; argv[0] is its path. @output is what its standard output
 * becomes, -1 for nobody's. Another exit status than 0 is a failure, with its last words.
 */
cg_must_check int bench_run(struct bench_cost *out, const char *const argv[], int output,
			    struct cg_error *err);

/* Start an emulator that does nothing, and wait for its greeting, a line of JSON. */
cg_must_check int bench_run_bare(struct bench_cost *out, const char *emulator,
				 char *greeting, size_t size, struct cg_error *err);
