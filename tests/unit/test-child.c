// SPDX-License-Identifier: LGPL-2.1-or-later
/* Real children, most of them a line of shell. */
#include "base/child.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "tests/unit/outcome.h"

#define PATIENCE (10 * CG_S) /* for what should take milliseconds */

static struct cg_child *start(const char *path, const char *arg, int fd)
{
	const char *const argv[] = { path, arg, NULL };
	struct cg_child *child = NULL;
	struct cg_error err;

	assert_ok(cg_child_start(&child, argv, fd, &err));
	return child;
}

static struct cg_child *shell(const char *script)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	struct cg_child *child = NULL;
	struct cg_error err;

	assert_ok(cg_child_start(&child, argv, -1, &err));
	return child;
}

static struct cg_child_end end_of(struct cg_child *child)
{
	struct cg_child_end end = { .status = -2 };
	bool ended = false;
	struct cg_error err;

	assert_ok(cg_child_wait(child, cg_clock_in(PATIENCE), &ended, &end, &err));
	assert_true(ended);
	return end;
}

/* What @script says last. */
static void say(const char *script, char *words, size_t size)
{
	cg_auto_child struct cg_child *child = shell(script);

	end_of(child);
	cg_child_last_words(child, words, size);
}

static void expect_words(const char *script, const char *want)
{
	char words[256];

	say(script, words, sizeof(words));
	assert_string_equal(words, want);
}

/* The state letter of /proc/PID/stat, '\0' if there is no such process. */
static char state_of(pid_t pid)
{
	char path[64], text[256];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	if (fd >= 0)
		close(fd);
	if (got <= 0)
		return '\0';
	text[got] = '\0';
	return strrchr(text, ')')[2];
}

/* Dead, whether or not somebody reaped it. */
static bool dies(pid_t pid)
{
	int64_t deadline = cg_clock_in(PATIENCE);

	while (cg_clock_left_ms(deadline) > 0) {
		char letter = state_of(pid);

		if (!letter || letter == 'Z' || letter == 'X')
			return true;
		poll(NULL, 0, 1);
	}
	return false;
}

/* Wait until a child has said something, and return that as a number. */
static pid_t said_pid(const struct cg_child *child)
{
	int64_t deadline = cg_clock_in(PATIENCE);
	char words[32] = "";

	while (!isdigit((unsigned char)words[0]) && cg_clock_left_ms(deadline) > 0) {
		cg_child_last_words(child, words, sizeof(words));
		poll(NULL, 0, 1);
	}
	return (pid_t)strtol(words, NULL, 10);
}

static void exit_status_and_signal_are_told_apart(void **state)
{
	static const struct {
		const char *script;
		struct cg_child_end end;
	} cases[] = {
		{ "exit 0", { 0, 0 } },
		{ "exit 1", { 1, 0 } },
		{ "exit 137", { 137, 0 } },
		{ "exit 255", { 255, 0 } },
		{ "kill -SEGV $$", { -1, SIGSEGV } },
		{ "kill -KILL $$", { -1, SIGKILL } },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		cg_auto_child struct cg_child *child = shell(cases[i].script);
		struct cg_child_end end = end_of(child);

		assert_int_equal(end.status, cases[i].end.status);
		assert_int_equal(end.signal, cases[i].end.signal);
	}
}

static void an_end_is_put_into_words(void **state)
{
	static const struct {
		struct cg_child_end end;
		const char *words;
	} cases[] = {
		{ { 0, 0 }, "exit status 0" },
		{ { 134, 0 }, "exit status 134" },
		{ { -1, SIGABRT }, "signal SIGABRT" },
		{ { -1, SIGKILL }, "signal SIGKILL" },
		{ { -1, 40 }, "signal 40" },
	};
	char words[64], small[8];

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++)
		assert_string_equal(cg_child_end_words(&cases[i].end, words,
						       sizeof(words)),
				    cases[i].words);
	assert_string_equal(cg_child_end_words(&cases[0].end, small, sizeof(small)),
			    "exit st");
}

