/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The features of a vCPU that there is, as its own properties say them. */
#pragma once

#include "cpumodels/gates.h"
#include "emulator/qmp.h"

struct cg_reading {
	const struct cg_vocabulary *vocabulary;
	/*
	 * false: every feature is read by its own property, which takes 0.5 ms each. true:
	 * CPUID features are read from the vCPU's feature words, all at once, and of the
	 * others (MSRs) only @ask.
	 */
	bool quick;
	struct cg_featureset ask;
	/*
	 * With @quick: don't ask for what a guest can't find, because what it belongs to
	 * isn't there. NULL to ask all the same.
	 */
	const struct cg_gates *gates;
	int64_t deadline; /* for all of it; CG_NO_DEADLINE for none but that of each reply */

	struct cg_featureset live; /* bool properties that are on */
};

/* Of the vCPU at a QOM path. Blocks; changes nothing there. */
cg_must_check int cg_reading_take(struct cg_reading *reading, struct cg_qmp *qmp,
				  const char *path, struct cg_error *err);
