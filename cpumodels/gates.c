// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Gates have gates (vmx-ept-1gb, vmx-ept, vmx-secondary-ctls, vmx), so both walk until
 * nothing changes.
 */
#include "cpumodels/gates.h"

#include "cpumodels/leaves.h"

struct cg_gates cg_gates_of(const struct cg_vocabulary *vocabulary)
{
	struct cg_gates gates = { 0 };

	for (size_t i = 0; i < cg_vocabulary_count(vocabulary); i++) {
		size_t count, gate = CG_FEATURES_MAX;
		const struct cg_leaf *leaf =
			cg_leaves_find(cg_vocabulary_name(vocabulary, i), &count);
		const char *name = leaf ? cg_leaves_gate(leaf) : NULL;

		if (name)
			gate = cg_vocabulary_find(vocabulary, name);
		if (gate == CG_FEATURES_MAX || gate == i)
			continue;
		cg_featureset_add(&gates.gated, i);
		gates.of[i] = (uint16_t)gate;
	}
	return gates;
}

struct cg_featureset cg_gates_close(const struct cg_gates *gates,
				    const struct cg_featureset *set)
{
	struct cg_featureset out = *set, gated = cg_featureset_and(set, &gates->gated);
	bool changed = true;

	while (changed) {
		changed = false;
		cg_featureset_each(&gated, i)
			if (!cg_featureset_has(&out, gates->of[i])) {
				cg_featureset_remove(&out, i);
				cg_featureset_remove(&gated, i);
				changed = true;
			}
	}
	return out;
}

struct cg_featureset cg_gates_behind(const struct cg_gates *gates,
				     const struct cg_featureset *set)
{
	struct cg_featureset all = *set;
	bool changed = true;

	while (changed) {
		changed = false;
		cg_featureset_each(&gates->gated, i)
			if (!cg_featureset_has(&all, i) &&
			    cg_featureset_has(&all, gates->of[i])) {
				cg_featureset_add(&all, i);
				changed = true;
			}
	}
	return cg_featureset_minus(&all, set);
}
