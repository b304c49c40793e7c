// SPDX-License-Identifier: LGPL-2.1-or-later
/* Who can send to whom: random hosts by the rules, and recordings of real ones. */
#include "cpumodels/passage.h"

#include <string.h>

#include "tests/unit/random.h"
#include "tests/unit/recorded-hosts.h"

#define ROUNDS 20000
#define FEATURES 6

static const enum cg_reason causes[CG_FEATURES_MAX] = { CG_MISSING_HOST };

static bool has(const struct cg_passage *passage, enum cg_reason reason)
{
	return passage->reasons >> reason & 1;
}

static struct cg_featureset random_set(void)
{
	struct cg_featureset set = { 0 };

	for (size_t i = 0; i < FEATURES; i++)
		if (random_below(2))
			cg_featureset_add(&set, i);
	return set;
}

/* Few features and numbers, so that hosts agree now and then. */
static struct cg_party random_party(bool fixed)
{
	static const char *const vendors[] = { "A", "B" };
	struct cg_party p = { .fixed = fixed };

	p.possible = random_set();
	p.has = random_set();
	if (!fixed || random_below(2))
		p.has = cg_featureset_and(&p.has, &p.possible);
	p.gives = fixed ? cg_featureset_and(&p.has, &p.possible) : p.possible;
	snprintf(p.vendor, sizeof(p.vendor), "%s", vendors[random_below(8) == 0]);
	p.level = random_below(8) ? 13 : 14;
	return p;
}

static enum cg_answer answer_of(const struct cg_party *from, const struct cg_party *to)
{
	struct cg_passage self = cg_passage_find(from, from, causes);
	struct cg_passage passage = cg_passage_find(from, to, causes);

	passage = cg_passage_check(&self, &passage);
	return cg_passage_answer(&passage);
}

static void yes_if_and_only_if_what_a_guest_has_is_possible(void **state)
{
	size_t able = 0;

	(void)state;
	random_seed(1);
	for (int i = 0; i < ROUNDS; i++) {
		struct cg_party a = random_party(false), b = random_party(false);
		bool fits = cg_featureset_is_subset(&a.has, &b.possible) &&
			    strcmp(a.vendor, b.vendor) == 0 && a.level == b.level;

		assert_int_equal(answer_of(&a, &b), fits ? CG_YES : CG_NO);
		assert_int_equal(answer_of(&a, &a), CG_YES);
		able += fits;
	}
	assert_true(able > ROUNDS / 100);
}

static void one_definition_is_transitive_and_symmetric(void **state)
{
	size_t able = 0;

	(void)state;
	random_seed(2);
	for (int i = 0; i < 40 * ROUNDS; i++) {
		struct cg_party a = random_party(true), b = random_party(true),
				c = random_party(true);

		if (answer_of(&a, &b) != CG_YES || answer_of(&b, &b) != CG_YES)
			continue;
		assert_int_equal(answer_of(&b, &a), CG_YES);
		if (answer_of(&b, &c) != CG_YES)
			continue;
		assert_int_equal(answer_of(&a, &c), CG_YES);
		able++;
	}
	assert_true(able > 10);
}

static void a_source_that_refuses_its_own_guest_decides_nothing(void **state)
{
	struct cg_party a = { .fixed = true }, b = { .fixed = true };
	struct cg_passage self, passage;

	(void)state;
	cg_featureset_add(&a.has, 1);
	b.has = b.gives = b.possible = a.has;
	self = cg_passage_find(&a, &a, causes);
	assert_int_equal(cg_passage_answer(&self), CG_NO);
	passage = cg_passage_find(&a, &b, causes);
	assert_int_equal(cg_passage_answer(&passage), CG_YES);
	passage = cg_passage_check(&self, &passage);
	assert_int_equal(cg_passage_answer(&passage), CG_UNDECIDED);
	assert_true(has(&passage, CG_RECORD_SELF_INCONSISTENT));
	assert_true(cg_featureset_has(&passage.features, 1));
	assert_int_equal(answer_of(&b, &a), CG_NO);
}

static void what_nobody_says_is_a_doubt(void **state)
{
	struct cg_party a = { 0 }, b = { 0 };
	struct cg_passage passage;

	(void)state;
	cg_featureset_add(&a.has, 3);
	a.possible = a.gives = b.untold = a.has;
	passage = cg_passage_find(&a, &b, causes);
	assert_int_equal(cg_passage_answer(&passage), CG_UNDECIDED);
	assert_true(has(&passage, CG_RECORD_UNTOLD) && !has(&passage, CG_MISSING_HOST));
	assert_true(cg_featureset_equal(&passage.features, &a.has));
	/* But not if something else is missing for sure. */
	cg_featureset_add(&a.has, 0);
	passage = cg_passage_find(&a, &b, causes);
	assert_int_equal(cg_passage_answer(&passage), CG_NO);

	b = (struct cg_party){ .possible = a.has, .gives = a.has };
	snprintf(b.vendor, sizeof(b.vendor), "A");
	passage = cg_passage_find(&a, &b, causes);
	assert_int_equal(cg_passage_answer(&passage), CG_UNDECIDED);
}

