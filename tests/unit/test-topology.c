// SPDX-License-Identifier: LGPL-2.1-or-later
/* -smp as QEMU completes it, and as a machine tells it. */
#include "gate/topology.h"

#include <string.h>

#include "base/json.h"
#include "tests/unit/unit.h"

static json_t *smp_of(const char *text)
{
	json_t *out = json_object();
	char name[16], value[16];

	for (int n; sscanf(text, "%15[a-z]=%15[0-9]%n", name, value, &n) == 2;) {
		json_object_set_new(out, name, json_string(value));
		text += n + (text[n] == ',');
	}
	return out;
}

static const struct {
	const char *smp;
	bool sockets_first;
	struct cg_topology whole;
} cases[] = {
	{ "cpus=1", false, { 1, 1, 1, 1, 1, 1, 1 } },
	{ "cpus=4", false, { 4, 4, 1, 1, 4, 1, 1 } },
	{ "cpus=4", true, { 4, 4, 1, 1, 1, 1, 1 } },
	{ "cpus=4,sockets=2", false, { 4, 4, 1, 1, 2, 1, 1 } },
	{ "cpus=4,sockets=2", true, { 4, 4, 1, 1, 2, 1, 1 } },
	{ "cpus=4,cores=2", false, { 4, 4, 1, 1, 2, 1, 1 } },
	{ "cpus=4,threads=2", false, { 4, 4, 1, 1, 2, 2, 1 } },
	{ "cpus=4,threads=2", true, { 4, 4, 1, 1, 1, 2, 1 } },
	{ "cpus=4,sockets=1,cores=2", false, { 4, 4, 1, 1, 2, 2, 1 } },
	{ "cpus=2,maxcpus=8", false, { 2, 8, 1, 1, 8, 1, 1 } },
	{ "cpus=4,dies=2", false, { 4, 4, 2, 1, 2, 1, 1 } },
	{ "sockets=2,cores=2,threads=2", false, { 8, 8, 1, 1, 2, 2, 1 } },
};

static void what_isnt_said_is_computed(void **state)
{
	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		cg_auto_json json_t *smp = smp_of(cases[i].smp);
		struct cg_topology t;
		struct cg_error err;

		assert_int_equal(cg_topology_resolve(&t, smp, cases[i].sockets_first,
						     &err),
				 0);
		if (!cg_topology_equal(&t, &cases[i].whole))
			fail_msg("%s", cases[i].smp);
	}
}

static void a_machine_tells_its_own(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"cpus\":1}",
		"{\"cpus\":0,\"maxcpus\":1}",
		"{\"cpus\":2,\"maxcpus\":1}",
		"{\"cpus\":-1,\"maxcpus\":1}",
		"{\"cpus\":1,\"maxcpus\":99999999}",
		"{\"cpus\":1,\"maxcpus\":\"1\"}",
		"{\"cpus\":2,\"maxcpus\":2,\"cores\":3,\"sockets\":1,\"threads\":1}",
	};
	cg_auto_json json_t *good = json_pack("{s:i, s:i, s:i, s:i, s:i}", "cpus", 2,
					      "maxcpus", 4, "sockets", 1, "cores", 2,
					      "threads", 2);
	struct cg_topology t, want = { 2, 4, 1, 1, 2, 2, 1 };
	struct cg_error err;

	(void)state;
	assert_int_equal(cg_topology_from_machine(&t, good, &err), 0);
	assert_true(cg_topology_equal(&t, &want));
	for (size_t i = 0; i < CG_COUNT(bad); i++) {
		cg_auto_json json_t *json = NULL;

		assert_int_equal(cg_json_parse(&json, bad[i], strlen(bad[i]), 1000, &err),
				 0);
		assert_int_equal(cg_topology_from_machine(&t, json, &err), -1);
		assert_int_equal(err.code, CG_E_PROTOCOL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_isnt_said_is_computed),
		cmocka_unit_test(a_machine_tells_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
