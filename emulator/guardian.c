// SPDX-License-Identifier: LGPL-2.1-or-later
/* Who stays behind. */
#include "emulator/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* Their numbers, behind the standard streams. */
#define PIPE 3
#define VICTIM 4
#define END_MS 10000
#define ACT_MS 2000
#define SETTLE_NS (60 * CG_S)

/* What it is told, a byte each. */
enum { RUNS = 'r', STANDS = 's', DISMISSED = 'd' };

/* Nobody waits for the end of a stream because of us, nor for a monitor to be free. */
static void leave_everything(int pipe, int victim)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	/* First to where nothing is overwritten by the second. */
	pipe = fcntl(pipe, F_DUPFD, VICTIM + 1);
	victim = fcntl(victim, F_DUPFD, VICTIM + 1);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	dup2(pipe, PIPE);
	if (dup2(victim, VICTIM) < 0)
		close(VICTIM); /* there is none */
	syscall(SYS_close_range, VICTIM + 1U, ~0U, 0);
}

static bool was_dismissed(int pipe, bool *runs)
{
	char said;
	ssize_t got;

	while ((got = read(pipe, &said, 1)) == 1 || (got < 0 && errno == EINTR)) {
		if (got == 1 && said == DISMISSED)
			return true;
		if (got == 1)
			*runs = said == RUNS;
	}
	return false;
}

static void end_victim(int victim)
{
	struct pollfd fd = { .fd = victim, .events = POLLIN };

	syscall(SYS_pidfd_send_signal, victim, SIGKILL, NULL, 0);
	(void)!poll(&fd, 1, END_MS);
}

/* Who wrote what can be read now, 0 if it isn't known; -1 if nobody is there any more. */
static pid_t read_speaker(int monitor)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char data[4096];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t got = recvmsg(monitor, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	struct ucred who;

	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
		return -1;
	if (!c || c->cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(&who, CMSG_DATA(c), sizeof(who));
	return who.pid;
}

/* It speaks when it is asked something, once it has come so far. */
static void end_speaker(int monitor)
{
	static const char question[] = "\n{}\n";
	struct pollfd fd = { .fd = monitor, .events = POLLIN };
	int64_t deadline = cg_clock_in(SETTLE_NS);
	pid_t speaker = 0;
	int victim, on = 1;

	setsockopt(monitor, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	if (send(monitor, question, sizeof(question) - 1, MSG_NOSIGNAL) < 0)
		return;
	while (speaker == 0 && poll(&fd, 1, cg_clock_left_ms(deadline)) != 0)
		speaker = read_speaker(monitor);
	victim = speaker > 0 ? (int)syscall(SYS_pidfd_open, speaker, 0) : -1;
	/* Had it ended before, the number could be another's. */
	if (victim >= 0 && (poll(&fd, 1, 0) == 0 || !(fd.revents & POLLHUP)))
		end_victim(victim);
}

static _Noreturn void guard(const struct cg_outgoing *source, int pipe, int victim)
{
	/* Its monitor is another connection: the old one ends with us both. */
	struct cg_outgoing o = { .path = source->path,
				 .limits = source->limits,
				 .pid = source->pid,
				 .runs = source->runs,
				 .marked = source->marked };
	struct cg_error ignored;

	leave_everything(pipe, victim);
	if (was_dismissed(PIPE, &o.runs))
		_exit(0);
	if (victim >= 0)
		end_victim(VICTIM);
	_exit(cg_outgoing_settle(&o, cg_clock_in(SETTLE_NS), &ignored) < 0);
}

/* @end is done to the fd @what, which is a pidfd or a socket. */
static _Noreturn void guard_one(int pipe, int what, void (*end)(int what))
{
	bool unused;

	leave_everything(pipe, what);
	if (!was_dismissed(PIPE, &unused))
		end(VICTIM);
	_exit(0);
}

/* 0 in the new process, where *@theirs is its end; the caller has its own in @out. */
static int split(struct cg_guardian *out, int *theirs, pid_t *pid, struct cg_error *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return cg_error_errno(err, "socketpair");
	*pid = fork();
	if (*pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return cg_error_errno(err, "fork");
	}
	*theirs = ends[0];
	if (*pid == 0)
		return 0;
	close(ends[0]);
	*out = (struct cg_guardian){ .pid = *pid, .pipe = ends[1] };
	return 0;
}

int cg_guardian_start(struct cg_guardian *out, const struct cg_outgoing *source,
		      pid_t destination, struct cg_error *err)
{
	cg_auto_close int victim =
		destination ? (int)syscall(SYS_pidfd_open, destination, 0) : -1;
	int theirs;
	pid_t pid;

	if (destination && victim < 0)
		return cg_error_errno(err, "pidfd_open");
	if (split(out, &theirs, &pid, err) < 0)
		return -1;
	if (pid == 0)
		guard(source, theirs, victim);
	out->runs = source->runs;
	return 0;
}

int cg_guardian_hold(struct cg_guardian *out, int monitor, struct cg_error *err)
{
	int theirs;
	pid_t pid;

	if (split(out, &theirs, &pid, err) < 0)
		return -1;
	if (pid == 0)
		guard_one(theirs, monitor, end_speaker);
	return 0;
}

int cg_guardian_watch(struct cg_guardian *out, pid_t child, struct cg_error *err)
{
	cg_auto_close int victim = (int)syscall(SYS_pidfd_open, child, 0);
	int theirs;
	pid_t pid;

	if (victim < 0)
		return cg_error_errno(err, "pidfd_open");
	if (split(out, &theirs, &pid, err) < 0)
		return -1;
	if (pid == 0)
		guard_one(theirs, victim, end_victim);
	return 0;
}

static void tell(const struct cg_guardian *g, char what)
{
	while (send(g->pipe, &what, 1, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

void cg_guardian_note(struct cg_guardian *g, bool runs)
{
	if (g->pipe < 0 || runs == g->runs)
		return;
	g->runs = runs;
	tell(g, runs ? RUNS : STANDS);
}

void cg_guardian_let_act(struct cg_guardian *g)
{
	struct pollfd end = { .fd = -1, .events = POLLIN };

	if (g->pipe < 0)
		return;
	end.fd = (int)syscall(SYS_pidfd_open, g->pid, 0);
	close(g->pipe);
	if (end.fd >= 0 && poll(&end, 1, ACT_MS) == 1)
		(void)waitpid(g->pid, NULL, 0);
	if (end.fd >= 0)
		close(end.fd);
	*g = CG_GUARDIAN;
}

/* It reads that before it sees the end, and so does nothing, whenever we are killed from now on. */
void cg_guardian_dismiss(struct cg_guardian *g)
{
	if (g->pipe < 0)
		return;
	tell(g, DISMISSED);
	close(g->pipe);
	g->pipe = -1; /* the number may be another file's from now on */
}

void cg_guardian_deinit(struct cg_guardian *g)
{
	cg_guardian_dismiss(g);
	while (g->pid && waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*g = CG_GUARDIAN;
}
