// SPDX-License-Identifier: LGPL-2.1-or-later
/* A host that is read early is the one that would have been read later, whoever reads it. */
#include "host/early.h"

#include <unistd.h>

#include "base/json.h"
#include "tests/unit/outcome.h"

#define TIMES 50

static void what_is_read_early_is_the_same(void **state)
{
	cg_auto_host struct cg_host *later = NULL;
	struct cg_error err;

	(void)state;
	assert_ok(cg_host_read(&later, NULL, &err));
	for (int i = 0; i < TIMES; i++) {
		struct cg_early *early = cg_early_start(NULL);
		cg_auto_host struct cg_host *host = NULL;

		assert_non_null(early);
		if (i % 2) /* time for the thread, or none */
			usleep(1000);
		assert_ok(cg_early_take(early, &host, &err));
		assert_true(json_equal(cg_host_parts(host), cg_host_parts(later)));
	}
}

static void a_root_that_is_not_there_is_named(void **state)
{
	(void)state;
	for (int i = 0; i < TIMES; i++) {
		struct cg_early *early = cg_early_start("/no/where");
		struct cg_host *host = NULL;
		struct cg_error err;

		assert_non_null(early);
		if (i % 2)
			usleep(1000);
		assert_error(cg_early_take(early, &host, &err), CG_E_SYSTEM);
		assert_contains(err.msg, "/no/where");
		assert_null(host);
	}
}

static void what_nobody_wants_is_forgotten(void **state)
{
	(void)state;
	for (int i = 0; i < TIMES; i++) {
		struct cg_early *early = cg_early_start(NULL);

		if (i % 2)
			usleep(300);
		assert_null(cg_early_free(early));
	}
	assert_null(cg_early_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_early_is_the_same),
		cmocka_unit_test(a_root_that_is_not_there_is_named),
		cmocka_unit_test(what_nobody_wants_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
