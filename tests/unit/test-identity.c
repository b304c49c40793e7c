// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Emulators made of a few bytes in a folder of their own, which also is $PATH. Scripts
 * start this program itself: given QEMU's options it answers like one.
 */
#include "emulator/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "emulator/process.h"
#include "tests/unit/outcome.h"

#define ELF "\177ELF"

static char home[64];
static char self[PATH_MAX]; /* this program */
static char *path_before;

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int make_home(void **state)
{
	const char *path = getenv("PATH");

	(void)state;
	strcpy(home, "/tmp/cpugate-test-XXXXXX");
	path_before = strdup(path ? path : "/usr/bin:/bin");
	if (!mkdtemp(home))
		return -1;
	unsetenv("QEMU_MODULE_DIR");
	return setenv("PATH", home, 1);
}

static int remove_home(void **state)
{
	(void)state;
	setenv("PATH", path_before, 1);
	free(path_before);
	unsetenv("QEMU_MODULE_DIR");
	return nftw(home, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* A path in the home; good for the next few calls. */
static const char *at(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", home, name);
	return path;
}

static void put_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void make_folder(const char *name)
{
	assert_int_equal(mkdir(at(name), 0755), 0);
}

static const struct cg_qmp_limits limits = { 20 * CG_S, 1 << 20, -1, false };

static struct cg_identity *identify(const char *name, const struct cg_file_memo *memo)
{
	struct cg_identity *id = NULL;
	struct cg_error err;

	assert_ok(cg_identity_open(&id, name, memo, &limits, &err));
	return id;
}

static void expect_unknown(const char *name)
{
	struct cg_identity *id = NULL;
	struct cg_error err;

	assert_error(cg_identity_open(&id, name, NULL, &limits, &err), CG_E_UNKNOWN);
	assert_null(id);
	if (name && strlen(name) < 100)
		assert_contains(err.msg, name);
}

/* A copy of the parts, as the cache would keep them. */
static char *parts_of(const char *name)
{
	cg_auto_identity struct cg_identity *id = identify(name, NULL);

	return cg_json_canonical(cg_identity_parts(id));
}

static void a_bare_name_is_looked_up_in_path(void **state)
{
	cg_auto_identity struct cg_identity *id = NULL;
	char path[256];

	(void)state;
	make_folder("a");
	make_folder("b");
	make_folder("c");
	make_folder("a/qemu-x");
	put_file("b/qemu-x", ELF "not executable", 0644);
	put_file("c/qemu-x", ELF, 0755);
	put_file("qemu-x", ELF "later", 0755);
	snprintf(path, sizeof(path), "/no/such/folder:%s/a:%s/b:%s/c:%s", home, home,
		 home, home);
	setenv("PATH", path, 1);
	id = identify("qemu-x", NULL);
	assert_string_equal(cg_identity_path(id), at("c/qemu-x"));
	assert_string_equal(cg_identity_binary(id), at("c/qemu-x"));
}

static void an_empty_part_of_path_is_the_current_folder(void **state)
{
	cg_auto_identity struct cg_identity *id = NULL;
	char *before = getcwd(NULL, 0);

	(void)state;
	put_file("qemu-x", ELF, 0755);
	assert_int_equal(chdir(home), 0);
	setenv("PATH", "/no/such/folder::/nor/this", 1);
	id = identify("qemu-x", NULL);
	assert_int_equal(chdir(before), 0);
	free(before);
	assert_string_equal(cg_identity_binary(id), at("qemu-x"));
}

static void no_name_is_the_emulator_of_this_host(void **state)
{
	cg_auto_identity struct cg_identity *id = NULL;
	struct utsname uts;
	char name[96];

	(void)state;
	uname(&uts);
	snprintf(name, sizeof(name), "qemu-system-%s", uts.machine);
	if (access("/usr/libexec/qemu-kvm", F_OK) < 0)
		expect_unknown(NULL);
	put_file(name, ELF, 0755);
	id = identify(NULL, NULL);
	assert_string_equal(cg_identity_path(id), at(name));
}

static void what_cannot_be_executed_is_unknown(void **state)
{
	char path[PATH_MAX + 100];

	(void)state;
	make_folder("folder");
	put_file("plain", ELF, 0644);
	assert_int_equal(symlink("nowhere", at("dangling")), 0);
	assert_int_equal(symlink("folder", at("link")), 0);
	expect_unknown("missing");
	expect_unknown("folder");
	expect_unknown("plain");
	expect_unknown("dangling");
	expect_unknown("");
	expect_unknown(at("missing"));
	expect_unknown(at("folder"));
	expect_unknown(at("plain"));
	expect_unknown(at("plain/x"));
	expect_unknown(at("dangling"));
	expect_unknown(at("link"));
	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	expect_unknown(path);
}

static void links_are_followed(void **state)
{
	cg_auto_identity struct cg_identity *id = NULL;

	(void)state;
	make_folder("real");
	put_file("real/qemu", ELF, 0755);
	assert_int_equal(symlink("real/qemu", at("one")), 0);
	assert_int_equal(symlink("one", at("two")), 0);
	id = identify(at("two"), NULL);
	assert_string_equal(cg_identity_path(id), at("two"));
	assert_string_equal(cg_identity_binary(id), at("real/qemu"));
}

static void an_identity_is_the_digest_of_the_content(void **state)
{
	cg_auto_identity struct cg_identity *id = NULL;
	char hex[CG_DIGEST_HEX];
	struct cg_digest digest;

	(void)state;
	put_file("qemu", ELF " and more", 0755);
	id = identify(at("qemu"), NULL);
	cg_digest_of(&digest, ELF " and more", strlen(ELF " and more"));
	cg_digest_hex(&digest, hex);
	assert_string_equal(cg_identity_sha256(id), hex);
	assert_string_equal(cg_json_text(cg_identity_parts(id), "binary"), hex);
	assert_null(json_object_get(cg_identity_parts(id), "wrapper"));
	assert_true(json_is_object(json_object_get(cg_identity_parts(id), "modules")));
}

static void place_and_time_are_no_part_of_it(void **state)
{
	static const struct timespec long_ago[2] = { { 1000, 0 }, { 1000, 0 } };
	cg_auto_free char *a = NULL, *b = NULL, *c = NULL;

	(void)state;
	put_file("a", ELF "same", 0755);
	put_file("b", ELF "same", 0755);
	put_file("c", ELF "other", 0755);
	assert_int_equal(utimensat(AT_FDCWD, at("b"), long_ago, 0), 0);
	a = parts_of(at("a"));
	b = parts_of(at("b"));
	c = parts_of(at("c"));
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
}

static void the_stamp_changes_with_the_file(void **state)
{
	cg_auto_identity struct cg_identity *first = NULL, *same = NULL, *changed = NULL;

	(void)state;
	put_file("qemu", ELF "1", 0755);
	first = identify(at("qemu"), NULL);
	same = identify(at("qemu"), NULL);
	usleep(20000); /* file times are that coarse */
	put_file("qemu", ELF "2", 0755);
	changed = identify(at("qemu"), NULL);
	assert_string_equal(cg_identity_stamp(first), cg_identity_stamp(same));
	assert_string_not_equal(cg_identity_stamp(first), cg_identity_stamp(changed));
}

/* A memo that knows one digest, and how often it was asked about a file. */
struct notes {
	bool knows, fails;
	ino_t inode; /* 0 for any file */
	struct cg_digest known;
	size_t gets, puts;
	const char *spoil; /* a file that somebody appends to while we look */
};

static int get_note(void *data, const struct stat *st, bool *found, struct cg_digest *out,
		    struct cg_error *err)
{
	struct notes *notes = data;

	notes->gets += !notes->inode || st->st_ino == notes->inode;
	if (notes->fails)
		return cg_error_set(err, CG_E_CORRUPT, "a damaged note");
	if (notes->spoil)
		put_file(notes->spoil, ELF "something else", 0755);
	*found = notes->knows;
	*out = notes->known;
	return 0;
}

static int put_note(void *data, const struct stat *st, const struct cg_digest *digest,
		    struct cg_error *err)
{
	struct notes *notes = data;

	(void)err;
	notes->puts += !notes->inode || st->st_ino == notes->inode;
	notes->known = *digest;
	notes->knows = true;
	return 0;
}

static struct cg_file_memo memo_of(struct notes *notes)
{
	return (struct cg_file_memo){ get_note, put_note, notes, NULL, NULL };
}

/* Nothing on earth has been there longer. */
#define SETTLED "/bin/sh"

static void a_settled_file_is_read_once(void **state)
{
	struct notes notes = { .knows = false };
	struct cg_file_memo memo = memo_of(&notes);
	cg_auto_identity struct cg_identity *first = identify(SETTLED, &memo),
					    *second = NULL;
	char hex[CG_DIGEST_HEX];

	(void)state;
	assert_true(notes.puts >= 1);
	memset(&notes.known, 0x11, sizeof(notes.known)); /* as only the memo says */
	notes.puts = 0;
	second = identify(SETTLED, &memo);
	assert_int_equal(notes.puts, 0);
	assert_string_equal(cg_identity_sha256(second), cg_digest_hex(&notes.known, hex));
	assert_string_not_equal(cg_identity_sha256(first), cg_identity_sha256(second));
}

/* It could change again within the resolution of its times. */
static void a_fresh_file_is_not_remembered(void **state)
{
	struct notes notes = { .knows = false };
	struct cg_file_memo memo = memo_of(&notes);
	static const struct timespec long_ago[2] = { { 1000, 0 }, { 1000, 0 } };
	struct stat st;

	(void)state;
	put_file("qemu", ELF, 0755);
	assert_int_equal(utimensat(AT_FDCWD, at("qemu"), long_ago, 0), 0);
	assert_int_equal(stat(at("qemu"), &st), 0);
	notes.inode = st.st_ino;
	cg_identity_free(identify(at("qemu"), &memo));
	assert_int_equal(notes.gets, 1);
	assert_int_equal(notes.puts, 0);
}

static void a_broken_memo_is_an_error(void **state)
{
	struct notes notes = { .fails = true };
	struct cg_file_memo memo = memo_of(&notes);
	struct cg_identity *id = NULL;
	struct cg_error err;

	(void)state;
	put_file("qemu", ELF, 0755);
	assert_error(cg_identity_open(&id, at("qemu"), &memo, &limits, &err),
		     CG_E_CORRUPT);
	assert_null(id);
}

static void a_file_that_changes_while_it_is_read_is_not_believed(void **state)
{
	struct notes notes = { .spoil = "qemu" };
	struct cg_file_memo memo = memo_of(&notes);
	struct cg_identity *id = NULL;
	struct cg_error err;

	(void)state;
	put_file("qemu", ELF, 0755);
	assert_error(cg_identity_open(&id, at("qemu"), &memo, &limits, &err),
		     CG_E_SYSTEM);
	assert_contains(err.msg, "changes");
	assert_int_equal(notes.puts, 0);
	assert_null(id);
}

/* The digest of a module that the emulator at @name can load. */
static const char *module_of(const struct cg_identity *id, const char *module)
{
	return cg_json_text(json_object_get(cg_identity_parts(id), "modules"), module);
}

static const char *digest_of(const char *text)
{
	static char hex[CG_DIGEST_HEX];
	struct cg_digest digest;

	cg_digest_of(&digest, text, strlen(text));
	return cg_digest_hex(&digest, hex);
}

static void modules_are_parts_of_the_emulator(void **state)
{
	cg_auto_identity struct cg_identity *id = NULL;

	(void)state;
	make_folder("modules");
	put_file("qemu", ELF, 0755);
	put_file("modules/accel-tcg-x86_64.so", "tcg", 0644);
	put_file("modules/accel-qtest-x86_64.so", "qtest", 0644);
	put_file("modules/ui-gtk.so", "no accelerator", 0644);
	put_file("modules/accel-tcg-x86_64.so.bak", "no module", 0644);
	setenv("QEMU_MODULE_DIR", at("modules"), 1);
	id = identify(at("qemu"), NULL);
	assert_string_equal(module_of(id, "accel-tcg-x86_64.so"), digest_of("tcg"));
	assert_string_equal(module_of(id, "accel-qtest-x86_64.so"), digest_of("qtest"));
	assert_null(module_of(id, "ui-gtk.so"));
	assert_null(module_of(id, "accel-tcg-x86_64.so.bak"));
}

static void a_changed_module_is_another_emulator(void **state)
{
	cg_auto_free char *without = NULL, *with = NULL, *changed = NULL, *back = NULL;

	(void)state;
	make_folder("modules");
	put_file("qemu", ELF, 0755);
	setenv("QEMU_MODULE_DIR", at("modules"), 1);
	without = parts_of(at("qemu"));
	put_file("modules/accel-x.so", "1", 0644);
	with = parts_of(at("qemu"));
	put_file("modules/accel-x.so", "2", 0644);
	changed = parts_of(at("qemu"));
	unlink(at("modules/accel-x.so"));
	back = parts_of(at("qemu"));
	assert_string_not_equal(without, with);
	assert_string_not_equal(with, changed);
	assert_string_equal(without, back);
}

static void modules_beside_the_binary_are_found(void **state)
{
	static const char *const folders[] = { "lib/qemu", "lib64/qemu", "lib64/qemu-kvm",
					       "lib/any-linux-gnu/qemu" };
	char file[64], text[16];

	(void)state;
	make_folder("bin");
	make_folder("lib");
	make_folder("lib64");
	make_folder("lib/any-linux-gnu");
	put_file("bin/qemu", ELF, 0755);
	for (size_t i = 0; i < CG_COUNT(folders); i++) {
		cg_auto_identity struct cg_identity *id = NULL;

		make_folder(folders[i]);
		snprintf(file, sizeof(file), "%s/accel-%zu.so", folders[i], i);
		snprintf(text, sizeof(text), "module %zu", i);
		put_file(file, text, 0644);
		id = identify(at("bin/qemu"), NULL);
		assert_non_null(module_of(id, strrchr(file, '/') + 1));
		assert_string_equal(module_of(id, strrchr(file, '/') + 1),
				    digest_of(text));
	}
}

static void modules_of_one_name_are_told_apart(void **state)
{
	cg_auto_identity struct cg_identity *id = NULL;

	(void)state;
	make_folder("bin");
	make_folder("lib");
	make_folder("lib/qemu");
	make_folder("modules");
	put_file("bin/qemu", ELF, 0755);
	put_file("modules/accel-a.so", "first", 0644);
	put_file("lib/qemu/accel-a.so", "second", 0644);
	put_file("modules/accel-b.so", "same", 0644);
	put_file("lib/qemu/accel-b.so", "same", 0644);
	setenv("QEMU_MODULE_DIR", at("modules"), 1);
	id = identify(at("bin/qemu"), NULL);
	assert_string_equal(module_of(id, "accel-a.so"), digest_of("first"));
	assert_string_equal(module_of(id, "accel-a.so#2"), digest_of("second"));
	assert_string_equal(module_of(id, "accel-b.so"), digest_of("same"));
	assert_null(module_of(id, "accel-b.so#2"));
}

static void folders_of_modules_may_have_any_name(void **state)
{
	static const char *const names[] = { "mod[x]", "mod*",  "mod?",
					     "mod\\",  "{a,b}", "~" };

	(void)state;
	put_file("qemu", ELF, 0755);
	for (size_t i = 0; i < CG_COUNT(names); i++) {
		cg_auto_identity struct cg_identity *id = NULL;
		char file[64];

		make_folder(names[i]);
		snprintf(file, sizeof(file), "%s/accel-x.so", names[i]);
		put_file(file, names[i], 0644);
		setenv("QEMU_MODULE_DIR", at(names[i]), 1);
		id = identify(at("qemu"), NULL);
		assert_string_equal(module_of(id, "accel-x.so"), digest_of(names[i]));
	}
}

/* A script of the last line @format, in which %s is this program. */
static void put_script(const char *name, const char *format)
{
	const char *gap = strstr(format, "%s");
	char text[PATH_MAX + 256];

	assert_non_null(gap);
	snprintf(text, sizeof(text), "#!/bin/sh\n%.*s%s%s\n", (int)(gap - format), format,
		 self, gap + 2);
	put_file(name, text, 0755);
}

static void a_script_is_what_it_becomes(void **state)
{
	cg_auto_identity struct cg_identity *id = NULL, *binary = identify(self, NULL);
	const json_t *wrapper;

	(void)state;
	put_script("wrapper", "exec %s \"$@\"");
	id = identify("wrapper", NULL);
	assert_string_equal(cg_identity_path(id), at("wrapper"));
	assert_string_equal(cg_identity_binary(id), self);
	assert_string_equal(cg_identity_sha256(id), cg_identity_sha256(binary));
	wrapper = json_object_get(cg_identity_parts(id), "wrapper");
	assert_true(json_is_object(wrapper));
	assert_int_equal(strlen(cg_json_text(wrapper, "script")), CG_DIGEST_HEX - 1);
}

static void another_script_is_another_emulator(void **state)
{
	static const char *const scripts[] = {
		"exec %s \"$@\"",
		"exec %s \"$@\" # a comment",
		"exec %s \"$@\" -cpu host",
	};
	cg_auto_free char *parts[CG_COUNT(scripts)] = { NULL };
	cg_auto_free char *again = NULL;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(scripts); i++) {
		put_script("wrapper", scripts[i]);
		parts[i] = parts_of(at("wrapper"));
	}
	put_script("other", scripts[2]);
	again = parts_of(at("other"));
	assert_string_equal(again, parts[2]);
	assert_string_not_equal(parts[0], parts[1]);
	assert_string_not_equal(parts[1], parts[2]);
	free(parts[1]);
	free(parts[2]);
}

/* Not the script changed, but what it reads. */
static void other_options_from_elsewhere_are_another_emulator(void **state)
{
	cg_auto_free char *before = NULL, *after = NULL;
	char script[256];

	(void)state;
	snprintf(script, sizeof(script), "read options <%s; exec %%s \"$@\" $options",
		 at("options"));
	put_script("wrapper", script);
	put_file("options", "-cpu max\n", 0644);
	before = parts_of(at("wrapper"));
	put_file("options", "-cpu host\n", 0644);
	after = parts_of(at("wrapper"));
	assert_string_not_equal(before, after);
}

static void a_script_decides_on_the_folder_of_modules(void **state)
{
	cg_auto_identity struct cg_identity *id = NULL;
	char script[256];

	(void)state;
	make_folder("ours");
	make_folder("its");
	put_file("ours/accel-ours.so", "ours", 0644);
	put_file("its/accel-its.so", "its", 0644);
	snprintf(script, sizeof(script), "QEMU_MODULE_DIR=%s exec %%s \"$@\"", at("its"));
	put_script("wrapper", script);
	setenv("QEMU_MODULE_DIR", at("ours"), 1);
	id = identify("wrapper", NULL);
	assert_non_null(module_of(id, "accel-its.so"));
	assert_null(module_of(id, "accel-ours.so"));
}

static void scripts_that_are_no_emulator_are_told_so(void **state)
{
	static const struct {
		const char *script;
		enum cg_errc code;
		const char *words;
	} cases[] = {
		{ "%s \"$@\"; exit 0", CG_E_PROTOCOL, "let it end with exec" },
		{ "echo 'no KVM here' >&2; exit 3; %s", CG_E_DIED,
		  "exit status 3: no KVM here" },
		{ "kill -ABRT $$; %s", CG_E_DIED, "SIGABRT" },
		{ "exec sleep 1000; %s", CG_E_TIMEOUT, "wrapper" },
	};
	struct cg_qmp_limits hasty = limits;
	struct cg_identity *id = NULL;
	struct cg_error err;

	(void)state;
	setenv("PATH", path_before, 1);
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		put_script("wrapper", cases[i].script);
		hasty.reply_ns = cases[i].code == CG_E_TIMEOUT ? 50 * CG_MS
							       : limits.reply_ns;
		assert_error(cg_identity_open(&id, at("wrapper"), NULL, &hasty, &err),
			     cases[i].code);
		assert_contains(err.msg, cases[i].words);
		assert_contains(err.msg, "wrapper");
	}
	put_file("wrapper", "neither a program nor a script", 0755);
	assert_error(cg_identity_open(&id, at("wrapper"), NULL, &limits, &err),
		     CG_E_SYSTEM);
	assert_int_equal(err.sys_errno, ENOEXEC);
	assert_null(id);
}

