// SPDX-License-Identifier: LGPL-2.1-or-later
#include "host/boot.h"

#include "base/json.h"
#include "tests/unit/fake-root.h"

static void expect(const struct fake_root *root, const char *want)
{
	cg_auto_json json_t *boot = NULL;
	cg_auto_free char *text = NULL;
	struct cg_error err;

	assert_int_equal(cg_boot_read(&boot, root->path, &err), 0);
	text = cg_json_canonical(boot);
	assert_string_equal(text, want);
}

static void words_are_those_of_the_kernel(void **state)
{
	const struct fake_root *root = *state;

	fake_root_write(root, "proc/cmdline",
			"quiet  tsx=off\tnosmap -- clearcpuid=1 x\n");
	fake_root_write(root, "proc/cpuinfo",
			"processor\t: 0\nmodel name\t: flags\nflags\t\t: fpu sse4_1 avx2\n"
			"bugs\t\t: taa\n\nprocessor\t: 1\nflags\t\t: fpu\n");
	expect(root, "{\"flags\":[\"fpu\",\"sse4_1\",\"avx2\"],"
		     "\"parameters\":[\"quiet\",\"tsx=off\",\"nosmap\"]}");
}

static void what_is_not_there_is_an_empty_list(void **state)
{
	const struct fake_root *root = *state;

	expect(root, "{\"flags\":[],\"parameters\":[]}");
	fake_root_write(root, "proc/cmdline", "");
	fake_root_write(root, "proc/cpuinfo", "processor\t: 0\nflags");
	expect(root, "{\"flags\":[],\"parameters\":[]}");
}

/* It may be anything that a boot loader can type. */
static void odd_words_are_no_words(void **state)
{
	const struct fake_root *root = *state;
	char text[20000];

	fake_root_write(root, "proc/cmdline", "a=\xff\xfe b\n");
	expect(root, "{\"flags\":[],\"parameters\":[\"b\"]}");
	memset(text, 'x', sizeof(text));
	fake_root_put(root, "proc/cmdline", text, sizeof(text));
	fake_root_put(root, "proc/cpuinfo", text, sizeof(text));
	{
		cg_auto_json json_t *boot = NULL;
		struct cg_error err;

		assert_int_equal(cg_boot_read(&boot, root->path, &err), 0);
		assert_int_equal(json_array_size(json_object_get(boot, "parameters")), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_root(words_are_those_of_the_kernel),
		with_root(what_is_not_there_is_an_empty_list),
		with_root(odd_words_are_no_words),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
