// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What is promised of promises: whatever happens to the file or to who writes it, the
 * answer is a text that was put, that there is none, or an error that names the file.
 */
#include "cache/contracts.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "cache/database.h"
#include "tests/unit/mounted-home.h"
#include "tests/unit/outcome.h"
#include "tests/unit/random.h"

#define UUID "6b9a0c5e-3d0f-4f5e-9f53-0a1b2c3d4e5f"
#define OTHER_UUID "00000000-0000-4000-8000-000000000001"

static struct cg_contracts *open_it(void)
{
	struct cg_contracts *c = NULL;
	struct cg_error err;

	if (cg_contracts_open(&c, cache, &err) < 0)
		fprintf(stderr, "%s\n", err.msg);
	must(c != NULL);
	return c;
}

static void keep(struct cg_contracts *c, const char *name, const char *uuid,
		 const char *text)
{
	struct cg_error err;

	if (cg_contracts_put(c, name, uuid, text, 1000, &err) < 0)
		fail_at(__FILE__, __LINE__, err.msg);
}

static void holds(struct cg_contracts *c, const char *name, size_t ago, const char *text)
{
	cg_auto_free char *got = NULL;
	struct cg_error err;

	if (cg_contracts_get(c, name, ago, &got, &err) < 0)
		fail_at(__FILE__, __LINE__, err.msg);
	must(!got == !text);
	must(!got || strcmp(got, text) == 0);
}

/* The file as anybody can change it. */
struct by_hand {
	struct cg_door door;
	struct cg_database db;
};

static void take_by_hand(struct by_hand *hand)
{
	static const struct cg_database_kind kind = { .noun = "it",
						      .statement_count = CG_SQL_OWN,
						      .connected = "" };
	struct cg_error err;
	int64_t version;

	*hand = (struct by_hand){ .db = { .kind = &kind, .door = &hand->door } };
	must(cg_door_init(&hand->door, cache, &err) == 0);
	must(cg_database_connect(&hand->db, CG_CONNECT_FILE, &version) == 0);
}

static void leave_by_hand(struct by_hand *hand)
{
	cg_database_disconnect(&hand->db);
	cg_door_deinit(&hand->door);
}

static void change_by_hand(const char *sql)
{
	struct by_hand hand;

	take_by_hand(&hand);
	must(cg_database_run_text(&hand.db, sql) == 0);
	leave_by_hand(&hand);
}

static void keep_one(void)
{
	struct cg_contracts *c = open_it();

	keep(c, "old", NULL, "old text");
	cg_contracts_close(c);
}

/* All bytes of the file; the caller frees them. */
static char *bytes_of(size_t *len)
{
	FILE *file = fopen(cache, "re");
	char *bytes;
	long end = 0;

	must(file && fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) >= 0);
	bytes = malloc((size_t)end + 1);
	rewind(file);
	must(bytes && fread(bytes, 1, (size_t)end, file) == (size_t)end);
	must(fclose(file) == 0);
	*len = (size_t)end;
	return bytes;
}

static void set_bytes(const char *bytes, size_t len)
{
	int fd = open(cache, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && write(fd, bytes, len) == (ssize_t)len && close(fd) == 0);
}

static void expect_bytes(const char *bytes, size_t len)
{
	size_t now;
	cg_auto_free char *got = bytes_of(&now);

	must(now == len && memcmp(bytes, got, len) == 0);
}

static void keeps_by_name_and_by_uuid(void **state)
{
	struct cg_contracts *c = open_it();

	(void)state;
	holds(c, "web", 0, NULL);
	keep(c, "web", UUID, "first");
	keep(c, "db", NULL, "second");
	holds(c, "web", 0, "first");
	holds(c, UUID, 0, "first");
	holds(c, "6B9A0C5E-3D0F-4F5E-9F53-0A1B2C3D4E5F", 0, "first");
	holds(c, "db", 0, "second");
	holds(c, "", 0, NULL);
	cg_contracts_close(c);
	c = open_it();
	holds(c, "web", 0, "first");
	cg_contracts_close(c);
}

