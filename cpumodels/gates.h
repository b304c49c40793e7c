/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Features that are there only with another one: rdctl-no with arch-capabilities,
 * xsaveopt with xsave, npt with svm. See cg_leaves_gate(). A plain value over one
 * vocabulary.
 */
#pragma once

#include "cpumodels/vocabulary.h"

struct cg_gates {
	struct cg_featureset gated;
	uint16_t of[CG_FEATURES_MAX]; /* the gate of each that is gated */
};

struct cg_gates cg_gates_of(const struct cg_vocabulary *vocabulary);

/* @set without those whose gate isn't in it, nor the gate's gate. */
struct cg_featureset cg_gates_close(const struct cg_gates *gates,
				    const struct cg_featureset *set);

/* All that is behind one of @set, at any depth, without @set itself. */
struct cg_featureset cg_gates_behind(const struct cg_gates *gates,
				     const struct cg_featureset *set);
