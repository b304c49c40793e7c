// SPDX-License-Identifier: LGPL-2.1-or-later
/* By sets: what a guest has against what it would get. */
#include "cpumodels/passage.h"

#include <assert.h>
#include <string.h>

static_assert(CG_REASONS <= 64, "reasons are bits of a uint64_t");

static unsigned int weights(uint64_t reasons)
{
	unsigned int seen = 0;

	for (enum cg_reason r = 0; r < CG_REASONS; r++)
		if (reasons & CG_REASON_BIT(r))
			seen |= 1u << cg_reason_weight(r);
	return seen;
}

static bool differ(uint32_t a, uint32_t b)
{
	return a && b && a != b;
}

/* What isn't a feature. */
static uint64_t compare_numbers(const struct cg_party *from, const struct cg_party *to)
{
	uint64_t reasons = 0;

	if (*from->vendor && *to->vendor && strcmp(from->vendor, to->vendor) != 0)
		reasons |= CG_REASON_BIT(CG_IDENTITY_VENDOR);
	else if (!*from->vendor != !*to->vendor)
		reasons |= CG_REASON_BIT(CG_RECORD_UNTOLD);
	if (differ(from->family, to->family) || differ(from->model, to->model) ||
	    differ(from->stepping, to->stepping))
		reasons |= CG_REASON_BIT(CG_IDENTITY_MODEL);
	if (differ(from->level, to->level) || differ(from->xlevel, to->xlevel))
		reasons |= CG_REASON_BIT(CG_WIDTH_LEVEL);
	if (differ(from->phys_bits, to->phys_bits) &&
	    (from->fixed || from->phys_bits > to->phys_bits))
		reasons |= CG_REASON_BIT(CG_WIDTH_PHYS_BITS);
	return reasons;
}

static void add(struct cg_gap *gap, enum cg_reason reason,
		const struct cg_featureset *features)
{
	if (!cg_featureset_is_empty(features))
		gap->reasons |= CG_REASON_BIT(reason);
}

/* What can't be had there. */
static void find_missing(struct cg_gap *gap, const struct cg_party *from,
			 const struct cg_party *to)
{
	struct cg_featureset missing = cg_featureset_minus(&from->has, &to->possible);

	gap->untold = cg_featureset_and(&missing, &to->untold);
	missing = cg_featureset_minus(&missing, &gap->untold);
	gap->missing = cg_featureset_or(&missing, &to->refused);
	gap->untold = cg_featureset_or(&gap->untold, &to->doubtful);
	add(gap, CG_RECORD_UNTOLD, &gap->untold);
}

struct cg_gap cg_gap_find(const struct cg_party *from, const struct cg_party *to)
{
	struct cg_gap gap = { .reasons = to->reasons };

	if (weights(to->reasons) & ~(1u << CG_WEIGHT_NOTE))
		return gap; /* of which features it says nothing */
	gap.reasons |= compare_numbers(from, to);
	find_missing(&gap, from, to);
	if (!to->fixed)
		return gap;
	gap.lost = cg_featureset_and(&from->has, &to->possible);
	gap.lost = cg_featureset_minus(&gap.lost, &to->gives);
	add(&gap, CG_MISSING_DEFINITION, &gap.lost);
	gap.extra = cg_featureset_minus(&to->gives, &from->has);
	add(&gap, CG_EXTRA_VMM, &gap.extra);
	return gap;
}

struct cg_passage cg_passage_find(const struct cg_party *from, const struct cg_party *to,
				  const enum cg_reason causes[static CG_FEATURES_MAX])
{
	struct cg_gap gap = cg_gap_find(from, to);
	struct cg_passage passage = { gap.reasons, gap.missing };

	passage.features = cg_featureset_or(&passage.features, &gap.untold);
	passage.features = cg_featureset_or(&passage.features, &gap.lost);
	passage.features = cg_featureset_or(&passage.features, &gap.extra);
	cg_featureset_each(&gap.missing, f)
		passage.reasons |= CG_REASON_BIT(causes[f]);
	return passage;
}

struct cg_passage cg_passage_check(const struct cg_passage *self,
				   const struct cg_passage *passage)
{
	struct cg_passage checked = *self;

	if (cg_passage_answer(self) == CG_YES)
		return *passage;
	if (cg_passage_answer(self) == CG_NO) {
		checked.reasons |= CG_REASON_BIT(CG_RECORD_SELF_INCONSISTENT);
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
