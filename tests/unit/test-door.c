// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the store promises about its file: damaged, newer, read-only, full, or used by
 * others at the same time. Real files, real processes, and a file system of our own where
 * the machine lets us mount one.
 */
#include "tests/unit/mounted-home.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "base/clock.h"

#define PAGE 4096
#define ROUNDS 10
#define AT_ONCE 8

/* Where SQLite's header has what we change: sqlite.org/fileformat.html. */
#define USER_VERSION_AT 60
#define APPLICATION_AT 68

static void write_at(off_t at, const void *data, size_t len)
{
	int fd = open(cache, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	must(pwrite(fd, data, len, at) == (ssize_t)len);
	close(fd);
}

static off_t size_of(const char *suffix)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", cache, suffix);
	return stat(path, &st) < 0 ? -1 : st.st_size;
}

static void expect_warning(const struct cg_store *store, const char *part)
{
	const char *warning = cg_store_warning(store);

	must(warning != NULL);
	if (!strstr(warning, part) || !strstr(warning, cache)) {
		fprintf(stderr, "warning: %s\nwithout: %s\n", warning, part);
		fail_at(__FILE__, __LINE__, part);
	}
}

/* The cache was set aside: it is empty and works. */
static void expect_begun_anew(const char *suffix)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);

	expect_warning(store, suffix);
	must(exists(suffix));
	expect(store, "old", NULL);
	put(store, "new", "text");
	cg_store_close(store);

	/* Said once. */
	store = open_store(CG_STORE_READ_WRITE);
	must(cg_store_warning(store) == NULL);
	expect(store, "new", "text");
	cg_store_close(store);
}

static void replaces_what_is_no_database(void **state)
{
	static const char *const texts[] = { "hello, I am not a database\n", "xy" };

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++) {
		write_at(0, texts[i], strlen(texts[i]));
		must(truncate(cache, (off_t)strlen(texts[i])) == 0);
		expect_begun_anew(".corrupt");
		/* The second time replaces what the first one set aside. */
		assert_int_equal(size_of(".corrupt"), strlen(texts[i]));
	}
}

static void replaces_a_truncated_file(void **state)
{
	static const off_t sizes[] = { 10, 100, 500, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE };

	(void)state;
	for (size_t i = 0; i < CG_COUNT(sizes); i++) {
		keep_a_fact();
		must(size_of("") > sizes[i]);
		must(truncate(cache, sizes[i]) == 0);
		expect_begun_anew(".corrupt");
		must(unlink(cache) == 0);
	}
}

static void an_empty_file_is_a_new_one(void **state)
{
	struct cg_store *store;

	(void)state;
	write_at(0, "", 0);
	store = open_store(CG_STORE_READ_WRITE);
	assert_null(cg_store_warning(store));
	put(store, "a", "b");
	cg_store_close(store);
	assert_false(exists(".corrupt"));
}

/* Another name for the table of facts, everywhere in the schema. */
static void rename_a_table(void)
{
	char page[PAGE];
	int fd = open(cache, O_RDWR | O_CLOEXEC);

	must(pread(fd, page, PAGE, 0) == PAGE);
	for (size_t i = 0; i + 4 < PAGE; i++)
		if (memcmp(page + i, "fact", 4) == 0)
			memcpy(page + i, "fict", 4);
	must(pwrite(fd, page, PAGE, 0) == PAGE);
	close(fd);
}

static void replaces_a_database_without_our_tables(void **state)
{
	(void)state;
	keep_a_fact();
	rename_a_table();
	expect_begun_anew(".corrupt");
}

