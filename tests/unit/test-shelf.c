// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/random.h"
#include "tests/unit/unit.h"

static size_t alive;

static void release(void *thing)
{
	alive--;
	free(thing);
}

static bool put(struct cg_shelf *shelf, const char *key, const char *text, size_t bytes)
{
	alive++;
	return cg_shelf_put(shelf, key, strlen(key), strdup(text), bytes);
}

static const char *get(struct cg_shelf *shelf, const char *key)
{
	return cg_shelf_get(shelf, key, strlen(key));
}

static void gives_back_what_was_put_last(void **state)
{
	struct cg_shelf *shelf = cg_shelf_new(100000, release);

	(void)state;
	assert_null(get(shelf, "a"));
	assert_true(put(shelf, "a", "1", 10));
	assert_true(put(shelf, "b", "2", 10));
	assert_true(put(shelf, "a", "3", 10));
	assert_string_equal(get(shelf, "a"), "3");
	cg_shelf_remove(shelf, "a", 1);
	assert_null(get(shelf, "a"));
	assert_string_equal(get(shelf, "b"), "2");
	assert_int_equal(alive, 1);
	cg_shelf_free(shelf);
	assert_int_equal(alive, 0);
}

static void forgets_what_was_not_used_longest(void **state)
{
	struct cg_shelf *shelf = cg_shelf_new(10000, release);

	(void)state;
	for (const char *key = "abcdef"; *key; key++) {
		char one[2] = { *key, '\0' };

		assert_true(put(shelf, one, one, 1500));
		assert_non_null(get(shelf, "a"));
	}
	assert_true(put(shelf, "g", "g", 1500));
	assert_null(get(shelf, "b"));
	assert_non_null(get(shelf, "a"));
	assert_true(cg_shelf_bytes(shelf) <= 10000);
	cg_shelf_free(shelf);
	assert_int_equal(alive, 0);
}

static void keeps_nothing_that_is_too_large(void **state)
{
	struct cg_shelf *shelf = cg_shelf_new(10000, release);

	(void)state;
	assert_true(put(shelf, "a", "a", 10));
	assert_false(put(shelf, "b", "b", 9000));
	assert_non_null(get(shelf, "a"));
	assert_null(get(shelf, "b"));
	cg_shelf_clear(shelf);
	assert_int_equal(alive, 0);
	assert_int_equal(cg_shelf_bytes(shelf), 0);
	cg_shelf_free(shelf);
}

static void stays_within_its_limit_whatever_happens(void **state)
{
	struct cg_shelf *shelf = cg_shelf_new(50000, release);

	(void)state;
	random_seed(1);
	for (int i = 0; i < 20000; i++) {
		char key[16];
		const char *found;

		snprintf(key, sizeof(key), "%u", (unsigned)random_below(500));
		found = get(shelf, key);
		assert_true(!found || strcmp(found, key) == 0);
		if (random_below(8) == 0)
			cg_shelf_remove(shelf, key, strlen(key));
		else if (!found)
			assert_true(put(shelf, key, key, random_below(2000)));
		assert_true(cg_shelf_bytes(shelf) <= 50000);
	}
	cg_shelf_free(shelf);
	assert_int_equal(alive, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_was_put_last),
		cmocka_unit_test(forgets_what_was_not_used_longest),
		cmocka_unit_test(keeps_nothing_that_is_too_large),
		cmocka_unit_test(stays_within_its_limit_whatever_happens),
	};

	return cmocka_run_group_tests_name("shelf", tests, NULL, NULL);
}
