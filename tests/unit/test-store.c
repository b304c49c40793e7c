// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the store promises as long as its file is well. */
#include "tests/unit/cache-home.h"

#include "base/buffer.h"

#define PARTS "{\"part\":1}"
#define OTHER_PARTS "{\"part\":2}"

static void makes_folder_and_file(void **state)
{
	struct cg_store *store;
	struct cg_error err;
	struct stat st;
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/a/b/cache.db", home);
	assert_int_equal(cg_store_open(&store, path, &err), 0);
	assert_int_equal(cg_store_state(store), CG_STORE_READ_WRITE);
	assert_null(cg_store_warning(store));
	assert_string_equal(cg_store_path(store), path);
	store = cg_store_close(store);
	assert_null(store);
	assert_null(cg_store_close(NULL));
	assert_int_equal(stat(path, &st), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	*strrchr(path, '/') = '\0';
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void answers_what_was_put(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);

	(void)state;
	expect(store, "name", NULL);
	put(store, "name", "{\"a\":1}");
	expect(store, "name", "{\"a\":1}");
	cg_store_close(store);

	store = open_store(CG_STORE_READ_WRITE);
	expect(store, "name", "{\"a\":1}");
	put(store, "empty", "");
	expect(store, "empty", "");
	cg_store_close(store);
}

static void tells_kinds_keys_and_names_apart(void **state)
{
	static const char *const cases[][3] = {
		{ "kind", PARTS, "name" },
		{ "kind", PARTS, "Name" },
		{ "kind", OTHER_PARTS, "name" },
		{ "other", PARTS, "name" },
	};
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;
	char text[2] = "0";
	char *got;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++, text[0]++)
		must(cg_store_put(store, cases[i][0], cases[i][1], cases[i][2], text, 1,
				  &err) == 0);
	text[0] = '0';
	for (size_t i = 0; i < CG_COUNT(cases); i++, text[0]++) {
		must(cg_store_get(store, cases[i][0], cases[i][1], cases[i][2], &got,
				  &err) == 0);
		assert_string_equal(got, text);
		free(got);
	}
	must(cg_store_get(store, "other", OTHER_PARTS, "name", &got, &err) == 0);
	assert_null(got);
	cg_store_close(store);
}

static void tells_what_it_has_without_reading_it(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;
	bool found = true;

	(void)state;
	must(cg_store_has(store, "kind", PARTS, "name", &found, &err) == 0);
	assert_false(found);
	put(store, "name", "text");
	must(cg_store_has(store, "kind", PARTS, "name", &found, &err) == 0);
	assert_true(found);
	must(cg_store_has(store, "kind", OTHER_PARTS, "name", &found, &err) == 0);
	assert_false(found);
	must(cg_store_forget(store, "kind", PARTS, NULL, &err) == 0);
	must(cg_store_has(store, "kind", PARTS, "name", &found, &err) == 0);
	assert_false(found);
	cg_store_close(store);
}

static void given_up_it_goes_on_in_memory(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;

	(void)state;
	put(store, "old", "old text");
	must(cg_store_give_up(store, &err) == 0);
	assert_true(cg_store_keeps(store));
	expect(store, "old", "old text");
	put(store, "old", "new text");
	put(store, "new", "text");
	expect(store, "old", "new text");
	must(cg_store_give_up(store, &err) == 0);
	expect(store, "new", "text");
	cg_store_close(store);

	store = open_store(CG_STORE_READ_WRITE);
	expect(store, "old", "old text");
	expect(store, "new", NULL);
	cg_store_close(store);
}

static void finds_a_key_without_making_it(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;
	int64_t id = -1, other = -1;

	(void)state;
	must(cg_store_find_key(store, PARTS, &id, &err) == 0);
	assert_int_equal(id, 0);
	must(cg_store_find_key(store, PARTS, &id, &err) == 0);
	assert_int_equal(id, 0);
	put(store, "name", "text");
	must(cg_store_find_key(store, PARTS, &id, &err) == 0);
	assert_true(id > 0);
	must(cg_store_find_key(store, OTHER_PARTS, &other, &err) == 0);
	assert_int_equal(other, 0);
	cg_store_close(store);
}

