/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A child process that can't outlive us, can't block us and can't fill our memory: it gets
 * SIGKILL when the thread that started it ends, a session of its own, no fd but those named,
 * and a sealed 64 KiB file for all that it prints. It is watched through a pidfd.
 *
 * fork() and not posix_spawn(): the death signal must be set between fork and exec, which posix_spawn can't.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

#define CG_CHILD_OUTPUT (64 * 1024)

struct cg_child;

/*
 * How a child ended: exit status, or the signal that killed it. In a process that ignores SIGCHLD, or where somebody
 * else waits for our children, it isn't known.
 */
struct cg_child_end {
	int status; /* of exit(), -1 if it was killed or it isn't known */
	int signal; /* 0 if it exited or it isn't known */
};

/*
 * Start @argv (argv[0] is the path) with our environment and working directory, standard input empty, and @fd
 * (or -1) inherited under its own number. Returns when exec has succeeded or failed.
 */
cg_must_check int cg_child_start(struct cg_child **out, const char *const argv[], int fd,
				 struct cg_error *err);

/*
 * The same for a program that the user wants to run and that we only watch over: in our process
 * group, with our standard streams and all that we were given open, and of our own the @count
 * @fds. @argv[0] is what it finds as its name. What it prints isn't kept. It still can't outlive us.
 */
cg_must_check int cg_child_start_beside(struct cg_child **out, const char *path,
					const char *const argv[], const int *fds,
					size_t count, struct cg_error *err);

pid_t cg_child_pid(const struct cg_child *child);

/* Readable when the child has ended; owned by the child. */
int cg_child_fd(const struct cg_child *child);

/*
 * Wait for the end until @deadline; *@ended says whether it came. Reaps. May be asked again.
 */
cg_must_check int cg_child_wait(struct cg_child *child, int64_t deadline, bool *ended,
				struct cg_child_end *end, struct cg_error *err);

/* The last line that the child printed with something in it, cut to @size; "" if none. */
void cg_child_last_words(const struct cg_child *child, char *out, size_t size);

/*
 * Kill the child's whole process group and forget it. Doesn't wait for it to die (a KVM guest takes 30 ms); it is reaped at a
 * later start or free, or by cg_child_reap(). Takes NULL; returns NULL.
 */
struct cg_child *cg_child_free(struct cg_child *child);

/* Who was let go of and has died since is reaped: for those who may not start or free any for long. Never blocks. */
void cg_child_reap(void);

/* "exit status 1", "signal SIGABRT" or "an unknown status" into @out. Returns @out. */
char *cg_child_end_words(const struct cg_child_end *end, char *out, size_t size);

static inline void cg_child_freep(struct cg_child **child)
{
	cg_child_free(*child);
}
#define cg_auto_child cg_cleanup(cg_child_freep)