static void what_is_replaced_stays_for_a_while(void **state)
{
	struct cg_contracts *c = open_it();
	char text[8];

	(void)state;
	keep(c, "other", NULL, "other");
	for (int i = 0; i < 8; i++) {
		snprintf(text, sizeof(text), "%d", i);
		keep(c, "web", UUID, text);
		keep(c, "web", UUID, text); /* the same again is nothing new */
	}
	holds(c, "web", 0, "7");
	holds(c, "web", 1, "6");
	holds(c, UUID, CG_CONTRACTS_REPLACED, "3");
	holds(c, "web", CG_CONTRACTS_REPLACED + 1, NULL);
	holds(c, "other", 0, "other");
	holds(c, "other", 1, NULL);
	cg_contracts_close(c);
}

static void a_uuid_is_of_one_name(void **state)
{
	struct cg_contracts *c = open_it();
	struct cg_error err;

	(void)state;
	keep(c, "web", UUID, "first");
	assert_error(cg_contracts_put(c, "db", UUID, "second", 1, &err), CG_E_USAGE);
	assert_contains(err.msg, "db can't have the UUID " UUID ", which is that of web");
	holds(c, "db", 0, NULL);
	keep(c, "web", OTHER_UUID, "third");
	keep(c, "db", UUID, "second");
	holds(c, UUID, 0, "second");
	cg_contracts_close(c);
}

static void forgets_all_of_a_name(void **state)
{
	struct cg_contracts *c = open_it();
	struct cg_error err;
	bool found;

	(void)state;
	keep(c, "web", UUID, "first");
	keep(c, "web", UUID, "second");
	keep(c, "db", NULL, "third");
	assert_ok(cg_contracts_forget(c, "nobody", &found, &err));
	assert_false(found);
	assert_ok(cg_contracts_forget(c, UUID, &found, &err));
	assert_true(found);
	holds(c, "web", 0, NULL);
	holds(c, "web", 1, NULL);
	holds(c, "db", 0, "third");
	cg_contracts_close(c);
}

struct seen {
	char text[256];
	int count, limit;
};

static bool note(const struct cg_contracts_entry *entry, void *data)
{
	struct seen *seen = data;

	snprintf(seen->text + strlen(seen->text), sizeof(seen->text) - strlen(seen->text),
		 "%s%s=%s ", entry->replaced ? "was:" : "", entry->name, entry->text);
	return ++seen->count != seen->limit;
}

static void walks_by_name(void **state)
{
	struct cg_contracts *c = open_it();
	struct seen all = { 0 }, now = { 0 }, one = { .limit = 1 };
	struct cg_error err;

	(void)state;
	keep(c, "web", UUID, "1");
	keep(c, "db", NULL, "2");
	keep(c, "web", UUID, "3");
	assert_ok(cg_contracts_each(c, true, note, &all, &err));
	assert_string_equal(all.text, "db=2 web=3 was:web=1 ");
	assert_ok(cg_contracts_each(c, false, note, &now, &err));
	assert_string_equal(now.text, "db=2 web=3 ");
	assert_ok(cg_contracts_each(c, false, note, &one, &err));
	assert_string_equal(one.text, "db=2 ");
	cg_contracts_close(c);
}

static void takes_no_more_than_it_can_keep(void **state)
{
	cg_auto_free char *big = malloc(CG_CONTRACTS_TEXT + 2);
	struct cg_contracts *c = open_it();
	struct cg_error err;

	(void)state;
	memset(big, 'x', CG_CONTRACTS_TEXT + 1);
	big[CG_CONTRACTS_TEXT + 1] = '\0';
	assert_error(cg_contracts_put(c, "web", NULL, big, 1, &err), CG_E_LIMIT);
	assert_contains(err.msg, "web");
	big[CG_CONTRACTS_TEXT] = '\0';
	keep(c, "web", NULL, big);
	holds(c, "web", 0, big);
	cg_contracts_close(c);
}

/* Damage. Reading must not change the file, whatever is wrong with it. */

