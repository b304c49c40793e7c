// SPDX-License-Identifier: LGPL-2.1-or-later
#include "probe/expansion.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/outcome.h"
#include "tests/unit/random.h"

static const char *const names[] = { "avx", "fxsr-opt", "lm",    "nx",
				     "pni", "sse4.1",   "sse4.2" };

static struct cg_vocabulary *vocabulary;

static int make_vocabulary(void **state)
{
	struct cg_error err;

	(void)state;
	return cg_vocabulary_new(&vocabulary, names, CG_COUNT(names), &err);
}

static int free_vocabulary(void **state)
{
	(void)state;
	vocabulary = cg_vocabulary_free(vocabulary);
	return 0;
}

static json_t *json_of(const char *text)
{
	json_t *json = NULL;
	struct cg_error err;

	assert_ok(cg_json_parse(&json, text, strlen(text), 1 << 16, &err));
	return json;
}

static void expect_json(const json_t *json, const char *want)
{
	cg_auto_free char *text = cg_json_canonical(json);

	assert_string_equal(text, want);
}

static void expect_split(const char *props, const char *features, const char *scalars)
{
	cg_auto_expansion struct cg_expansion expansion = { 0 };
	cg_auto_json json_t *json = json_of(props), *list = NULL;
	struct cg_error err;

	assert_ok(cg_expansion_from_props(&expansion, json, vocabulary, &err));
	list = cg_vocabulary_list(vocabulary, &expansion.features);
	expect_json(list, features);
	expect_json(expansion.scalars, scalars);
}

static void properties_are_features_or_the_rest(void **state)
{
	(void)state;
	expect_split("{}", "[]", "{}");
	expect_split("{\"avx\":true,\"nx\":false,\"level\":13,"
		     "\"vendor\":\"GenuineIntel\","
		     "\"pmu\":false,\"lbr-fmt\":18446744073709551552}",
		     "[\"avx\"]",
		     "{\"lbr-fmt\":18446744073709551552,\"level\":13,\"pmu\":false,"
		     "\"vendor\":\"GenuineIntel\"}");
}

static void aliases_of_features_are_left_out(void **state)
{
	(void)state;
	expect_split("{\"sse4.1\":true,\"sse4_1\":true,\"sse4-1\":true,\"pni\":false,"
		     "\"sse3\":false,\"i64\":true,\"lm\":true,\"fxsr_opt\":false,"
		     "\"ffxsr\":false,\"fxsr-opt\":false}",
		     "[\"lm\",\"sse4.1\"]", "{}");
}

/* Then it is something else, whatever its name. */
static void an_alias_with_a_value_of_its_own_stays(void **state)
{
	(void)state;
	expect_split("{\"sse4.1\":true,\"sse4_1\":false,\"xd\":true,\"hv_time\":true}",
		     "[\"sse4.1\"]", "{\"hv_time\":true,\"sse4_1\":false,\"xd\":true}");
}

static void only_true_is_a_feature_that_is_there(void **state)
{
	(void)state;
	expect_split("{\"avx\":1,\"nx\":\"on\",\"lm\":null}", "[]", "{}");
}

static void only_what_differs_from_the_defaults_is_stored(void **state)
{
	struct cg_expansion expansion = {
		.features = { { 0x41 } },
		.scalars = json_of("{\"a\":1,\"b\":2,\"d\":18446744073709551552}"),
	};
	cg_auto_json json_t *defaults = json_of("{\"a\":1,\"b\":3,\"c\":4}");
	cg_auto_free char *text = cg_expansion_encode(&expansion, defaults);

	(void)state;
	assert_string_equal(text, "{\"f\":\"41\",\"p\":{\"b\":2,\"c\":null,"
				  "\"d\":18446744073709551552}}");
	cg_expansion_deinit(&expansion);
	cg_expansion_deinit(&expansion);
}

static json_t *random_scalar(void)
{
	switch (random_below(4)) {
	case 0:
		return json_boolean(random_below(2));
	case 1:
		return cg_json_from_uint(UINT64_MAX - random_below(3));
	case 2:
		return json_sprintf("text %zu", random_below(3));
	default:
		return json_integer((json_int_t)random_below(4) - 2);
	}
}

static json_t *random_scalars(void)
{
	json_t *scalars = json_object();
	char name[4];

	for (size_t i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "p%zu", i);
		if (random_below(3))
			json_object_set_new(scalars, name, random_scalar());
	}
	return scalars;
}

static void any_expansion_survives_being_stored(void **state)
{
	(void)state;
	random_seed(1);
	for (int round = 0; round < 500; round++) {
		struct cg_expansion expansion = { .scalars = random_scalars() },
				    back = { 0 };
		cg_auto_json json_t *defaults = random_scalars();
		cg_auto_json json_t *before = json_deep_copy(defaults);
		cg_auto_free char *text = NULL;
		struct cg_error err;

		for (size_t i = 0; i < CG_FEATURESET_WORDS; i++)
			expansion.features.words[i] = random_below(2) ? random_word() : 0;
		text = cg_expansion_encode(&expansion, defaults);
		assert_ok(cg_expansion_decode(&back, text, defaults, &err));
		assert_true(cg_featureset_equal(&expansion.features, &back.features));
		assert_true(json_equal(expansion.scalars, back.scalars));
		assert_true(json_equal(defaults, before));
		cg_expansion_deinit(&expansion);
		cg_expansion_deinit(&back);
	}
}

static void reading_needs_the_same_defaults(void **state)
{
	static const char text[] = "{\"f\":\"01\",\"p\":{\"b\":2,\"c\":null}}";
	cg_auto_expansion struct cg_expansion expansion = { 0 };
	cg_auto_json json_t *defaults = json_of("{\"a\":1,\"b\":3,\"c\":4}");
	struct cg_error err;

	(void)state;
	assert_ok(cg_expansion_decode(&expansion, text, defaults, &err));
	expect_json(expansion.scalars, "{\"a\":1,\"b\":2}");
	assert_int_equal(cg_featureset_count(&expansion.features), 1);
}

static void damaged_text_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"x",
		"{}",
		"[]",
		"{\"f\":\"01\"}",
		"{\"p\":{}}",
		"{\"f\":1,\"p\":{}}",
		"{\"f\":18446744073709551615,\"p\":{}}",
		"{\"f\":\"01\",\"p\":[]}",
		"{\"f\":\"0\",\"p\":{}}",
		"{\"f\":\"0x\",\"p\":{}}",
		"{\"f\":\"01\",\"p\":{\"a\":1,\"a\":2}}",
	};
	cg_auto_json json_t *defaults = json_object();
	struct cg_expansion expansion = { 0 };
	struct cg_error err;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++) {
		assert_int_equal(cg_expansion_decode(&expansion, texts[i], defaults,
						     &err),
				 -1);
		assert_true(err.code == CG_E_CORRUPT || err.code == CG_E_PARSE);
		assert_contains(err.msg, "stored expansion");
		assert_null(expansion.scalars);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(properties_are_features_or_the_rest),
		cmocka_unit_test(aliases_of_features_are_left_out),
		cmocka_unit_test(an_alias_with_a_value_of_its_own_stays),
		cmocka_unit_test(only_true_is_a_feature_that_is_there),
		cmocka_unit_test(only_what_differs_from_the_defaults_is_stored),
		cmocka_unit_test(any_expansion_survives_being_stored),
		cmocka_unit_test(reading_needs_the_same_defaults),
		cmocka_unit_test(damaged_text_is_refused),
	};

	return cmocka_run_group_tests(tests, make_vocabulary, free_vocabulary);
}
