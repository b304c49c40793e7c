// SPDX-License-Identifier: LGPL-2.1-or-later
/* Time, as deadlines need it. */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

int64_t cg_clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * CG_S + ts.tv_nsec;
}

int64_t cg_clock_in(int64_t ns)
{
	return cg_clock_now() + ns;
}

int cg_clock_left_ms(int64_t deadline)
{
	int64_t left;

	if (deadline == CG_NO_DEADLINE)
		return -1;
	left = deadline - cg_clock_now();
	if (left <= 0)
		return 0;
	left = (left + CG_MS - 1) / CG_MS;
	return left > INT_MAX ? INT_MAX : (int)left;
}

int64_t cg_clock_wall(void)
{
	return time(NULL);
}