static void a_failed_exec_is_its_errno_and_path(void **state)
{
	static const struct {
		const char *path;
		int why;
	} cases[] = {
		{ "/no/such/program", ENOENT },
		{ "/etc/passwd", EACCES },
		{ "/", EACCES },
		{ "/etc/passwd/x", ENOTDIR },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		const char *const argv[] = { cases[i].path, NULL };
		struct cg_child *child = NULL;
		struct cg_error err;

		assert_error(cg_child_start(&child, argv, -1, &err), CG_E_SYSTEM);
		assert_int_equal(err.sys_errno, cases[i].why);
		assert_contains(err.msg, cases[i].path);
		assert_contains(err.msg, strerror(cases[i].why));
		assert_null(child);
	}
}

static void waiting_ends_at_the_deadline(void **state)
{
	cg_auto_child struct cg_child *child = start("/bin/sleep", "1000", -1);
	int64_t before = cg_clock_now();
	struct cg_child_end end;
	struct cg_error err;
	bool ended = true;

	(void)state;
	assert_ok(cg_child_wait(child, cg_clock_in(0), &ended, &end, &err));
	assert_false(ended);
	ended = true;
	assert_ok(cg_child_wait(child, cg_clock_in(20 * CG_MS), &ended, &end, &err));
	assert_false(ended);
	assert_true(cg_clock_now() - before >= 20 * CG_MS);
	assert_true(cg_clock_now() - before < 5 * CG_S);
}

static void the_end_may_be_asked_for_again(void **state)
{
	cg_auto_child struct cg_child *child = shell("exit 3");

	(void)state;
	assert_int_equal(end_of(child).status, 3);
	assert_int_equal(end_of(child).status, 3);
}

static void its_fd_tells_the_end(void **state)
{
	cg_auto_child struct cg_child *child = start("/bin/sleep", "1000", -1);
	struct pollfd fd = { .fd = cg_child_fd(child), .events = POLLIN };

	(void)state;
	assert_int_equal(poll(&fd, 1, 0), 0);
	kill(cg_child_pid(child), SIGTERM);
	assert_int_equal(poll(&fd, 1, 10000), 1);
	assert_int_equal(end_of(child).signal, SIGTERM);
}

static void the_last_line_with_words_is_kept(void **state)
{
	(void)state;
	expect_words("true", "");
	expect_words("echo; echo '  '; echo", "");
	expect_words("printf 'no newline'", "no newline");
	expect_words("echo one; echo two >&2; echo; echo ' '", "two");
	expect_words("echo two >&2; echo one", "one");
	expect_words("printf ' indented\\r\\n'", " indented");
	expect_words("printf 'a\\tb\\033[1mc'", "a b [1mc");
}

static void words_are_cut_to_the_room_there_is(void **state)
{
	cg_auto_child struct cg_child *child = shell("echo 0123456789");
	char words[11];

	(void)state;
	end_of(child);
	cg_child_last_words(child, words, 11);
	assert_string_equal(words, "0123456789");
	cg_child_last_words(child, words, 10);
	assert_string_equal(words, "012345678");
	cg_child_last_words(child, words, 1);
	assert_string_equal(words, "");
}

/* It is told that the file is full and ends; nobody had to read. */
static void much_output_does_not_block_the_child(void **state)
{
	cg_auto_child struct cg_child *child = shell("exec head -c 10000000 /dev/zero");

	(void)state;
	assert_int_equal(end_of(child).signal, 0);
}

/* Wait until a shell has become another program. */
static void await_name(pid_t pid, const char *want)
{
	int64_t deadline = cg_clock_in(PATIENCE);
	char path[64], name[32] = "";
	ssize_t got = 0;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	while (strcmp(name, want) != 0 && cg_clock_left_ms(deadline) > 0) {
		cg_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

		got = read(fd, name, sizeof(name) - 1);
		name[got < 0 ? 0 : got] = '\0';
		poll(NULL, 0, 1);
	}
	assert_string_equal(name, want);
}

