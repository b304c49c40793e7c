/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line of the report: one question to cpugate, asked several times in one situation. */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"
#include "bench/series.h"

/* Where everything is: the program, and a folder for caches and a root for hosts. */
struct bench_place {
	char cpugate[PATH_MAX];
	char folder[PATH_MAX - 64];
	unsigned kernels; /* how many this host seems to have had */
};

struct bench_emulator {
	char path[PATH_MAX];
	char modules[PATH_MAX]; /* for $QEMU_MODULE_DIR; "" where it finds them itself */
	char version[32];
	bool is_new;     /* tells its compat properties: 9.1 */
	size_t machines; /* types, without "none" */
	struct bench_series bare, bare_cpu;
};

#define BENCH_ARGS 8

struct bench_row {
	struct bench_emulator *emulator;
	char what[64];
	const char *args
		[BENCH_ARGS]; /* --emulator PATH comes before them, or PATH behind "--"; none for a row without runs */
	const char *cache;  /* its name; NULL for a new one each time */
	bool other_host;    /* each time with a kernel that wasn't seen yet */
	const char *beside; /* the unit is the same with this cache, not a bare start */
	double goal;        /* at most so many units (or bytes); 0 for none */
	struct bench_series time, cpu, unit;
	int64_t bytes;
	char problem[256]; /* why it can't be measured, or "" */
};

/* Make the caches' folder, and the root in it that looks like this host. */
cg_must_check int bench_place_make(struct bench_place *place, struct cg_error *err);
void bench_place_remove(struct bench_place *place);

/* The size of all files of a cache. */
int64_t bench_place_cache_size(const struct bench_place *place, const char *cache);

/* Ask this of cpugate, with a cache that is kept, outside of any measurement. */
cg_must_check int bench_row_prepare(struct bench_place *place,
				    const struct bench_emulator *emulator,
				    const char *cache, const char *const args[],
				    int output, struct cg_error *err);

/* A bare start of the row's emulator, so that there are some of the same time. */
void bench_row_measure_bare(struct bench_row *row, size_t times);

/* The unit once, then the row once. What fails becomes the row's problem. */
void bench_row_measure(struct bench_place *place, struct bench_row *row);
