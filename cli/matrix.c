// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate matrix RECORD...: a row for the guests of each kind of host, a column for each goal. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/paint.h"

#define CELL 5

static int name_width(const json_t *rows)
{
	size_t width = strlen("FROM"), i;
	const json_t *row;

	json_array_foreach(rows, i, row) {
		size_t len = strlen(cg_json_text(row, "host"));

		width = len > width ? len : width;
	}
	return (int)width;
}

/* "+", "v" for another vendor, or how many features are missing. */
static void print_cell(const struct cg_view *view, const json_t *cell, bool is_self)
{
	char text[24];

	snprintf(text, sizeof(text), "%*zu", CELL,
		 json_array_size(json_object_get(cell, "missing")));
	if (is_self)
		cg_paint(view, CG_PAINT_DIM, "    =", 0);
	else if (json_is_true(json_object_get(cell, "moves")))
		cg_paint(view, CG_PAINT_GOOD, "    +", 0);
	else if (json_is_true(json_object_get(cell, "other-vendor")))
		cg_paint(view, CG_PAINT_BAD, "    v", 0);
	else
		cg_paint(view, CG_PAINT_BAD, text, 0);
}

static void print_row(const struct cg_view *view, const json_t *row, size_t number,
		      int width)
{
	const json_t *cells = json_object_get(row, "to"), *cell;
	size_t like = json_array_size(json_object_get(row, "hosts")), i;

	printf("%3zu ", number + 1);
	cg_paint(view, CG_PAINT_PLAIN, cg_json_text(row, "host"), width);
	json_array_foreach(cells, i, cell)
		print_cell(view, cell, i == number);
	if (like > 1)
		printf("   %zu hosts", like);
	putchar('\n');
}

static void print_rows(const struct cg_view *view, const json_t *reply)
{
	const json_t *rows = json_object_get(reply, "rows"), *row;
	int width = name_width(rows);
	char line[256];
	size_t i;

	printf("%s   %s   + can go there, v another vendor, 3: so many features are missing\n",
	       cg_json_text(reply, "machine"), cg_json_text(reply, "accel"));
	cg_paint(view, CG_PAINT_HEAD, "    FROM", width + 4);
	for (i = 0; i < json_array_size(rows); i++)
		printf("%*zu", CELL, i + 1);
	putchar('\n');
	json_array_foreach(rows, i, row)
		print_row(view, row, i, width);
	if (json_array_size(json_object_get(reply, "islands")))
		printf("Guests of these hosts could never get away: %s\n",
		       cg_paint_list(json_object_get(reply, "islands"), view->width - 44,
				     line, sizeof(line)));
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	(void)err;
	if (json_object_get(reply, "rows"))
		print_rows(view, reply);
	else
		cg_paint_verdict(view, reply, "they have no machine type in common");
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_matrix = {
	.name = "matrix",
	.command = "matrix",
	.operand = "records...",
	.help = "which hosts can send guests to which",
	.print = print,
	.status = cg_paint_verdict_status,
};
