// SPDX-License-Identifier: LGPL-2.1-or-later
/* Real files and the real inotify: what happens to a path is told, and nothing else is. */
#include "host/paths.h"

#include <limits.h>

#include "tests/unit/fake-root.h"

struct scene {
	struct fake_root root;
	struct cg_paths *paths;
};

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct cg_error err;

	assert_non_null(scene);
	fake_root_make(&scene->root);
	assert_int_equal(cg_paths_new(&scene->paths, &err), 0);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	cg_paths_free(scene->paths);
	fake_root_remove(&scene->root);
	free(scene);
	return 0;
}

static void watch(struct scene *scene, const char *path)
{
	char full[PATH_MAX];
	struct cg_error err;

	snprintf(full, sizeof(full), "%s/%s", scene->root.path, path);
	assert_int_equal(cg_paths_add(scene->paths, full, 0, &err), 0);
}

/* Is @path, and no other, told of? "" for none at all. */
static void tells(struct scene *scene, const char *path)
{
	size_t len = strlen(scene->root.path);
	const char *told;
	unsigned tag;

	assert_false(cg_paths_drain(scene->paths));
	told = cg_paths_next(scene->paths, &tag);
	if (!*path) {
		assert_null(told);
		return;
	}
	assert_non_null(told);
	assert_string_equal(told + len + 1, path);
	assert_null(cg_paths_next(scene->paths, &tag));
}

static void move(struct scene *scene, const char *from, const char *to)
{
	assert_int_equal(renameat(scene->root.fd, from, scene->root.fd, to), 0);
}

static void add_link(struct scene *scene, const char *target, const char *name)
{
	assert_int_equal(symlinkat(target, scene->root.fd, name), 0);
}

static void a_file_that_is_read_is_quiet(void **state)
{
	struct scene *scene = *state;
	char byte;
	int fd;

	fake_root_write(&scene->root, "bin/qemu", "7.2");
	watch(scene, "bin/qemu");
	fd = openat(scene->root.fd, "bin/qemu", O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, &byte, 1), 1);
	close(fd);
	fake_root_write(&scene->root, "bin/other", "x");
	tells(scene, "");
}

static void a_file_that_is_written(void **state)
{
	struct scene *scene = *state;

	fake_root_write(&scene->root, "bin/qemu", "7.2");
	fake_root_write(&scene->root, "bin/other", "7.2");
	watch(scene, "bin/other");
	watch(scene, "bin/qemu");
	fake_root_write(&scene->root, "bin/qemu", "10.0");
	tells(scene, "bin/qemu");
	tells(scene, "");
}

static void a_file_that_is_replaced_again_and_again(void **state)
{
	struct scene *scene = *state;

	fake_root_write(&scene->root, "bin/qemu", "7.2");
	watch(scene, "bin/qemu");
	for (int i = 0; i < 3; i++) {
		fake_root_write(&scene->root, "bin/qemu.new", "10.0");
		tells(scene, "");
		move(scene, "bin/qemu.new", "bin/qemu");
		tells(scene, "bin/qemu");
	}
	fake_root_write(&scene->root, "bin/qemu", "written in place");
	tells(scene, "bin/qemu");
}

static void a_file_that_is_written_through_another_name(void **state)
{
	struct scene *scene = *state;

	fake_root_write(&scene->root, "bin/qemu", "7.2");
	fake_root_folder(&scene->root, "other");
	assert_int_equal(linkat(scene->root.fd, "bin/qemu", scene->root.fd, "other/name",
				0),
			 0);
	watch(scene, "bin/qemu");
	fake_root_write(&scene->root, "other/name", "10.0");
	tells(scene, "bin/qemu");
}

static void rights_that_change(void **state)
{
	struct scene *scene = *state;

	fake_root_write(&scene->root, "bin/qemu", "7.2");
	watch(scene, "bin/qemu");
	assert_int_equal(fchmodat(scene->root.fd, "bin/qemu", 0700, 0), 0);
	tells(scene, "bin/qemu");
	assert_int_equal(fchmodat(scene->root.fd, "bin", 0700, 0), 0);
	tells(scene, "bin/qemu");
}