static void sets_a_newer_one_aside(void **state)
{
	static const char version[4] = { 0, 0, 0, 99 };
	struct cg_store *store;

	(void)state;
	keep_a_fact();
	write_at(USER_VERSION_AT, version, sizeof(version));
	store = open_store(CG_STORE_READ_WRITE);
	expect_warning(store, "99");
	expect_warning(store, "knows 2");
	expect_warning(store, ".newer");
	cg_store_close(store);
	assert_true(exists(".newer"));
	assert_false(exists(".corrupt"));

	/* It is whole: with its own number it opens again. */
	strcat(cache, ".newer");
	write_at(USER_VERSION_AT, (char[]){ 0, 0, 0, 2 }, 4);
	store = open_store(CG_STORE_READ_WRITE);
	expect(store, "old", "old text");
	cg_store_close(store);
}

static void begins_anew_in_a_file_without_seals(void **state)
{
	struct cg_store *store;

	(void)state;
	keep_a_fact();
	write_at(USER_VERSION_AT, (char[]){ 0, 0, 0, 1 }, 4);
	for (int i = 0; i < 2; i++) {
		store = open_store(CG_STORE_READ_WRITE);
		assert_null(cg_store_warning(store));
		expect(store, "old", i ? "new text" : NULL);
		put(store, "old", "new text");
		cg_store_close(store);
	}
	assert_false(exists(".corrupt"));
}

static void leaves_another_programs_database_alone(void **state)
{
	static const char versions[] = { 0, 2, 7 };
	struct stat before, after;
	struct cg_store *store;

	(void)state;
	keep_a_fact();
	rename_a_table();
	write_at(APPLICATION_AT, "else", 4);
	for (size_t i = 0; i < CG_COUNT(versions); i++) {
		write_at(USER_VERSION_AT, (char[]){ 0, 0, 0, versions[i] }, 4);
		must(stat(cache, &before) == 0);
		store = open_store(CG_STORE_UNAVAILABLE);
		expect_warning(store, "another program");
		put(store, "a", "b");
		cg_store_close(store);
		must(stat(cache, &after) == 0);
		assert_memory_equal(&before.st_mtim, &after.st_mtim,
				    sizeof(after.st_mtim));
		assert_int_equal(before.st_ino, after.st_ino);
	}
	assert_false(exists(".corrupt"));
	assert_false(exists(".newer"));
}

/* Where in the file the text of the fact "old" is. */
static off_t find_old_text(void)
{
	off_t size = size_of("");
	char *all = malloc((size_t)size);
	int fd = open(cache, O_RDONLY | O_CLOEXEC);
	char *found;
	off_t at;

	must(all && pread(fd, all, (size_t)size, 0) == size);
	close(fd);
	found = memmem(all, (size_t)size, "old text", 8);
	must(found != NULL);
	at = found - all;
	free(all);
	return at;
}

static void a_flipped_bit_is_a_miss_and_not_an_answer(void **state)
{
	struct cg_store *store;

	(void)state;
	keep_a_fact();
	write_at(find_old_text(), "O", 1);
	store = open_store(CG_STORE_READ_WRITE);
	assert_null(cg_store_warning(store));
	expect(store, "old", NULL);
	assert_int_equal(cg_store_state(store), CG_STORE_UNAVAILABLE);
	expect_warning(store, "damaged");
	put(store, "new", "text");
	expect(store, "new", NULL);
	cg_store_close(store);
	assert_true(exists(".corrupt"));

	store = open_store(CG_STORE_READ_WRITE);
	assert_null(cg_store_warning(store));
	expect(store, "old", NULL);
	put(store, "new", "text");
	cg_store_close(store);
}

static void damage_in_a_transaction_ends_it_quietly(void **state)
{
	struct cg_store *store;
	struct cg_error err;

	(void)state;
	keep_a_fact();
	write_at(find_old_text(), "O", 1);
	store = open_store(CG_STORE_READ_WRITE);
	must(cg_store_begin(store, &err) == 0);
	put(store, "new", "text");
	expect(store, "old", NULL);
	put(store, "newer", "text");
	must(cg_store_commit(store, &err) == 0);
	assert_int_equal(cg_store_state(store), CG_STORE_UNAVAILABLE);
	cg_store_close(store);
	store = open_store(CG_STORE_READ_WRITE);
	expect(store, "new", NULL);
	expect(store, "newer", NULL);
	cg_store_close(store);
}

