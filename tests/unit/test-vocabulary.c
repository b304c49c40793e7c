// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cpumodels/vocabulary.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "tests/unit/outcome.h"
#include "tests/unit/random.h"

/* A few of QEMU's, sorted. */
static const char *const some[] = {
	"3dnow", "avx",    "avx512-vnni", "avx512vl",      "fxsr-opt",
	"lm",    "nx",     "pclmulqdq",   "pni",           "sse",
	"sse2",  "sse4.1", "sse4.2",      "vmx-apicv-vid", "xsave",
};

static struct cg_vocabulary *make(const char *const *names, size_t count)
{
	struct cg_vocabulary *v = NULL;
	struct cg_error err;

	assert_ok(cg_vocabulary_new(&v, names, count, &err));
	return v;
}

static struct cg_vocabulary *make_some(void)
{
	return make(some, CG_COUNT(some));
}

static void equal_is_what_has_the_same_names(void **state)
{
	static const char *const orders[][2] = {
		{ "ab", "c" }, { "c", "ab" }, { "a", "bc" }, { "ab", "d" }
	};
	cg_auto_vocabulary struct cg_vocabulary *first = make(orders[0], 2),
						*none = make(some, 0);

	(void)state;
	assert_true(cg_vocabulary_equal(first, first));
	assert_false(cg_vocabulary_equal(first, none));
	for (size_t i = 0; i < CG_COUNT(orders); i++) {
		cg_auto_vocabulary struct cg_vocabulary *other = make(orders[i], 2);

		assert_int_equal(cg_vocabulary_equal(first, other), i < 2);
		assert_int_equal(cg_vocabulary_equal(other, first), i < 2);
	}
}

static void any_order_gives_the_same_places(void **state)
{
	const char *names[CG_COUNT(some)];

	(void)state;
	random_seed(1);
	memcpy(names, some, sizeof(names));
	for (int round = 0; round < 20; round++) {
		cg_auto_vocabulary struct cg_vocabulary *v = NULL;

		for (size_t i = 0; i < CG_COUNT(names); i++) {
			size_t j = random_below(CG_COUNT(names));
			const char *swap = names[i];

			names[i] = names[j];
			names[j] = swap;
		}
		v = make(names, CG_COUNT(names));
		assert_int_equal(cg_vocabulary_count(v), CG_COUNT(some));
		for (size_t i = 0; i < CG_COUNT(some); i++) {
			assert_string_equal(cg_vocabulary_name(v, i), some[i]);
			assert_int_equal(cg_vocabulary_find(v, some[i]), i);
		}
		assert_null(cg_vocabulary_name(v, CG_COUNT(some)));
	}
}

static void names_are_copied(void **state)
{
	char name[] = "avx";
	const char *const names[] = { name };
	cg_auto_vocabulary struct cg_vocabulary *v = make(names, 1);

	(void)state;
	name[0] = 'x';
	assert_string_equal(cg_vocabulary_name(v, 0), "avx");
}

static void may_be_empty(void **state)
{
	cg_auto_vocabulary struct cg_vocabulary *v = make(NULL, 0);

	(void)state;
	assert_int_equal(cg_vocabulary_count(v), 0);
	assert_null(cg_vocabulary_name(v, 0));
	assert_int_equal(cg_vocabulary_find(v, "avx"), CG_FEATURES_MAX);
	assert_null(cg_vocabulary_nearest(v, "avx"));
	assert_null(cg_vocabulary_free(NULL));
}

static void a_name_twice_is_refused(void **state)
{
	static const char *const names[] = { "b", "a", "c", "a" };
	struct cg_vocabulary *v = NULL;
	struct cg_error err;

	(void)state;
	assert_error(cg_vocabulary_new(&v, names, CG_COUNT(names), &err), CG_E_PARSE);
	assert_contains(err.msg, "a");
	assert_null(v);
}

