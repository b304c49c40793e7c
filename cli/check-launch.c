// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate check launch -- QEMU ARGUMENT... */
#include <stdio.h>

#include "base/json.h"
#include "cli/paint.h"

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const char *definition = cg_json_text(reply, "definition");
	const char *machine = cg_json_text(reply, "machine");
	char words[512] = "";

	(void)err;
	if (machine)
		snprintf(words, sizeof(words), "%.300s%son %s, %s",
			 definition ? definition : "", definition ? " " : "", machine,
			 cg_json_text(reply, "accel"));
	cg_paint_verdict(view, reply, words);
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_check_launch = {
	.name = "check launch",
	.command = "check-launch",
	.operand = "argv...",
	.help = "would QEMU start, and the guest get its CPU",
	.print = print,
	.status = cg_paint_verdict_status,
};