static void expect_refused(enum cg_errc code, const char *part)
{
	struct cg_contracts *c = NULL;
	size_t len;
	cg_auto_free char *before = bytes_of(&len);
	struct cg_error err;

	assert_error(cg_contracts_open(&c, cache, &err), code);
	assert_null(c);
	assert_contains(err.msg, cache);
	assert_contains(err.msg, part);
	expect_bytes(before, len);
	assert_false(exists(".corrupt"));
	assert_false(exists(".newer"));
}

static void refuses_what_is_no_database(void **state)
{
	(void)state;
	set_bytes("This is a letter to my aunt, and no database at all.", 52);
	expect_refused(CG_E_CORRUPT, "it is left as it is");
}

static void refuses_an_emptied_file(void **state)
{
	(void)state;
	keep_one();
	set_bytes("", 0);
	expect_refused(CG_E_CORRUPT, "(it was emptied); it is left as it is");
}

static void refuses_a_newer_one(void **state)
{
	size_t len;

	(void)state;
	keep_one();
	cg_auto_free char *bytes = bytes_of(&len);
	bytes[63] = 9; /* user_version: sqlite.org/fileformat.html */
	set_bytes(bytes, len);
	expect_refused(CG_E_NEWER, "its schema is 9");
}

static void refuses_an_older_one_with_tables(void **state)
{
	size_t len;

	(void)state;
	keep_one();
	cg_auto_free char *bytes = bytes_of(&len);
	bytes[63] = 0;
	set_bytes(bytes, len);
	expect_refused(CG_E_CORRUPT, "it is left as it is");
}

static void refuses_another_programs_database(void **state)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);

	(void)state;
	cg_store_close(store);
	expect_refused(CG_E_USAGE, "another program's database");
}

#define GUESTS 40

static void name_guest(char name[static 16], char text[static 600], int i)
{
	snprintf(name, 16, "guest-%d", i);
	memset(text, 'a' + i % 26, 599);
	snprintf(text, 600, "%d", i);
	text[strlen(text)] = ' ';
	text[100 + 12 * (i % 40)] = '\0';
}

static void keep_guests(void)
{
	struct cg_contracts *c = open_it();
	char name[16], text[600];

	for (int i = 0; i < GUESTS; i++) {
		name_guest(name, text, i);
		keep(c, name, NULL, text);
	}
	cg_contracts_close(c);
}

/* True if all is answered as it was put; an error is all else that may be. */
static bool answers_right(struct cg_contracts *c)
{
	char name[16], text[600];
	struct cg_error err;

	for (int i = 0; i < GUESTS; i += 3) {
		cg_auto_free char *got = NULL;

		name_guest(name, text, i);
		if (cg_contracts_get(c, name, 0, &got, &err) < 0)
			return false;
		must(got && strcmp(got, text) == 0);
	}
	return true;
}

static bool lists_right(struct cg_contracts *c)
{
	struct seen seen = { 0 };
	struct cg_error err;

	if (cg_contracts_each(c, true, note, &seen, &err) < 0)
		return false;
	must(seen.count == GUESTS);
	return true;
}

static void expect_no_wrong_answer(const char *bytes, size_t len, size_t *refused)
{
	struct cg_contracts *c = NULL;
	cg_auto_free char *none = NULL;
	struct cg_error err = { 0 };

	set_bytes(bytes, len);
	if (cg_contracts_open(&c, cache, &err) < 0) {
		must(strstr(err.msg, cache) != NULL);
		++*refused;
	} else {
		bool right = answers_right(c), listed = lists_right(c);

		if (cg_contracts_get(c, "no-guest", 0, &none, &err) == 0)
			must(!none);
		*refused += !right || !listed;
		cg_contracts_close(c);
	}
	expect_bytes(bytes, len);
}

