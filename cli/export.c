// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate export --format FORMAT [DEFINITION]: the text as it is, for a file. */
#include <stdio.h>

#include "base/json.h"
#include "cli/verb.h"

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	(void)view;
	(void)err;
	fputs(cg_json_text(reply, "text"), stdout);
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_export = {
	.name = "export",
	.command = "export",
	.operand = "definition",
	.help = "a CPU in the words of libvirt, Nova and others",
	.print = print,
};
