// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Few classes: every way to split them. Many: each class its own group at first, then the
 * two groups that lose the least by it become one, until few enough are left.
 */
#include "cpumodels/partition.h"

#include <string.h>

struct group {
	struct cg_common common;
	uint64_t hosts;
};

static struct group one(const struct cg_class *class, const struct cg_featureset *aside)
{
	struct group g = { cg_common_of_none(), class->count };

	cg_common_join(&g.common, class->supply);
	g.common.gives = cg_featureset_minus(&g.common.gives, aside);
	return g;
}

static struct group merge(const struct group *a, const struct group *b)
{
	struct group g = *a;

	g.common.gives = cg_featureset_and(&a->common.gives, &b->common.gives);
	g.common.mixed |= b->common.mixed;
	if (!g.common.vendor)
		g.common.vendor = b->common.vendor;
	else if (b->common.vendor)
		g.common.mixed |= strcmp(g.common.vendor, b->common.vendor) != 0;
	g.hosts += b->hosts;
	return g;
}

static uint64_t worth(const struct group *g)
{
	return g->common.mixed ? 0 : g->hosts * cg_featureset_count(&g->common.gives);
}

/* All ways. */

struct tries {
	const struct group *single; /* of each class */
	size_t count, limit;
	struct group groups[CG_PARTITION_EXACT];
	size_t at[CG_PARTITION_EXACT], best_at[CG_PARTITION_EXACT];
	size_t best_used;
	uint64_t best;
};

/* Each class joins a group that there is, or opens the next one. */
static void place(struct tries *t, size_t class, size_t used)
{
	uint64_t kept = 0;

	if (class < t->count) {
		for (size_t g = 0; g <= used && g < t->limit; g++) {
			struct group was = t->groups[g];

			t->groups[g] = g < used ? merge(&was, &t->single[class])
						: t->single[class];
			t->at[class] = g;
			place(t, class + 1, used + (g == used));
			t->groups[g] = was;
		}
		return;
	}
	for (size_t g = 0; g < used; g++)
		kept += worth(&t->groups[g]);
	if (t->best_used && kept <= t->best)
		return;
	t->best = kept;
	t->best_used = used;
	memcpy(t->best_at, t->at, sizeof(t->at));
}

static void try_all(struct cg_partition *p, const struct group *single, size_t count,
		    size_t limit)
{
	struct tries t = { .single = single, .count = count, .limit = limit };

	place(&t, 0, 0);
	memcpy(p->group_of, t.best_at, count * sizeof(*p->group_of));
	p->groups = t.best_used;
	p->kept = t.best;
	p->exact = true;
}

/* Step by step. */

struct merging {
	struct group *groups; /* of class i, if first[i] is i */
	size_t *first;        /* the first class of each one's group */
	size_t *partner;      /* of each group: the one behind it that costs least */
	int64_t *cost;
	size_t count;
};

static bool is_group(const struct merging *m, size_t i)
{
	return m->first[i] == i;
}

static void find_partner(struct merging *m, size_t i)
{
	m->partner[i] = i;
	for (size_t j = i + 1; j < m->count; j++) {
		struct group both;
		int64_t cost;

		if (!is_group(m, j))
			continue;
		both = merge(&m->groups[i], &m->groups[j]);
		cost = (int64_t)(worth(&m->groups[i]) + worth(&m->groups[j])) -
		       (int64_t)worth(&both);
		if (m->partner[i] == i || cost < m->cost[i]) {
			m->partner[i] = j;
			m->cost[i] = cost;
		}
	}
}

static size_t cheapest(const struct merging *m)
{
	size_t best = m->count;

	for (size_t i = 0; i < m->count; i++)
		if (is_group(m, i) && m->partner[i] != i &&
		    (best == m->count || m->cost[i] < m->cost[best]))
			best = i;
	return best;
}

static void join(struct merging *m, size_t i)
{
	size_t gone = m->partner[i];

	m->groups[i] = merge(&m->groups[i], &m->groups[gone]);
	for (size_t j = 0; j < m->count; j++)
		if (m->first[j] == gone)
			m->first[j] = i;
	for (size_t j = 0; j < m->count; j++)
		if (is_group(m, j) &&
		    (j == i || m->partner[j] == gone || m->partner[j] == i))
			find_partner(m, j);
}

static void number_groups(struct cg_partition *p, const struct merging *m)
{
	p->groups = 0;
	p->kept = 0;
	for (size_t i = 0; i < m->count; i++) {
		p->group_of[i] = is_group(m, i) ? p->groups++ : p->group_of[m->first[i]];
		p->kept += is_group(m, i) ? worth(&m->groups[i]) : 0;
	}
}

static int merge_up(struct cg_partition *p, struct group *single, size_t count,
		    size_t limit, struct cg_error *err)
{
	cg_auto_free size_t *first = calloc(count + 1, sizeof(*first));
	cg_auto_free size_t *partner = calloc(count + 1, sizeof(*partner));
	cg_auto_free int64_t *cost = calloc(count + 1, sizeof(*cost));
	struct merging m = { single, first, partner, cost, count };

	if (!first || !partner || !cost)
		return cg_error_errno(err, "%zu classes of hosts", count);
	for (size_t i = 0; i < count; i++)
		first[i] = i;
	for (size_t i = 0; i < count; i++)
		find_partner(&m, i);
	for (size_t left = count; left > limit; left--)
		join(&m, cheapest(&m));
	number_groups(p, &m);
	p->exact = count <= limit;
	return 0;
}

int cg_partition_find(struct cg_partition *out, const struct cg_fleet *fleet,
		      size_t groups, const struct cg_featureset *aside,
		      struct cg_error *err)
{
	size_t count = fleet->class_count;
	cg_auto_free struct group *single = calloc(count + 1, sizeof(*single));
	cg_auto_partition struct cg_partition p = { 0 };

	p.group_of = calloc(count + 1, sizeof(*p.group_of));
	if (!single || !p.group_of)
		return cg_error_errno(err, "%zu classes of hosts", count);
	for (size_t i = 0; i < count; i++)
		single[i] = one(&fleet->classes[i], aside);
	if (count <= CG_PARTITION_EXACT)
		try_all(&p, single, count, groups);
	else if (merge_up(&p, single, count, groups, err) < 0)
		return -1;
	*out = p;
	p = (struct cg_partition){ 0 };
	return 0;
}

void cg_partition_deinit(struct cg_partition *partition)
{
	free(partition->group_of);
	*partition = (struct cg_partition){ 0 };
}
