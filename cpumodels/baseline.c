// SPDX-License-Identifier: LGPL-2.1-or-later
/* Intersections, and the search for the nearest model. */
#include "cpumodels/baseline.h"

#include <string.h>

struct search {
	const struct cg_fleet *fleet;
	const bool *members;
	const struct cg_baseline_options *options;
	struct cg_common common;
	struct cg_featureset nested; /* vmx, svm and what is behind them */
	struct cg_featureset above;  /* the level that is asked for */
	struct cg_baseline out;
};

/*
 * How far a candidate is from the goal; the less the better, the first difference
 * decides.
 */
struct distance {
	size_t stranger; /* not of a family that a host is of */
	size_t changes;
	size_t lost; /* of the goal */
	size_t poor; /* CG_FEATURES_MAX less what is kept of its own */
};

static bool is_member(const struct search *s, size_t class)
{
	return !s->members || s->members[class];
}

static void intersect(struct search *s)
{
	s->common = cg_common_of_none();
	for (size_t i = 0; i < s->fleet->class_count; i++)
		if (is_member(s, i))
			cg_common_join(&s->common, s->fleet->classes[i].supply);
}

static void take_out_cautions(struct search *s)
{
	struct cg_featureset goal = s->common.gives;

	for (enum cg_caution c = CG_CAUTION_NONE + 1; c < CG_CAUTIONS; c++) {
		const struct cg_featureset *set = &s->fleet->cautions.sets[c];

		if (c == CG_CAUTION_NESTED && s->options->nested)
			continue;
		s->out.left_out[c] = cg_featureset_and(&goal, set);
		goal = cg_featureset_minus(&goal, set);
	}
	s->out.goal = cg_gates_close(&s->fleet->gates, &goal);
}

/* With a level, it is the goal. False if it can't be reached. */
static bool raise_to_level(struct search *s)
{
	const char *unknown;
	struct cg_featureset level, highest;

	if (s->options->level == CG_LEVEL_NONE)
		return true;
	highest = cg_level_features(CG_LEVEL_V4, s->fleet->names, &unknown);
	level = cg_level_features(s->options->level, s->fleet->names, &unknown);
	s->out.lacking = cg_featureset_minus(&level, &s->common.possible);
	s->out.goal = level;
	s->above = cg_featureset_minus(&highest, &level);
	return !unknown && cg_featureset_is_empty(&s->out.lacking);
}

/*
 * Models list what is behind vmx and svm even where those are off, and switching them
 * on would bring it to light; so all of it has to be said.
 */
static void settle_nested(const struct search *s, const struct cg_candidate *c,
			  struct cg_baseline *out)
{
	struct cg_featureset gate = cg_featureset_and(&out->on, &s->nested), hidden;

	if (cg_featureset_is_empty(&gate))
		return;
	hidden = cg_gates_behind(&s->fleet->gates, &gate);
	hidden = cg_featureset_and(&hidden, &s->common.known);
	hidden = cg_featureset_minus(&hidden, &out->effective);
	hidden = cg_featureset_minus(&hidden, &c->requested);
	out->off = cg_featureset_or(&out->off, &hidden);
}

static void change(const struct search *s, const struct cg_candidate *c,
		   struct cg_baseline *out)
{
	struct cg_featureset kept = cg_featureset_and(&c->requested, &s->common.possible);
	struct cg_featureset all = cg_featureset_or(&kept, &s->out.goal);

	if (s->options->named)
		all = kept;
	out->effective = cg_gates_close(&s->fleet->gates, &all);
	out->on = cg_featureset_minus(&out->effective, &c->requested);
	out->off = cg_featureset_minus(&c->requested, &s->common.possible);
	settle_nested(s, c, out);
}

static bool is_stranger(const struct search *s, const struct cg_candidate *c)
{
	bool known = false;

	for (size_t i = 0; i < s->fleet->class_count && c->family; i++) {
		uint32_t family = s->fleet->classes[i].supply->family;

		if (!is_member(s, i) || !family)
			continue;
		known = true;
		if (family == c->family)
			return false;
	}
	return known;
}

