// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate run -- QEMU ARGUMENT... */
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/end.h"
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

static int status(const json_t *reply)
{
	return json_object_get(reply, "end") ? cg_end_status(reply)
					     : cg_paint_verdict_status(reply);
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
