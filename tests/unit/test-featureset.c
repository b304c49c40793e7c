// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sets against the same sets as plain arrays of bool, and their stored form. */
#include "cpumodels/featureset.h"

#include <ctype.h>
#include <string.h>

#include "tests/unit/outcome.h"
#include "tests/unit/random.h"

#define ROUNDS 300

struct plain {
	bool has[CG_FEATURES_MAX];
};

/* Thin, dense, empty or full, and often ending early. */
static struct cg_featureset random_set(struct plain *plain)
{
	struct cg_featureset set = { { 0 } };
	size_t density = random_below(5), end = random_below(CG_FEATURES_MAX + 1);

	memset(plain, 0, sizeof(*plain));
	if (random_below(3) == 0)
		end = CG_FEATURES_MAX;
	for (size_t i = 0; i < end; i++)
		if (random_below(4) < density) {
			plain->has[i] = true;
			cg_featureset_add(&set, i);
		}
	return set;
}

static void expect(const struct cg_featureset *set, const struct plain *plain)
{
	size_t count = 0, next = 0;

	for (size_t i = 0; i < CG_FEATURES_MAX; i++) {
		assert_int_equal(cg_featureset_has(set, i), plain->has[i]);
		count += plain->has[i];
	}
	assert_int_equal(cg_featureset_count(set), count);
	assert_int_equal(cg_featureset_is_empty(set), count == 0);
	cg_featureset_each(set, i) {
		while (!plain->has[next])
			next++;
		assert_int_equal(i, next);
		next++;
		count--;
	}
	assert_int_equal(count, 0);
}

static void members_are_what_was_added(void **state)
{
	struct plain plain;

	(void)state;
	random_seed(1);
	for (int i = 0; i < 50; i++) {
		struct cg_featureset set = random_set(&plain);

		expect(&set, &plain);
	}
}

static void algebra_is_that_of_sets(void **state)
{
	struct plain a, b, both, either, without;

	(void)state;
	random_seed(2);
	for (int round = 0; round < 50; round++) {
		struct cg_featureset x = random_set(&a), y = random_set(&b);
		struct cg_featureset and = cg_featureset_and(&x, &y);
		struct cg_featureset or = cg_featureset_or(&x, &y);
		struct cg_featureset minus = cg_featureset_minus(&x, &y);
		bool subset = true;

		for (size_t i = 0; i < CG_FEATURES_MAX; i++) {
			both.has[i] = a.has[i] && b.has[i];
			either.has[i] = a.has[i] || b.has[i];
			without.has[i] = a.has[i] && !b.has[i];
			subset &= !without.has[i];
		}
		expect(&and, &both);
		expect(& or, &either);
		expect(&minus, &without);
		assert_int_equal(cg_featureset_is_subset(&x, &y), subset);
		assert_true(cg_featureset_is_subset(&and, &x));
		assert_true(cg_featureset_is_subset(&x, & or));
		assert_int_equal(cg_featureset_equal(&x, &y),
				 memcmp(&a, &b, sizeof(a)) == 0);
	}
}

static void one_feature_makes_a_difference(void **state)
{
	struct plain plain;

	(void)state;
	random_seed(3);
	for (int round = 0; round < ROUNDS; round++) {
		struct cg_featureset set = random_set(&plain), other = set;
		size_t feature = random_below(CG_FEATURES_MAX);

		assert_true(cg_featureset_equal(&set, &other));
		if (plain.has[feature])
			cg_featureset_remove(&other, feature);
		else
			cg_featureset_add(&other, feature);
		assert_false(cg_featureset_equal(&set, &other));
		assert_int_equal(cg_featureset_is_subset(&other, &set),
				 plain.has[feature]);
		assert_int_equal(cg_featureset_has(&other, feature), !plain.has[feature]);
	}
}

