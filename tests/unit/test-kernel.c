// SPDX-License-Identifier: LGPL-2.1-or-later
#include "host/kernel.h"

#include <sys/utsname.h>

#include "base/json.h"
#include "tests/unit/fake-root.h"

#define CPU(n, revision)                                                                 \
	"processor\t: " n "\nmodel name\t: An unlikely microcode : here\n"               \
	"microcode\t: " revision "\ncpu MHz\t\t: 2596.136\nflags\t\t: fpu vme\n\n"

/* A note of Xen's, then the build id 0x00 0xab 0x1f, as /sys/kernel/notes has them. */
static const uint8_t notes[] = { 4, 0, 0,   0,   1,   0, 0, 0,    6,    0,
				 0, 0, 'X', 'e', 'n', 0, 7, 0,    0,    0,
				 4, 0, 0,   0,   3,   0, 0, 0,    3,    0,
				 0, 0, 'G', 'N', 'U', 0, 0, 0xab, 0x1f, 0 };

static void tells_release_and_version_as_uname_does(void **state)
{
	json_auto_t *kernel = NULL;
	struct utsname us;
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	kernel = cg_kernel_json(fd);
	close(fd);
	assert_int_equal(uname(&us), 0);
	assert_string_equal(cg_json_text(kernel, "release"), us.release);
	assert_string_equal(cg_json_text(kernel, "version"), us.version);
	assert_string_equal(cg_json_text(kernel, "machine"), us.machine);
}

static void takes_what_proc_says(void **state)
{
	struct fake_root *root = *state;
	json_auto_t *kernel = NULL;

	fake_root_write(root, "proc/sys/kernel/osrelease", "6.1.0-56-amd64\n");
	fake_root_write(root, "proc/sys/kernel/version", "#1 SMP Debian 6.1.187-1\n");
	fake_root_put(root, "sys/kernel/notes", notes, sizeof(notes));
	kernel = cg_kernel_json(root->fd);
	assert_string_equal(cg_json_text(kernel, "release"), "6.1.0-56-amd64");
	assert_string_equal(cg_json_text(kernel, "version"), "#1 SMP Debian 6.1.187-1");
	assert_string_equal(cg_json_text(kernel, "build-id"), "00ab1f");
}

static void asks_uname_without_proc(void **state)
{
	struct fake_root *root = *state;
	json_auto_t *kernel = cg_kernel_json(root->fd);
	struct utsname us;

	assert_int_equal(uname(&us), 0);
	assert_string_equal(cg_json_text(kernel, "release"), us.release);
	assert_string_equal(cg_json_text(kernel, "version"), us.version);
	assert_null(json_object_get(kernel, "build-id"));
}

static void survives_notes_that_are_cut_or_damaged(void **state)
{
	struct fake_root *root = *state;
	uint8_t copy[sizeof(notes)];
	char id[CG_BUILD_ID];

	for (size_t len = 0; len < sizeof(notes) - 1; len++) {
		fake_root_put(root, "sys/n", notes, len);
		assert_false(cg_kernel_build_id(root->fd, "sys/n", id));
		assert_string_equal(id, "");
	}
	for (size_t i = 0; i < sizeof(notes); i++) {
		memcpy(copy, notes, sizeof(notes));
		copy[i] = 0xff;
		fake_root_put(root, "sys/n", copy, sizeof(copy));
		cg_kernel_build_id(root->fd, "sys/n", id); /* ASan is the judge */
		assert_true(strlen(id) < sizeof(id));
	}
	assert_false(cg_kernel_build_id(root->fd, "sys/missing", id));
}

static void finds_the_microcode_of_the_first_cpu(void **state)
{
	struct fake_root *root = *state;
	json_auto_t *revision = NULL;

	fake_root_write(root, "proc/cpuinfo", CPU("0", "0xa0011d5") CPU("1", "0x1"));
	revision = cg_kernel_microcode(root->fd);
	assert_string_equal(json_string_value(revision), "0xa0011d5");
}

static void prefers_sysfs_for_the_microcode(void **state)
{
	struct fake_root *root = *state;
	json_auto_t *revision = NULL;

	fake_root_write(root, "proc/cpuinfo", CPU("0", "0x1"));
	fake_root_write(root, "sys/devices/system/cpu/cpu0/microcode/version", "0x2\n");
	revision = cg_kernel_microcode(root->fd);
	assert_string_equal(json_string_value(revision), "0x2");
}

static void says_so_if_the_microcode_is_unknown(void **state)
{
	struct fake_root *root = *state;
	json_auto_t *nothing = cg_kernel_microcode(root->fd), *arm = NULL;

	assert_string_equal(json_string_value(nothing), "unknown");
	fake_root_write(root, "proc/cpuinfo", "processor\t: 0\nBogoMIPS\t: 50.00\n\n");
	arm = cg_kernel_microcode(root->fd);
	assert_string_equal(json_string_value(arm), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_release_and_version_as_uname_does),
		with_root(takes_what_proc_says),
		with_root(asks_uname_without_proc),
		with_root(survives_notes_that_are_cut_or_damaged),
		with_root(finds_the_microcode_of_the_first_cpu),
		with_root(prefers_sysfs_for_the_microcode),
		with_root(says_so_if_the_microcode_is_unknown),
	};

	return cmocka_run_group_tests_name("kernel", tests, NULL, NULL);
}
