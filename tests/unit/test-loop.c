// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/loop.h"

#include <string.h>
#include <sys/socket.h>

#include "tests/unit/outcome.h"
#include "tests/unit/unit.h"

struct calls {
	int count;
	unsigned ready;
	struct cg_source *remove; /* when it is called */
	struct cg_loop *loop;
};

static void call(void *data, unsigned ready)
{
	struct calls *calls = data;

	calls->count++;
	calls->ready |= ready;
	calls->remove = cg_source_remove(calls->remove);
	if (calls->loop)
		cg_loop_stop(calls->loop);
}

static void once(struct cg_loop *loop)
{
	struct cg_error err;

	assert_ok(cg_loop_once(loop, cg_clock_in(50 * CG_MS), &err));
}

static void tells_of_what_can_be_read_and_written(void **state)
{
	cg_auto_loop struct cg_loop *loop = NULL;
	struct cg_source *source;
	struct calls calls = { 0 };
	struct cg_error err;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_ok(cg_loop_new(&loop, &err));
	assert_ok(cg_loop_add(loop, &source, ends[0], EPOLLIN, call, &calls, &err));
	once(loop);
	assert_int_equal(calls.count, 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	once(loop);
	assert_int_equal(calls.ready, EPOLLIN);
	cg_source_want(source, EPOLLOUT);
	once(loop);
	assert_int_equal(calls.ready, EPOLLIN | EPOLLOUT);
	cg_source_want(source, 0);
	close(ends[1]);
	once(loop);
	assert_true(calls.ready & EPOLLHUP);
	cg_source_remove(source);
	close(ends[0]);
}

static void tells_a_deadline_once(void **state)
{
	cg_auto_loop struct cg_loop *loop = NULL;
	struct cg_source *source;
	struct calls calls = { 0 };
	struct cg_error err;

	(void)state;
	assert_ok(cg_loop_new(&loop, &err));
	assert_ok(cg_loop_add(loop, &source, -1, 0, call, &calls, &err));
	cg_source_at(source, cg_clock_in(5 * CG_MS));
	once(loop);
	assert_int_equal(calls.count, 1);
	assert_int_equal(calls.ready, CG_LOOP_DUE);
	once(loop);
	assert_int_equal(calls.count, 1);
	cg_source_at(source, cg_clock_in(5 * CG_MS));
	cg_source_at(source, CG_NO_DEADLINE);
	once(loop);
	assert_int_equal(calls.count, 1);
}

struct order {
	int64_t deadline, *last;
	size_t *told;
};

static void check_order(void *data, unsigned ready)
{
	struct order *order = data;

	assert_int_equal(ready, CG_LOOP_DUE);
	assert_true(order->deadline >= *order->last);
	*order->last = order->deadline;
	++*order->told;
}

static void keeps_many_deadlines_in_order(void **state)
{
	enum { COUNT = 500 };
	static struct order orders[COUNT];
	static struct cg_source *sources[COUNT];
	cg_auto_loop struct cg_loop *loop = NULL;
	int64_t last = 0, now = cg_clock_now();
	size_t told = 0, removed = 0;
	struct cg_error err;

	(void)state;
	srandom(1);
	assert_ok(cg_loop_new(&loop, &err));
	for (size_t i = 0; i < COUNT; i++) {
		orders[i] = (struct order){ now - random() % 1000, &last, &told };
		assert_ok(cg_loop_add(loop, &sources[i], -1, 0, check_order, &orders[i],
				      &err));
		cg_source_at(sources[i], now - random() % 1000);
		cg_source_at(sources[i], orders[i].deadline);
	}
	for (size_t i = 0; i < COUNT; i += 3, removed++)
		sources[i] = cg_source_remove(sources[i]);
	once(loop);
	assert_int_equal(told, COUNT - removed);
}

/* Both have something to read; whoever is told first removes the other. */
static void tells_nothing_of_what_was_removed(void **state)
{
	cg_auto_loop struct cg_loop *loop = NULL;
	struct cg_source *sources[2];
	struct calls calls[2] = { 0 };
	struct cg_error err;
	int ends[2][2];

	(void)state;
	assert_ok(cg_loop_new(&loop, &err));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]), 0);
		assert_ok(cg_loop_add(loop, &sources[i], ends[i][0], EPOLLIN, call,
				      &calls[i], &err));
		assert_int_equal(write(ends[i][1], "x", 1), 1);
	}
	calls[0].remove = sources[1];
	calls[1].remove = sources[0];
	once(loop);
	assert_int_equal(calls[0].count + calls[1].count, 1);
	for (int i = 0; i < 2; i++) {
		close(ends[i][0]);
		close(ends[i][1]);
	}
}

static void runs_until_it_is_stopped(void **state)
{
	cg_auto_loop struct cg_loop *loop = NULL;
	struct cg_source *source;
	struct calls calls = { 0 };
	struct cg_error err;

	(void)state;
	assert_ok(cg_loop_new(&loop, &err));
	calls.loop = loop;
	assert_ok(cg_loop_add(loop, &source, -1, 0, call, &calls, &err));
	cg_source_at(source, cg_clock_now());
	assert_ok(cg_loop_run(loop, &err));
	assert_int_equal(calls.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_of_what_can_be_read_and_written),
		cmocka_unit_test(tells_a_deadline_once),
		cmocka_unit_test(keeps_many_deadlines_in_order),
		cmocka_unit_test(tells_nothing_of_what_was_removed),
		cmocka_unit_test(runs_until_it_is_stopped),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