static void fill(void)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;
	char name[16], text[301];

	must(cg_store_begin(store, &err) == 0);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "%d", i);
		snprintf(text, sizeof(text), "%0300d", i);
		put(store, name, text);
	}
	must(cg_store_commit(store, &err) == 0);
	cg_store_close(store);
}

/* Right or a miss; how many were right. */
static int count_right(struct cg_store *store)
{
	char name[16], text[301];
	struct cg_error err;
	int right = 0;
	char *got;

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "%d", i);
		snprintf(text, sizeof(text), "%0300d", i);
		must(cg_store_get(store, "kind", "{\"part\":1}", name, &got, &err) == 0);
		if (!got)
			continue;
		assert_string_equal(got, text);
		right++;
		free(got);
	}
	return right;
}

static bool ignore(const struct cg_store_fact *fact, void *data)
{
	(void)fact;
	(void)data;
	return true;
}

static bool keep_all(const char *parts, void *data)
{
	(void)data;
	return strlen(parts) > 0;
}

static void no_damage_makes_a_wrong_answer(void **state)
{
	struct cg_store *store;
	struct cg_error err;
	int64_t facts, id;
	char junk[64];
	off_t pages;
	int hurt = 0;

	(void)state;
	memset(junk, 0xa5, sizeof(junk));
	fill();
	pages = size_of("") / PAGE;
	must(pages > 10);
	for (off_t at = 0; at < pages * PAGE; at += PAGE / 2) {
		must(unlink(cache) == 0);
		fill();
		write_at(at, junk, sizeof(junk));
		store = NULL;
		must(cg_store_open(&store, cache, &err) == 0);
		must(cg_store_find_key(store, "{\"part\":1}", &id, &err) == 0);
		hurt += count_right(store) < 100;
		must(cg_store_each_fact(store, NULL, true, ignore, NULL, &err) == 0);
		put(store, "new", "text");
		must(cg_store_prune(store, keep_all, NULL, &facts, &err) == 0);
		cg_store_close(store);
		store = open_store(CG_STORE_READ_WRITE);
		count_right(store);
		put(store, "newer", "text");
		cg_store_close(store);
	}
	assert_true(hurt > 5);
}

/* Few rows of each kind, and so alike that a byte tells them apart. */
enum { ALIKE = 3 };
static int64_t pieces[ALIKE];

static void fill_alike(void)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_digest digest = { { 0 } };
	struct cg_error err;
	struct stat st;

	must(cg_store_begin(store, &err) == 0);
	for (int i = 0; i < ALIKE; i++) {
		char name[] = { (char)('1' + i), '\0' };
		char piece[] = { 'p', (char)('1' + i), '\0' };

		put(store, name, name);
		must(cg_store_put(store, name, "{\"part\":1}", "name", name, 1, &err) ==
		     0);
		must(cg_store_put(store, "kind", piece, "name", name, 1, &err) == 0);
		must(cg_store_put_blob(store, piece, &pieces[i], &err) == 0);
		st = (struct stat){ .st_dev = 1, .st_ino = (ino_t)i + 1, .st_size = 3 };
		digest.bytes[0] = (uint8_t)i;
		must(cg_store_put_file(store, &st, &digest, &err) == 0);
	}
	must(cg_store_commit(store, &err) == 0);
	cg_store_close(store);
}

static int is_right(struct cg_store *store, const char *kind, const char *parts,
		    const char *name, const char *text)
{
	struct cg_error err;
	bool found = false;
	char *got = NULL;

	must(cg_store_get(store, kind, parts, name, &got, &err) == 0);
	must(!got || strcmp(got, text) == 0);
	must(cg_store_has(store, kind, parts, name, &found, &err) == 0);
	must(!found || got);
	free(got);
	return got != NULL;
}

