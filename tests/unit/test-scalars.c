// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cpumodels/scalars.h"

#include <string.h>

#include "base/json.h"
#include "tests/unit/outcome.h"

static json_t *json_of(const char *text)
{
	json_t *json = NULL;
	struct cg_error err;

	assert_ok(cg_json_parse(&json, text, strlen(text), 1 << 16, &err));
	return json;
}

/* The difference is what it should be, and leads back to where it came from. */
static void expect(const char *scalars, const char *defaults, const char *difference)
{
	cg_auto_json json_t *from = json_of(scalars), *over = json_of(defaults);
	cg_auto_json json_t *made = cg_scalars_difference(from, over);
	cg_auto_json json_t *back = cg_scalars_apply(over, made);
	cg_auto_free char *text = cg_json_canonical(made);

	assert_string_equal(text, difference);
	assert_true(json_equal(back, from));
}

static void only_what_differs_is_in_a_difference(void **state)
{
	(void)state;
	expect("{}", "{}", "{}");
	expect("{\"a\":1,\"b\":\"x\"}", "{\"a\":1,\"b\":\"x\"}", "{}");
	expect("{\"a\":1,\"b\":\"y\"}", "{\"a\":1,\"b\":\"x\"}", "{\"b\":\"y\"}");
	expect("{\"a\":18446744073709551552}", "{\"a\":1}",
	       "{\"a\":18446744073709551552}");
}

static void null_is_for_what_is_not_there(void **state)
{
	(void)state;
	expect("{\"a\":1}", "{\"a\":1,\"b\":2}", "{\"b\":null}");
	expect("{}", "{\"a\":1}", "{\"a\":null}");
	expect("{\"c\":3}", "{}", "{\"c\":3}");
}

static void nothing_over_nothing_is_empty(void **state)
{
	cg_auto_json json_t *made = cg_scalars_apply(NULL, NULL);

	(void)state;
	assert_true(json_is_object(made));
	assert_int_equal(json_object_size(made), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_differs_is_in_a_difference),
		cmocka_unit_test(null_is_for_what_is_not_there),
		cmocka_unit_test(nothing_over_nothing_is_empty),
	};

	return cmocka_run_group_tests_name("scalars", tests, NULL, NULL);
}
