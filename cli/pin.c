// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate pin -- QEMU ARGUMENT... */
#include <stdio.h>

#include "base/json.h"
#include "cli/paint.h"

static const char *command_of(const json_t *reply, const char *form)
{
	return cg_json_text(json_object_get(reply, form), "command");
}

/* One line that a shell takes, and nothing else; remarks are for people. */
static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	bool both = json_is_true(json_object_get(view->args, "both"));
	bool brief = json_is_true(json_object_get(view->args, "short"));
	const json_t *notes = json_object_get(reply, "notes"), *note;
	size_t i;

	(void)err;
	if (both)
		json_array_foreach(notes, i, note)
			printf("# %s\n", json_string_value(note));
	if (both || brief)
		puts(command_of(reply, "short"));
	if (both || !brief)
		puts(command_of(reply, "long"));
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_pin = {
	.name = "pin",
	.command = "pin",
	.operand = "argv...",
	.help = "a QEMU command line with its CPU spelled out",
	.print = print,
};