/* Each of them is right or a miss; how many were right. */
static int count_alike(struct cg_store *store)
{
	struct cg_digest digest;
	struct cg_error err;
	struct stat st;
	int right = 0;

	for (int i = 0; i < ALIKE; i++) {
		char name[] = { (char)('1' + i), '\0' };
		char piece[] = { 'p', (char)('1' + i), '\0' };
		bool found = false;
		char *got = NULL;

		right += is_right(store, "kind", "{\"part\":1}", name, name);
		right += is_right(store, name, "{\"part\":1}", "name", name);
		right += is_right(store, "kind", piece, "name", name);
		must(cg_store_get_blob(store, pieces[i], &got, &err) == 0);
		must(!got || strcmp(got, piece) == 0);
		right += got != NULL;
		free(got);
		st = (struct stat){ .st_dev = 1, .st_ino = (ino_t)i + 1, .st_size = 3 };
		must(cg_store_get_file(store, &st, &found, &digest, &err) == 0);
		must(!found || digest.bytes[0] == i);
		right += found;
	}
	return right;
}

/* The same text put again must not be found under another's id either. */
static void expect_own_pieces(struct cg_store *store)
{
	struct cg_error err;
	int64_t id = 0;

	for (int i = 0; i < ALIKE; i++) {
		char piece[] = { 'p', (char)('1' + i), '\0' };
		char *got = NULL;

		must(cg_store_put_blob(store, piece, &id, &err) == 0);
		must(cg_store_get_blob(store, id, &got, &err) == 0);
		must(!got || strcmp(got, piece) == 0);
		free(got);
	}
}

static void no_single_byte_makes_a_wrong_answer(void **state)
{
	static const unsigned char changes[] = { 1, 2, 3 };
	unsigned char *all;
	off_t size;
	int fd, hurt = 0;

	(void)state;
	fill_alike();
	size = size_of("");
	all = malloc((size_t)size);
	fd = open(cache, O_RDONLY | O_CLOEXEC);
	must(all && pread(fd, all, (size_t)size, 0) == size);
	close(fd);
	for (off_t at = 0; at < size; at++) {
		unsigned char changed = all[at] ^ changes[(size_t)at % CG_COUNT(changes)];
		struct cg_store *store = NULL;
		struct cg_error err;

		if (!all[at])
			continue;
		(void)!unlink(cache); /* which the last damage may have done */
		write_at(0, all, (size_t)size);
		write_at(at, &changed, 1);
		must(cg_store_open(&store, cache, &err) == 0);
		hurt += count_alike(store) < 5 * ALIKE;
		expect_own_pieces(store);
		cg_store_close(store);
	}
	free(all);
	assert_true(hurt > 500);
}

static void damage_in_use_is_not_set_aside(void **state)
{
	struct cg_store *user, *store;

	(void)state;
	keep_a_fact();
	user = open_store(CG_STORE_READ_WRITE);
	expect(user, "old", "old text");
	write_at(0, "not a database", 14);
	store = open_store(CG_STORE_UNAVAILABLE);
	expect_warning(store, "damaged");
	cg_store_close(store);
	assert_false(exists(".corrupt"));
	cg_store_close(user);
	expect_begun_anew(".corrupt");
}