static off_t kept_by(const struct cg_child *child)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/1", (int)cg_child_pid(child));
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void output_beyond_64_kib_is_lost(void **state)
{
	cg_auto_child struct cg_child *child =
		shell("head -c 200000 /dev/zero; head -c 70000 /dev/zero >&2; "
		      "exec sleep 1000");

	(void)state;
	await_name(cg_child_pid(child), "sleep\n");
	assert_int_equal(kept_by(child), CG_CHILD_OUTPUT);
}

static void the_output_that_fits_is_whole(void **state)
{
	cg_auto_child struct cg_child *child =
		shell("head -c 65530 /dev/zero | tr '\\0' '.'; printf '\\nabcdefgh'");
	char words[64];

	(void)state;
	end_of(child);
	cg_child_last_words(child, words, sizeof(words));
	assert_string_equal(words, "abcde");
}

static void nothing_is_there_to_read(void **state)
{
	int before = dup(STDIN_FILENO), ends[2], status;
	struct cg_child *child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	child = start("/bin/cat", "-", -1);
	status = end_of(child).status;
	cg_child_free(child);
	dup2(before, STDIN_FILENO);
	close(before);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(status, 0);
}

static void our_environment_and_folder_are_its_own(void **state)
{
	char folder[4096], words[4096];

	(void)state;
	setenv("CG_TEST_CHILD", "a value", 1);
	expect_words("echo $CG_TEST_CHILD", "a value");
	unsetenv("CG_TEST_CHILD");
	assert_non_null(getcwd(folder, sizeof(folder)));
	say("pwd -P", words, sizeof(words));
	assert_string_equal(words, folder);
}

/* What we block or ignore is our affair. */
static void signals_reach_it(void **state)
{
	static const int signals[] = { SIGPIPE, SIGTERM, SIGINT, SIGUSR1 };
	void (*pipe_before)(int) = signal(SIGPIPE, SIG_IGN);
	/* A shell's background jobs ignore it, and a child of ours may as well. */
	void (*int_before)(int) = signal(SIGINT, SIG_DFL);
	sigset_t all, before;

	(void)state;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	for (size_t i = 0; i < CG_COUNT(signals); i++) {
		struct cg_child *child = start("/bin/sleep", "1000", -1);
		int got;

		kill(cg_child_pid(child), signals[i]);
		got = end_of(child).signal;
		cg_child_free(child);
		assert_int_equal(got, signals[i]);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGINT, int_before);
	signal(SIGPIPE, pipe_before);
}

static void it_has_a_session_of_its_own(void **state)
{
	cg_auto_child struct cg_child *child = start("/bin/sleep", "1000", -1);
	pid_t pid = cg_child_pid(child);

	(void)state;
	assert_int_equal(getsid(pid), pid);
	assert_int_equal(getpgid(pid), pid);
}

/* The descriptors of a process as a text: " 0 1 2". */
static void list_fds(pid_t pid, char *out, size_t size)
{
	bool open[256] = { false };
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			open[strtoul(entry->d_name, NULL, 10) % 256] = true;
	closedir(dir);
	out[0] = '\0';
	for (size_t fd = 0, len = 0; fd < 256; fd++)
		if (open[fd])
			len += (size_t)snprintf(out + len, size - len, " %zu", fd);
}

/* A program that starts opens its libraries, but it closes them again. */
static void await_fds(pid_t pid, const char *want)
{
	int64_t deadline = cg_clock_in(CG_S);
	char fds[512];

	do {
		list_fds(pid, fds, sizeof(fds));
	} while (strcmp(fds, want) != 0 && cg_clock_left_ms(deadline) > 0);
	assert_string_equal(fds, want);
}

