// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Child processes. A child is always killed as a group and always reaped; the dead that were not reaped yet wait
 * in one list per process, because zombies are a property of the process.
 */
#include "base/child.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/text.h"

struct cg_child {
	pid_t pid;
	int pidfd;
	int output;  /* sealed memfd: standard output and error; -1 if it has ours */
	bool beside; /* in our process group */
	bool reaped;
	struct cg_child_end end;
	struct cg_child *next; /* among the dying */
};

static pthread_mutex_t dying_lock = PTHREAD_MUTEX_INITIALIZER;
static struct cg_child *dying;

static void destroy(struct cg_child *child)
{
	if (child->pidfd >= 0)
		close(child->pidfd);
	if (child->output >= 0)
		close(child->output);
	free(child);
}

/*
 * Non-blocking. Who is left of the group goes first: once the child is reaped, the group's number may
 * be somebody else's.
 */
static bool reap(struct cg_child *child)
{
	siginfo_t info = { 0 };

	if (child->reaped)
		return true;
	if (waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
		child->end.status = -1;
		return child->reaped = errno == ECHILD; /* somebody else took it */
	}
	if (!info.si_pid)
		return false;
	if (!child->beside)
		kill(-child->pid, SIGKILL);
	(void)waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED | WNOHANG);
	child->end.status = info.si_code == CLD_EXITED ? info.si_status : -1;
	child->end.signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	return child->reaped = true;
}

void cg_child_reap(void)
{
	struct cg_child **link = &dying, *child;

	pthread_mutex_lock(&dying_lock);
	while ((child = *link)) {
		if (reap(child)) {
			*link = child->next;
			destroy(child);
		} else {
			link = &child->next;
		}
	}
	pthread_mutex_unlock(&dying_lock);
}

/*
 * A file of fixed size: writing to it never blocks, and what doesn't fit is refused to the child, which has no
 * way to notice on a stream that nobody checks.
 */
static int open_output(struct cg_error *err)
{
	int fd = memfd_create("cpugate-child-output", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return cg_error_errno(err, "memfd_create");
	if (ftruncate(fd, CG_CHILD_OUTPUT) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) < 0) {
		close(fd);
		return cg_error_errno(err, "seal the output of a child");
	}
	return fd;
}

/* What is to be started, and which of our fds it gets. */
struct start {
	const char *path;
	const char *const *argv;
	const int *fds;
	size_t count;
	int output; /* -1: beside us, see cg_child_start_beside() */
};

/* A session of its own, streams of its own; nothing else is open where the kernel can do that. */
static bool stand_apart(int output)
{
	int null;

	if (setsid() < 0)
		return false;
	null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
		return false;
	syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
	return true;
}

/* In the child, between fork and exec: only what is async-signal-safe. */
static void become(const struct start *start, pid_t parent, int report)
{
	sigset_t none;
	int why;

	sigemptyset(&none);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		goto fail;
	if (start->output >= 0 && !stand_apart(start->output))
		goto fail;
	for (size_t i = 0; i < start->count; i++)
		if (fcntl(start->fds[i], F_SETFD, 0) < 0)
			goto fail;
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(start->path, (char *const *)(uintptr_t)start->argv);
fail:
	why = errno;
	(void)!write(report, &why, sizeof(why));
	_exit(127);
}

/* errno of a failed exec comes through a pipe that a successful one closes. */
static int exec_result(int report, const char *path, struct cg_error *err)
{
	int why;
	ssize_t got;

	do
		got = read(report, &why, sizeof(why));
	while (got < 0 && errno == EINTR);
	if (got != sizeof(why))
		return 0;
	errno = why;
	return cg_error_errno(err, "start %s", path);
}

