/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Monotonic time for deadlines, wall-clock time for history; both in nanoseconds. */
#pragma once

#include <stdint.h>

#define CG_MS INT64_C(1000000)
#define CG_S INT64_C(1000000000)
#define CG_NO_DEADLINE INT64_MAX

/* CLOCK_MONOTONIC. */
int64_t cg_clock_now(void);

/* A deadline @ns from now. */
int64_t cg_clock_in(int64_t ns);

/* Milliseconds left until @deadline, rounded up and never negative: what poll() takes; -1 for none. */
int cg_clock_left_ms(int64_t deadline);

/* CLOCK_REALTIME in whole seconds: for history, never for validity. */
int64_t cg_clock_wall(void);