static void the_next_feature_is_never_below(void **state)
{
	struct cg_featureset set = { { 0 } };

	(void)state;
	assert_int_equal(cg_featureset_next(&set, 0), CG_FEATURES_MAX);
	cg_featureset_add(&set, 63);
	cg_featureset_add(&set, 64);
	cg_featureset_add(&set, CG_FEATURES_MAX - 1);
	assert_int_equal(cg_featureset_next(&set, 0), 63);
	assert_int_equal(cg_featureset_next(&set, 63), 63);
	assert_int_equal(cg_featureset_next(&set, 64), 64);
	assert_int_equal(cg_featureset_next(&set, 65), CG_FEATURES_MAX - 1);
	assert_int_equal(cg_featureset_next(&set, CG_FEATURES_MAX), CG_FEATURES_MAX);
	assert_int_equal(cg_featureset_next(&set, 2 * CG_FEATURES_MAX), CG_FEATURES_MAX);
}

/* The stored form: caches are full of it. */
static void hex_has_the_lowest_features_first(void **state)
{
	static const struct {
		const char *hex;
		size_t count, features[4];
	} cases[] = {
		{ "", 0, { 0 } },
		{ "01", 1, { 0 } },
		{ "80", 1, { 7 } },
		{ "0001", 1, { 8 } },
		{ "8101", 3, { 0, 7, 8 } },
		{ "00000000000000000a", 2, { 65, 67 } },
		{ "ff000f", 4, { 0, 7, 19 } }, /* and those between */
	};
	char hex[CG_FEATURESET_HEX];

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		struct cg_featureset set;
		struct cg_error err;
		char *got;

		assert_ok(cg_featureset_from_hex(&set, cases[i].hex, &err));
		for (size_t n = 0; n < cases[i].count && n < 3; n++)
			assert_true(cg_featureset_has(&set, cases[i].features[n]));
		if (cases[i].count < 4)
			assert_int_equal(cg_featureset_count(&set), cases[i].count);
		got = cg_featureset_to_hex(&set, hex);
		assert_ptr_equal(got, hex);
		assert_string_equal(hex, cases[i].hex);
	}
}

static void any_set_survives_as_hex(void **state)
{
	char hex[CG_FEATURESET_HEX];
	struct plain plain;

	(void)state;
	random_seed(4);
	for (int i = 0; i < ROUNDS; i++) {
		struct cg_featureset set = random_set(&plain), back;
		struct cg_error err;
		size_t len;

		cg_featureset_to_hex(&set, hex);
		assert_ok(cg_featureset_from_hex(&back, hex, &err));
		assert_true(cg_featureset_equal(&set, &back));
		len = strlen(hex);
		assert_int_equal(len % 2, 0);
		assert_int_equal(strspn(hex, "0123456789abcdef"), len);
		assert_true(!len || strcmp(hex + len - 2, "00") != 0);
	}
}

static void trailing_zeros_mean_nothing(void **state)
{
	char hex[CG_FEATURESET_HEX];
	struct cg_featureset set;
	struct cg_error err;

	(void)state;
	memset(hex, '0', sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	hex[0] = '4';
	assert_ok(cg_featureset_from_hex(&set, hex, &err));
	assert_string_equal(cg_featureset_to_hex(&set, hex), "40");
}

static void damaged_hex_is_refused(void **state)
{
	static const char *const texts[] = { "0",  "012", "0g", "g0",  "AB",
					     " 1", "-1",  "0x", "01 ", "1\n" };
	struct cg_featureset set, before;
	char hex[CG_FEATURESET_HEX + 2];
	struct cg_error err;

	(void)state;
	memset(&set, 0x5a, sizeof(set));
	before = set;
	for (size_t i = 0; i < CG_COUNT(texts); i++)
		assert_error(cg_featureset_from_hex(&set, texts[i], &err), CG_E_CORRUPT);
	memset(hex, '0', sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	assert_error(cg_featureset_from_hex(&set, hex, &err), CG_E_CORRUPT);
	assert_true(cg_featureset_equal(&set, &before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_what_was_added),
		cmocka_unit_test(algebra_is_that_of_sets),
		cmocka_unit_test(one_feature_makes_a_difference),
		cmocka_unit_test(the_next_feature_is_never_below),
		cmocka_unit_test(hex_has_the_lowest_features_first),
		cmocka_unit_test(any_set_survives_as_hex),
		cmocka_unit_test(trailing_zeros_mean_nothing),
		cmocka_unit_test(damaged_hex_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