static void reading_changes_nothing(void **state)
{
	struct cg_store *store;
	struct stat before, after;
	struct cg_error err;
	int64_t id;

	(void)state;
	keep_a_fact();
	assert_int_equal(stat(cache, &before), 0);
	store = open_store(CG_STORE_READ_WRITE);
	expect(store, "old", "old text");
	expect(store, "new", NULL);
	must(cg_store_find_key(store, OTHER_PARTS, &id, &err) == 0);
	cg_store_close(store);
	assert_int_equal(stat(cache, &after), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(after.st_mtim));
	assert_memory_equal(&before.st_ctim, &after.st_ctim, sizeof(after.st_ctim));
	/* Nor is the log left with anything in it. */
	strcat(cache, "-wal");
	assert_int_equal(stat(cache, &after), 0);
	assert_int_equal(after.st_size, 0);
}

static bool print_fact(const struct cg_store_fact *fact, void *data)
{
	struct cg_error err;

	must(cg_buffer_printf(data, &err, "%s %s %s %d-%d %d\n", fact->kind, fact->parts,
			      fact->name, (int)fact->measured, (int)fact->replaced,
			      (int)fact->bytes) == 0);
	return true;
}

static void expect_facts(struct cg_store *store, const char *kind, bool history,
			 const char *expected)
{
	cg_auto_buffer struct cg_buffer got = CG_BUFFER(100000);
	struct cg_error err;

	must(cg_buffer_printf(&got, &err, "%s", "") == 0);
	must(cg_store_each_fact(store, kind, history, print_fact, &got, &err) == 0);
	assert_string_equal(got.data, expected);
}

static void the_same_text_is_only_a_newer_date(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;

	(void)state;
	must(cg_store_put(store, "k", PARTS, "n", "text", 10, &err) == 0);
	must(cg_store_put(store, "k", PARTS, "n", "text", 20, &err) == 0);
	expect_facts(store, NULL, true, "k " PARTS " n 20-0 4\n");
	cg_store_close(store);
}

static void what_is_replaced_becomes_history(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;

	(void)state;
	must(cg_store_put(store, "k", PARTS, "n", "\xc3\xa4", 10, &err) == 0);
	must(cg_store_put(store, "k", PARTS, "n", "two", 20, &err) == 0);
	must(cg_store_put(store, "j", OTHER_PARTS, "m", "other", 25, &err) == 0);
	must(cg_store_put(store, "k", PARTS, "n", "three", 30, &err) == 0);
	expect_facts(store, NULL, false,
		     "k " PARTS " n 30-0 5\n"
		     "j " OTHER_PARTS " m 25-0 5\n");
	expect_facts(store, NULL, true,
		     "k " PARTS " n 30-0 5\n"
		     "j " OTHER_PARTS " m 25-0 5\n"
		     "k " PARTS " n 20-30 3\n"
		     "k " PARTS " n 10-20 2\n");
	expect_facts(store, "j", true, "j " OTHER_PARTS " m 25-0 5\n");
	expect_facts(store, "nothing", true, "");
	cg_store_close(store);
}

static bool stop_after_two(const struct cg_store_fact *fact, void *data)
{
	(void)fact;
	return ++*(int *)data < 2;
}

static void a_walk_stops_when_told(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;
	int calls = 0;

	(void)state;
	put(store, "a", "1");
	put(store, "b", "2");
	put(store, "c", "3");
	must(cg_store_each_fact(store, NULL, false, stop_after_two, &calls, &err) == 0);
	assert_int_equal(calls, 2);
	put(store, "d", "4"); /* the walk is over for SQLite too */
	cg_store_close(store);
}

