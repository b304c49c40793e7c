// SPDX-License-Identifier: LGPL-2.1-or-later
/* That the table is well made. That it is right, QEMU says in tests/cli/guest.bats. */
#include "cpumodels/leaves.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

#define NAMES 382 /* of QEMU 10.0, which has all of 7.2's */

static bool same_place(const struct cg_leaf *a, const struct cg_leaf *b)
{
	return a->kind == b->kind && a->leaf == b->leaf && a->subleaf == b->subleaf &&
	       a->reg == b->reg && a->bit == b->bit;
}

static void is_sorted_by_name(void **state)
{
	size_t count, names = 1;
	const struct cg_leaf *leaf = cg_leaves(&count);

	(void)state;
	for (size_t i = 1; i < count; i++) {
		int order = strcmp(leaf[i - 1].name, leaf[i].name);

		assert_true(order <= 0);
		names += order < 0;
	}
	assert_int_equal(names, NAMES);
}

static void has_one_name_for_a_place(void **state)
{
	size_t count;
	const struct cg_leaf *leaf = cg_leaves(&count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (same_place(&leaf[i], &leaf[j]))
				fail_msg("%s is where %s is", leaf[i].name, leaf[j].name);
}

static void has_one_place_for_a_name_but_two(void **state)
{
	size_t count, places;
	const struct cg_leaf *leaf = cg_leaves(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		bool two = strcmp(leaf[i].name, "kvmclock") == 0 ||
			   strcmp(leaf[i].name, "vmx-invept-single-context") == 0;

		assert_string_equal(cg_leaves_find(leaf[i].name, &places)->name,
				    leaf[i].name);
		assert_int_equal(places, two ? 2 : 1);
	}
}

static void has_bits_that_exist(void **state)
{
	size_t count;
	const struct cg_leaf *leaf = cg_leaves(&count);

	(void)state;
	for (; count > 0; count--, leaf++) {
		assert_true(leaf->bit < (leaf->kind == CG_LEAF_CPUID ? 32 : 64));
		assert_true(leaf->reg < CG_REGISTERS);
		assert_non_null(leaf->name);
	}
}

static void knows_no_other_names(void **state)
{
	static const char *const others[] = {
		"", "avx3", "AVX2", "lmce", "zzz", "sse4_1"
	};
	size_t count = 7;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(others); i++) {
		assert_null(cg_leaves_find(others[i], &count));
		assert_int_equal(count, 0);
	}
}

/* One of each form; the numbers are the manuals'. */
static void prints_as_the_manuals_do(void **state)
{
	static const struct {
		const char *name, *place;
	} known[] = {
		{ "vmx", "CPUID.01H:ECX[5]" },
		{ "avx2", "CPUID.(EAX=07H,ECX=0):EBX[5]" },
		{ "avx512-bf16", "CPUID.(EAX=07H,ECX=1):EAX[5]" },
		{ "xsaves", "CPUID.(EAX=0DH,ECX=1):EAX[3]" },
		{ "lm", "CPUID.80000001H:EDX[29]" },
		{ "svm", "CPUID.80000001H:ECX[2]" },
		{ "ibpb", "CPUID.80000008H:EBX[12]" },
		{ "kvm-pv-unhalt", "CPUID.40000001H:EAX[7]" },
		{ "mds-no", "MSR 10AH[5]" },
		{ "vmx-true-ctls", "MSR 480H[55]" },
		{ "vmx-ept", "MSR 48BH[33]" },
		{ "vmx-cr3-load-noexit", "MSR 48EH[15] = 0" },
	};
	char place[CG_LEAF_TEXT];
	size_t count;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(known); i++)
		assert_string_equal(cg_leaves_print(cg_leaves_find(known[i].name, &count),
						    place),
				    known[i].place);
}

static void fits_every_place_into_its_text(void **state)
{
	size_t count;
	const struct cg_leaf *leaf = cg_leaves(&count);
	char place[CG_LEAF_TEXT];

	(void)state;
	for (; count > 0; count--, leaf++)
		assert_true(strlen(cg_leaves_print(leaf, place)) < CG_LEAF_TEXT - 1);
}

static void gates_end_at_a_leaf_without_one(void **state)
{
	size_t count, n;
	const struct cg_leaf *leaf = cg_leaves(&count);

	(void)state;
	for (; count > 0; count--, leaf++) {
		const struct cg_leaf *at = leaf;
		const char *gate;
		int doors = 0;

		while ((gate = cg_leaves_gate(at))) {
			at = cg_leaves_find(gate, &n);
			assert_non_null(at);
			assert_true(++doors < 5);
		}
		assert_int_equal(at->kind, CG_LEAF_CPUID);
	}
}

static void knows_what_opens_a_leaf(void **state)
{
	static const char *const known[][2] = {
		{ "rdctl-no", "arch-capabilities" },
		{ "split-lock-detect", "core-capability" },
		{ "full-width-write", "pdcm" },
		{ "npt", "svm" },
		{ "xsavec", "xsave" },
		{ "kvmclock", "hypervisor" },
		{ "vmx-true-ctls", "vmx" },
		{ "vmx-cr3-load-noexit", "vmx" },
		{ "vmx-ept", "vmx-secondary-ctls" },
		{ "vmx-ept-1gb", "vmx-ept" },
		{ "vmx-invvpid", "vmx-vpid" },
		{ "vmx-eptp-switching", "vmx-vmfunc" },
		{ "avx2", NULL },
		{ "svm", NULL },
		{ "xstore", NULL },
	};
	size_t count;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(known); i++) {
		const char *gate = cg_leaves_gate(cg_leaves_find(known[i][0], &count));

		if (known[i][1]) {
			assert_non_null(gate);
			assert_string_equal(gate, known[i][1]);
		} else {
			assert_null(gate);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_sorted_by_name),
		cmocka_unit_test(has_one_name_for_a_place),
		cmocka_unit_test(has_one_place_for_a_name_but_two),
		cmocka_unit_test(has_bits_that_exist),
		cmocka_unit_test(knows_no_other_names),
		cmocka_unit_test(prints_as_the_manuals_do),
		cmocka_unit_test(fits_every_place_into_its_text),
		cmocka_unit_test(gates_end_at_a_leaf_without_one),
		cmocka_unit_test(knows_what_opens_a_leaf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