static void one_definition_that_means_two_things_is_no(void **state)
{
	struct cg_party old = { .fixed = true }, new = { .fixed = true };
	struct cg_passage passage;

	(void)state;
	cg_featureset_add(&old.possible, 1);
	cg_featureset_add(&old.possible, 2);
	new.possible = old.possible;
	cg_featureset_add(&old.has, 1);
	old.gives = old.has;
	new.has = new.gives = new.possible;
	passage = cg_passage_find(&old, &new, causes);
	assert_int_equal(passage.reasons, CG_REASON_BIT(CG_EXTRA_VMM));
	passage = cg_passage_find(&new, &old, causes);
	assert_int_equal(passage.reasons, CG_REASON_BIT(CG_MISSING_DEFINITION));
	assert_true(cg_featureset_has(&passage.features, 2));
	/* Asked for by name, there is no extra. */
	old.fixed = new.fixed = false;
	assert_int_equal(answer_of(&old, &new), CG_YES);
}

static void addresses_may_grow_but_not_shrink(void **state)
{
	struct cg_party narrow = { .phys_bits = 39 }, wide = { .phys_bits = 46 };
	struct cg_passage passage = cg_passage_find(&wide, &narrow, causes);

	(void)state;
	assert_int_equal(passage.reasons, CG_REASON_BIT(CG_WIDTH_PHYS_BITS));
	assert_int_equal(answer_of(&narrow, &wide), CG_YES);
	narrow.fixed = wide.fixed = true;
	assert_int_equal(answer_of(&narrow, &wide), CG_NO);
}

static void says_why_nobody_can_come(void **state)
{
	struct cg_party a = { 0 }, b = { .reasons = CG_REASON_BIT(CG_MACHINE_ABSENT) },
			c = { .reasons = CG_REASON_BIT(CG_RECORD_ABSENT) },
			d = { .reasons = CG_REASON_BIT(CG_MACHINE_DEPRECATED) };

	(void)state;
	cg_featureset_add(&a.has, 1);
	a.possible = a.gives = d.possible = a.has;
	assert_int_equal(cg_passage_find(&a, &b, causes).reasons, b.reasons);
	assert_int_equal(answer_of(&a, &b), CG_NO);
	assert_int_equal(answer_of(&b, &a), CG_UNDECIDED);
	assert_int_equal(answer_of(&a, &c), CG_UNDECIDED);
	assert_int_equal(answer_of(&a, &d), CG_YES);
}

static void real_hosts_take_what_they_can_give(void **state)
{
	static struct recorded_hosts hosts;
	struct cg_party parties[RECORDED_MAX] = { 0 };

	(void)state;
	recorded_open(&hosts);
	for (size_t i = 0; i < hosts.count; i++) {
		const struct cg_supply *s = &hosts.supplies[i];
		struct cg_party *p = &parties[i];

		p->has = s->gives;
		p->possible = p->gives = s->possible;
		snprintf(p->vendor, sizeof(p->vendor), "%s", s->vendor);
	}
	for (size_t i = 0; i < hosts.count; i++)
		for (size_t j = 0; j < hosts.count; j++) {
			bool fits = cg_featureset_is_subset(&parties[i].has,
							    &parties[j].possible) &&
				    strcmp(parties[i].vendor, parties[j].vendor) == 0;

			assert_int_equal(answer_of(&parties[i], &parties[j]),
					 fits ? CG_YES : CG_NO);
			assert_true(i != j || fits);
		}
	recorded_close(&hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yes_if_and_only_if_what_a_guest_has_is_possible),
		cmocka_unit_test(one_definition_is_transitive_and_symmetric),
		cmocka_unit_test(a_source_that_refuses_its_own_guest_decides_nothing),
		cmocka_unit_test(what_nobody_says_is_a_doubt),
		cmocka_unit_test(one_definition_that_means_two_things_is_no),
		cmocka_unit_test(addresses_may_grow_but_not_shrink),
		cmocka_unit_test(says_why_nobody_can_come),
		cmocka_unit_test(real_hosts_take_what_they_can_give),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
