// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate run -- QEMU ARGUMENT... */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/json.h"
#include "cli/paint.h"

/*
 * Why nothing was started, or what was started was ended. Standard output is the emulator's own,
 * so people are told where complaints go.
 */
static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	bool started = json_is_true(json_object_get(reply, "started"));

	if (json_object_get(reply, "end"))
		return CG_EXIT_YES;
	if (fflush(stdout) == EOF || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return cg_error_errno(err, "write to standard error");
	cg_paint_verdict(view, reply,
			 started ? "it was ended at the gate"
				 : "nothing was started");
	return CG_EXIT_YES;
}

/* End by the same signal, as whoever waits for us expects it of the emulator. */
static void die_of(int number)
{
	struct rlimit none = { 0, 0 };
	sigset_t set;

	setrlimit(RLIMIT_CORE, &none);
	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
}

static int status(const json_t *reply)
{
	const json_t *end = json_object_get(reply, "end");
	const json_t *signal = json_object_get(end, "signal");

	if (!end)
		return cg_paint_verdict_status(reply);
	if (signal)
		die_of((int)json_integer_value(signal));
	return (int)json_integer_value(json_object_get(end, "status"));
}

const struct cg_verb cg_verb_run = {
	.name = "run",
	.command = "run",
	.operand = "argv...",
	.help = "start QEMU; its guest gets its CPU or never runs",
	.print = print,
	.status = status,
	.own = true,
};