/* Everything that a store may be asked, where nothing can be kept. */
static void expect_nothing_kept(struct cg_store *store)
{
	struct cg_digest digest = { { 1 } };
	struct stat st = { .st_ino = 1 };
	struct cg_error err;
	int64_t id = -1, facts = -1;
	bool found = true;
	char *got = cache;

	must(cg_store_begin(store, &err) == 0);
	put(store, "new", "text");
	must(cg_store_put_file(store, &st, &digest, &err) == 0);
	must(cg_store_put_blob(store, "text", &id, &err) == 0);
	must(id == 0);
	must(cg_store_commit(store, &err) == 0);
	must(cg_store_begin(store, &err) == 0);
	cg_store_rollback(store);
	must(cg_store_forget(store, "kind", "{\"part\":1}", NULL, &err) == 0);
	must(cg_store_prune(store, keep_all, NULL, &facts, &err) == 0);
	must(facts == 0);
	expect(store, "new", NULL);
	must(cg_store_get_file(store, &st, &found, &digest, &err) == 0);
	must(!found);
	must(cg_store_get_blob(store, 1000, &got, &err) == 0);
	must(!got);
	must(cg_store_find_key(store, "{\"new\":1}", &id, &err) == 0);
	must(id == 0);
	must(cg_store_each_fact(store, NULL, true, ignore, NULL, &err) == 0);
}

static void answers_with_misses_where_nothing_can_be(void **state)
{
	struct cg_store *store;

	(void)state;
	write_at(0, "a file", 6);
	strcat(cache, "/cache.db");
	store = open_store(CG_STORE_UNAVAILABLE);
	expect_warning(store, "Not a directory");
	expect_nothing_kept(store);
	cg_store_close(store);
	strcpy(strrchr(cache, '/'), "/below/cache.db");
	store = open_store(CG_STORE_UNAVAILABLE);
	expect_nothing_kept(store);
	cg_store_close(store);
}

static void a_folder_is_no_cache(void **state)
{
	struct cg_store *store;

	(void)state;
	must(mkdir(cache, 0700) == 0);
	store = open_store(CG_STORE_UNAVAILABLE);
	expect_warning(store, "Is a directory");
	expect_nothing_kept(store);
	cg_store_close(store);
}

/* Permissions count for this process from now on, also if it is root's. */
static void expect_read_only(void)
{
	struct cg_store *store = open_store(CG_STORE_READ_ONLY);

	expect_warning(store, "can only be read");
	expect(store, "old", "old text");
	expect_nothing_kept(store);
	expect(store, "old", "old text");
	cg_store_close(store);
}

static void remove_log(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s-wal", cache);
	must(unlink(path) == 0);
	snprintf(path, sizeof(path), "%s-shm", cache);
	must(unlink(path) == 0);
}

static void set_modes(mode_t folder, mode_t file)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".lock" };
	char path[128];

	must(chmod(home, folder) == 0);
	for (size_t i = 0; i < CG_COUNT(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", cache, suffixes[i]);
		must(!exists(suffixes[i]) || chmod(path, file) == 0);
	}
}

static void read_without_rights(int number)
{
	(void)number;
	drop_privileges();
	expect_read_only();
}

static void reads_what_it_may_not_write(void **state)
{
	(void)state;
	keep_a_fact();
	/* With the log's files and without, in a folder of ours and not. */
	set_modes(0500, 0400);
	wait_for(in_child(read_without_rights, 0));
	set_modes(0700, 0400);
	wait_for(in_child(read_without_rights, 0));
	remove_log();
	set_modes(0500, 0400);
	wait_for(in_child(read_without_rights, 0));
	set_modes(0700, 0400);
	wait_for(in_child(read_without_rights, 0));
	set_modes(0700, 0600);
}

static void open_without_rights(int number)
{
	struct cg_store *store;

	(void)number;
	drop_privileges();
	store = open_store(CG_STORE_UNAVAILABLE);
	expect_warning(store, "Permission denied");
	expect_nothing_kept(store);
	cg_store_close(store);
}

/* Committed, but not yet written back from the log when the process ends. */
static void put_and_die(int number)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);

	(void)number;
	put(store, "old", "old text");
	_exit(0);
}