static off_t size_of_cache(void)
{
	struct stat st;

	must(stat(cache, &st) == 0);
	return st.st_size;
}

static void equal_text_is_kept_once(void **state)
{
	enum { SIZE = 50000 };
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	char *text = calloc(1, SIZE + 1);
	struct cg_error err;
	int64_t first = 0, again = 0, other = 0;
	char name[16];
	char *got;

	(void)state;
	must(text != NULL);
	memset(text, 'x', SIZE);
	must(cg_store_begin(store, &err) == 0);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "%d", i);
		put(store, name, text);
	}
	must(cg_store_put_blob(store, text, &first, &err) == 0);
	must(cg_store_put_blob(store, text, &again, &err) == 0);
	must(cg_store_put_blob(store, "other", &other, &err) == 0);
	must(cg_store_commit(store, &err) == 0);
	assert_true(first > 0);
	assert_int_equal(first, again);
	assert_int_not_equal(first, other);
	must(cg_store_get_blob(store, first, &got, &err) == 0);
	assert_string_equal(got, text);
	free(got);
	must(cg_store_get_blob(store, first + other + 1, &got, &err) == 0);
	assert_null(got);
	cg_store_close(store);
	assert_true(size_of_cache() < 3 * SIZE);
	free(text);
}

/* Two emulators, two accelerators, 75 machine types each with 132 models. */
static void a_full_sweep_stays_small(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	char parts[600], name[32], text[1100];
	struct cg_error err;

	(void)state;
	must(cg_store_begin(store, &err) == 0);
	for (int key = 0; key < 300; key++) {
		snprintf(parts, sizeof(parts), "{\"key\":%d,\"host\":\"%0500d\"}", key,
			 0);
		for (int model = 0; model < 132; model++) {
			snprintf(name, sizeof(name), "SomeProcessor-Name-v%d", model);
			snprintf(text, sizeof(text), "%01000d",
				 (key / 75 * 132 + model) % 400);
			must(cg_store_put(store, "requested", parts, name, text,
					  1700000000, &err) == 0);
		}
	}
	must(cg_store_commit(store, &err) == 0);
	cg_store_close(store);
	assert_true(size_of_cache() < 2 << 20);
}

static void nobody_sees_half_a_transaction(void **state)
{
	struct cg_store *writer = open_store(CG_STORE_READ_WRITE);
	struct cg_store *reader = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;

	(void)state;
	put(writer, "a", "old");
	must(cg_store_begin(writer, &err) == 0);
	put(writer, "a", "new");
	put(writer, "b", "new");
	expect(writer, "b", "new");
	expect(reader, "a", "old");
	expect(reader, "b", NULL);
	must(cg_store_commit(writer, &err) == 0);
	expect(reader, "a", "new");
	expect(reader, "b", "new");
	cg_store_close(reader);
	cg_store_close(writer);
}

static void rolls_back(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;

	(void)state;
	cg_store_rollback(store);
	put(store, "a", "old");
	must(cg_store_begin(store, &err) == 0);
	put(store, "a", "new");
	cg_store_rollback(store);
	expect(store, "a", "old");
	cg_store_rollback(store);

	/* Closing in the middle is a roll-back, and the next transaction a new one. */
	must(cg_store_begin(store, &err) == 0);
	put(store, "a", "new");
	cg_store_close(store);
	store = open_store(CG_STORE_READ_WRITE);
	expect(store, "a", "old");
	must(cg_store_begin(store, &err) == 0);
	put(store, "a", "newer");
	must(cg_store_commit(store, &err) == 0);
	expect(store, "a", "newer");
	cg_store_close(store);
}

