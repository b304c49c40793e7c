// SPDX-License-Identifier: LGPL-2.1-or-later
#include "host/cores.h"

#include "tests/unit/fake-root.h"

struct seen {
	int n;
	const char *name[CG_CORE_TYPES];
	bool there[CG_CORE_TYPES];
	int cpu[CG_CORE_TYPES];
	int stop_after;
};

static int note(void *arg, const char *name, bool there)
{
	struct seen *seen = arg;

	seen->name[seen->n] = name;
	seen->there[seen->n] = there;
	seen->cpu[seen->n++] = sched_getcpu();
	return seen->n == seen->stop_after ? -1 : 0;
}

/* The first and the last CPU that we may use. */
static void allowed(int *first, int *last)
{
	cpu_set_t set;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	*first = -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		if (*first < 0)
			*first = cpu;
		*last = cpu;
	}
}

static void lists_the_types_by_name(void **state)
{
	struct cg_core_type types[CG_CORE_TYPES];
	struct fake_root *root = *state;

	fake_root_write(root, "sys/devices/cpu_core/cpus", "0-2,7\n");
	fake_root_write(root, "sys/devices/cpu_atom/cpus", "8-11,1000-4000\n");
	fake_root_write(root, "sys/devices/cpu_lowpower/cpus", "\n"); /* all offline */
	fake_root_folder(root, "sys/devices/cpu");
	assert_int_equal(cg_cores_list(root->fd, types), 2);
	assert_string_equal(types[0].name, "cpu_atom");
	assert_int_equal(CPU_COUNT(&types[0].cpus), 4 + 24); /* a set ends at 1023 */
	assert_string_equal(types[1].name, "cpu_core");
	assert_int_equal(CPU_COUNT(&types[1].cpus), 4);
	assert_true(CPU_ISSET(7, &types[1].cpus));
	assert_false(CPU_ISSET(3, &types[1].cpus));
}

static void takes_the_first_cpu_if_no_types_are_listed(void **state)
{
	struct cg_core_type types[CG_CORE_TYPES];
	struct fake_root *root = *state;
	int first, last;

	allowed(&first, &last);
	assert_int_equal(cg_cores_list(root->fd, types), 1);
	assert_string_equal(types[0].name, "cpu");
	assert_int_equal(CPU_COUNT(&types[0].cpus), 1);
	assert_true(CPU_ISSET(first, &types[0].cpus));
}

static void survives_lists_that_make_no_sense(void **state)
{
	static const char *const lists[] = {
		"x",  "-", "5-", "7-3", "1,,2", ",", "1-2-3", "99999999999999999999-1",
		"0x3"
	};
	struct cg_core_type types[CG_CORE_TYPES];
	struct fake_root *root = *state;

	for (size_t i = 0; i < CG_COUNT(lists); i++) {
		fake_root_write(root, "sys/devices/cpu_core/cpus", lists[i]);
		assert_int_equal(cg_cores_list(root->fd, types), 1);
	}
}

static void runs_on_each_type_and_comes_back(void **state)
{
	struct cg_core_type types[2] = { { .name = "a" }, { .name = "b" } };
	struct seen seen = { 0 };
	cpu_set_t before, after;
	int first, last;

	(void)state;
	allowed(&first, &last);
	CPU_SET(last, &types[0].cpus);
	CPU_SET(first, &types[1].cpus);
	sched_getaffinity(0, sizeof(before), &before);
	assert_int_equal(cg_cores_visit(types, 2, note, &seen), 0);
	sched_getaffinity(0, sizeof(after), &after);
	assert_true(CPU_EQUAL(&before, &after));
	assert_int_equal(seen.n, 2);
	assert_true(seen.there[0] && seen.there[1]);
	assert_int_equal(seen.cpu[0], last);
	assert_int_equal(seen.cpu[1], first);
	assert_string_equal(seen.name[1], "b");
}

static void says_which_type_it_may_not_run_on(void **state)
{
	struct cg_core_type types[2] = { { .name = "none" }, { .name = "ours" } };
	struct seen seen = { 0 };
	int first, last;

	(void)state;
	allowed(&first, &last);
	CPU_SET(first, &types[1].cpus);
	assert_int_equal(cg_cores_visit(types, 2, note, &seen), 0);
	assert_int_equal(seen.n, 2);
	assert_false(seen.there[0]);
	assert_true(seen.there[1]);
}

static void comes_back_after_a_failure(void **state)
{
	struct cg_core_type types[2] = { { .name = "a" }, { .name = "b" } };
	struct seen seen = { .stop_after = 1 };
	cpu_set_t before, after;
	int first, last;

	(void)state;
	allowed(&first, &last);
	CPU_SET(last, &types[0].cpus);
	sched_getaffinity(0, sizeof(before), &before);
	assert_int_equal(cg_cores_visit(types, 2, note, &seen), -1);
	sched_getaffinity(0, sizeof(after), &after);
	assert_true(CPU_EQUAL(&before, &after));
	assert_int_equal(seen.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_root(lists_the_types_by_name),
		with_root(takes_the_first_cpu_if_no_types_are_listed),
		with_root(survives_lists_that_make_no_sense),
		cmocka_unit_test(runs_on_each_type_and_comes_back),
		cmocka_unit_test(says_which_type_it_may_not_run_on),
		cmocka_unit_test(comes_back_after_a_failure),
	};

	return cmocka_run_group_tests_name("cores", tests, NULL, NULL);
}
