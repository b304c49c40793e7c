// SPDX-License-Identifier: LGPL-2.1-or-later
/* Who cost what. A gain is the same seen from the other side. */
#include "cpumodels/loss.h"

#include <string.h>

/* What cautions take out of every baseline. */
static struct cg_featureset set_aside(const struct cg_fleet *fleet,
				      const struct cg_baseline_options *options)
{
	struct cg_featureset set = { 0 };

	for (enum cg_caution c = CG_CAUTION_NONE + 1; c < CG_CAUTIONS; c++)
		if (c != CG_CAUTION_NESTED || !options->nested)
			set = cg_featureset_or(&set, &fleet->cautions.sets[c]);
	return set;
}

static struct cg_featureset lost_by_anyone(const struct cg_fleet *fleet,
					   const struct cg_baseline *baseline,
					   const struct cg_baseline_options *options)
{
	struct cg_featureset all = { 0 }, aside = set_aside(fleet, options);

	for (size_t i = 0; i < fleet->class_count; i++) {
		const struct cg_featureset *gives = &fleet->classes[i].supply->gives;
		struct cg_featureset has = cg_gates_close(&fleet->gates, gives);

		all = cg_featureset_or(&all, &has);
	}
	all = cg_featureset_minus(&all, &aside);
	return cg_featureset_minus(&all, &baseline->effective);
}

/* Into @costs; returns the number of hosts. */
static size_t blame(const struct cg_fleet *fleet, size_t feature, bool *costs)
{
	size_t hosts = 0;

	for (size_t i = 0; i < fleet->class_count; i++) {
		costs[i] = !cg_featureset_has(&fleet->classes[i].supply->gives, feature);
		hosts += costs[i] ? fleet->classes[i].count : 0;
	}
	return hosts;
}

static int add(struct cg_losses *losses, const struct cg_fleet *fleet, size_t feature,
	       bool *costs, struct cg_error *err)
{
	size_t hosts = blame(fleet, feature, costs), size = fleet->class_count + 1;
	struct cg_loss *loss = losses->items;

	while (loss < losses->items + losses->count &&
	       (loss->hosts != hosts ||
		memcmp(loss->costs, costs, fleet->class_count) != 0))
		loss++;
	if (loss == losses->items + losses->count) {
		bool *copy = malloc(size);

		if (!copy)
			return cg_error_errno(err, "lost features");
		memcpy(copy, costs, size);
		*loss = (struct cg_loss){ .costs = copy, .hosts = hosts };
		losses->count++;
	}
	cg_featureset_add(&loss->features, feature);
	return 0;
}

/* The most features first, and of equals what has the first name. */
static int by_size(const void *a, const void *b)
{
	const struct cg_loss *x = a, *y = b;
	size_t m = cg_featureset_count(&x->features),
	       n = cg_featureset_count(&y->features);

	if (m != n)
		return m > n ? -1 : 1;
	m = cg_featureset_next(&x->features, 0);
	n = cg_featureset_next(&y->features, 0);
	return m < n ? -1 : m > n;
}

int cg_losses_find(struct cg_losses *out, const struct cg_fleet *fleet,
		   const struct cg_baseline *baseline,
		   const struct cg_baseline_options *options, struct cg_error *err)
{
	struct cg_featureset lost = lost_by_anyone(fleet, baseline, options);
	cg_auto_losses struct cg_losses losses = { 0 };
	cg_auto_free bool *costs = calloc(fleet->class_count + 1, sizeof(*costs));

	losses.items = calloc(cg_featureset_count(&lost) + 1, sizeof(*losses.items));
	if (!costs || !losses.items)
		return cg_error_errno(err, "lost features");
	cg_featureset_each(&lost, i)
		if (add(&losses, fleet, i, costs, err) < 0)
			return -1;
	qsort(losses.items, losses.count, sizeof(*losses.items), by_size);
	*out = losses;
	losses = (struct cg_losses){ 0 };
	return 0;
}

void cg_losses_deinit(struct cg_losses *losses)
{
	for (size_t i = 0; i < losses->count; i++)
		free(losses->items[i].costs);
	free(losses->items);
	*losses = (struct cg_losses){ 0 };
}

/* All before and all behind each class, so that leaving one out is one intersection. */
int cg_gain_find(struct cg_gain *out, const struct cg_fleet *fleet,
		 const struct cg_baseline_options *options, struct cg_error *err)
{
	size_t n = fleet->class_count;
	cg_auto_free struct cg_featureset *behind = calloc(n + 1, sizeof(*behind));
	struct cg_featureset aside = set_aside(fleet, options), before, rest;
	struct cg_gain best = { 0 };
	size_t common;

	if (!behind)
		return cg_error_errno(err, "%zu classes of hosts", n);
	memset(&behind[n], 0xff, sizeof(behind[n]));
	behind[n] = cg_featureset_minus(&behind[n], &aside);
	before = behind[n];
	for (size_t i = n; i-- > 0;)
		behind[i] = cg_featureset_and(&behind[i + 1],
					      &fleet->classes[i].supply->gives);
	common = cg_featureset_count(&behind[0]);
	for (size_t i = 0; i < n && n > 1; i++) {
		rest = cg_featureset_and(&before, &behind[i + 1]);
		if (cg_featureset_count(&rest) - common > best.features)
			best = (struct cg_gain){ i, cg_featureset_count(&rest) - common };
		before = cg_featureset_and(&before, &fleet->classes[i].supply->gives);
	}
	*out = best;
	return 0;
}
