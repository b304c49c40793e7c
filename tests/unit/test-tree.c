// SPDX-License-Identifier: LGPL-2.1-or-later
#include "host/tree.h"

#include <errno.h>

#include "tests/unit/fake-root.h"

static void text_has_no_end_of_line(void **state)
{
	struct fake_root *root = *state;
	char text[16];

	fake_root_write(root, "sys/a", "Y\n");
	assert_true(cg_tree_text(root->fd, "sys/a", text, sizeof(text)));
	assert_string_equal(text, "Y");
	fake_root_write(root, "sys/b", "\n \t\n");
	assert_true(cg_tree_text(root->fd, "sys/b", text, sizeof(text)));
	assert_string_equal(text, "");
}

static void text_can_always_go_into_json(void **state)
{
	static const char bytes[] = "a\0b\xff\n\tc";
	struct fake_root *root = *state;
	char text[16];

	fake_root_put(root, "sys/a", bytes, sizeof(bytes) - 1);
	assert_true(cg_tree_text(root->fd, "sys/a", text, sizeof(text)));
	assert_string_equal(text, "a?b???c");
}

static void text_is_cut_at_its_buffer(void **state)
{
	struct fake_root *root = *state;
	char text[5];

	fake_root_write(root, "sys/a", "123456789");
	assert_true(cg_tree_text(root->fd, "sys/a", text, sizeof(text)));
	assert_string_equal(text, "1234");
}

static void what_is_missing_is_a_value(void **state)
{
	struct fake_root *root = *state;
	struct cg_names names = { 0 };
	char text[5] = "old";

	assert_false(cg_tree_text(root->fd, "sys/a", text, sizeof(text)));
	assert_int_equal(errno, ENOENT);
	assert_string_equal(text, "");
	assert_false(cg_tree_has(root->fd, "sys/a"));
	assert_int_equal(cg_names_read(&names, root->fd, "sys", ""), 0);
	assert_int_equal(names.n, 0);
	cg_names_free(&names);
}

static void names_are_chosen_by_prefix_and_sorted(void **state)
{
	static const char *const files[] = { "sys/kvm_b", "sys/kvm", "sys/kvm_a",
					     "sys/.x", "sys/akvm_" };
	struct fake_root *root = *state;
	cg_auto_names struct cg_names names = { 0 };

	for (size_t i = 0; i < CG_COUNT(files); i++)
		fake_root_write(root, files[i], "");
	assert_int_equal(cg_names_read(&names, root->fd, "sys", "kvm_"), 1);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.entry[0]->d_name, "kvm_a");
	assert_string_equal(names.entry[1]->d_name, "kvm_b");
}

static void says_why_something_cannot_be_used(void **state)
{
	(void)state;
	assert_string_equal(cg_tree_why(ENOENT), "missing");
	assert_string_equal(cg_tree_why(EACCES), "permission denied");
	assert_string_equal(cg_tree_why(EPERM), "permission denied");
	assert_string_equal(cg_tree_why(ENODEV), "No such device");
	assert_string_equal(cg_tree_why(99999), "unknown error");
}

static void a_root_that_is_missing_is_an_error(void **state)
{
	struct cg_error err = { 0 };
	int fd = -1;

	(void)state;
	assert_int_equal(cg_tree_open(&fd, "/no/such/root", &err), -1);
	assert_int_equal(err.code, CG_E_SYSTEM);
	assert_int_equal(err.sys_errno, ENOENT);
	assert_int_equal(fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_root(text_has_no_end_of_line),
		with_root(text_can_always_go_into_json),
		with_root(text_is_cut_at_its_buffer),
		with_root(what_is_missing_is_a_value),
		with_root(names_are_chosen_by_prefix_and_sorted),
		cmocka_unit_test(says_why_something_cannot_be_used),
		cmocka_unit_test(a_root_that_is_missing_is_an_error),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