static void it_gets_no_descriptor_but_the_named_one(void **state)
{
	int leaky[20], named, close_on_exec;
	char want[64];

	(void)state;
	for (size_t i = 0; i < CG_COUNT(leaky); i++)
		leaky[i] = open("/dev/null", O_RDWR); /* for once without O_CLOEXEC */
	named = leaky[10];
	close_on_exec = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int turn = 0; turn < 3; turn++) {
		int fd = turn == 0 ? -1 : turn == 1 ? named : close_on_exec;
		cg_auto_child struct cg_child *child = start("/bin/sleep", "1000", fd);

		snprintf(want, sizeof(want), fd < 0 ? " 0 1 2" : " 0 1 2 %d", fd);
		await_fds(cg_child_pid(child), want);
	}
	assert_int_equal(fcntl(close_on_exec, F_GETFD), FD_CLOEXEC);
	close(close_on_exec);
	for (size_t i = 0; i < CG_COUNT(leaky); i++)
		close(leaky[i]);
}

/* Starting and freeing a child looks after those that were freed before. */
static void reap_by_the_way(void)
{
	cg_auto_child struct cg_child *child = start("/bin/true", NULL, -1);

	end_of(child);
}

/* How many descriptors there are here to watch children and to keep what they say. */
static size_t watched_here(void)
{
	char path[64], link[64];
	size_t count = 0;
	ssize_t len;

	for (int fd = 0; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, link, sizeof(link) - 1);
		link[len < 0 ? 0 : len] = '\0';
		count += strstr(link, "pidfd") || strstr(link, "cpugate-child-output");
	}
	return count;
}

static void nothing_of_it_is_left_open_here(void **state)
{
	const char *const argv[] = { "/no/such/program", NULL };
	struct cg_child *child = start("/bin/true", NULL, -1), *failed = NULL;
	int64_t deadline = cg_clock_in(PATIENCE);
	struct cg_error err;

	(void)state;
	assert_true(watched_here() >= 2);
	end_of(child);
	cg_child_free(child);
	assert_int_equal(cg_child_start(&failed, argv, -1, &err), -1);
	while (watched_here() > 0 && cg_clock_left_ms(deadline) > 0)
		reap_by_the_way(); /* the failed one is reaped as it dies */
	assert_int_equal(watched_here(), 0);
}

static void freeing_kills_the_whole_group(void **state)
{
	struct cg_child *child = shell("sleep 1000 & echo $!; wait");
	pid_t leader = cg_child_pid(child), other = said_pid(child);

	(void)state;
	assert_true(other > 1);
	assert_null(cg_child_free(child));
	assert_true(dies(leader));
	assert_true(dies(other));
	assert_null(cg_child_free(NULL));
}

/* The leader may have ended and even been reaped before. */
static void nobody_of_the_group_outlives_the_leader(void **state)
{
	(void)state;
	for (int waited = 0; waited < 2; waited++) {
		struct cg_child *child = shell("sleep 1000 & echo $!");
		pid_t leader = cg_child_pid(child), other = said_pid(child);

		assert_true(other > 1);
		if (waited)
			end_of(child);
		else
			assert_true(dies(leader));
		cg_child_free(child);
		assert_true(dies(other));
	}
}

static void freeing_does_not_wait(void **state)
{
	struct cg_child *child = start("/bin/sleep", "1000", -1);
	pid_t pid = cg_child_pid(child);
	int64_t before = cg_clock_now();

	(void)state;
	kill(pid, SIGSTOP);
	cg_child_free(child);
	assert_true(cg_clock_now() - before < CG_S);
	assert_true(dies(pid));
}

static void the_dead_are_reaped_later(void **state)
{
	int64_t deadline = cg_clock_in(PATIENCE);
	pid_t pids[8];
	size_t gone = 0;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(pids); i++) {
		struct cg_child *child = start("/bin/sleep", "1000", -1);

		pids[i] = cg_child_pid(child);
		cg_child_free(child);
	}
	while (gone < CG_COUNT(pids) && cg_clock_left_ms(deadline) > 0) {
		reap_by_the_way();
		for (gone = 0; gone < CG_COUNT(pids) && !state_of(pids[gone]); gone++)
			;
	}
	assert_int_equal(gone, CG_COUNT(pids));
}