static void no_flipped_byte_makes_a_wrong_answer_or_hides_one(void **state)
{
	size_t len, refused = 0, tried = 0;

	(void)state;
	keep_guests();
	cg_auto_free char *bytes = bytes_of(&len);
	random_seed(20261121);
	for (size_t at = 0; at < len; at += at < 100 ? 1 : 1 + random_below(80)) {
		char was = bytes[at];

		bytes[at] ^= (char)(1 << random_below(8));
		expect_no_wrong_answer(bytes, len, &refused);
		bytes[at] = was;
		tried++;
	}
	assert_true(refused > tried / 4);
	printf("# %zu of %zu flipped bytes were noticed\n", refused, tried);
}

static void no_lost_tail_makes_a_wrong_answer(void **state)
{
	size_t len, refused = 0;

	(void)state;
	keep_guests();
	cg_auto_free char *bytes = bytes_of(&len);
	for (size_t left = 0; left < len; left += 997)
		expect_no_wrong_answer(bytes, left, &refused);
	assert_int_equal(refused, 1 + (len - 1) / 997);
}

/* An entry that only the index lost: the row is still there, and is missed. */
static void damage_in_use_is_an_error_and_no_miss(void **state)
{
	static const char none[4096] = { 0 };
	struct cg_contracts *c;
	char *text = NULL;
	struct cg_error err;
	size_t len;
	int fd;

	(void)state;
	keep_guests();
	free(bytes_of(&len));
	c = open_it();
	fd = open(cache, O_WRONLY | O_CLOEXEC);
	for (size_t at = 4096; at + 4096 <= len; at += 4096)
		must(pwrite(fd, none, 4096, (off_t)at) == 4096);
	close(fd);
	assert_error(cg_contracts_get(c, "guest-1", 0, &text, &err), CG_E_CORRUPT);
	assert_contains(err.msg, cache);
	assert_error(cg_contracts_put(c, "new", NULL, "text", 1, &err), CG_E_CORRUPT);
	cg_contracts_close(c);
}

/* An index that is empty, and looks like one that isn't. */
static void lose_entries(const char *index, const char *column, const char *where)
{
	char sql[512];

	snprintf(sql, sizeof(sql),
		 "DROP INDEX %s; CREATE INDEX %s ON contract (%s) WHERE replaced = 7;"
		 "PRAGMA writable_schema = ON;"
		 "UPDATE sqlite_schema SET sql = 'CREATE INDEX %s ON contract (%s)%s'"
		 " WHERE name = '%s'",
		 index, index, column, index, column, where, index);
	change_by_hand(sql);
}

static void expect_missed(const char *word)
{
	struct cg_contracts *c = open_it();
	char *text = NULL;
	struct cg_error err;
	bool found;

	assert_error(cg_contracts_get(c, word, 0, &text, &err), CG_E_CORRUPT);
	assert_error(cg_contracts_forget(c, word, &found, &err), CG_E_CORRUPT);
	cg_contracts_close(c);
}

static void an_index_that_lost_a_name_hides_nothing(void **state)
{
	struct cg_contracts *c;
	struct cg_error err;

	(void)state;
	keep_guests();
	lose_entries("name", "name", " WHERE replaced = 0");
	expect_missed("guest-1");
	c = open_it();
	assert_error(cg_contracts_put(c, "guest-1", NULL, "new", 1, &err), CG_E_CORRUPT);
	assert_contains(err.msg, cache);
	cg_contracts_close(c);
}

static void an_index_that_lost_a_uuid_hides_nothing(void **state)
{
	struct cg_contracts *c = open_it();

	(void)state;
	keep(c, "web", UUID, "text");
	cg_contracts_close(c);
	lose_entries("uuid", "uuid", " WHERE replaced = 0");
	expect_missed(UUID);
}

/* Who writes doesn't look at all rows, and makes nothing good. */
static void a_row_that_was_lost_is_missed_after_others_were_written(void **state)
{
	struct cg_contracts *c;
	struct seen seen = { 0 };
	struct cg_error err;
	bool found;

	(void)state;
	keep_guests();
	change_by_hand("DELETE FROM contract WHERE name = 'guest-7'");
	c = open_it();
	keep(c, "guest-1", NULL, "new");
	keep(c, "another", NULL, "text");
	assert_ok(cg_contracts_forget(c, "guest-2", &found, &err));
	holds(c, "guest-1", 0, "new");
	assert_error(cg_contracts_each(c, true, note, &seen, &err), CG_E_CORRUPT);
	cg_contracts_close(c);
	expect_missed("guest-7");
}