static void reads_a_log_that_it_may_not_write_back(void **state)
{
	char path[128];

	(void)state;
	wait_for(in_child(put_and_die, 0));
	must(size_of("-wal") > 0);
	set_modes(0500, 0400);
	wait_for(in_child(read_without_rights, 0));

	/* Without its index the log can't be read, and the file alone would be half. */
	set_modes(0700, 0400);
	snprintf(path, sizeof(path), "%s-shm", cache);
	must(unlink(path) == 0);
	set_modes(0500, 0400);
	wait_for(in_child(open_without_rights, 0));
	set_modes(0700, 0600);
}

static void reads_a_path_with_special_characters(void **state)
{
	(void)state;
	snprintf(cache, sizeof(cache), "%s/50%%?mode=x#y.db", home);
	keep_a_fact();
	remove_log();
	set_modes(0500, 0400);
	wait_for(in_child(read_without_rights, 0));
	set_modes(0700, 0600);
}

static void an_unreadable_file_is_unavailable(void **state)
{
	(void)state;
	keep_a_fact();
	set_modes(0700, 0000);
	wait_for(in_child(open_without_rights, 0));
	set_modes(0500, 0600);
	must(chmod(home, 0700) == 0);
	must(unlink(cache) == 0);
	remove_log();
	must(chmod(home, 0500) ==
	     0); /* and one that is missing, where none can be made */
	wait_for(in_child(open_without_rights, 0));
	set_modes(0700, 0600);
}

/* The database itself may be written, only its log's index may not. */
static void write_without_index(int number)
{
	struct cg_store *store;
	struct cg_error err;

	(void)number;
	drop_privileges();
	must(cg_store_open(&store, cache, &err) == 0);
	expect(store, "old", "old text");
	put(store, "new", "text");
	must(cg_store_state(store) == CG_STORE_READ_ONLY);
	expect_warning(store, "can only be read");
	expect_nothing_kept(store);
	expect(store, "old", "old text");
	cg_store_close(store);
}

static void turns_read_only_when_it_cannot_write(void **state)
{
	char path[128];

	(void)state;
	keep_a_fact();
	snprintf(path, sizeof(path), "%s-shm", cache);
	must(chmod(path, 0400) == 0);
	must(chmod(home, 0500) == 0);
	wait_for(in_child(write_without_index, 0));
	must(chmod(home, 0700) == 0);
}

static void write_too_much(int number)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct rlimit limit = { 1 << 18, RLIM_INFINITY };
	char *big = calloc(1, 4 << 20);
	struct cg_error err;

	(void)number;
	must(big != NULL);
	memset(big, 'x', (4 << 20) - 1);
	signal(SIGXFSZ, SIG_IGN);
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	must(cg_store_put(store, "kind", "{\"part\":1}", "old", big, 1, &err) < 0);
	must(err.code == CG_E_SYSTEM && strstr(err.msg, cache));
	expect(store, "old", "old text");
	put(store, "small", "still works");

	/* In a transaction, it takes the whole of it along. */
	must(cg_store_begin(store, &err) == 0);
	put(store, "before", "text");
	must(cg_store_put(store, "kind", "{\"part\":1}", "old", big, 1, &err) < 0);
	must(cg_store_put(store, "kind", "{\"part\":1}", "after", "text", 1, &err) < 0);
	must(cg_store_commit(store, &err) < 0);
	must(strstr(err.msg, cache) != NULL);
	expect(store, "before", NULL);
	expect(store, "after", NULL);

	limit.rlim_cur = RLIM_INFINITY;
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	put(store, "old", big);
	expect(store, "old", big);
	cg_store_close(store);
	store = open_store(CG_STORE_READ_WRITE);
	expect(store, "old", big);
	expect(store, "small", "still works");
	expect(store, "before", NULL);
	cg_store_close(store);
	free(big);
}

static void a_failed_write_changes_nothing(void **state)
{
	(void)state;
	keep_a_fact();
	wait_for(in_child(write_too_much, 0));
}

static void open_and_put(int number)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	char name[16];

	snprintf(name, sizeof(name), "%d", number);
	put(store, name, "text");
	expect(store, name, "text");
	cg_store_close(store);
}

