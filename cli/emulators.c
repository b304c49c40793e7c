// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate emulators */
#include <stdio.h>

#include "base/json.h"
#include "cli/paint.h"

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const json_t *row;
	size_t i;

	(void)err;
	cg_paint(view, CG_PAINT_HEAD,
		 "EMULATOR                            SHA-256       VERSION", 0);
	putchar('\n');
	json_array_foreach(reply, i, row) {
		const char *error = cg_json_text(row, "error");
		const char *version = cg_json_text(row, "version");
		const char *target = cg_json_text(row, "target");

		cg_paint(view, CG_PAINT_PLAIN, cg_json_text(row, "path"), 36);
		if (error) {
			cg_paint(view, CG_PAINT_BAD, error, 0);
		} else {
			printf("%.12s  %s %s", cg_json_text(row, "sha256"),
			       version ? version : "not asked yet", target ? target : "");
		}
		putchar('\n');
	}
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_emulators = {
	.name = "emulators",
	.command = "emulators",
	.help = "the emulators that are installed",
	.print = print,
};
