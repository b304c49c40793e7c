// SPDX-License-Identifier: LGPL-2.1-or-later
/* Two programs' names for one thing, there and back. */
#include "formats/libvirt-names.h"

#include <string.h>

#include "base/cleanup.h"
#include "cpumodels/spelling.h"
#include "tests/unit/unit.h"

static const char *const pairs[][2] = {
	{ "cmp_legacy", "cmp-legacy" },
	{ "ds_cpl", "ds-cpl" },
	{ "fxsr_opt", "fxsr-opt" },
	{ "hv-emsr_bitmap", "hv-emsr-bitmap" },
	{ "hv-vendor_id", "hv-vendor-id" },
	{ "hv-xmm_input", "hv-xmm-input" },
	{ "kvm_pv_eoi", "kvm-pv-eoi" },
	{ "kvm_pv_unhalt", "kvm-pv-unhalt" },
	{ "lahf_lm", "lahf-lm" },
	{ "nodeid_msr", "nodeid-msr" },
	{ "pclmuldq", "pclmulqdq" },
	{ "perfctr_core", "perfctr-core" },
	{ "perfctr_nb", "perfctr-nb" },
	{ "tsc_adjust", "tsc-adjust" },
	{ "vmx-invvpid-single-context-noglobals", "vmx-invept-single-context-noglobals" },
	{ "avx", "avx" },
	{ "sse4.1", "sse4.1" },
	{ "avx512-vnni", "avx512-vnni" },
};

static void features_go_there_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < CG_COUNT(pairs); i++) {
		assert_string_equal(cg_libvirt_feature_to_qemu(pairs[i][0]), pairs[i][1]);
		assert_string_equal(cg_libvirt_feature_from_qemu(pairs[i][1]),
				    pairs[i][0]);
	}
}

static void qemus_side_is_canonical(void **state)
{
	char name[CG_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < CG_COUNT(pairs); i++)
		assert_string_equal(cg_spelling_canonical(pairs[i][1], name),
				    pairs[i][1]);
}

static void what_qemu_has_no_property_for_is_known(void **state)
{
	static const char *const ignored[] = {
		"cmt",   "mbm_local",  "mbm_total",  "osxsave",
		"ospke", "vmx-ept-uc", "vmx-ept-wb", "vmx-invvpid-single-context",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(ignored); i++)
		assert_true(cg_libvirt_feature_is_ignored(ignored[i]));
	for (size_t i = 0; i < CG_COUNT(pairs); i++)
		assert_false(cg_libvirt_feature_is_ignored(pairs[i][0]));
}

static void vendors_go_there_and_back(void **state)
{
	static const char *const vendors[][2] = {
		{ "Intel", "GenuineIntel" },
		{ "AMD", "AuthenticAMD" },
		{ "Hygon", "HygonGenuine" },
		{ "CentaurHauls", "CentaurHauls" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(vendors); i++) {
		assert_string_equal(cg_libvirt_vendor_to_qemu(vendors[i][0]),
				    vendors[i][1]);
		assert_string_equal(cg_libvirt_vendor_from_qemu(vendors[i][1]),
				    vendors[i][0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(features_go_there_and_back),
		cmocka_unit_test(qemus_side_is_canonical),
		cmocka_unit_test(what_qemu_has_no_property_for_is_known),
		cmocka_unit_test(vendors_go_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