static void more_names_than_a_set_has_room_for_are_refused(void **state)
{
	static char text[CG_FEATURES_MAX + 1][8];
	const char *names[CG_FEATURES_MAX + 1];
	struct cg_vocabulary *v = NULL;
	struct cg_error err;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(names); i++) {
		snprintf(text[i], sizeof(text[i]), "f%zu", i);
		names[i] = text[i];
	}
	assert_error(cg_vocabulary_new(&v, names, CG_FEATURES_MAX + 1, &err), CG_E_LIMIT);
	assert_null(v);
	assert_ok(cg_vocabulary_new(&v, names, CG_FEATURES_MAX, &err));
	assert_string_equal(cg_vocabulary_name(v, CG_FEATURES_MAX - 1), "f999");
	assert_int_equal(cg_vocabulary_find(v, "f999"), CG_FEATURES_MAX - 1);
	cg_vocabulary_free(v);
}

static void survives_as_json(void **state)
{
	cg_auto_vocabulary struct cg_vocabulary *v = make_some(), *back = NULL;
	cg_auto_json json_t *list = cg_vocabulary_to_json(v);
	struct cg_error err;

	(void)state;
	assert_int_equal(json_array_size(list), CG_COUNT(some));
	assert_string_equal(json_string_value(json_array_get(list, 0)), some[0]);
	assert_ok(cg_vocabulary_from_json(&back, list, &err));
	assert_int_equal(cg_vocabulary_count(back), CG_COUNT(some));
	for (size_t i = 0; i < CG_COUNT(some); i++)
		assert_string_equal(cg_vocabulary_name(back, i), some[i]);
}

static void json_of_another_shape_is_refused(void **state)
{
	static const char *const texts[] = { "{}", "[1]", "[\"a\",null]", "[[\"a\"]]",
					     "{\"a\":\"b\"}" };
	struct cg_vocabulary *v = NULL;
	struct cg_error err;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++) {
		cg_auto_json json_t *json = NULL;

		assert_ok(cg_json_parse(&json, texts[i], strlen(texts[i]), 100, &err));
		assert_error(cg_vocabulary_from_json(&v, json, &err), CG_E_CORRUPT);
	}
	assert_error(cg_vocabulary_from_json(&v, NULL, &err), CG_E_CORRUPT);
	assert_null(v);
}

static void a_long_json_list_is_refused(void **state)
{
	cg_auto_json json_t *list = json_array();
	struct cg_vocabulary *v = NULL;
	struct cg_error err;

	(void)state;
	for (int i = 0; i <= CG_FEATURES_MAX; i++)
		json_array_append_new(list, json_sprintf("f%d", i));
	assert_error(cg_vocabulary_from_json(&v, list, &err), CG_E_CORRUPT);
	assert_null(v);
}

static void names_are_found_exactly(void **state)
{
	static const char *const strangers[] = { "",      "av",   "avx5", "AVX", "sse4_1",
						 "zzzzz", "2avx", "xd",   "avx " };
	cg_auto_vocabulary struct cg_vocabulary *v = make_some();

	(void)state;
	for (size_t i = 0; i < CG_COUNT(strangers); i++)
		assert_int_equal(cg_vocabulary_find(v, strangers[i]), CG_FEATURES_MAX);
}

static void other_spellings_are_understood(void **state)
{
	static const char *const cases[][2] = {
		{ "avx", "avx" },
		{ "sse4_1", "sse4.1" },
		{ "sse4-1", "sse4.1" },
		{ "sse4.1", "sse4.1" },
		{ "sse4_2", "sse4.2" },
		{ "sse3", "pni" },
		{ "pclmuldq", "pclmulqdq" },
		{ "xd", "nx" },
		{ "ffxsr", "fxsr-opt" },
		{ "fxsr_opt", "fxsr-opt" },
		{ "i64", "lm" },
		{ "avx512_vnni", "avx512-vnni" },
		{ "vmx_apicv-vid", "vmx-apicv-vid" },
		{ "avx512vnni", NULL },
		{ "SSE", NULL },
		{ "", NULL },
	};
	cg_auto_vocabulary struct cg_vocabulary *v = make_some();

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		size_t feature = cg_vocabulary_resolve(v, cases[i][0]);

		if (!cases[i][1])
			assert_int_equal(feature, CG_FEATURES_MAX);
		else
			assert_string_equal(cg_vocabulary_name(v, feature), cases[i][1]);
	}
}

