// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate host */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/paint.h"

/* One line a part: its text, or how much there is. */
static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const json_t *parts = json_object_get(reply, "parts");
	const char *name;
	json_t *value;

	(void)err;
	printf("fingerprint %s\n", cg_json_text(reply, "fingerprint"));
	cg_json_each(parts, name, value) {
		cg_auto_free char *text = cg_json_canonical(value);
		int room = view->width - 22;

		cg_paint(view, CG_PAINT_HEAD, name, 22);
		if (json_is_string(value))
			puts(json_string_value(value));
		else if (text && (int)strlen(text) <= room)
			puts(text);
		else
			printf("%zu values (--json shows them)\n",
			       json_object_size(value));
	}
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_host = {
	.name = "host",
	.command = "host",
	.help = "what answers under KVM depend on",
	.print = print,
};