static void starting_and_freeing_reap_the_dead(void **state)
{
	struct cg_child *one = start("/bin/sleep", "1000", -1);
	struct cg_child *two = start("/bin/sleep", "1000", -1);
	struct cg_child *three = start("/bin/sleep", "1000", -1);
	pid_t first = cg_child_pid(one), second = cg_child_pid(two);

	(void)state;
	cg_child_free(one);
	assert_true(dies(first));
	cg_child_free(two);
	assert_int_equal(state_of(first), '\0');
	assert_true(dies(second));
	one = start("/bin/sleep", "1000", -1);
	assert_int_equal(state_of(second), '\0');
	cg_child_free(one);
	cg_child_free(three);
}

/* Starts a child, says which, and waits to be killed. */
static void be_middleman(int report)
{
	static const char *const argv[] = { "/bin/sleep", "1000", NULL };
	struct cg_child *child = NULL;
	struct cg_error err;
	pid_t pid;

	if (cg_child_start(&child, argv, -1, &err) < 0)
		_exit(1);
	pid = cg_child_pid(child);
	if (write(report, &pid, sizeof(pid)) == sizeof(pid))
		for (;;)
			pause();
	_exit(1);
}

static void it_dies_with_whoever_started_it(void **state)
{
	pid_t middleman, pid = 0;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	middleman = fork();
	if (middleman == 0)
		be_middleman(ends[1]);
	close(ends[1]);
	assert_int_equal(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
	close(ends[0]);
	assert_int_equal(state_of(pid) == '\0', 0);
	kill(middleman, SIGKILL);
	assert_int_equal(waitpid(middleman, NULL, 0), middleman);
	assert_true(dies(pid));
}

static void an_end_that_cannot_be_seen_is_unknown(void **state)
{
	cg_auto_child struct cg_child *child = NULL;
	struct cg_child_end end;
	char words[64];

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	child = shell("exit 0");
	end = end_of(child);
	signal(SIGCHLD, SIG_DFL);
	assert_int_equal(end.status, -1);
	assert_int_equal(end.signal, 0);
	assert_string_equal(cg_child_end_words(&end, words, sizeof(words)),
			    "an unknown status");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_status_and_signal_are_told_apart),
		cmocka_unit_test(an_end_is_put_into_words),
		cmocka_unit_test(a_failed_exec_is_its_errno_and_path),
		cmocka_unit_test(waiting_ends_at_the_deadline),
		cmocka_unit_test(the_end_may_be_asked_for_again),
		cmocka_unit_test(its_fd_tells_the_end),
		cmocka_unit_test(the_last_line_with_words_is_kept),
		cmocka_unit_test(words_are_cut_to_the_room_there_is),
		cmocka_unit_test(much_output_does_not_block_the_child),
		cmocka_unit_test(output_beyond_64_kib_is_lost),
		cmocka_unit_test(the_output_that_fits_is_whole),
		cmocka_unit_test(nothing_is_there_to_read),
		cmocka_unit_test(our_environment_and_folder_are_its_own),
		cmocka_unit_test(signals_reach_it),
		cmocka_unit_test(it_has_a_session_of_its_own),
		cmocka_unit_test(it_gets_no_descriptor_but_the_named_one),
		cmocka_unit_test(nothing_of_it_is_left_open_here),
		cmocka_unit_test(freeing_kills_the_whole_group),
		cmocka_unit_test(nobody_of_the_group_outlives_the_leader),
		cmocka_unit_test(freeing_does_not_wait),
		cmocka_unit_test(the_dead_are_reaped_later),
		cmocka_unit_test(starting_and_freeing_reap_the_dead),
		cmocka_unit_test(it_dies_with_whoever_started_it),
		cmocka_unit_test(an_end_that_cannot_be_seen_is_unknown),
	};

	alarm(60); /* nobody waits for a test that hangs */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
