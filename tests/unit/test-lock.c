// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Locks on keys: between threads of control of one process, and between real processes.
 */
#include "tests/unit/cache-home.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>

#include "base/clock.h"
#include "cache/lock.h"

static struct cg_lock *take(const char *key)
{
	struct cg_lock *lock = NULL;
	struct cg_error err;

	must(cg_lock_take(&lock, cache, key, cg_clock_in(10 * CG_S), -1, &err) == 0);
	return lock;
}

/* The lock can't be had now. */
static void expect_locked(const char *key)
{
	struct cg_lock *lock = NULL;
	struct cg_error err;

	must(cg_lock_take(&lock, cache, key, cg_clock_in(0), -1, &err) < 0);
	must(err.code == CG_E_TIMEOUT);
	must(lock == NULL);
}

static void is_had_by_one_at_a_time(void **state)
{
	struct cg_lock *lock = take("a");

	(void)state;
	assert_non_null(lock);
	expect_locked("a");
	assert_null(cg_lock_release(lock));
	lock = take("a");
	assert_non_null(lock);
	cg_lock_release(lock);
	assert_null(cg_lock_release(NULL));
}

static void other_keys_are_other_locks(void **state)
{
	struct cg_lock *locks[50];
	char key[16];

	(void)state;
	for (int i = 0; i < 50; i++) {
		snprintf(key, sizeof(key), "key %d", i);
		locks[i] = take(key);
		assert_non_null(locks[i]);
	}
	for (int i = 0; i < 50; i++)
		cg_lock_release(locks[i]);
}

static void does_not_hinder_the_store(void **state)
{
	struct cg_lock *lock = take("a");

	(void)state;
	keep_a_fact();
	keep_a_fact();
	cg_lock_release(lock);
}

static void the_file_is_ours_alone_and_stays(void **state)
{
	struct cg_lock *lock = take("a");
	struct stat st;
	ino_t inode;

	(void)state;
	strcat(cache, ".lock");
	must(stat(cache, &st) == 0);
	inode = st.st_ino;
	assert_int_equal(st.st_mode & 07777, 0600);
	cg_lock_release(lock);
	must(stat(cache, &st) == 0);
	assert_int_equal(st.st_ino, inode);
	assert_int_equal(st.st_size, 0);
}

static int gate[2];

static void hold(int ms)
{
	struct cg_lock *lock = take("a");

	must(lock != NULL);
	must(write(gate[1], "x", 1) == 1);
	usleep((useconds_t)ms * 1000);
	cg_lock_release(lock);
}

/* Another process that has the lock for @ms. */
static pid_t start_holder(int ms)
{
	char byte;
	pid_t pid;

	must(pipe2(gate, O_CLOEXEC) == 0);
	pid = in_child(hold, ms);
	must(read(gate[0], &byte, 1) == 1);
	close(gate[0]);
	close(gate[1]);
	return pid;
}

static void waits_for_another_process(void **state)
{
	pid_t pid = start_holder(100);
	int64_t start = cg_clock_now();
	struct cg_lock *lock;

	(void)state;
	expect_locked("a");
	lock = take("a");
	assert_non_null(lock);
	assert_true(cg_clock_now() - start > 50 * CG_MS);
	cg_lock_release(lock);
	wait_for(pid);
}

static void goes_with_a_killed_process(void **state)
{
	pid_t pid = start_holder(60000);
	struct cg_lock *lock;
	int status;

	(void)state;
	expect_locked("a");
	must(kill(pid, SIGKILL) == 0);
	lock = take("a");
	assert_non_null(lock);
	cg_lock_release(lock);
	must(waitpid(pid, &status, 0) == pid);
}

static void gives_up_at_the_deadline(void **state)
{
	struct cg_lock *lock = take("a"), *second = NULL;
	int64_t start = cg_clock_now(), waited;
	struct cg_error err;

	(void)state;
	assert_int_equal(cg_lock_take(&second, cache, "a", cg_clock_in(60 * CG_MS), -1,
				      &err),
			 -1);
	waited = cg_clock_now() - start;
	assert_int_equal(err.code, CG_E_TIMEOUT);
	assert_null(second);
	assert_true(waited >= 60 * CG_MS);
	assert_true(waited < 2 * CG_S);
	cg_lock_release(lock);
}

static void write_soon(int fd)
{
	usleep(50000);
	must(write(fd, "x", 1) == 1);
}

static void can_be_cancelled(void **state)
{
	struct cg_lock *lock = take("a"), *second = NULL;
	int64_t start = cg_clock_now();
	struct cg_error err;
	int fds[2];
	pid_t pid;

	(void)state;
	must(pipe2(fds, O_CLOEXEC) == 0);
	pid = in_child(write_soon, fds[1]);
	assert_int_equal(cg_lock_take(&second, cache, "a", CG_NO_DEADLINE, fds[0], &err),
			 -1);
	assert_int_equal(err.code, CG_E_CANCELLED);
	assert_null(second);
	assert_true(cg_clock_now() - start < 10 * CG_S);
	wait_for(pid);

	/* A lock that is free needs no waiting, so there is nothing to cancel. */
	cg_lock_release(lock);
	assert_int_equal(cg_lock_take(&second, cache, "a", CG_NO_DEADLINE, fds[0], &err),
			 0);
	assert_non_null(second);
	cg_lock_release(second);
	close(fds[0]);
	close(fds[1]);
}

static void is_none_where_no_file_can_be(void **state)
{
	struct cg_lock *lock;
	struct cg_error err;

	(void)state;
	keep_a_fact();
	strcat(cache, "/below.db");
	lock = (void *)1;
	assert_int_equal(cg_lock_take(&lock, cache, "a", CG_NO_DEADLINE, -1, &err), 0);
	assert_null(lock);
	strcpy(strrchr(cache, '/'), "/no/folder/cache.db");
	lock = (void *)1;
	assert_int_equal(cg_lock_take(&lock, cache, "a", CG_NO_DEADLINE, -1, &err), 0);
	assert_null(lock);
}

/* Read, add one, write: correct only if nobody else does it at the same time. */
static void count_up(int number)
{
	char text[16] = "";
	int fd;

	(void)number;
	for (int i = 0; i < 50; i++) {
		struct cg_lock *lock = take("counter");

		fd = open(cache, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		must(fd >= 0 && pread(fd, text, sizeof(text) - 1, 0) >= 0);
		snprintf(text, sizeof(text), "%d", atoi(text) + 1);
		sched_yield();
		must(pwrite(fd, text, strlen(text), 0) > 0);
		close(fd);
		cg_lock_release(lock);
	}
}

static void keeps_processes_apart(void **state)
{
	char text[16] = "";
	int fd;

	(void)state;
	in_children(count_up, 4);
	fd = open(cache, O_RDONLY | O_CLOEXEC);
	must(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	assert_string_equal(text, "200");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_home(is_had_by_one_at_a_time),
		in_home(other_keys_are_other_locks),
		in_home(does_not_hinder_the_store),
		in_home(the_file_is_ours_alone_and_stays),
		in_home(waits_for_another_process),
		in_home(goes_with_a_killed_process),
		in_home(gives_up_at_the_deadline),
		in_home(can_be_cancelled),
		in_home(is_none_where_no_file_can_be),
		in_home(keeps_processes_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