static void an_older_file_is_brought_up_to_date(void **state)
{
	struct cg_contracts *c;

	(void)state;
	keep_guests();
	change_by_hand("DROP INDEX again; PRAGMA user_version = 1");
	c = open_it();
	must(answers_right(c) && lists_right(c));
	keep(c, "guest-1", NULL, "new");
	holds(c, "guest-1", 0, "new");
	cg_contracts_close(c);
}

/* Rights. */

static void read_without_rights(int number)
{
	struct cg_contracts *c;
	struct cg_error err;
	bool found;

	(void)number;
	drop_privileges();
	c = open_it();
	holds(c, "old", 0, "old text");
	holds(c, "other", 0, NULL);
	must(cg_contracts_put(c, "old", NULL, "new", 1, &err) < 0);
	must(err.code == CG_E_SYSTEM && strstr(err.msg, "can only be read"));
	must(strstr(err.msg, cache) != NULL);
	must(cg_contracts_forget(c, "old", &found, &err) < 0);
	cg_contracts_close(c);
}

static void reads_what_it_may_not_write(void **state)
{
	(void)state;
	keep_one();
	must(chmod(cache, 0400) == 0);
	wait_for(in_child(read_without_rights, 0));
	must(chmod(home, 0500) == 0);
	wait_for(in_child(read_without_rights, 0));
	must(chmod(home, 0700) == 0);
}

static void find_unreadable(int number)
{
	struct cg_contracts *c = NULL;
	struct cg_error err;

	(void)number;
	drop_privileges();
	must(cg_contracts_open(&c, cache, &err) < 0);
	must(err.code == CG_E_SYSTEM && strstr(err.msg, cache));
}

static void what_it_may_not_read_is_an_error(void **state)
{
	(void)state;
	keep_one();
	must(chmod(cache, 0) == 0);
	wait_for(in_child(find_unreadable, 0));
}

static void a_folder_is_an_error(void **state)
{
	struct cg_contracts *c = NULL;
	struct cg_error err;

	(void)state;
	must(mkdir(cache, 0700) == 0);
	must(cg_contracts_open(&c, cache, &err) < 0);
	assert_contains(err.msg, cache);
}

static void use_full_disk(int number)
{
	struct cg_contracts *c;
	struct cg_error err;
	char path[128], text[3001] = { 0 };

	(void)number;
	must(mount_home("size=512k"));
	keep_one();
	c = open_it();
	fill_disk();
	memset(text, 'x', sizeof(text) - 1);
	must(cg_contracts_put(c, "old", NULL, text, 1, &err) < 0);
	must(err.code == CG_E_SYSTEM && err.sys_errno == ENOSPC);
	must(strstr(err.msg, cache) && strstr(err.msg, "No space left"));
	holds(c, "old", 0, "old text");
	cg_contracts_close(c);
	c = open_it();
	holds(c, "old", 0, "old text");
	snprintf(path, sizeof(path), "%s/rest", home);
	must(unlink(path) == 0);
	keep(c, "old", NULL, text);
	holds(c, "old", 0, text);
	cg_contracts_close(c);

	/* A new one finds no room at all, and is made when there is some. */
	fill_disk();
	strcat(cache, "2");
	must(cg_contracts_open(&c, cache, &err) < 0);
	must(strstr(err.msg, cache) != NULL);
	must(unlink(path) == 0);
	keep_one();
}

static void a_full_disk_changes_nothing(void **state)
{
	(void)state;
	wait_for(in_child(use_full_disk, 0));
}

/* Others. */

static int ready[2];

/* Somebody writes and doesn't come to an end. */
static void hold_the_lock(int ms)
{
	struct by_hand hand;
	struct cg_query begin = { .sql = CG_SQL_BEGIN };

	take_by_hand(&hand);
	must(cg_database_execute(&hand.db, &begin) == 0);
	must(write(ready[1], "x", 1) == 1);
	usleep((useconds_t)ms * 1000);
	leave_by_hand(&hand);
}

