// SPDX-License-Identifier: LGPL-2.1-or-later
#include "machine/catalogue.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "tests/unit/outcome.h"
#include "tests/unit/random.h"

/* As QEMU lists them: in no order. */
static const char list[] =
	"[{\"name\":\"pc-q35-7.2\",\"alias\":\"q35\"},"
	"{\"name\":\"none\",\"is-default\":false},"
	"{\"name\":\"pc-i440fx-2.12\"},"
	"{\"name\":\"pc-q35-10.0\"},"
	"{\"name\":\"pc-i440fx-7.2\",\"alias\":\"pc\",\"is-default\":true},"
	"{\"name\":\"microvm\"},"
	"{\"name\":\"pc-i440fx-2.9\",\"is-default\":false},"
	"{\"name\":\"xenfv-4.2\"},"
	"{\"name\":\"isapc\"},"
	"{\"name\":\"pc-q35-6.1\"},"
	"{\"name\":\"pc-q35-9.2\"}]";

/* Families by name; in a family the newest first. */
static const char *const sorted[] = {
	"isapc",          "microvm",       "none",        "pc-i440fx-7.2",
	"pc-i440fx-2.12", "pc-i440fx-2.9", "pc-q35-10.0", "pc-q35-9.2",
	"pc-q35-7.2",     "pc-q35-6.1",    "xenfv-4.2",
};

static json_t *machines(const char *text)
{
	json_t *json = NULL;
	struct cg_error err;

	assert_ok(cg_json_parse(&json, text, strlen(text), 1 << 16, &err));
	return json;
}

static void a_name_is_a_family_and_a_version(void **state)
{
	static const struct {
		const char *name, *family;
		int major, minor;
		bool versioned;
	} cases[] = {
		{ "pc-q35-7.2", "pc-q35", 7, 2, true },
		{ "pc-i440fx-2.12", "pc-i440fx", 2, 12, true },
		{ "virt-10.0", "virt", 10, 0, true },
		{ "s390-ccw-virtio-4.0", "s390-ccw-virtio", 4, 0, true },
		{ "pseries-2.12-sxxm", "pseries-2.12-sxxm", 0, 0, false },
		{ "none", "none", 0, 0, false },
		{ "sun4u", "sun4u", 0, 0, false },
		{ "ast2500-evb", "ast2500-evb", 0, 0, false },
		{ "raspi-3", "raspi-3", 0, 0, false },
		{ "pc-7.2x", "pc-7.2x", 0, 0, false },
		{ "pc-7.2.1", "pc", 7, 2, true },
		{ "pc-7.2.", "pc-7.2.", 0, 0, false },
		{ "pc-7.2.1x", "pc-7.2.1x", 0, 0, false },
		{ "pc-7.2.1.1", "pc-7.2.1.1", 0, 0, false },
		{ "pc-rhel7.6.0", "pc-rhel7.6.0", 0, 0, false },
		{ "pc-q35-rhel9.2.0", "pc-q35-rhel9.2.0", 0, 0, false },
		{ "-", "-", 0, 0, false },
		{ "", "", 0, 0, false },
	};
	char family[CG_MACHINE_NAME];

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		int major = -1, minor = -1;

		assert_int_equal(cg_catalogue_split(cases[i].name, family, &major,
						    &minor),
				 cases[i].versioned);
		assert_string_equal(family, cases[i].family);
		assert_int_equal(major, cases[i].major);
		assert_int_equal(minor, cases[i].minor);
	}
}

static void a_long_name_is_cut(void **state)
{
	char name[3 * CG_MACHINE_NAME], family[CG_MACHINE_NAME];
	int major, minor;

	(void)state;
	memset(name, 'n', sizeof(name));
	strcpy(name + sizeof(name) - 8, "-7.2");
	assert_true(cg_catalogue_split(name, family, &major, &minor));
	assert_int_equal(strlen(family), CG_MACHINE_NAME - 1);
	assert_int_equal(major * 10 + minor, 72);
}