static void what_comes_and_goes(void **state)
{
	struct scene *scene = *state;

	watch(scene, "usr/lib/qemu/bin");
	fake_root_folder(&scene->root, "usr");
	tells(scene, "usr/lib/qemu/bin");
	fake_root_write(&scene->root, "usr/other", "x");
	tells(scene, "");
	fake_root_write(&scene->root, "usr/lib/qemu/bin", "10.0");
	tells(scene, "usr/lib/qemu/bin");
	fake_root_write(&scene->root, "usr/lib/qemu/bin", "10.1");
	tells(scene, "usr/lib/qemu/bin");
	assert_int_equal(unlinkat(scene->root.fd, "usr/lib/qemu/bin", 0), 0);
	tells(scene, "usr/lib/qemu/bin");
}

static void a_folder_above_that_is_swapped(void **state)
{
	struct scene *scene = *state;

	fake_root_write(&scene->root, "opt/qemu/bin/qemu", "7.2");
	fake_root_write(&scene->root, "opt/next/bin/qemu", "10.0");
	watch(scene, "opt/qemu/bin/qemu");
	move(scene, "opt/qemu", "opt/last");
	tells(scene, "opt/qemu/bin/qemu");
	move(scene, "opt/next", "opt/qemu");
	tells(scene, "opt/qemu/bin/qemu");
	fake_root_write(&scene->root, "opt/last/bin/qemu", "not ours any more");
	tells(scene, "");
	fake_root_write(&scene->root, "opt/qemu/bin/qemu", "10.1");
	tells(scene, "opt/qemu/bin/qemu");
}

static void a_link_that_leads_elsewhere(void **state)
{
	struct scene *scene = *state;

	fake_root_write(&scene->root, "opt/7.2/qemu", "7.2");
	fake_root_write(&scene->root, "opt/10.0/qemu", "10.0");
	fake_root_folder(&scene->root, "bin");
	add_link(scene, "../opt/./7.2/../7.2", "bin/now");
	add_link(scene, "now/qemu", "bin/qemu");
	watch(scene, "bin/qemu");
	fake_root_write(&scene->root, "opt/7.2/qemu", "7.2.1");
	tells(scene, "bin/qemu");
	add_link(scene, "../opt/10.0", "bin/new");
	tells(scene, "");
	move(scene, "bin/new", "bin/now");
	tells(scene, "bin/qemu");
	fake_root_write(&scene->root, "opt/7.2/qemu", "7.2.2");
	tells(scene, "");
	fake_root_write(&scene->root, "opt/10.0/qemu", "10.0.1");
	tells(scene, "bin/qemu");
}

static void links_in_a_circle_end(void **state)
{
	struct scene *scene = *state;

	add_link(scene, "b", "a");
	add_link(scene, "a", "b");
	watch(scene, "a");
	tells(scene, "");
	assert_int_equal(unlinkat(scene->root.fd, "b", 0), 0);
	tells(scene, "a");
}

static void what_happens_in_a_folder(void **state)
{
	struct scene *scene = *state;

	fake_root_write(&scene->root, "lib/qemu/accel-tcg.so", "7.2");
	watch(scene, "lib/qemu");
	fake_root_write(&scene->root, "lib/qemu/accel-tcg.so", "10.0");
	tells(scene, "lib/qemu");
	fake_root_write(&scene->root, "lib/qemu/accel-qtest.so", "10.0");
	tells(scene, "lib/qemu");
	assert_int_equal(fchmodat(scene->root.fd, "lib/qemu/accel-tcg.so", 0600, 0), 0);
	tells(scene, "lib/qemu");
	fake_root_write(&scene->root, "lib/other", "x");
	tells(scene, "");
}

static void what_is_forgotten_is_quiet_and_what_shares_its_folder_is_not(void **state)
{
	struct scene *scene = *state;
	char full[PATH_MAX];

	fake_root_write(&scene->root, "bin/a", "1");
	fake_root_write(&scene->root, "bin/b", "1");
	watch(scene, "bin/a");
	watch(scene, "bin/a");
	watch(scene, "bin/b");
	assert_int_equal(cg_paths_count(scene->paths), 2);
	snprintf(full, sizeof(full), "%s/bin/a", scene->root.path);
	cg_paths_remove(scene->paths, full, 0);
	fake_root_write(&scene->root, "bin/a", "2");
	tells(scene, "");
	fake_root_write(&scene->root, "bin/b.new", "2");
	move(scene, "bin/b.new", "bin/b");
	tells(scene, "bin/b");
}