static bool may_run(const struct search *s, const struct cg_candidate *c,
		    const struct cg_baseline *b)
{
	struct cg_featureset changed = cg_featureset_or(&b->on, &b->off);

	if (c->vendor && s->common.vendor && !s->options->cross_vendor &&
	    strcmp(c->vendor, s->common.vendor) != 0)
		return false;
	if (s->options->named &&
	    (!cg_featureset_is_empty(&changed) ||
	     (s->options->level && !cg_featureset_is_subset(&s->out.goal, &b->effective))))
		return false;
	return cg_featureset_is_subset(&changed, &s->common.known);
}

static size_t count_common(const struct cg_featureset *a, const struct cg_featureset *b)
{
	struct cg_featureset both = cg_featureset_and(a, b);

	return cg_featureset_count(&both);
}

/*
 * With a level, what belongs to a higher one counts as a change would, and the plainest
 * model is best, whatever its family: the level is meant for other hosts than these,
 * too.
 */
static struct distance measure(const struct search *s, const struct cg_candidate *c,
			       const struct cg_baseline *b)
{
	struct cg_featureset lost = cg_featureset_minus(&s->out.goal, &b->effective);
	struct distance d = {
		.changes = cg_featureset_count(&b->on) + cg_featureset_count(&b->off),
		.lost = cg_featureset_count(&lost),
	};

	if (s->options->level) {
		d.changes += count_common(&b->effective, &s->above);
		d.poor = cg_featureset_count(&b->effective);
		return d;
	}
	d.stranger = !s->options->named && is_stranger(s, c);
	d.poor = CG_FEATURES_MAX - count_common(&c->requested, &b->effective);
	return d;
}

static int order(const struct distance *a, const struct distance *b)
{
	const size_t pairs[][2] = { { a->stranger, b->stranger },
				    { a->changes, b->changes },
				    { a->lost, b->lost },
				    { a->poor, b->poor } };

	for (size_t i = 0; i < CG_COUNT(pairs); i++)
		if (pairs[i][0] != pairs[i][1])
			return pairs[i][0] < pairs[i][1] ? -1 : 1;
	return 0;
}

static void search(struct search *s, const struct cg_candidate *candidates, size_t count)
{
	struct distance best = { 0 };

	s->out.end = CG_BASELINE_NO_MODEL;
	for (size_t i = 0; i < count; i++) {
		struct cg_baseline b = s->out;
		struct distance d;
		int nearer = -1;

		change(s, &candidates[i], &b);
		if (!may_run(s, &candidates[i], &b))
			continue;
		d = measure(s, &candidates[i], &b);
		if (s->out.end == CG_BASELINE_FOUND)
			nearer = order(&d, &best);
		if (nearer == 0)
			nearer = strverscmp(candidates[i].name,
					    candidates[s->out.candidate].name);
		if (nearer >= 0)
			continue;
		best = d;
		s->out = b;
		s->out.end = CG_BASELINE_FOUND;
		s->out.candidate = i;
	}
}

struct cg_baseline cg_baseline_choose(const struct cg_fleet *fleet, const bool *members,
				      const struct cg_candidate *candidates, size_t count,
				      const struct cg_baseline_options *options)
{
	struct search s = { .fleet = fleet, .members = members, .options = options };

	s.nested = fleet->cautions.sets[CG_CAUTION_NESTED];
	intersect(&s);
	take_out_cautions(&s);
	if (s.common.mixed && !options->cross_vendor)
		s.out.end = CG_BASELINE_VENDORS;
	else if (!raise_to_level(&s))
		s.out.end = CG_BASELINE_BELOW_LEVEL;
	else
		search(&s, candidates, count);
	return s.out;
}

size_t cg_baseline_check(const struct cg_baseline *baseline,
			 const struct cg_candidate *candidate,
			 const struct cg_supply *supply)
{
	struct cg_featureset asked =
		cg_featureset_minus(&candidate->requested, &baseline->off);
	struct cg_featureset said = cg_featureset_or(&baseline->on, &baseline->off);
	struct cg_featureset wrong;

	asked = cg_featureset_or(&asked, &baseline->on);
	asked = cg_featureset_minus(&asked, &supply->possible);
	said = cg_featureset_minus(&said, &supply->known);
	wrong = cg_featureset_or(&asked, &said);
	return cg_featureset_next(&wrong, 0);
}
