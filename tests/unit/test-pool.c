// SPDX-License-Identifier: LGPL-2.1-or-later
/* Jobs that meet each other, count each other and remember on which thread they ran. */
#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

#define JOBS 200
#define PATIENCE 10 /* seconds, for what should take milliseconds */

static struct cg_job jobs[JOBS];
static size_t numbers[JOBS]; /* what the jobs get: their own number */

static atomic_int runs[JOBS];
static atomic_size_t started, running, most_running;
static size_t start_order[JOBS];

static size_t told[JOBS];
static size_t told_count;
static pthread_t told_on;
static bool told_elsewhere;

static void count_up(size_t job)
{
	size_t now = ++running, most = most_running;

	while (now > most && !atomic_compare_exchange_weak(&most_running, &most, now))
		;
	start_order[started++] = job;
	runs[job]++;
}

static void run_quickly(void *arg)
{
	count_up(*(size_t *)arg);
	running--;
}

static void run_a_little(void *arg)
{
	count_up(*(size_t *)arg);
	usleep(200);
	running--;
}

static void note(size_t job, void *data)
{
	told[told_count++] = job;
	told_elsewhere |= !pthread_equal(pthread_self(), told_on);
	assert_ptr_equal(data, &told_count);
}

static void prepare(void (*run)(void *arg))
{
	started = running = most_running = 0;
	told_count = 0;
	told_elsewhere = false;
	told_on = pthread_self();
	for (size_t i = 0; i < JOBS; i++) {
		runs[i] = 0;
		numbers[i] = i;
		jobs[i] = (struct cg_job){ .run = run, .arg = &numbers[i] };
	}
}

static void expect_each_once(size_t count)
{
	bool seen[JOBS] = { false };

	assert_int_equal(told_count, count);
	assert_false(told_elsewhere);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(runs[i], 1);
		assert_false(seen[told[i]]);
		seen[told[i]] = true;
	}
	for (size_t i = count; i < JOBS; i++)
		assert_int_equal(runs[i], 0);
}

static void every_job_runs_once_and_is_told_once(void **state)
{
	static const size_t cases[][2] = {
		{ 0, 4 },    { 1, 4 },    { 2, 1 },       { 3, 2 },
		{ JOBS, 1 }, { JOBS, 7 }, { JOBS, 1000 },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		prepare(run_quickly);
		cg_pool_run(jobs, cases[i][0], cases[i][1], note, &told_count);
		expect_each_once(cases[i][0]);
	}
}

static void without_workers_the_caller_works(void **state)
{
	(void)state;
	prepare(run_quickly);
	cg_pool_run(jobs, 5, 0, note, &told_count);
	expect_each_once(5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(told[i], i);
}

static void nobody_has_to_be_told(void **state)
{
	(void)state;
	prepare(run_quickly);
	cg_pool_run(jobs, 10, 3, NULL, NULL);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(runs[i], 1);
}

static void one_worker_keeps_the_order(void **state)
{
	(void)state;
	prepare(run_quickly);
	cg_pool_run(jobs, JOBS, 1, note, &told_count);
	for (size_t i = 0; i < JOBS; i++) {
		assert_int_equal(start_order[i], i);
		assert_int_equal(told[i], i);
	}
}

static void no_more_run_at_once_than_there_are_workers(void **state)
{
	(void)state;
	for (size_t workers = 1; workers <= 4; workers++) {
		prepare(run_a_little);
		cg_pool_run(jobs, JOBS / 4, workers, NULL, NULL);
		assert_true(most_running <= workers);
		assert_int_equal(running, 0);
	}
}

/* Something that is waited for, but not for ever. */
struct event {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t count;
	bool late; /* somebody has waited in vain */
};

static struct event event;

static void event_init(void)
{
	pthread_mutex_init(&event.lock, NULL);
	pthread_cond_init(&event.changed, NULL);
	event.count = 0;
	event.late = false;
}

static void event_happens(void)
{
	pthread_mutex_lock(&event.lock);
	event.count++;
	pthread_cond_broadcast(&event.changed);
	pthread_mutex_unlock(&event.lock);
}

static void event_wait(size_t count)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE;
	pthread_mutex_lock(&event.lock);
	while (event.count < count && !event.late)
		event.late =
			pthread_cond_timedwait(&event.changed, &event.lock, &until) != 0;
	pthread_mutex_unlock(&event.lock);
}

static void meet_the_others(void *arg)
{
	(void)arg;
	event_happens();
	event_wait(4);
}

static void workers_work_side_by_side(void **state)
{
	(void)state;
	event_init();
	prepare(meet_the_others);
	cg_pool_run(jobs, 4, 4, NULL, NULL);
	assert_false(event.late);
}

/* The second job doesn't end before the first one's end was told. */
static void wait_for_news(void *arg)
{
	if (*(size_t *)arg == 1)
		event_wait(1);
}

static void bring_news(size_t job, void *data)
{
	(void)data;
	if (job == 0)
		event_happens();
}

static void an_end_is_told_while_others_run(void **state)
{
	(void)state;
	event_init();
	prepare(wait_for_news);
	cg_pool_run(jobs, 2, 2, bring_news, NULL);
	assert_false(event.late);
}

static void there_are_at_least_two_workers(void **state)
{
	size_t workers = cg_pool_workers();

	(void)state;
	assert_in_range(workers, 2, 100000);
	if (workers > 2)
		assert_true(workers <= (size_t)sysconf(_SC_NPROCESSORS_CONF));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_job_runs_once_and_is_told_once),
		cmocka_unit_test(without_workers_the_caller_works),
		cmocka_unit_test(nobody_has_to_be_told),
		cmocka_unit_test(one_worker_keeps_the_order),
		cmocka_unit_test(no_more_run_at_once_than_there_are_workers),
		cmocka_unit_test(workers_work_side_by_side),
		cmocka_unit_test(an_end_is_told_while_others_run),
		cmocka_unit_test(there_are_at_least_two_workers),
	};

	alarm(60); /* nobody waits for a test that hangs */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