/* An emulator that has a feature of that very name means that one. */
static void an_exact_name_goes_before_an_alias(void **state)
{
	static const char *const names[] = { "nx", "xd", "a-b", "a_b" };
	cg_auto_vocabulary struct cg_vocabulary *v = make(names, CG_COUNT(names));

	(void)state;
	assert_string_equal(cg_vocabulary_name(v, cg_vocabulary_resolve(v, "xd")), "xd");
	assert_string_equal(cg_vocabulary_name(v, cg_vocabulary_resolve(v, "a_b")),
			    "a_b");
}

static void the_nearest_name_is_suggested(void **state)
{
	static const char *const cases[][2] = {
		{ "avx", "avx" },
		{ "AVX", "avx" },
		{ "avx512vnni", "avx512-vnni" },
		{ "avx512_vnnl", "avx512-vnni" },
		{ "axv", "avx" },
		{ "xsaev", "xsave" },
		{ "pclmulqdk", "pclmulqdq" },
		{ "sse41", "sse4.1" },
		{ "nothing-like-it", NULL },
		{ "qqqq", NULL },
	};
	cg_auto_vocabulary struct cg_vocabulary *v = make_some();

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		const char *nearest = cg_vocabulary_nearest(v, cases[i][0]);

		if (!cases[i][1])
			assert_null(nearest);
		else
			assert_string_equal(nearest ? nearest : "(none)", cases[i][1]);
	}
}

static void sets_and_lists_of_names_are_the_same(void **state)
{
	cg_auto_vocabulary struct cg_vocabulary *v = make_some();

	(void)state;
	random_seed(2);
	for (int round = 0; round < 100; round++) {
		struct cg_featureset set = { { random_below(1 << CG_COUNT(some)) } },
				     back;
		cg_auto_json json_t *list = cg_vocabulary_list(v, &set);
		size_t unknown = 7;

		assert_int_equal(json_array_size(list), cg_featureset_count(&set));
		back = cg_vocabulary_set(v, list, &unknown);
		assert_true(cg_featureset_equal(&set, &back));
		assert_int_equal(unknown, 0);
		for (size_t i = 1; i < json_array_size(list); i++)
			assert_true(strcmp(json_string_value(json_array_get(list, i - 1)),
					   json_string_value(json_array_get(list, i))) <
				    0);
	}
}

static void what_is_no_known_name_is_counted(void **state)
{
	cg_auto_vocabulary struct cg_vocabulary *v = make_some();
	cg_auto_json json_t *list =
		json_pack("[s, s, s, i, n, s]", "avx", "kvm", "sse4_1", 1, "avx");
	cg_auto_json json_t *names = NULL;
	struct cg_featureset set;
	size_t unknown = 7;

	(void)state;
	set = cg_vocabulary_set(v, list, &unknown);
	assert_int_equal(unknown, 4);
	names = cg_vocabulary_list(v, &set);
	assert_int_equal(json_array_size(names), 1);
	assert_string_equal(json_string_value(json_array_get(names, 0)), "avx");
	set = cg_vocabulary_set(v, NULL, &unknown);
	assert_int_equal(unknown, 0);
	assert_true(cg_featureset_is_empty(&set));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_gives_the_same_places),
		cmocka_unit_test(equal_is_what_has_the_same_names),
		cmocka_unit_test(names_are_copied),
		cmocka_unit_test(may_be_empty),
		cmocka_unit_test(a_name_twice_is_refused),
		cmocka_unit_test(more_names_than_a_set_has_room_for_are_refused),
		cmocka_unit_test(survives_as_json),
		cmocka_unit_test(json_of_another_shape_is_refused),
		cmocka_unit_test(a_long_json_list_is_refused),
		cmocka_unit_test(names_are_found_exactly),
		cmocka_unit_test(other_spellings_are_understood),
		cmocka_unit_test(an_exact_name_goes_before_an_alias),
		cmocka_unit_test(the_nearest_name_is_suggested),
		cmocka_unit_test(sets_and_lists_of_names_are_the_same),
		cmocka_unit_test(what_is_no_known_name_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
