// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cpumodels/spelling.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/random.h"
#include "tests/unit/unit.h"

static void every_spelling_of_qemu_has_one_name(void **state)
{
	static const char *const cases[][2] = {
		{ "avx512f", "avx512f" },
		{ "avx512_vnni", "avx512-vnni" },
		{ "a_b_c-d", "a-b-c-d" },
		{ "sse3", "pni" },
		{ "pclmuldq", "pclmulqdq" },
		{ "sse4-1", "sse4.1" },
		{ "sse4_1", "sse4.1" },
		{ "sse4.1", "sse4.1" },
		{ "sse4-2", "sse4.2" },
		{ "sse4_2", "sse4.2" },
		{ "sse4.2", "sse4.2" },
		{ "xd", "nx" },
		{ "ffxsr", "fxsr-opt" },
		{ "fxsr_opt", "fxsr-opt" },
		{ "i64", "lm" },
		{ "SSE3", "SSE3" }, /* QEMU minds the case */
		{ "sse", "sse" },
		{ "xdd", "xdd" },
		{ "", "" },
	};
	char name[CG_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		assert_ptr_equal(cg_spelling_canonical(cases[i][0], name), name);
		assert_string_equal(name, cases[i][1]);
	}
}

static void a_canonical_name_stays_what_it_is(void **state)
{
	static const char letters[] = "sxd34-_.1i6";
	char text[CG_NAME_MAX], once[CG_NAME_MAX], twice[CG_NAME_MAX];

	(void)state;
	random_seed(1);
	for (int round = 0; round < 5000; round++) {
		size_t len = random_below(8);

		for (size_t i = 0; i < len; i++)
			text[i] = letters[random_below(sizeof(letters) - 1)];
		text[len] = '\0';
		cg_spelling_canonical(text, once);
		cg_spelling_canonical(once, twice);
		assert_string_equal(once, twice);
		assert_null(strchr(once, '_'));
	}
}

static void long_names_are_cut(void **state)
{
	char text[3 * CG_NAME_MAX], name[CG_NAME_MAX];

	(void)state;
	memset(text, '_', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	cg_spelling_canonical(text, name);
	assert_int_equal(strlen(name), CG_NAME_MAX - 1);
	assert_int_equal(strspn(name, "-"), CG_NAME_MAX - 1);
}

static void distance_counts_what_was_mistyped(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} cases[] = {
		{ "", "", 0 },
		{ "", "avx", 3 },
		{ "avx", "avx", 0 },
		{ "avx", "AVX", 0 },
		{ "avx512_vnni", "avx512vnni", 0 },
		{ "sse4.1", "sse4-1", 0 },
		{ "-_.", "", 0 },
		{ "avx", "avx2", 1 },  /* insert */
		{ "avx2", "avx", 1 },  /* delete */
		{ "avx2", "avx3", 1 }, /* replace */
		{ "avx", "axv", 1 },   /* swap */
		{ "Haswell", "Hasewll", 1 },
		{ "ab", "ba", 1 },
		{ "abcd", "badc", 2 },
		{ "avx", "sse", 3 },
		{ "kitten", "sitting", 3 },
		{ "Skylake-Server", "SkylakeSrever", 1 },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		assert_int_equal(cg_spelling_distance(cases[i].a, cases[i].b),
				 cases[i].distance);
		assert_int_equal(cg_spelling_distance(cases[i].b, cases[i].a),
				 cases[i].distance);
	}
}

static size_t random_name(char out[static CG_NAME_MAX])
{
	size_t len = random_below(12);

	for (size_t i = 0; i < len; i++)
		out[i] = "abc"[random_below(3)];
	out[len] = '\0';
	return len;
}

static void distance_is_fair(void **state)
{
	char a[CG_NAME_MAX], b[CG_NAME_MAX];

	(void)state;
	random_seed(2);
	for (int round = 0; round < 2000; round++) {
		size_t m = random_name(a), n = random_name(b);
		size_t distance = cg_spelling_distance(a, b);

		assert_int_equal(distance, cg_spelling_distance(b, a));
		assert_int_equal(distance == 0, strcmp(a, b) == 0);
		assert_true(distance <= (m > n ? m : n));
		assert_true(distance >= (m > n ? m - n : n - m));
	}
}

static void distance_of_long_names_is_that_of_their_beginnings(void **state)
{
	char text[3 * CG_NAME_MAX];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(cg_spelling_distance(text, ""), CG_NAME_MAX - 1);
	assert_int_equal(cg_spelling_distance(text, text), 0);
	assert_int_equal(cg_spelling_distance(text, "x"), CG_NAME_MAX - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_of_qemu_has_one_name),
		cmocka_unit_test(a_canonical_name_stays_what_it_is),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(distance_counts_what_was_mistyped),
		cmocka_unit_test(distance_is_fair),
		cmocka_unit_test(distance_of_long_names_is_that_of_their_beginnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
