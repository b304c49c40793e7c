// SPDX-License-Identifier: LGPL-2.1-or-later
/* Starting, timing and reaping. */
#include "bench/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/text.h"

#define PATIENCE (60 * CG_S)

void bench_run_init(void)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static int64_t nanoseconds(const struct timeval *tv)
{
	return tv->tv_sec * CG_S + tv->tv_usec * 1000;
}

static int64_t cpu_of_children(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return nanoseconds(&usage.ru_utime) + nanoseconds(&usage.ru_stime);
}

/* Everything that was started is dying by now; a guest under KVM takes 30 ms. */
static void reap_all(void)
{
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static int spawn(pid_t *out, const char *const argv[], int output, int complaints,
		 struct cg_error *err)
{
	posix_spawn_file_actions_t actions;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (output < 0)
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	else
		posix_spawn_file_actions_adddup2(&actions, output, 1);
	posix_spawn_file_actions_adddup2(&actions, complaints, 2);
	errno = posix_spawn(out, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv,
			    environ);
	posix_spawn_file_actions_destroy(&actions);
	return errno ? cg_error_errno(err, "start %s", argv[0]) : 0;
}

/* The last line of what was written to @fd. */
static void read_words(int fd, char *out, size_t size)
{
	off_t end = lseek(fd, 0, SEEK_END);
	off_t start = end > (off_t)size - 1 ? end - (off_t)size + 1 : 0;
	ssize_t got = pread(fd, out, size - 1, start);
	char *line;

	out[got > 0 ? got : 0] = '\0';
	while (*out && out[strlen(out) - 1] == '\n')
		out[strlen(out) - 1] = '\0';
	line = strrchr(out, '\n');
	if (line)
		memmove(out, line + 1, strlen(line));
	cg_text_clean(out);
}

int bench_run(struct bench_cost *out, const char *const argv[], int output,
	      struct cg_error *err)
{
	cg_auto_close int complaints = memfd_create("bench", MFD_CLOEXEC);
	int64_t cpu = cpu_of_children(), start;
	char words[256];
	int status;
	pid_t pid;

	if (complaints < 0)
		return cg_error_errno(err, "memfd_create");
	start = cg_clock_now();
	if (spawn(&pid, argv, output, complaints, err) < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	out->wall = cg_clock_now() - start;
	reap_all();
	out->cpu = cpu_of_children() - cpu;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	read_words(complaints, words, sizeof(words));
	return cg_error_set(err, CG_E_DIED, "%s",
			    *words ? words : "it ended with a failure");
}

/* One line, at most @size bytes of it. */
static int read_greeting(int fd, char *out, size_t size, struct cg_error *err)
{
	int64_t deadline = cg_clock_in(PATIENCE);
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t len = 0;

	for (;;) {
		ssize_t got;

		if (poll(&ready, 1, cg_clock_left_ms(deadline)) <= 0)
			return cg_error_set(err, CG_E_TIMEOUT, "no greeting");
		got = read(fd, out + len, size - 1 - len);
		if (got <= 0)
			return cg_error_set(err, CG_E_DIED,
					    "it ended before its greeting");
		len += (size_t)got;
		out[len] = '\0';
		if (strchr(out, '\n') || len == size - 1)
			return 0;
	}
}

int bench_run_bare(struct bench_cost *out, const char *emulator, char *greeting,
		   size_t size, struct cg_error *err)
{
	cg_auto_child struct cg_child *child = NULL;
	cg_auto_close int ours = -1, theirs = -1;
	int64_t cpu = cpu_of_children(), start;
	char chardev[48];
	const char *const argv[] = {
		emulator,   "-nodefaults",    "-no-user-config",
		"-display", "none",           "-S",
		"-machine", "none,accel=tcg", "-chardev",
		chardev,    "-mon",           "chardev=m,mode=control",
		NULL
	};
	int ends[2], ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return cg_error_errno(err, "socketpair");
	ours = ends[0];
	theirs = ends[1];
	snprintf(chardev, sizeof(chardev), "socket,id=m,fd=%d", theirs);
	start = cg_clock_now();
	if (cg_child_start(&child, argv, theirs, err) < 0)
		return -1;
	close(cg_take_fd(&theirs));
	ret = read_greeting(ours, greeting, size, err);
	out->wall = cg_clock_now() - start;
	child = cg_child_free(child);
	reap_all();
	out->cpu = cpu_of_children() - cpu;
	return ret < 0 ? cg_error_prefix(err, "%s", emulator) : 0;
}