/* Consumes start->output. */
static int spawn(struct cg_child **out, const struct start *start, struct cg_error *err)
{
	cg_auto_child struct cg_child *child = calloc(1, sizeof(*child));
	cg_auto_close int report = -1, output = start->output;
	pid_t parent = getpid();
	int ends[2];

	if (!child)
		return cg_error_errno(err, "start %s", start->path);
	child->pidfd = -1;
	child->reaped = true;
	child->beside = output < 0;
	child->output = cg_take_fd(&output);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return cg_error_errno(err, "pipe");
	child->pid = fork();
	if (child->pid == 0)
		become(start, parent, ends[1]);
	close(ends[1]);
	report = ends[0];
	if (child->pid < 0)
		return cg_error_errno(err, "fork");
	child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pidfd < 0) {
		kill(child->pid, SIGKILL);
		return cg_error_errno(err, "pidfd_open");
	}
	child->reaped = false;
	if (exec_result(report, start->path, err) < 0)
		return -1;
	*out = cg_take(child);
	return 0;
}

int cg_child_start(struct cg_child **out, const char *const argv[], int fd,
		   struct cg_error *err)
{
	struct start start = { argv[0], argv, &fd, fd >= 0, open_output(err) };

	cg_child_reap();
	return start.output < 0 ? -1 : spawn(out, &start, err);
}

int cg_child_start_beside(struct cg_child **out, const char *path,
			  const char *const argv[], const int *fds, size_t count,
			  struct cg_error *err)
{
	struct start start = { path, argv, fds, count, -1 };

	cg_child_reap();
	return spawn(out, &start, err);
}

pid_t cg_child_pid(const struct cg_child *child)
{
	return child->pid;
}

int cg_child_fd(const struct cg_child *child)
{
	return child->pidfd;
}

int cg_child_wait(struct cg_child *child, int64_t deadline, bool *ended,
		  struct cg_child_end *end, struct cg_error *err)
{
	struct pollfd fd = { .fd = child->pidfd, .events = POLLIN };

	while (!reap(child)) {
		int ready = poll(&fd, 1, cg_clock_left_ms(deadline));

		if (ready < 0 && errno != EINTR)
			return cg_error_errno(err, "wait for a child");
		if (ready == 0) {
			*ended = false;
			return 0;
		}
	}
	*ended = true;
	*end = child->end;
	return 0;
}

/* Start and length of the last line in @text that has something to say. */
static size_t last_line(const char *text, size_t len, const char **start)
{
	size_t end = len, begin;

	while (end > 0 && isspace((unsigned char)text[end - 1]))
		end--;
	for (begin = end; begin > 0 && text[begin - 1] != '\n'; begin--)
		;
	*start = text + begin;
	return end - begin;
}

void cg_child_last_words(const struct cg_child *child, char *out, size_t size)
{
	cg_auto_free char *text = child->output < 0 ? NULL : malloc(CG_CHILD_OUTPUT);
	const char *line = "";
	ssize_t got = text ? pread(child->output, text, CG_CHILD_OUTPUT, 0) : 0;
	size_t len = got > 0 ? last_line(text, strnlen(text, (size_t)got), &line) : 0;

	len = len < size ? len : size - 1;
	memcpy(out, line, len);
	out[len] = '\0';
	cg_text_clean(out);
}

struct cg_child *cg_child_free(struct cg_child *child)
{
	if (!child)
		return NULL;
	if (!child->reaped && !reap(child)) {
		if (!child->beside) /* not reaped, so the group's number is its own */
			kill(-child->pid, SIGKILL);
		kill(child->pid, SIGKILL);
	}
	if (child->reaped) {
		destroy(child);
	} else {
		pthread_mutex_lock(&dying_lock);
		child->next = dying;
		dying = child;
		pthread_mutex_unlock(&dying_lock);
	}
	cg_child_reap();
	return NULL;
}

char *cg_child_end_words(const struct cg_child_end *end, char *out, size_t size)
{
	const char *name = end->signal ? sigabbrev_np(end->signal) : NULL;

	if (!end->signal && end->status < 0)
		snprintf(out, size, "an unknown status");
	else if (!end->signal)
		snprintf(out, size, "exit status %d", end->status);
	else if (name)
		snprintf(out, size, "signal SIG%s", name);
	else
		snprintf(out, size, "signal %d", end->signal);
	return out;
}