static pid_t start_holder(int ms)
{
	char byte;
	pid_t pid;

	must(pipe(ready) == 0);
	pid = in_child(hold_the_lock, ms);
	must(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void waits_for_another_writer(void **state)
{
	struct cg_contracts *c;
	pid_t pid;

	(void)state;
	keep_one();
	pid = start_holder(300);
	c = open_it();
	holds(c, "old", 0, "old text"); /* reading doesn't wait */
	keep(c, "old", NULL, "new text");
	holds(c, "old", 0, "new text");
	cg_contracts_close(c);
	wait_for(pid);
}

static void gives_up_on_another_writer_after_five_seconds(void **state)
{
	struct cg_contracts *c;
	struct cg_error err;
	int64_t begun;
	int status;
	pid_t pid;

	(void)state;
	keep_one();
	pid = start_holder(60000);
	c = open_it();
	begun = cg_clock_now();
	assert_error(cg_contracts_put(c, "old", NULL, "new", 1, &err), CG_E_TIMEOUT);
	assert_in_range((cg_clock_now() - begun) / CG_MS, 4500, 9000);
	assert_contains(err.msg, cache);
	holds(c, "old", 0, "old text");
	must(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
	keep(c, "old", NULL, "new");
	cg_contracts_close(c);
}

static void put_many(int number)
{
	struct cg_contracts *c = open_it();
	char name[32], text[32];

	for (int i = 0; i < 25; i++) {
		snprintf(name, sizeof(name), "%d-%d", number, i % 5);
		snprintf(text, sizeof(text), "%d", i);
		keep(c, name, NULL, text);
		holds(c, name, 0, text);
	}
	cg_contracts_close(c);
}

static void many_may_make_and_write_it_at_once(void **state)
{
	struct cg_contracts *c;
	char name[32];

	(void)state;
	in_children(put_many, 6);
	c = open_it();
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "%d-%d", i / 5, i % 5);
		holds(c, name, 0,
		      i % 5 == 4   ? "24"
		      : i % 5 == 3 ? "23"
		      : i % 5 == 2 ? "22"
		      : i % 5 == 1 ? "21"
				   : "20");
	}
	cg_contracts_close(c);
}

static int done[2];

/* Numbers, one after the other, each told when it has been kept. */
static void count_up(int from)
{
	char text[700];

	memset(text, 'x', sizeof(text));
	for (int i = from;; i++) {
		struct cg_contracts *c = open_it();

		for (int j = 0; j < 3; j++) {
			int number = i * 3 + j;

			snprintf(text, sizeof(text), "%d", number);
			keep(c, "guest", UUID, text);
			must(write(done[1], &number, sizeof(number)) == sizeof(number));
		}
		cg_contracts_close(c);
	}
}

/* The last number that was told, or -1. */
static int last_told(void)
{
	int number = -1, got;

	while (read(done[0], &got, sizeof(got)) == sizeof(got))
		number = got;
	return number;
}

static int kept_number(void)
{
	struct cg_contracts *c = open_it();
	cg_auto_free char *text = NULL;
	struct seen seen = { 0 };
	struct cg_error err;

	must(cg_contracts_get(c, "guest", 0, &text, &err) == 0);
	must(cg_contracts_each(c, true, note, &seen, &err) == 0);
	must(seen.count <= 1 + CG_CONTRACTS_REPLACED);
	cg_contracts_close(c);
	return text ? atoi(text) : -1;
}

static void a_killed_writer_leaves_the_old_or_the_new(void **state)
{
	int status, told, kept, from = 0, rounds = 0, between = 0;
	pid_t pid;

	(void)state;
	random_seed(5);
	for (; rounds < 60; rounds++) {
		must(pipe(done) == 0);
		pid = in_child(count_up, from);
		close(done[1]);
		usleep(500 + random_below(20000));
		must(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
		must(WIFSIGNALED(status));
		told = last_told();
		close(done[0]);
		kept = kept_number();
		if (told >= 0)
			assert_in_range(kept, told, told + 1);
		between += told >= 0 && kept == told + 1;
		from = kept / 3 + 1;
	}
	printf("# %d kills, %d of them between the disk and the caller\n", rounds,
	       between);
}

/* CPU time of a put, in ns: the least of some. */
static int64_t cost_of_put(struct cg_contracts *c, const char *what)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < 30; i++) {
		struct timespec before, after;
		char name[32], text[32];
		int64_t cost;

		snprintf(name, sizeof(name), i % 2 ? "guest-1" : "%s-%d", what, i);
		snprintf(text, sizeof(text), "%s %d", what, i);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
		keep(c, name, NULL, text);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
		cost = (after.tv_sec - before.tv_sec) * CG_S + after.tv_nsec -
		       before.tv_nsec;
		least = cost < least ? cost : least;
	}
	return least;
}