static void expect_all_of_them(void)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	char name[16];

	for (int i = 0; i < AT_ONCE; i++) {
		snprintf(name, sizeof(name), "%d", i);
		expect(store, name, "text");
	}
	cg_store_close(store);
}

static void many_may_make_it_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		in_children(open_and_put, AT_ONCE);
		expect_all_of_them();
		assert_false(exists(".corrupt"));
		must(unlink(cache) == 0);
	}
}

static void many_may_set_it_aside_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		write_at(0, "not a database", 14);
		in_children(open_and_put, AT_ONCE);
		/* Had a good one been set aside, facts would be missing. */
		expect_all_of_them();
		assert_int_equal(size_of(".corrupt"), 14);
		must(unlink(cache) == 0);
	}
}

/* The kernel kills who writes beyond the limit: here, in the middle of making it. */
static void die_making_it(int pages)
{
	const struct rlimit none = { 0, 0 };
	const struct rlimit limit = { (rlim_t)pages * PAGE / 2,
				      (rlim_t)pages * PAGE / 2 };
	struct cg_store *store;
	struct cg_error err;

	must(setrlimit(RLIMIT_CORE, &none) == 0);
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	(void)!cg_store_open(&store, cache, &err);
}

static void a_killed_maker_leaves_nothing_in_the_way(void **state)
{
	int status, killed = 0;

	(void)state;
	for (int half_pages = 1; half_pages < 40; half_pages++) {
		pid_t pid = in_child(die_making_it, half_pages);

		must(waitpid(pid, &status, 0) == pid);
		killed += WIFSIGNALED(status);
		open_and_put(half_pages);
		assert_false(exists(".corrupt"));
		must(unlink(cache) == 0);
	}
	assert_true(killed > 5);
}

static void put_many(int number)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	char name[16];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "%d-%d", number, i);
		put(store, name, name);
		put(store, "common", name);
	}
	cg_store_close(store);
}

static void two_may_write_at_once(void **state)
{
	struct cg_store *store;
	char name[16];

	(void)state;
	in_children(put_many, 2);
	store = open_store(CG_STORE_READ_WRITE);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "%d-%d", i / 100, i % 100);
		expect(store, name, name);
	}
	cg_store_close(store);
}

static int gate[2];

/* Begin, put, say so, and never commit in time. */
static void hold_a_transaction(int ms)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);
	struct cg_error err;

	must(cg_store_begin(store, &err) == 0);
	put(store, "old", "half");
	put(store, "other", "half");
	must(write(gate[1], "x", 1) == 1);
	usleep((useconds_t)ms * 1000);
	must(cg_store_commit(store, &err) == 0);
	cg_store_close(store);
}

static pid_t start_holder(int ms)
{
	char byte;
	pid_t pid;

	must(pipe(gate) == 0);
	pid = in_child(hold_a_transaction, ms);
	must(read(gate[0], &byte, 1) == 1);
	close(gate[0]);
	close(gate[1]);
	return pid;
}

