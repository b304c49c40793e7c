// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate expand DEFINITION */
#include <stdio.h>
#include <string.h>

#include "base/child.h"
#include "base/json.h"
#include "cli/paint.h"

static void print_list(const struct cg_view *view, const char *title, const json_t *list)
{
	char head[64];

	if (!json_is_array(list))
		return;
	snprintf(head, sizeof(head), "%s (%zu)", title, json_array_size(list));
	cg_paint(view, CG_PAINT_HEAD, head, 0);
	putchar('\n');
	cg_paint_wrapped(view, list, 2);
}

static void print_scalars(const struct cg_view *view, const json_t *properties)
{
	static const char *const shown[] = { "vendor", "family", "model",    "stepping",
					     "level",  "xlevel", "phys-bits" };
	int at = 0;

	if (!json_object_get(properties, shown[0])) /* no x86 */
		return;
	for (size_t i = 0; i < CG_COUNT(shown); i++) {
		const json_t *value = json_object_get(properties, shown[i]);
		cg_auto_free char *number = value ? cg_json_canonical(value) : NULL;
		const char *text = json_is_string(value) ? json_string_value(value)
							 : number;
		int len = text ? (int)(strlen(shown[i]) + 1 + strlen(text)) : 0;

		if (!text)
			continue;
		if (at && at + 2 + len > view->width) {
			putchar('\n');
			at = 0;
		}
		at += printf("%s%s %s", at ? "  " : "", shown[i], text);
	}
	putchar('\n');
}

static void print_end(const json_t *end)
{
	const json_t *signal = json_object_get(end, "signal");
	struct cg_child_end how = {
		.status = (int)json_integer_value(json_object_get(end, "status")),
		.signal = (int)json_integer_value(signal),
	};
	const char *words = cg_json_text(end, "words");
	char text[64];

	printf("QEMU doesn't start with it: %s%s%s\n",
	       cg_child_end_words(&how, text, sizeof(text)), words ? ": " : "",
	       words ? words : "");
}

static void print_verdict(const struct cg_view *view, const json_t *reply)
{
	const json_t *usable = json_object_get(reply, "usable");
	const json_t *end = json_object_get(reply, "not-startable");

	fputs("usable  ", stdout);
	if (json_is_true(usable))
		cg_paint(view, CG_PAINT_GOOD, "yes", 0);
	else if (json_is_false(usable))
		cg_paint(view, CG_PAINT_BAD, "no", 0);
	else
		cg_paint(view, CG_PAINT_DIM, "not known", 0);
	putchar('\n');
	if (end)
		print_end(end);
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const char *alias = cg_json_text(json_object_get(reply, "model"), "alias-of");

	if (cg_paint_about(view, err) < 0)
		return -1;
	cg_paint(view, CG_PAINT_HEAD, cg_json_text(reply, "definition"), 0);
	printf("%s%s\n", alias ? " = " : "", alias ? alias : "");
	print_scalars(view, json_object_get(reply, "properties"));
	print_verdict(view, reply);
	if (json_object_get(reply, "blockers"))
		print_list(view, "needs", json_object_get(reply, "blockers"));
	print_list(view, "missing here", json_object_get(reply, "removed"));
	if (json_is_null(json_object_get(reply, "effective")))
		print_list(view, "asks for, among what this target names",
			   json_object_get(reply, "requested"));
	print_list(view, "guest gets", json_object_get(reply, "effective"));
	if (json_array_size(json_object_get(reply, "hidden")))
		print_list(view, "of which CPUID hides",
			   json_object_get(reply, "hidden"));
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_expand = {
	.name = "expand",
	.command = "expand",
	.operand = "definition",
	.help = "what a CPU definition asks for, and a guest gets",
	.print = print,
};