/* Where all are looked through it is 50 times as much. */
static void fill_up(int number)
{
	struct cg_contracts *c;
	struct cg_error err;
	int64_t first, last;
	char name[32];

	(void)number;
	must(mount_home("size=64m"));
	c = open_it();
	keep(c, "guest-1", NULL, "text");
	first = cost_of_put(c, "early");
	for (int i = 0; i < CG_CONTRACTS_MAX - 31; i++) {
		snprintf(name, sizeof(name), "guest-%d", i);
		keep(c, name, NULL, name);
	}
	last = cost_of_put(c, "late");
	for (int i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "last-%d", i);
		if (cg_contracts_put(c, name, NULL, name, 1, &err) < 0)
			break;
	}
	must(err.code == CG_E_LIMIT && strstr(err.msg, cache));
	keep(c, "guest-1", NULL, "a known name still fits");
	cg_contracts_close(c);
	printf("# a put takes %lld us, and %lld us beside %d others\n",
	       (long long)(first / 1000), (long long)(last / 1000), CG_CONTRACTS_MAX);
	fflush(stdout);
	must(last < 10 * first + CG_MS);
}

static void a_put_costs_the_same_beside_ten_thousand(void **state)
{
	(void)state;
	wait_for(in_child(fill_up, 0));
}

static const struct CMUnitTest tests[] = {
	in_home(keeps_by_name_and_by_uuid),
	in_home(what_is_replaced_stays_for_a_while),
	in_home(a_uuid_is_of_one_name),
	in_home(forgets_all_of_a_name),
	in_home(walks_by_name),
	in_home(takes_no_more_than_it_can_keep),
	in_home(refuses_what_is_no_database),
	in_home(refuses_an_emptied_file),
	in_home(refuses_a_newer_one),
	in_home(refuses_an_older_one_with_tables),
	in_home(refuses_another_programs_database),
	in_home(no_flipped_byte_makes_a_wrong_answer_or_hides_one),
	in_home(no_lost_tail_makes_a_wrong_answer),
	in_home(damage_in_use_is_an_error_and_no_miss),
	in_home(an_index_that_lost_a_name_hides_nothing),
	in_home(an_index_that_lost_a_uuid_hides_nothing),
	in_home(a_row_that_was_lost_is_missed_after_others_were_written),
	in_home(an_older_file_is_brought_up_to_date),
	in_home(reads_what_it_may_not_write),
	in_home(what_it_may_not_read_is_an_error),
	in_home(a_folder_is_an_error),
	in_home(waits_for_another_writer),
	in_home(gives_up_on_another_writer_after_five_seconds),
	in_home(many_may_make_and_write_it_at_once),
	in_home(a_killed_writer_leaves_the_old_or_the_new),
	/* Last: they need a mount. */
	in_home(a_put_costs_the_same_beside_ten_thousand),
	in_home(a_full_disk_changes_nothing),
};

int main(void)
{
	size_t count = CG_COUNT(tests);

	if (!can_mount()) {
		printf("# no mounts here: a full disk and a full file are not tried\n");
		count -= 2;
	}
	return _cmocka_run_group_tests("contracts", tests, count, NULL, NULL);
}