static void a_killed_writer_leaves_the_old_answer(void **state)
{
	struct cg_store *store;
	int status;
	pid_t pid;

	(void)state;
	keep_a_fact();
	pid = start_holder(60000);
	must(kill(pid, SIGKILL) == 0);
	must(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	store = open_store(CG_STORE_READ_WRITE);
	assert_null(cg_store_warning(store));
	expect(store, "old", "old text");
	expect(store, "other", NULL);
	put(store, "other", "whole");
	cg_store_close(store);
}

static void waits_for_another_writer(void **state)
{
	struct cg_store *store;
	pid_t pid;

	(void)state;
	keep_a_fact();
	store = open_store(CG_STORE_READ_WRITE);
	pid = start_holder(100);
	expect(store, "old", "old text"); /* reading doesn't wait */
	put(store, "old", "mine");
	expect(store, "old", "mine");
	expect(store, "other", "half");
	wait_for(pid);
	cg_store_close(store);
}

static void use_read_only_mount(int number)
{
	(void)number;
	must(mount_home("size=1m"));
	keep_a_fact();
	must(mount("none", home, "", MS_REMOUNT | MS_RDONLY, NULL) == 0);
	expect_read_only();
	must(mount("none", home, "", MS_REMOUNT, NULL) == 0);
	remove_log();
	must(mount("none", home, "", MS_REMOUNT | MS_RDONLY, NULL) == 0);
	expect_read_only();
}

static void reads_from_a_read_only_mount(void **state)
{
	(void)state;
	wait_for(in_child(use_read_only_mount, 0));
}

static void use_full_disk(int number)
{
	struct cg_store *store;
	char path[128], text[3001];
	struct cg_error err;

	(void)number;
	must(mount_home("size=512k"));
	keep_a_fact();
	store = open_store(CG_STORE_READ_WRITE);
	expect(store, "old", "old text");
	fill_disk();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	must(cg_store_put(store, "kind", "{\"part\":1}", "old", text, 1, &err) < 0);
	must(err.code == CG_E_SYSTEM && err.sys_errno == ENOSPC);
	must(strstr(err.msg, cache) && strstr(err.msg, "No space left"));
	expect(store, "old", "old text");
	cg_store_close(store);

	snprintf(path, sizeof(path), "%s/rest", home);
	must(unlink(path) == 0);
	store = open_store(CG_STORE_READ_WRITE);
	must(cg_store_warning(store) == NULL);
	expect(store, "old", "old text");
	put(store, "old", text);
	cg_store_close(store);

	/* A new one finds no room at all. */
	fill_disk();
	strcat(cache, "2");
	store = open_store(CG_STORE_UNAVAILABLE);
	expect_nothing_kept(store);
	cg_store_close(store);
}

static void a_full_disk_changes_nothing(void **state)
{
	(void)state;
	wait_for(in_child(use_full_disk, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_home(replaces_what_is_no_database),
		in_home(replaces_a_truncated_file),
		in_home(an_empty_file_is_a_new_one),
		in_home(replaces_a_database_without_our_tables),
		in_home(sets_a_newer_one_aside),
		in_home(begins_anew_in_a_file_without_seals),
		in_home(leaves_another_programs_database_alone),
		in_home(a_flipped_bit_is_a_miss_and_not_an_answer),
		in_home(damage_in_a_transaction_ends_it_quietly),
		in_home(no_damage_makes_a_wrong_answer),
		in_home(no_single_byte_makes_a_wrong_answer),
		in_home(damage_in_use_is_not_set_aside),
		in_home(answers_with_misses_where_nothing_can_be),
		in_home(a_folder_is_no_cache),
		in_home(reads_what_it_may_not_write),
		in_home(reads_a_log_that_it_may_not_write_back),
		in_home(reads_a_path_with_special_characters),
		in_home(an_unreadable_file_is_unavailable),
		in_home(turns_read_only_when_it_cannot_write),
		in_home(a_failed_write_changes_nothing),
		in_home(many_may_make_it_at_once),
		in_home(a_killed_maker_leaves_nothing_in_the_way),
		in_home(many_may_set_it_aside_at_once),
		in_home(two_may_write_at_once),
		in_home(a_killed_writer_leaves_the_old_answer),
		in_home(waits_for_another_writer),
		/* These need mounts: see below. */
		in_home(reads_from_a_read_only_mount),
		in_home(a_full_disk_changes_nothing),
	};
	const size_t mounts = 2;
	size_t count = CG_COUNT(tests);

	if (!can_mount()) {
		printf("# no mounts here: read-only mount and full disk are not tried\n");
		count -= mounts;
	}
	return _cmocka_run_group_tests("door", tests, count, NULL, NULL);
}
