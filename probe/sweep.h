/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many machine types at once, by cheaper ways than starting each where those can be trusted. */
#pragma once

#include "probe/prober.h"

/* How a machine type was measured, as the facts and cpugate(1) say it. */
#define CG_WAY_STARTED "started"
#define CG_WAY_SHORTCUT "shortcut"
#define CG_WAY_TWIN "twin"

/* The machine types that one accelerator's part of a sweep is about. All names are the needs'. */
struct cg_sweep {
	struct cg_prober *prober;
	struct cg_memo *memo;
	const struct cg_emulator_facts *emulator;
	const char *accel;
	json_t *compat;      /* see cg_shortcut_compat(); empty where QEMU doesn't tell */
	const char **wanted; /* without a sheet yet */
	size_t wanted_count;
	const char **covered; /* those of them that needn't be started */
	size_t covered_count;
	const char *
		samples[2]; /* the newest and the oldest of those; started all the same */
	size_t kept;        /* for the progress: of covered */
	int (*take)(struct cg_sweep *sweep, struct cg_error *err);
};

bool cg_sweep_is_sample(const struct cg_sweep *sweep, const char *machine);

/*
 * For those of @needs that want whole sheets of many machine types: start what must be, and two samples of the others; take
 * the others cheaply if that gives for the samples what they really said, and keep the results. What can't be trusted is
 * left alone, to be started. Called with the emulator's lock held. -1 for what would stop any measurement.
 */
cg_must_check int cg_sweep_cheaply(struct cg_prober *prober, struct cg_need *needs,
				   size_t count, struct cg_memo *memo,
				   struct cg_error *err);
