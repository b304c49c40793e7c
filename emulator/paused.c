// SPDX-License-Identifier: LGPL-2.1-or-later
/* A command line with three words more, and what goes over the monitor behind them. */
#include "emulator/paused.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/buffer.h"
#include "emulator/guardian.h"

/* Words that we add, and the NULL behind the last. */
#define MORE_WORDS 4
#define ID "cpugate-gate"

struct cg_paused {
	struct cg_child *child;
	struct cg_qmp *qmp;
	int monitor; /* until connected */
	bool let_go;
	struct cg_guardian guardian;
	enum cg_paused_escape escape;
	char *binary;
};

/* What -readconfig reads: a socket, and the monitor that speaks on it. */
static int write_configuration(int monitor, struct cg_error *err)
{
	cg_auto_close int fd = memfd_create(ID, MFD_CLOEXEC);

	if (fd < 0)
		return cg_error_errno(err, "memfd_create");
	if (dprintf(fd,
		    "[chardev \"" ID "\"]\n  backend = \"socket\"\n  fd = \"%d\"\n"
		    "[mon \"" ID "\"]\n  chardev = \"" ID "\"\n  mode = \"control\"\n",
		    monitor) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return cg_error_errno(err, "write the configuration of a monitor");
	return cg_take_fd(&fd);
}

static int execute(struct cg_paused *paused, const json_t *words, const int fds[static 3],
		   struct cg_error *err)
{
	size_t count = json_array_size(words);
	cg_auto_free const char **argv = calloc(count + MORE_WORDS, sizeof(*argv));
	char configuration[40];

	if (!argv)
		return cg_error_errno(err, "command line");
	snprintf(configuration, sizeof(configuration), "/proc/self/fd/%d", fds[1]);
	for (size_t i = 0; i < count; i++)
		argv[i] = json_string_value(json_array_get(words, i));
	argv[count++] = "-readconfig";
	argv[count++] = configuration;
	argv[count] = "-S";
	return cg_child_start_beside(&paused->child, paused->binary, argv, fds,
				     fds[2] < 0 ? 2 : 3, err);
}

/* One that daemonizes may do so at any time from its start. */
static int start_guarded(struct cg_paused *paused, const json_t *words,
			 const int fds[static 3], struct cg_error *err)
{
	if (paused->escape == CG_PAUSED_DAEMONIZES &&
	    cg_guardian_hold(&paused->guardian, paused->monitor, err) < 0)
		return -1;
	if (execute(paused, words, fds, err) < 0)
		return -1;
	return paused->escape == CG_PAUSED_CHANGES_USER
		       ? cg_guardian_watch(&paused->guardian, cg_child_pid(paused->child),
					   err)
		       : 0;
}

int cg_paused_start(struct cg_paused **out, const char *binary, const json_t *words,
		    int keep, enum cg_paused_escape escape, struct cg_error *err)
{
	cg_auto_paused struct cg_paused *paused = calloc(1, sizeof(*paused));
	cg_auto_close int theirs = -1, configuration = -1;
	int ends[2];

	if (!paused)
		return cg_error_errno(err, "start %s", binary);
	paused->monitor = -1;
	paused->guardian = CG_GUARDIAN;
	paused->escape = escape;
	paused->binary = strdup(binary);
	if (!paused->binary)
		return cg_error_errno(err, "start %s", binary);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return cg_error_errno(err, "socketpair");
	paused->monitor = ends[0];
	theirs = ends[1];
	configuration = write_configuration(theirs, err);
	if (configuration < 0 ||
	    start_guarded(paused, words, (int[]){ theirs, configuration, keep }, err) < 0)
		return -1;
	*out = cg_take(paused);
	return 0;
}

int cg_paused_connect(struct cg_paused *paused, const struct cg_qmp_limits *limits,
		      struct cg_error *err)
{
	if (cg_qmp_open(&paused->qmp, cg_take_fd(&paused->monitor), limits, err) < 0)
		return cg_error_prefix(err, "%s", paused->binary);
	return 0;
}

struct cg_qmp *cg_paused_qmp(struct cg_paused *paused)
{
	return paused->qmp;
}

int cg_paused_let_go(struct cg_paused *paused, bool hold, struct cg_error *err)
{
	cg_auto_json json_t *done = NULL;

	if (!hold && cg_qmp_call(paused->qmp, "cont", NULL, &done, err) < 0)
		return cg_error_prefix(err, "%s", paused->binary);
	if (paused->escape == CG_PAUSED_DAEMONIZES)
		cg_guardian_dismiss(&paused->guardian);
	paused->qmp = cg_qmp_close(paused->qmp);
	paused->let_go = true;
	return 0;
}

/* What the kernel sent went to the whole process group of a terminal. */
static void pass_on(const struct cg_paused *paused, int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_code != SI_KERNEL)
			kill(cg_child_pid(paused->child), (int)info.ssi_signo);
}

int cg_paused_attend(struct cg_paused *paused, int signals, struct cg_child_end *end,
		     struct cg_error *err)
{
	struct pollfd fds[] = {
		{ .fd = cg_child_fd(paused->child), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	int64_t deadline = paused->let_go ? CG_NO_DEADLINE
					  : cg_clock_in(CG_PAUSED_PATIENCE);
	bool ended = false;

	while (!ended) {
		int ready = poll(fds, CG_COUNT(fds), cg_clock_left_ms(deadline));

		if (ready < 0 && errno != EINTR)
			return cg_error_errno(err, "wait for %s", paused->binary);
		if (ready == 0)
			return cg_error_set(err, CG_E_TIMEOUT,
					    "%s has left its monitor and doesn't end",
					    paused->binary);
		pass_on(paused, signals);
		if (cg_child_wait(paused->child, cg_clock_in(0), &ended, end, err) < 0)
			return -1;
	}
	return 0;
}

/* One that has daemonized is no child of ours, but it is who speaks on the monitor. */
static void kill_speaker(const struct cg_paused *paused)
{
	pid_t speaker = paused->qmp ? cg_qmp_peer(paused->qmp) : 0;

	if (speaker > 0 && speaker != cg_child_pid(paused->child))
		kill(speaker, SIGKILL);
}

/* A daemon that hasn't spoken yet is known to nobody; the child has been killed by now. */
static void end_escaped(struct cg_paused *paused)
{
	if (paused->escape == CG_PAUSED_DAEMONIZES)
		cg_guardian_let_act(&paused->guardian);
	cg_guardian_deinit(&paused->guardian);
}

void cg_paused_end(struct cg_paused *paused, int64_t deadline)
{
	struct cg_child_end end;
	struct cg_error ignored;
	bool ended;

	kill_speaker(paused);
	kill(cg_child_pid(paused->child), SIGKILL);
	end_escaped(paused);
	(void)!cg_child_wait(paused->child, deadline, &ended, &end, &ignored);
	paused->qmp = cg_qmp_close(paused->qmp);
}

struct cg_paused *cg_paused_free(struct cg_paused *paused)
{
	if (!paused)
		return NULL;
	kill_speaker(paused);
	cg_qmp_close(paused->qmp);
	if (paused->monitor >= 0)
		close(paused->monitor);
	cg_child_free(paused->child);
	end_escaped(paused);
	free(paused->binary);
	free(paused);
	return NULL;
}
