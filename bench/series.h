/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same thing measured several times: nanoseconds. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BENCH_SERIES_MAX 1000

struct bench_series {
	int64_t value[BENCH_SERIES_MAX]; /* in the order of the runs */
	size_t count;
};

/* Beyond the maximum nothing is added. */
void bench_series_add(struct bench_series *series, int64_t value);

/* All of them are 0 for an empty series. */
int64_t bench_series_median(const struct bench_series *series);
int64_t bench_series_min(const struct bench_series *series);
int64_t bench_series_max(const struct bench_series *series);
