/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A trial: one vCPU really started (paused, without "enforce"), and read back. What it says owes nothing to
 * expansions, which is what makes it a proof.
 */
#pragma once

#include "cpumodels/vocabulary.h"
#include "emulator/process.h"

enum cg_trial_result {
	CG_TRIAL_NOT_STARTED,
	CG_TRIAL_NO_CPU, /* a machine type without vCPUs (x-remote) */
	CG_TRIAL_READ,
	CG_TRIAL_STARTED, /* of cg_trial_start() */
};

struct cg_trial {
	const char *binary, *machine, *accel;
	const char *definition; /* as -cpu takes it; NULL for the machine type's own CPU */
	const struct cg_vocabulary *vocabulary;
	/*
	 * false: every feature is read by its own property, which takes 0.5 ms each. true: CPUID features are read from the
	 * vCPU's feature words, all at once, and of the others (MSRs) only @ask.
	 */
	bool quick;
	struct cg_featureset ask;
	struct cg_qmp_limits limits;

	enum cg_trial_result result;
	struct cg_featureset live;        /* bool properties that are on */
	struct cg_featureset unavailable; /* what QEMU says it removed */
	struct cg_outcome outcome;        /* if not started */
};

/*
 * Start, read, kill. Blocks. -1 only if it can't be found out (time-out, interruption); a QEMU that ends is a result.
 */
cg_must_check int cg_trial_run(struct cg_trial *trial, struct cg_error *err);

/* The same, but only find out whether it starts, with vCPUs or without. */
cg_must_check int cg_trial_start(struct cg_trial *trial, struct cg_error *err);
