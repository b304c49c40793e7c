// SPDX-License-Identifier: LGPL-2.1-or-later
/* Known breakages apply where they were met, and nowhere else. */
#include "cpumodels/advisory.h"

#include <string.h>

#include "base/json.h"
#include "tests/unit/unit.h"

#define V(major, minor) ((major)*1000 + (minor))

/* Is it the only one? */
static bool only(const struct cg_departing *guest, const char *code)
{
	cg_auto_verdict struct cg_verdict v = { 0 };

	cg_advisories_add(&v, guest, "node-6");
	assert_int_equal(cg_verdict_answer(&v), CG_YES);
	if (json_array_size(v.reasons) != (code != NULL))
		return false;
	return !code ||
	       strcmp(cg_json_text(json_array_get(v.reasons, 0), "code"), code) == 0;
}

static void versions_are_read_from_what_others_print(void **state)
{
	(void)state;
	assert_int_equal(cg_advisory_version("10.0.2"), V(10, 0));
	assert_int_equal(cg_advisory_version("Linux 6.1.0-56-amd64"), V(6, 1));
	assert_int_equal(cg_advisory_version("5.15"), V(5, 15));
	assert_int_equal(cg_advisory_version("7"), V(7, 0));
	assert_int_equal(cg_advisory_version(NULL), 0);
	assert_int_equal(cg_advisory_version("unknown"), 0);
	assert_int_equal(cg_advisory_version("99999999999999999999.1"), 0);
}

static void each_applies_to_what_it_is_about(void **state)
{
	(void)state;
	assert_true(only(&(struct cg_departing){ 0 }, NULL));
	assert_true(only(&(struct cg_departing){ .from_emulator = V(7, 2),
						 .to_emulator = V(9, 2) },
			 NULL));
	assert_true(only(&(struct cg_departing){ .from_emulator = V(9, 2),
						 .to_emulator = V(7, 2) },
			 "advisory.emulator"));
	assert_true(only(&(struct cg_departing){ .threads = 2,
						 .from_emulator = V(7, 2),
						 .to_emulator = V(10, 0) },
			 "advisory.ht"));
	assert_true(only(&(struct cg_departing){ .threads = 1,
						 .from_emulator = V(7, 2),
						 .to_emulator = V(10, 0) },
			 NULL));
	assert_true(only(&(struct cg_departing){ .pdcm = true,
						 .from_emulator = V(10, 0),
						 .to_emulator = V(10, 1) },
			 "advisory.pdcm"));
	assert_true(only(&(struct cg_departing){ .pdcm = true,
						 .pmu = true,
						 .from_emulator = V(10, 0),
						 .to_emulator = V(10, 1) },
			 NULL));
	assert_true(
		only(&(struct cg_departing){ .kvm = true, .mpx = true }, "advisory.mpx"));
	assert_true(only(&(struct cg_departing){ .mpx = true }, NULL));
	assert_true(only(&(struct cg_departing){ .kvm = true,
						 .amd = true,
						 .arch_capabilities = true },
			 "advisory.arch-capabilities"));
}

static void pkru_is_about_two_kernels(void **state)
{
	struct cg_departing g = { .kvm = true,
				  .from_kernel = V(5, 15),
				  .to_kernel = V(6, 2) };

	(void)state;
	assert_true(only(&g, "advisory.pkru"));
	g.to_kernel = V(6, 6);
	assert_true(only(&g, NULL));
	g.to_kernel = V(6, 2);
	g.from_kernel = V(6, 1);
	assert_true(only(&g, NULL));
	g.from_kernel = 0;
	assert_true(only(&g, NULL));
	g.from_kernel = V(5, 15);
	g.pku = true;
	assert_true(only(&g, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_read_from_what_others_print),
		cmocka_unit_test(each_applies_to_what_it_is_about),
		cmocka_unit_test(pkru_is_about_two_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
