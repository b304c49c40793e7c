// SPDX-License-Identifier: LGPL-2.1-or-later
#include "emulator/places.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/outcome.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/test-places-XXXXXX";

static char *in_folder(const char *name)
{
	static char path[2][256];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(in_folder(name), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static struct cg_places *note(const char *name)
{
	struct cg_places *places = cg_places_new();

	assert_non_null(places);
	cg_places_note(places, in_folder(name));
	assert_true(cg_places_hold(places));
	return places;
}

static void sees_a_file_change_come_and_go(void **state)
{
	cg_auto_places struct cg_places *absent = NULL, *there = NULL, *other = NULL;

	(void)state;
	absent = note("a");
	write_file("a", "one");
	assert_false(cg_places_hold(absent));
	there = note("a");
	write_file("a", "three");
	assert_false(cg_places_hold(there));
	other = note("a");
	assert_int_equal(unlink(in_folder("a")), 0);
	assert_false(cg_places_hold(other));
	assert_true(cg_places_hold(absent));
}

static void sees_a_file_replaced_by_one_of_the_same_size(void **state)
{
	cg_auto_places struct cg_places *places = NULL;

	(void)state;
	write_file("b", "one");
	places = note("b");
	write_file("c", "two");
	assert_int_equal(rename(in_folder("c"), in_folder("b")), 0);
	assert_false(cg_places_hold(places));
}

static void sees_a_link_lead_elsewhere_and_its_target_change(void **state)
{
	cg_auto_places struct cg_places *places = NULL, *again = NULL;

	(void)state;
	write_file("d", "one");
	write_file("e", "two");
	assert_int_equal(symlink("d", in_folder("link")), 0);
	places = note("link");
	write_file("d", "three");
	assert_false(cg_places_hold(places));
	again = note("link");
	assert_int_equal(symlink("e", in_folder("new")), 0);
	assert_int_equal(rename(in_folder("new"), in_folder("link")), 0);
	assert_false(cg_places_hold(again));
}

static void sees_what_comes_into_a_folder(void **state)
{
	cg_auto_places struct cg_places *places = cg_places_new();

	(void)state;
	cg_places_note(places, folder);
	cg_places_note(places, folder);
	assert_int_equal(cg_places_count(places), 1);
	assert_string_equal(cg_places_path(places, 0), folder);
	write_file("f", "");
	assert_false(cg_places_hold(places));
}

static void knows_what_has_just_changed(void **state)
{
	cg_auto_places struct cg_places *places = NULL, *old = cg_places_new();

	(void)state;
	write_file("g", "");
	places = note("g");
	assert_false(cg_places_are_settled(places));
	cg_places_note(old, "/proc/self/no such file");
	assert_true(cg_places_are_settled(old));
}

static void never_hold_once_spoiled(void **state)
{
	cg_auto_places struct cg_places *places = note("h"), *shared = NULL;

	(void)state;
	shared = cg_places_ref(places);
	cg_places_spoil(places);
	assert_false(cg_places_hold(shared));
	assert_null(cg_places_ref(NULL));
	assert_null(cg_places_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sees_a_file_change_come_and_go),
		cmocka_unit_test(sees_a_file_replaced_by_one_of_the_same_size),
		cmocka_unit_test(sees_a_link_lead_elsewhere_and_its_target_change),
		cmocka_unit_test(sees_what_comes_into_a_folder),
		cmocka_unit_test(knows_what_has_just_changed),
		cmocka_unit_test(never_hold_once_spoiled),
	};
	char command[64];
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests_name("places", tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) != 0 || failed;
}
