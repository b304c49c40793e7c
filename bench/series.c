// SPDX-License-Identifier: LGPL-2.1-or-later
/* Medians, because a machine is never alone. */
#include "bench/series.h"

#include <stdlib.h>
#include <string.h>

void bench_series_add(struct bench_series *series, int64_t value)
{
	if (series->count < BENCH_SERIES_MAX)
		series->value[series->count++] = value;
}

static int by_value(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* The value at place @twice / 2 of the sorted ones; between two values, their mean. */
static int64_t at(const struct bench_series *series, size_t twice)
{
	int64_t sorted[BENCH_SERIES_MAX];

	if (!series->count)
		return 0;
	memcpy(sorted, series->value, series->count * sizeof(*sorted));
	qsort(sorted, series->count, sizeof(*sorted), by_value);
	return (sorted[twice / 2] + sorted[(twice + 1) / 2]) / 2;
}

int64_t bench_series_median(const struct bench_series *series)
{
	return at(series, series->count ? series->count - 1 : 0);
}

int64_t bench_series_min(const struct bench_series *series)
{
	return at(series, 0);
}

int64_t bench_series_max(const struct bench_series *series)
{
	return at(series, series->count ? 2 * (series->count - 1) : 0);
}
