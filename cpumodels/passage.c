// SPDX-License-Identifier: LGPL-2.1-or-later
/* By sets: what a guest has against what it would get. */
#include "cpumodels/passage.h"

#include <assert.h>
#include <string.h>

static_assert(CG_REASONS <= 32, "reasons are bits of a uint32_t");

static uint32_t bit(enum cg_reason reason)
{
	return UINT32_C(1) << reason;
}

static unsigned int weights(uint32_t reasons)
{
	unsigned int seen = 0;

	for (enum cg_reason r = 0; r < CG_REASONS; r++)
		if (reasons & bit(r))
			seen |= 1u << cg_reason_weight(r);
	return seen;
}

static bool differ(uint32_t a, uint32_t b)
{
	return a && b && a != b;
}

/* What isn't a feature. */
static uint32_t compare_numbers(const struct cg_party *from, const struct cg_party *to)
{
	uint32_t reasons = 0;

	if (*from->vendor && *to->vendor && strcmp(from->vendor, to->vendor) != 0)
		reasons |= bit(CG_IDENTITY_VENDOR);
	else if (!*from->vendor != !*to->vendor)
		reasons |= bit(CG_RECORD_UNTOLD);
	if (differ(from->family, to->family) || differ(from->model, to->model) ||
	    differ(from->stepping, to->stepping))
		reasons |= bit(CG_IDENTITY_MODEL);
	if (differ(from->level, to->level) || differ(from->xlevel, to->xlevel))
		reasons |= bit(CG_WIDTH_LEVEL);
	if (differ(from->phys_bits, to->phys_bits) &&
	    (from->fixed || from->phys_bits > to->phys_bits))
		reasons |= bit(CG_WIDTH_PHYS_BITS);
	return reasons;
}

static void add(struct cg_passage *passage, enum cg_reason reason,
		const struct cg_featureset *features)
{
	if (cg_featureset_is_empty(features))
		return;
	passage->reasons |= bit(reason);
	passage->features = cg_featureset_or(&passage->features, features);
}

/* What can't be had there, each for its own cause. */
static void add_missing(struct cg_passage *passage, const struct cg_party *from,
			const struct cg_party *to, const enum cg_reason *causes)
{
	struct cg_featureset missing = cg_featureset_minus(&from->has, &to->possible);
	struct cg_featureset untold = cg_featureset_and(&missing, &to->untold);

	add(passage, CG_RECORD_UNTOLD, &untold);
	missing = cg_featureset_minus(&missing, &untold);
	missing = cg_featureset_or(&missing, &to->refused);
	passage->features = cg_featureset_or(&passage->features, &missing);
	cg_featureset_each(&missing, f)
		passage->reasons |= bit(causes[f]);
}

struct cg_passage cg_passage_find(const struct cg_party *from, const struct cg_party *to,
				  const enum cg_reason causes[static CG_FEATURES_MAX])
{
	struct cg_passage passage = { .reasons = to->reasons };
	struct cg_featureset lost, extra;

	if (weights(to->reasons) & ~(1u << CG_WEIGHT_NOTE))
		return passage; /* of which features it says nothing */
	passage.reasons |= compare_numbers(from, to);
	add_missing(&passage, from, to, causes);
	add(&passage, CG_RECORD_UNTOLD, &to->doubtful);
	if (!to->fixed)
		return passage;
	lost = cg_featureset_and(&from->has, &to->possible);
	lost = cg_featureset_minus(&lost, &to->gives);
	add(&passage, CG_MISSING_VMM, &lost);
	extra = cg_featureset_minus(&to->gives, &from->has);
	add(&passage, CG_EXTRA_VMM, &extra);
	return passage;
}

struct cg_passage cg_passage_check(const struct cg_passage *self,
				   const struct cg_passage *passage)
{
	struct cg_passage checked = *self;

	if (cg_passage_answer(self) == CG_YES)
		return *passage;
	if (cg_passage_answer(self) == CG_NO) {
		checked.reasons |= bit(CG_RECORD_SELF_INCONSISTENT);
		return checked;
	}
	checked.reasons |= passage->reasons;
	checked.features = cg_featureset_or(&self->features, &passage->features);
	return checked;
}

enum cg_answer cg_passage_answer(const struct cg_passage *passage)
{
	return cg_verdict_answer(
		&(struct cg_verdict){ .weights = weights(passage->reasons) });
}
