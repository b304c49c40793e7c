// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate check launch: the gate's verdict, and nothing is started. */
#include "lib/command.h"
#include "lib/launch-verdict.h"

static const char *const arguments[] = { "argv", "accel", "record", NULL };

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_verdict struct cg_verdict verdict = { 0 };
	cg_auto_launch struct cg_launch launch = { 0 };

	if (!json_array_size(json_object_get(args, "argv")))
		return cg_error_set(err, CG_E_USAGE, "check launch: -- QEMU ARGUMENT...");
	if (cg_launch_judge(&launch, context, args, &verdict, err) < 0)
		return -1;
	*reply = cg_launch_json(&launch, &verdict);
	return 0;
}

const struct cg_command cg_command_check_launch = { "check-launch", arguments, run,
						    CG_COMMAND_READS | CG_COMMAND_QUICK };
