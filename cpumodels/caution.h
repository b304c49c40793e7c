/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Features to be careful with when a CPU is chosen for many hosts: those that nobody
 * should lose without a word, and those that nobody should gain without having asked.
 */
#pragma once

#include "cpumodels/gates.h"

/*
 * Does a guest's kernel need it to defend itself? ssbd, md-clear, a bit of
 * arch-capabilities.
 */
bool cg_caution_is_mitigation(const char *feature);

enum cg_caution {
	CG_CAUTION_NONE,
	CG_CAUTION_MIGRATION, /* ties the guest to its host */
	CG_CAUTION_TOPOLOGY,  /* follows from -smp, and isn't for a model to say */
	CG_CAUTION_DEVICE,    /* takes more than the CPU: a PMU, memory, a debug store */
	CG_CAUTION_NESTED,    /* guests of guests: a large and unsteady set */
	CG_CAUTIONS
};

const char *cg_caution_words(enum cg_caution caution);

/* Those of the vocabulary with each caution, and what is behind them. */
struct cg_cautions {
	struct cg_featureset sets[CG_CAUTIONS];
	struct cg_featureset mitigations;
};
struct cg_cautions cg_cautions_of(const struct cg_vocabulary *vocabulary,
				  const struct cg_gates *gates);