static void forgets_one_name_or_all(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;
	char *got = NULL;

	(void)state;
	put(store, "a", "1");
	put(store, "b", "2");
	put(store, "c", "3");
	must(cg_store_put(store, "other", PARTS, "b", "4", 1, &err) == 0);
	must(cg_store_forget(store, "kind", PARTS, "a", &err) == 0);
	must(cg_store_forget(store, "kind", OTHER_PARTS, NULL, &err) == 0);
	expect(store, "a", NULL);
	expect(store, "b", "2");
	must(cg_store_forget(store, "kind", PARTS, NULL, &err) == 0);
	expect(store, "b", NULL);
	expect(store, "c", NULL);
	must(cg_store_get(store, "other", PARTS, "b", &got, &err) == 0);
	assert_string_equal(got, "4");
	free(got);
	cg_store_close(store);
}

static const struct stat some_file = {
	.st_dev = (dev_t)UINT64_MAX,
	.st_ino = (ino_t)UINT64_MAX - 1,
	.st_size = INT64_C(1) << 40,
	.st_mtim = { .tv_sec = INT64_C(1) << 34, .tv_nsec = 999999999 },
	.st_ctim = { .tv_sec = -1, .tv_nsec = 1 },
};

static bool finds_file(struct cg_store *store, const struct stat *st)
{
	struct cg_digest got = { { 0 } };
	struct cg_error err;
	bool found = false;

	must(cg_store_get_file(store, st, &found, &got, &err) == 0);
	assert_int_equal(got.bytes[0], found ? 0xab : 0);
	return found;
}

static void remembers_a_file_by_all_of_its_identity(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct stat st[] = { [0 ... 6] = some_file };
	struct cg_digest digest;
	struct cg_error err;

	(void)state;
	memset(&digest, 0xab, sizeof(digest));
	assert_false(finds_file(store, &some_file));
	must(cg_store_put_file(store, &some_file, &digest, &err) == 0);
	cg_store_close(store);
	store = open_store(CG_STORE_READ_WRITE);
	assert_true(finds_file(store, &some_file));
	st[0].st_dev--;
	st[1].st_ino--;
	st[2].st_size--;
	st[3].st_mtim.tv_sec--;
	st[4].st_mtim.tv_nsec--;
	st[5].st_ctim.tv_sec--;
	st[6].st_ctim.tv_nsec--;
	for (size_t i = 0; i < CG_COUNT(st); i++)
		assert_false(finds_file(store, &st[i]));

	/* What the inode is now replaces what it was. */
	must(cg_store_put_file(store, &st[4], &digest, &err) == 0);
	assert_true(finds_file(store, &st[4]));
	assert_false(finds_file(store, &some_file));
	cg_store_close(store);
}

static bool keep_named(const char *parts, void *data)
{
	return strcmp(parts, data) == 0;
}

static int64_t prune(struct cg_store *store, const char *keep)
{
	struct cg_error err;
	int64_t facts = -1;

	must(cg_store_prune(store, keep_named, (void *)keep, &facts, &err) == 0);
	return facts;
}

static void prunes_what_is_not_kept(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;
	int64_t old_key, key;

	(void)state;
	put(store, "a", "1");
	put(store, "b", "1");
	put(store, "b", "2");
	must(cg_store_put(store, "k", OTHER_PARTS, "x", "3", 7, &err) == 0);
	must(cg_store_put(store, "k", OTHER_PARTS, "x", "4", 8, &err) == 0);
	must(cg_store_find_key(store, OTHER_PARTS, &old_key, &err) == 0);
	assert_int_equal(prune(store, PARTS), 3);
	expect(store, "a", "1");
	expect(store, "b", "2");
	expect_facts(store, "k", true, "");
	must(cg_store_find_key(store, OTHER_PARTS, &key, &err) == 0);
	assert_int_equal(key, 0);
	assert_int_equal(prune(store, PARTS), 0);

	/* Whoever remembers the old id must not find another key under it. */
	must(cg_store_put(store, "k", OTHER_PARTS, "x", "5", 9, &err) == 0);
	must(cg_store_find_key(store, OTHER_PARTS, &key, &err) == 0);
	assert_true(key > old_key);
	cg_store_close(store);
}

