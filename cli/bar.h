/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Progress on standard error: a bar on a terminal, a plain line now and then elsewhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cg_bar {
	int64_t started, told; /* CLOCK_MONOTONIC; 0 before the first call */
	bool shown;
};

/* What cpugate_options tells of progress, for a struct cg_bar. Silent for work that is over in half a second. */
void cg_bar_tell(void *data, size_t done, size_t total, const char *what);

/* Take the bar off the terminal. Harmless when there is none. */
void cg_bar_end(struct cg_bar *bar);
