// SPDX-License-Identifier: LGPL-2.1-or-later
#include "host/uevents.h"

#include "tests/unit/unit.h"

static void modules_of_kvm_count(void **state)
{
	(void)state;
	assert_int_equal(cg_uevent_about("module", "kvm", NULL), CG_UEVENT_MODULES);
	assert_int_equal(cg_uevent_about("module", "kvm_intel", NULL), CG_UEVENT_MODULES);
	assert_int_equal(cg_uevent_about("module", "kvmgt", NULL), 0);
	assert_int_equal(cg_uevent_about("module", "ext4", NULL), 0);
}

static void a_guest_that_starts_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(cg_uevent_about("misc", "kvm", NULL), CG_UEVENT_DEVICES);
	assert_int_equal(cg_uevent_about("misc", "kvm", "create"), 0);
	assert_int_equal(cg_uevent_about("misc", "kvm", "destroy"), 0);
	assert_int_equal(cg_uevent_about("misc", "fuse", NULL), 0);
}

static void devices_that_features_come_from_count(void **state)
{
	(void)state;
	assert_int_equal(cg_uevent_about("misc", "sev", NULL), CG_UEVENT_DEVICES);
	assert_int_equal(cg_uevent_about("misc", "sgx_vepc", NULL), CG_UEVENT_DEVICES);
}

static void cpus_count(void **state)
{
	(void)state;
	assert_int_equal(cg_uevent_about("cpu", "cpu1", NULL), CG_UEVENT_CPUS);
	assert_int_equal(cg_uevent_about("block", "cpu1", NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules_of_kvm_count),
		cmocka_unit_test(a_guest_that_starts_changes_nothing),
		cmocka_unit_test(devices_that_features_come_from_count),
		cmocka_unit_test(cpus_count),
	};

	return cmocka_run_group_tests_name("uevents", tests, NULL, NULL);
}
