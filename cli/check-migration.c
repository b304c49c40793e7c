// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate check migration --guest GUEST --to HOST, check restore --contract FILE */
#include <stdio.h>

#include "base/json.h"
#include "cli/paint.h"

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const char *to = cg_json_text(reply, "to");
	char words[512];

	(void)err;
	snprintf(words, sizeof(words), "%.200s%s%.200s", cg_json_text(reply, "guest"),
		 to ? " to " : "", to ? to : "");
	cg_paint_verdict(view, reply, words);
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_check_migration = {
	.name = "check migration",
	.command = "check-migration",
	.operand = "",
	.help = "may a guest go to another host",
	.print = print,
	.status = cg_paint_verdict_status,
};

const struct cg_verb cg_verb_check_restore = {
	.name = "check restore",
	.command = "check-restore",
	.operand = "saved",
	.help = "may a guest that was saved go on",
	.print = print,
	.status = cg_paint_verdict_status,
};
