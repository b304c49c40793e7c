// SPDX-License-Identifier: LGPL-2.1-or-later
/* A guest that comes, and the contract that it has to be like. */
#include "lib/papers.h"

#include "tests/unit/outcome.h"

static char target[] = "x86_64", machine[] = "q35", accel[] = "kvm";

static json_t *features(void)
{
	return json_pack("[s, s]", "avx", "fpu");
}

/* A guest with a frequency, and a contract with another one and this CPU. */
static int try(char *cpu, int64_t guest, int64_t promised, struct cg_error *err)
{
	struct cg_contract c = { .target = target,
				 .machine = machine,
				 .accel = accel,
				 .cpu = cpu,
				 .topology = { 1, 1, 1, 1, 1, 1, 1 } };
	cg_auto_json json_t *has = features(), *papers = NULL, *scalars = NULL;

	scalars = json_pack("{s:i, s:I}", "family", 6, "tsc-frequency",
			    (json_int_t)promised);
	papers = json_pack("{s:s, s:s, s:s, s:O, s:{s:i, s:I}, s:o}", "target", target,
			   "machine", machine, "accel", accel, "features", has, "scalars",
			   "family", 6, "tsc-frequency", (json_int_t)guest, "topology",
			   cg_topology_json(&c.topology));
	c.features = has;
	c.scalars = scalars;
	return cg_papers_check(papers, &c, err);
}

static void a_frequency_that_nobody_chose_is_each_hosts_own(void **state)
{
	static char cpu[] = "Haswell,avx=on";
	struct cg_error err;

	(void)state;
	assert_ok(try(cpu, 2596158000, 418405000, &err));
}

static void one_that_was_chosen_is_the_contracts(void **state)
{
	static char cpu[] = "Haswell,avx=on,tsc-frequency=2000000000";
	struct cg_error err;

	(void)state;
	assert_ok(try(cpu, 2000000000, 2000000000, &err));
	assert_int_equal(try(cpu, 2000000000, 2000000001, &err), -1);
	assert_int_equal(err.code, CG_E_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frequency_that_nobody_chose_is_each_hosts_own),
		cmocka_unit_test(one_that_was_chosen_is_the_contracts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
