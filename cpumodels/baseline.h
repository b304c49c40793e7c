/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CPU definition that makes the most of many hosts: a model and changes to it, such
 * that every host gives all of it.
 *
 * What all hosts give (the intersection of what each gives) is the goal, less what
 * cautions take out of it. The model is the nearest: of the hosts' family, then with
 * the fewest changes, then with the most features. What of it some host can't give is
 * switched off, what is left of the goal is switched on. A feature of the model's own
 * that every host can give stays, though none of them would give it unasked.
 *
 * The answer doesn't depend on the order of hosts or models.
 */
#pragma once

#include "cpumodels/fleet.h"
#include "cpumodels/level.h"

/*
 * A model that every emulator knows, and what it asks for on the machine type in
 * question.
 */
struct cg_candidate {
	const char *name;
	const char *vendor; /* NULL: its host's, as under KVM */
	uint32_t family;    /* 0 if nobody knows */
	struct cg_featureset requested;
};

struct cg_baseline_options {
	bool named;  /* no changes: the best model that runs as it is */
	bool nested; /* vmx and svm, too */
	bool cross_vendor;
	enum cg_level level; /* of the psABI, and as little above it as can be */
};

enum cg_baseline_end {
	CG_BASELINE_FOUND,
	CG_BASELINE_NO_MODEL, /* none of the candidates can be made to run everywhere */
	CG_BASELINE_VENDORS,  /* hosts of more than one */
	CG_BASELINE_BELOW_LEVEL, /* @lacking is what some host doesn't give */
};

struct cg_baseline {
	enum cg_baseline_end end;
	size_t candidate;
	struct cg_featureset on, off;   /* the changes */
	struct cg_featureset effective; /* what a guest finds, on each host the same */
	struct cg_featureset goal;
	struct cg_featureset left_out[CG_CAUTIONS]; /* given by all, not taken */
	struct cg_featureset lacking;
};

/* Of the classes that @members flags; NULL for all. */
struct cg_baseline cg_baseline_choose(const struct cg_fleet *fleet, const bool *members,
				      const struct cg_candidate *candidates, size_t count,
				      const struct cg_baseline_options *options);

/*
 * Can this host run it? The first feature that it can't give, or doesn't know the name
 * of; CG_FEATURES_MAX if there is none. Doesn't rely on how it was chosen.
 */
size_t cg_baseline_check(const struct cg_baseline *baseline,
			 const struct cg_candidate *candidate,
			 const struct cg_supply *supply);