static int64_t put_piece(struct cg_store *store, const char *text)
{
	struct cg_error err;
	int64_t id = 0;

	must(cg_store_put_blob(store, text, &id, &err) == 0);
	return id;
}

static bool has_piece(struct cg_store *store, int64_t id)
{
	struct cg_error err;
	char *got = NULL;

	must(cg_store_get_blob(store, id, &got, &err) == 0);
	free(got);
	return got;
}

static void prune_keeps_pieces_that_are_referred_to(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	int64_t unused = put_piece(store, "\"unused\"");
	int64_t inner = put_piece(store, "\"inner\"");
	int64_t listed = put_piece(store, "\"listed\"");
	int64_t gone = put_piece(store, "\"only the past refers to it\"");
	char text[100];
	int64_t outer;

	(void)state;
	snprintf(text, sizeof(text), "{\"inner\":%d}", (int)inner);
	outer = put_piece(store, text);
	snprintf(text, sizeof(text), "{\"gone\":%d}", (int)gone);
	put(store, "a", text);
	/* An id in a version number or in hexadecimal digits is none. */
	snprintf(text, sizeof(text),
		 "{\"outer\":%d,\"list\":[0,%d], \"v\":\"7.%d\",\"x\":\"a%d\"}",
		 (int)outer, (int)listed, (int)unused, (int)unused);
	put(store, "a", text);
	prune(store, PARTS);
	assert_true(has_piece(store, outer));
	assert_true(has_piece(store, inner));
	assert_true(has_piece(store, listed));
	assert_false(has_piece(store, unused));
	assert_false(has_piece(store, gone));
	expect(store, "a", text);
	assert_true(put_piece(store, "new") > outer);
	cg_store_close(store);
}

static void prune_gives_the_space_back(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	char name[16], text[4001];
	struct cg_error err;
	off_t before;

	(void)state;
	put(store, "a", "1");
	must(cg_store_begin(store, &err) == 0);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "%d", i);
		snprintf(text, sizeof(text), "%04000d", i);
		must(cg_store_put(store, "k", OTHER_PARTS, name, text, 1, &err) == 0);
	}
	must(cg_store_commit(store, &err) == 0);
	cg_store_close(store);
	before = size_of_cache();
	store = open_store(CG_STORE_READ_WRITE);
	assert_int_equal(prune(store, PARTS), 300);
	cg_store_close(store);
	assert_true(before > 1000000);
	assert_true(size_of_cache() < 100000);
	store = open_store(CG_STORE_READ_WRITE);
	expect(store, "a", "1");
	cg_store_close(store);
}

static void a_prune_can_be_rolled_back(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;

	(void)state;
	put(store, "a", "1");
	must(cg_store_begin(store, &err) == 0);
	assert_int_equal(prune(store, OTHER_PARTS), 1);
	expect(store, "a", NULL);
	cg_store_rollback(store);
	expect(store, "a", "1");
	cg_store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_home(makes_folder_and_file),
		in_home(answers_what_was_put),
		in_home(tells_kinds_keys_and_names_apart),
		in_home(tells_what_it_has_without_reading_it),
		in_home(given_up_it_goes_on_in_memory),
		in_home(finds_a_key_without_making_it),
		in_home(reading_changes_nothing),
		in_home(the_same_text_is_only_a_newer_date),
		in_home(what_is_replaced_becomes_history),
		in_home(a_walk_stops_when_told),
		in_home(equal_text_is_kept_once),
		in_home(a_full_sweep_stays_small),
		in_home(nobody_sees_half_a_transaction),
		in_home(rolls_back),
		in_home(forgets_one_name_or_all),
		in_home(remembers_a_file_by_all_of_its_identity),
		in_home(prunes_what_is_not_kept),
		in_home(prune_keeps_pieces_that_are_referred_to),
		in_home(prune_gives_the_space_back),
		in_home(a_prune_can_be_rolled_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