static void the_order_is_always_the_same(void **state)
{
	cg_auto_json json_t *json = machines(list);

	(void)state;
	random_seed(1);
	for (int round = 0; round < 20; round++) {
		size_t from = random_below(json_array_size(json));
		cg_auto_json json_t *moved = json_incref(json_array_get(json, from));
		cg_auto_json json_t *got = NULL;

		json_array_remove(json, from);
		json_array_insert(json, random_below(json_array_size(json) + 1), moved);
		got = cg_catalogue_sorted(json);
		assert_int_equal(json_array_size(got), CG_COUNT(sorted));
		for (size_t i = 0; i < CG_COUNT(sorted); i++)
			assert_string_equal(cg_json_text(json_array_get(got, i), "name"),
					    sorted[i]);
	}
}

static void names_and_aliases_lead_to_a_machine(void **state)
{
	static const char *const cases[][2] = {
		{ "pc-q35-7.2", "pc-q35-7.2" },
		{ "q35", "pc-q35-7.2" },
		{ "pc", "pc-i440fx-7.2" },
		{ "none", "none" },
		{ "pc-q35", NULL },
		{ "Q35", NULL },
		{ "", NULL },
	};
	cg_auto_json json_t *json = machines(list);

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		const char *name = cg_catalogue_resolve(json, cases[i][0]);
		const json_t *machine = cg_catalogue_find(json, cases[i][0]);

		if (!cases[i][1]) {
			assert_null(name);
			assert_null(machine);
		} else {
			assert_string_equal(name ? name : "(none)", cases[i][1]);
			assert_string_equal(cg_json_text(machine, "name"), cases[i][1]);
		}
	}
}

static void the_default_is_the_one_that_says_so(void **state)
{
	cg_auto_json json_t *json = machines(list);
	cg_auto_json json_t *without =
		machines("[{\"name\":\"virt-7.2\",\"alias\":\"virt\"}]");
	cg_auto_json json_t *empty = machines("[]");

	(void)state;
	assert_string_equal(cg_catalogue_default(json), "pc-i440fx-7.2");
	assert_null(cg_catalogue_default(without));
	assert_null(cg_catalogue_default(empty));
}

static void the_newest_is_by_number_and_not_by_letter(void **state)
{
	cg_auto_json json_t *json = machines(list);

	(void)state;
	assert_string_equal(cg_catalogue_newest(json, "pc-q35"), "pc-q35-10.0");
	assert_string_equal(cg_catalogue_newest(json, "pc-i440fx"), "pc-i440fx-7.2");
	assert_string_equal(cg_catalogue_newest(json, "xenfv"), "xenfv-4.2");
	assert_null(cg_catalogue_newest(json, "none"));
	assert_null(cg_catalogue_newest(json, "pc"));
	assert_null(cg_catalogue_newest(json, "virt"));
}

static void minor_versions_are_numbers_too(void **state)
{
	cg_auto_json json_t *json =
		machines("[{\"name\":\"pc-i440fx-2.9\"},{\"name\":\"pc-i440fx-2.12\"},"
			 "{\"name\":\"pc-i440fx-2.1\"}]");

	(void)state;
	assert_string_equal(cg_catalogue_newest(json, "pc-i440fx"), "pc-i440fx-2.12");
}

static void the_nearest_name_is_suggested(void **state)
{
	static const char *const cases[][2] = {
		{ "pc-q35-7.1", "pc-q35-7.2" }, { "pcq35-7.2", "pc-q35-7.2" },
		{ "mircovm", "microvm" },       { "PC-Q35-9.2", "pc-q35-9.2" },
		{ "raspberry", NULL },
	};
	cg_auto_json json_t *json = machines(list);
	cg_auto_json json_t *empty = machines("[]");

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		const char *nearest = cg_catalogue_nearest(json, cases[i][0]);

		if (!cases[i][1])
			assert_null(nearest);
		else
			assert_string_equal(nearest ? nearest : "(none)", cases[i][1]);
	}
	assert_null(cg_catalogue_nearest(empty, "pc"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_a_family_and_a_version),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(the_order_is_always_the_same),
		cmocka_unit_test(names_and_aliases_lead_to_a_machine),
		cmocka_unit_test(the_default_is_the_one_that_says_so),
		cmocka_unit_test(the_newest_is_by_number_and_not_by_letter),
		cmocka_unit_test(minor_versions_are_numbers_too),
		cmocka_unit_test(the_nearest_name_is_suggested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