static void an_overflow_means_everything(void **state)
{
	struct scene *scene = *state;
	unsigned long limit = 0;
	char name[NAME_MAX];
	unsigned tag;
	FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");

	if (file && fscanf(file, "%lu", &limit) != 1)
		limit = 0;
	if (file)
		fclose(file);
	if (!limit || limit > 1 << 20)
		return; /* can't be flooded here */
	fake_root_write(&scene->root, "bin/a", "1");
	fake_root_write(&scene->root, "many/x", "1");
	watch(scene, "bin/a");
	watch(scene, "many");
	for (unsigned long i = 0; i <= limit; i++) {
		/* Two names in turn: equal events in a row are one. */
		snprintf(name, sizeof(name), "many/%lu", i % 2);
		assert_int_equal(mkdirat(scene->root.fd, name, 0700), 0);
		assert_int_equal(unlinkat(scene->root.fd, name, AT_REMOVEDIR), 0);
	}
	for (int i = 0; i < 10000; i++)
		if (cg_paths_drain(scene->paths))
			break;
	assert_non_null(cg_paths_next(scene->paths, &tag));
	assert_non_null(cg_paths_next(scene->paths, &tag));
	assert_null(cg_paths_next(scene->paths, &tag));
}

static void looking_again_finds_what_nobody_told(void **state)
{
	struct scene *scene = *state;
	unsigned tag;

	fake_root_write(&scene->root, "bin/qemu", "7.2");
	watch(scene, "bin/qemu");
	cg_paths_look(scene->paths);
	assert_null(cg_paths_next(scene->paths, &tag));
	fake_root_write(&scene->root, "bin/qemu", "10.0.2");
	cg_paths_look(scene->paths);
	assert_non_null(cg_paths_next(scene->paths, &tag));
}

static void says_that_it_is_blind(void **state)
{
	struct scene *scene = *state;
	char deep[2 * PATH_MAX] = "d";
	struct cg_error err;

	watch(scene, "bin/qemu");
	assert_false(cg_paths_are_blind(scene->paths));
	for (int i = 0; i < 80; i++)
		strcat(deep, "/d");
	fake_root_folder(&scene->root, deep);
	watch(scene, deep);
	assert_true(cg_paths_are_blind(scene->paths));
	assert_int_equal(cg_paths_add(scene->paths, "not/absolute", 0, &err), -1);
	assert_int_equal(err.code, CG_E_USAGE);
}

static void has_a_limit(void **state)
{
	struct scene *scene = *state;
	struct cg_error err;
	char path[32];
	int ret = 0, i = 0;

	for (; i < 2 * CG_PATHS && ret == 0; i++) {
		snprintf(path, sizeof(path), "/nowhere/%d", i);
		ret = cg_paths_add(scene->paths, path, 0, &err);
	}
	assert_int_equal(ret, -1);
	assert_int_equal(err.code, CG_E_LIMIT);
	assert_int_equal(i, CG_PATHS + 1);
}

#define with_scene(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_scene(a_file_that_is_read_is_quiet),
		with_scene(a_file_that_is_written),
		with_scene(a_file_that_is_replaced_again_and_again),
		with_scene(a_file_that_is_written_through_another_name),
		with_scene(rights_that_change),
		with_scene(what_comes_and_goes),
		with_scene(a_folder_above_that_is_swapped),
		with_scene(a_link_that_leads_elsewhere),
		with_scene(links_in_a_circle_end),
		with_scene(what_happens_in_a_folder),
		with_scene(what_is_forgotten_is_quiet_and_what_shares_its_folder_is_not),
		with_scene(an_overflow_means_everything),
		with_scene(looking_again_finds_what_nobody_told),
		with_scene(says_that_it_is_blind),
		with_scene(has_a_limit),
	};

	return cmocka_run_group_tests_name("paths", tests, NULL, NULL);
}
