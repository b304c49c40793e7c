// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/parts.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "tests/unit/outcome.h"
#include "tests/unit/random.h"

static json_t *json_of(const char *text)
{
	json_t *json = NULL;
	struct cg_error err;

	assert_ok(cg_json_parse(&json, text, strlen(text), 1 << 16, &err));
	return json;
}

static void expect(const char *from, const char *to, const char *want)
{
	cg_auto_json json_t *a = json_of(from), *b = json_of(to);
	cg_auto_json json_t *difference = cg_parts_difference(a, b);
	cg_auto_free char *text = cg_json_canonical(difference);

	assert_string_equal(text, want);
}

static void what_is_equal_does_not_differ(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"a\":1,\"b\":{\"c\":[1,{\"d\":null}]}}",
		"{\"big\":18446744073709551615}",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++)
		expect(texts[i], texts[i], "[]");
	expect("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "[]");
}

static void leaves_are_named_by_their_path(void **state)
{
	expect("{\"kernel\":{\"release\":\"6.1\",\"version\":\"x\"}}",
	       "{\"kernel\":{\"release\":\"6.2\",\"version\":\"x\"}}",
	       "[{\"from\":\"6.1\",\"part\":\"kernel.release\",\"to\":\"6.2\"}]");
	expect("{\"a\":1}", "{\"a\":2}", "[{\"from\":1,\"part\":\"a\",\"to\":2}]");
	expect("{\"a\":{\"b\":{\"c\":true}}}", "{\"a\":{\"b\":{\"c\":false}}}",
	       "[{\"from\":true,\"part\":\"a.b.c\",\"to\":false}]");
	expect("{\"n\":18446744073709551614}", "{\"n\":18446744073709551615}",
	       "[{\"from\":18446744073709551614,\"part\":\"n\","
	       "\"to\":18446744073709551615}]");
	(void)state;
}

static void what_only_one_has_is_null_in_the_other(void **state)
{
	expect("{\"a\":1}", "{}", "[{\"from\":1,\"part\":\"a\",\"to\":null}]");
	expect("{}", "{\"a\":1}", "[{\"from\":null,\"part\":\"a\",\"to\":1}]");
	expect("{}", "{\"a\":{\"b\":1}}",
	       "[{\"from\":null,\"part\":\"a\",\"to\":{\"b\":1}}]");
	expect("{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"c\":2}}",
	       "[{\"from\":1,\"part\":\"a.b\",\"to\":null}]");
	expect("{\"a\":null}", "{\"a\":1}", "[{\"from\":null,\"part\":\"a\",\"to\":1}]");
	(void)state;
}

static void lists_and_other_kinds_are_leaves(void **state)
{
	expect("{\"a\":[1,2]}", "{\"a\":[2,1]}",
	       "[{\"from\":[1,2],\"part\":\"a\",\"to\":[2,1]}]");
	expect("{\"a\":{\"b\":1}}", "{\"a\":7}",
	       "[{\"from\":{\"b\":1},\"part\":\"a\",\"to\":7}]");
	expect("{\"a\":1}", "{\"a\":\"1\"}",
	       "[{\"from\":1,\"part\":\"a\",\"to\":\"1\"}]");
	expect("{\"a\":1}", "[]", "[{\"from\":{\"a\":1},\"part\":\"\",\"to\":[]}]");
	(void)state;
}

static void several_differences_come_in_order(void **state)
{
	expect("{\"a\":1,\"b\":{\"c\":1,\"d\":2},\"e\":3}",
	       "{\"f\":4,\"b\":{\"d\":5,\"c\":6},\"a\":1}",
	       "[{\"from\":1,\"part\":\"b.c\",\"to\":6},"
	       "{\"from\":2,\"part\":\"b.d\",\"to\":5},"
	       "{\"from\":3,\"part\":\"e\",\"to\":null},"
	       "{\"from\":null,\"part\":\"f\",\"to\":4}]");
	(void)state;
}

static void a_very_long_path_is_cut(void **state)
{
	char name[400];
	cg_auto_json json_t *from = NULL, *to = json_object(), *difference = NULL;
	const char *part;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	from = json_pack("{s:i}", name, 1);
	difference = cg_parts_difference(from, to);
	part = cg_json_text(json_array_get(difference, 0), "part");
	assert_non_null(part);
	assert_int_equal(strlen(part), 255);
}

static json_t *random_tree(int depth)
{
	json_t *tree = json_object();
	char name[2] = "a";

	for (; *name < 'e'; ++*name)
		if (random_below(4) == 0)
			continue;
		else if (depth && random_below(2))
			json_object_set_new(tree, name, random_tree(depth - 1));
		else
			json_object_set_new(tree, name,
					    json_integer((json_int_t)random_below(3)));
	return tree;
}

/* Put a value where a path leads to; null means that there is nothing. */
static void put(json_t *tree, const char *path, json_t *value)
{
	const char *dot = strchr(path, '.');
	char name[8];

	if (dot) {
		snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
		put(json_object_get(tree, name), dot + 1, value);
	} else if (json_is_null(value)) {
		json_object_del(tree, path);
	} else {
		json_object_set(tree, path, value);
	}
}

static void differences_lead_from_one_to_the_other(void **state)
{
	(void)state;
	random_seed(1);
	for (int round = 0; round < 300; round++) {
		cg_auto_json json_t *from = random_tree(3), *to = random_tree(3);
		cg_auto_json json_t *difference = cg_parts_difference(from, to);
		json_t *item;
		size_t i;

		json_array_foreach(difference, i, item)
			put(from, cg_json_text(item, "part"),
			    json_object_get(item, "to"));
		assert_true(json_equal(from, to));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_equal_does_not_differ),
		cmocka_unit_test(leaves_are_named_by_their_path),
		cmocka_unit_test(what_only_one_has_is_null_in_the_other),
		cmocka_unit_test(lists_and_other_kinds_are_leaves),
		cmocka_unit_test(several_differences_come_in_order),
		cmocka_unit_test(a_very_long_path_is_cut),
		cmocka_unit_test(differences_lead_from_one_to_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
