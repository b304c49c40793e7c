// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/clock.h"

#include <limits.h>
#include <poll.h>
#include <time.h>

#include "tests/unit/unit.h"

static void never_goes_backwards(void **state)
{
	int64_t last = cg_clock_now(), start = last;

	(void)state;
	while (last < start + CG_MS) {
		int64_t now = cg_clock_now();

		assert_true(now >= last);
		last = now;
	}
}

static void counts_nanoseconds(void **state)
{
	int64_t before = cg_clock_now(), passed;

	(void)state;
	poll(NULL, 0, 20);
	passed = cg_clock_now() - before;
	assert_true(passed >= 19 * CG_MS);
	assert_true(passed < 10 * CG_S);
}

static void a_deadline_lies_ahead(void **state)
{
	int64_t before = cg_clock_now(), deadline = cg_clock_in(CG_S);

	(void)state;
	assert_true(deadline >= before + CG_S);
	assert_true(deadline <= cg_clock_now() + CG_S);
}

static void no_deadline_is_for_ever(void **state)
{
	(void)state;
	assert_int_equal(cg_clock_left_ms(CG_NO_DEADLINE), -1);
}

static void a_past_deadline_has_nothing_left(void **state)
{
	(void)state;
	assert_int_equal(cg_clock_left_ms(cg_clock_in(0)), 0);
	assert_int_equal(cg_clock_left_ms(cg_clock_in(-CG_S)), 0);
	assert_int_equal(cg_clock_left_ms(0), 0);
}

/* Else the last millisecond of every wait would be spent turning round. */
static void something_is_left_until_the_deadline_has_passed(void **state)
{
	int64_t deadline = cg_clock_in(3 * CG_MS + 1);
	int left = cg_clock_left_ms(deadline);

	(void)state;
	assert_true(left <= 4);
	while (cg_clock_left_ms(deadline) > 0)
		;
	assert_true(cg_clock_now() >= deadline);
}

static void a_far_deadline_is_the_longest_that_poll_knows(void **state)
{
	(void)state;
	assert_int_equal(cg_clock_left_ms(CG_NO_DEADLINE - 1), INT_MAX);
	assert_int_equal(cg_clock_left_ms(cg_clock_in(INT64_C(3000000) * CG_S)), INT_MAX);
}

static void wall_time_is_in_seconds(void **state)
{
	time_t before = time(NULL);
	int64_t wall = cg_clock_wall();

	(void)state;
	assert_true(wall >= before);
	assert_true(wall <= time(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_goes_backwards),
		cmocka_unit_test(counts_nanoseconds),
		cmocka_unit_test(a_deadline_lies_ahead),
		cmocka_unit_test(no_deadline_is_for_ever),
		cmocka_unit_test(a_past_deadline_has_nothing_left),
		cmocka_unit_test(something_is_left_until_the_deadline_has_passed),
		cmocka_unit_test(a_far_deadline_is_the_longest_that_poll_knows),
		cmocka_unit_test(wall_time_is_in_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