static bool lists(const json_t *list, const char *path)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (strcmp(json_string_value(item), path) == 0)
			return true;
	return false;
}

static void installed_emulators_are_those_in_path(void **state)
{
	cg_auto_json json_t *list = NULL;
	char path[256];

	(void)state;
	make_folder("a");
	make_folder("b");
	make_folder("b/qemu-system-folder");
	put_file("a/qemu-system-x86_64", ELF, 0755);
	put_file("b/qemu-system-x86_64", ELF "another", 0755);
	put_file("b/qemu-system-arm", ELF, 0755);
	put_file("b/qemu-system-plain", ELF, 0644);
	put_file("b/qemu-img", ELF, 0755);
	snprintf(path, sizeof(path), "%s/a:/no/such/folder:%s/b", home, home);
	setenv("PATH", path, 1);
	list = cg_identity_installed();
	assert_true(lists(list, at("a/qemu-system-x86_64")));
	assert_true(lists(list, at("b/qemu-system-x86_64")));
	assert_true(lists(list, at("b/qemu-system-arm")));
	assert_false(lists(list, at("b/qemu-system-plain")));
	assert_false(lists(list, at("b/qemu-system-folder")));
	assert_false(lists(list, at("b/qemu-img")));
}

static void nothing_is_freed_harmlessly(void **state)
{
	(void)state;
	assert_null(cg_identity_free(NULL));
}

