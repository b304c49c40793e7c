/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a verification tries, of one emulator: all models of all machine types, or a sample
 * that a seed reproduces, half of it random CPU definitions.
 */
#pragma once

#include "lib/question.h"

#define CG_TRIALS_SAMPLE 30
#define CG_TRIALS_MAX 100000

struct cg_trials_item {
	struct cg_definition definition;
	char *text;                  /* the definition in its one form */
	const char *accel, *machine; /* borrowed from the trials */
};

struct cg_trials {
	struct cg_question *question; /* borrowed */
	json_t *machines;             /* names, newest first */
	json_t *unmeasured; /* [{ "accel", "machine", "words" }]: QEMU doesn't start them */
	const char *accels[2];
	size_t accel_count;
	bool all;
	uint64_t seed, state;
	struct cg_trials_item *items;
	size_t count, room;
};

/*
 * Choose, as the arguments "machine", "all", "sample" and "seed" say, and measure what
 * that takes. CG_E_USAGE for an impossible sample, CG_E_UNKNOWN for an emulator without
 * machine types. Blocks for as long as measuring takes.
 */
cg_must_check int cg_trials_choose(struct cg_trials *out, struct cg_question *question,
				   const json_t *args, struct cg_error *err);
void cg_trials_deinit(struct cg_trials *trials);

#define cg_auto_trials cg_cleanup(cg_trials_deinit)
