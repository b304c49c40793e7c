// SPDX-License-Identifier: LGPL-2.1-or-later
/* Hosts into classes, by content. */
#include "cpumodels/fleet.h"

#include <string.h>

static bool is_same_vendor(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same(const struct cg_supply *a, const struct cg_supply *b)
{
	return a->family == b->family && is_same_vendor(a->vendor, b->vendor) &&
	       cg_featureset_equal(&a->gives, &b->gives) &&
	       cg_featureset_equal(&a->possible, &b->possible) &&
	       cg_featureset_equal(&a->known, &b->known);
}

/* FNV-1a by words; equal sets are compared anyway. */
static uint64_t hash(uint64_t seed, const struct cg_featureset *set)
{
	for (size_t i = 0; i < CG_FEATURESET_WORDS; i++)
		seed = (seed ^ set->words[i]) * UINT64_C(0x100000001b3);
	return seed ^ seed >> 29;
}

struct table {
	size_t *slots; /* a class and one, or 0 */
	size_t mask;
};

static size_t *slot_of(const struct cg_fleet *f, const struct table *t,
		       const struct cg_supply *supply)
{
	uint64_t at = hash(hash(0xcbf29ce484222325, &supply->gives), &supply->possible);

	while (t->slots[at & t->mask] &&
	       !is_same(f->classes[t->slots[at & t->mask] - 1].supply, supply))
		at++;
	return &t->slots[at & t->mask];
}

static int classify(struct cg_fleet *f, struct cg_error *err)
{
	struct table t = { .mask = 15 };
	cg_auto_free size_t *slots = NULL;

	while (t.mask < f->count * 2)
		t.mask = t.mask * 2 + 1;
	t.slots = slots = calloc(t.mask + 1, sizeof(*slots));
	if (!slots)
		return cg_error_errno(err, "%zu hosts", f->count);
	for (size_t i = 0; i < f->count; i++) {
		size_t *slot = slot_of(f, &t, &f->supplies[i]);

		if (!*slot) {
			f->classes[f->class_count].supply = &f->supplies[i];
			*slot = ++f->class_count;
		}
		f->class_of[i] = *slot - 1;
		f->classes[*slot - 1].count++;
	}
	return 0;
}

int cg_fleet_init(struct cg_fleet *out, const struct cg_vocabulary *names,
		  const struct cg_supply *supplies, size_t count, struct cg_error *err)
{
	cg_auto_fleet struct cg_fleet f = { .names = names,
					    .supplies = supplies,
					    .count = count };

	f.classes = calloc(count + 1, sizeof(*f.classes));
	f.class_of = calloc(count + 1, sizeof(*f.class_of));
	if (!f.classes || !f.class_of)
		return cg_error_errno(err, "%zu hosts", count);
	if (classify(&f, err) < 0)
		return -1;
	f.gates = cg_gates_of(names);
	f.cautions = cg_cautions_of(names, &f.gates);
	*out = f;
	f = (struct cg_fleet){ 0 };
	return 0;
}

void cg_fleet_deinit(struct cg_fleet *fleet)
{
	free(fleet->classes);
	free(fleet->class_of);
	*fleet = (struct cg_fleet){ 0 };
}

struct cg_common cg_common_of_none(void)
{
	struct cg_common common = { 0 };

	memset(&common.known, 0xff, sizeof(common.known));
	common.gives = common.possible = common.known;
	return common;
}

void cg_common_join(struct cg_common *common, const struct cg_supply *supply)
{
	common->known = cg_featureset_and(&common->known, &supply->known);
	common->gives = cg_featureset_and(&common->gives, &supply->gives);
	common->possible = cg_featureset_and(&common->possible, &supply->possible);
	if (!supply->vendor)
		return;
	if (!common->vendor)
		common->vendor = supply->vendor;
	common->mixed |= strcmp(common->vendor, supply->vendor) != 0;
}

json_t *cg_fleet_hosts(const struct cg_fleet *fleet, const bool *members)
{
	json_t *list = json_array();

	for (size_t i = 0; i < fleet->count; i++)
		if (members[fleet->class_of[i]])
			json_array_append_new(list, json_string(fleet->supplies[i].host));
	return list;
}
