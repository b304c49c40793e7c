/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a baseline costs: the features that some host gives and the common definition
 * hasn't, by the hosts that are to blame; and what leaving a host out would win.
 */
#pragma once

#include "cpumodels/baseline.h"

/* Features that the same hosts lack. */
struct cg_loss {
	struct cg_featureset features;
	bool *costs;  /* a flag for each class */
	size_t hosts; /* in these classes; 0: every host gives them, the model hasn't */
};

struct cg_losses {
	struct cg_loss *items; /* those that cost the most features first */
	size_t count;
};

/* @baseline is one of the whole fleet. What cautions leave out isn't lost. */
cg_must_check int cg_losses_find(struct cg_losses *out, const struct cg_fleet *fleet,
				 const struct cg_baseline *baseline,
				 const struct cg_baseline_options *options,
				 struct cg_error *err);
void cg_losses_deinit(struct cg_losses *losses);

/*
 * The class without which the others have the most in common, and how many features they
 * would win; 0 and any class if no single one is in the way.
 */
struct cg_gain {
	size_t class;
	size_t features;
};
cg_must_check int cg_gain_find(struct cg_gain *out, const struct cg_fleet *fleet,
			       const struct cg_baseline_options *options,
			       struct cg_error *err);

#define cg_auto_losses cg_cleanup(cg_losses_deinit)
