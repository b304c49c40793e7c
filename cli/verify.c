// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate verify */
#include <stdio.h>

#include "base/json.h"
#include "cli/paint.h"

static long long number(const json_t *row, const char *name)
{
	return (long long)json_integer_value(json_object_get(row, name));
}

static void print_row(const struct cg_view *view, const json_t *row)
{
	bool good = number(row, "mismatched") == 0;
	char text[64];

	snprintf(text, sizeof(text), "%s %s", cg_json_text(row, "accel"),
		 cg_json_text(row, "machine"));
	cg_paint(view, CG_PAINT_PLAIN, text, 30);
	snprintf(text, sizeof(text), "%8lld", number(row, "compared"));
	cg_paint(view, CG_PAINT_PLAIN, text, 10);
	snprintf(text, sizeof(text), "%10lld", number(row, "mismatched"));
	cg_paint(view, good ? CG_PAINT_GOOD : CG_PAINT_BAD, text, 12);
	printf("%11lld\n", number(row, "not-started"));
}

static void print_mismatch(const struct cg_view *view, const json_t *row)
{
	static const char *const lists[] = { "missing", "extra", "not-removed",
					     "removed-too" };
	const char *started = cg_json_text(row, "started");
	char line[256];

	printf("%s %s %s\n", cg_json_text(row, "accel"), cg_json_text(row, "machine"),
	       cg_json_text(row, "definition"));
	if (started)
		printf("  started: %s\n", started);
	for (size_t i = 0; i < CG_COUNT(lists); i++)
		if (json_array_size(json_object_get(row, lists[i])))
			printf("  %s: %s\n", lists[i],
			       cg_paint_list(json_object_get(row, lists[i]),
					     view->width - 16, line, sizeof(line)));
}

static void print_unstartable(const json_t *row)
{
	printf("%s %s: doesn't start, whatever the CPU: %s\n", cg_json_text(row, "accel"),
	       cg_json_text(row, "machine"), cg_json_text(row, "words"));
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const json_t *row;
	size_t i;

	(void)err;
	cg_paint(view, CG_PAINT_HEAD,
		 "MACHINE TYPE                  COMPARED  MISMATCHED  NOT STARTED", 0);
	putchar('\n');
	json_array_foreach(json_object_get(reply, "machines"), i, row)
		print_row(view, row);
	json_array_foreach(json_object_get(reply, "mismatches"), i, row)
		print_mismatch(view, row);
	json_array_foreach(json_object_get(reply, "unstartable"), i, row)
		print_unstartable(row);
	printf("%lld vCPUs compared, %lld mismatched, %lld not started, %lld skipped; seed %lld\n",
	       number(reply, "compared"), number(reply, "mismatched"),
	       number(reply, "not-started"), number(reply, "skipped"),
	       number(reply, "seed"));
	return 0;
}

static int status(const json_t *reply)
{
	return number(reply, "mismatched") ? CG_EXIT_NO : CG_EXIT_YES;
}

const struct cg_verb cg_verb_verify = {
	.name = "verify",
	.command = "verify",
	.help = "start real vCPUs and compare with predictions",
	.print = print,
	.status = status,
};