static int say(int fd, const char *text)
{
	return write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
}

/* Like a QEMU that is asked nothing but who it is. */
static int emulate(int fd)
{
	char byte = '\0';

	if (say(fd, "{\"QMP\": {}}\r\n") < 0)
		return 1;
	while (byte != '\n')
		if (read(fd, &byte, 1) <= 0)
			return 1;
	if (say(fd, "{\"return\": {}, \"id\": 0}\r\n") < 0)
		return 1;
	return read(fd, &byte, 1) != 0;
}

#define at_home(test) cmocka_unit_test_setup_teardown(test, make_home, remove_home)

int main(int argc, char **argv)
{
	static const char monitor[] = CG_PROCESS_MONITOR;
	const struct CMUnitTest tests[] = {
		at_home(a_bare_name_is_looked_up_in_path),
		at_home(an_empty_part_of_path_is_the_current_folder),
		at_home(no_name_is_the_emulator_of_this_host),
		at_home(what_cannot_be_executed_is_unknown),
		at_home(links_are_followed),
		at_home(an_identity_is_the_digest_of_the_content),
		at_home(place_and_time_are_no_part_of_it),
		at_home(the_stamp_changes_with_the_file),
		at_home(a_settled_file_is_read_once),
		at_home(a_fresh_file_is_not_remembered),
		at_home(a_broken_memo_is_an_error),
		at_home(a_file_that_changes_while_it_is_read_is_not_believed),
		at_home(modules_are_parts_of_the_emulator),
		at_home(a_changed_module_is_another_emulator),
		at_home(modules_beside_the_binary_are_found),
		at_home(modules_of_one_name_are_told_apart),
		at_home(folders_of_modules_may_have_any_name),
		at_home(a_script_is_what_it_becomes),
		at_home(another_script_is_another_emulator),
		at_home(other_options_from_elsewhere_are_another_emulator),
		at_home(a_script_decides_on_the_folder_of_modules),
		at_home(scripts_that_are_no_emulator_are_told_so),
		at_home(installed_emulators_are_those_in_path),
		cmocka_unit_test(nothing_is_freed_harmlessly),
	};

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], monitor, sizeof(monitor) - 1) == 0)
			return emulate(atoi(argv[i] + sizeof(monitor) - 1));
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	alarm(60); /* nobody waits for a test that hangs */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
