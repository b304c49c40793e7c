// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate probe */
#include <stdio.h>

#include "base/json.h"
#include "cli/paint.h"

static void print_row(const struct cg_view *view, const json_t *row)
{
	const char *error = cg_json_text(row, "error");

	cg_paint(view, CG_PAINT_HEAD, cg_json_text(row, "accel"), 5);
	if (error) {
		cg_paint(view, CG_PAINT_PLAIN, cg_json_text(row, "machine"), 19);
		cg_paint(view, CG_PAINT_BAD, error, 0);
		putchar('\n');
		return;
	}
	printf("%-18s %4lld models ", cg_json_text(row, "machine"),
	       (long long)json_integer_value(json_object_get(row, "models")));
	if (json_object_get(row, "complete"))
		printf("%4lld lack nothing here  ",
		       (long long)json_integer_value(json_object_get(row, "complete")));
	printf("%s\n", json_is_true(json_object_get(row, "equation-holds"))
			       ? cg_json_text(row, "way")
			       : "QEMU's own lists differ and are used");
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const json_t *emulator = json_object_get(reply, "emulator"), *row;
	size_t i;

	(void)err;
	printf("%s %s (%s)\n", cg_json_text(emulator, "path"),
	       cg_json_text(emulator, "version"), cg_json_text(emulator, "package"));
	json_array_foreach(json_object_get(reply, "probed"), i, row)
		print_row(view, row);
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_probe = {
	.name = "probe",
	.command = "probe",
	.help = "measure everything about a machine type now",
	.print = print,
};
