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

/* Their numbers, behind the standard streams. */
#define PIPE 3
#define VICTIM 4
#define END_MS 10000
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

int cg_guardian_start(struct cg_guardian *out, const struct cg_outgoing *source,
		      pid_t destination, struct cg_error *err)
{
	cg_auto_close int victim =
		destination ? (int)syscall(SYS_pidfd_open, destination, 0) : -1;
	cg_auto_close int theirs = -1, ours = -1;
	int ends[2];
	pid_t pid;

	if (destination && victim < 0)
		return cg_error_errno(err, "pidfd_open");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return cg_error_errno(err, "socketpair");
	theirs = ends[0];
	ours = ends[1];
	pid = fork();
	if (pid < 0)
		return cg_error_errno(err, "fork");
	if (pid == 0)
		guard(source, theirs, victim);
	*out = (struct cg_guardian){ pid, cg_take_fd(&ours), source->runs };
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

/* It reads that before it sees the end, and so does nothing, whenever we are killed from now on. */
void cg_guardian_dismiss(struct cg_guardian *g)
{
	if (g->pipe < 0)
		return;
	tell(g, DISMISSED);
	cg_closep(&g->pipe);
}

void cg_guardian_deinit(struct cg_guardian *g)
{
	cg_guardian_dismiss(g);
	while (g->pid && waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*g = CG_GUARDIAN;
}
