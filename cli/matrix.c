// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpugate matrix RECORD...: a row for the guests of each kind of host, a column for each
 * goal. With --html, as a page.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/paint.h"

#define CELL 4
#define NUMBER 4
#define NAME_MIN 12
#define NAME_MAX 40
#define NAME_ALONE 24
#define TOO_MANY 999

/* What a cell says, in the order of the legend. */
enum mark {
	MARK_SELF,
	MARK_YES,
	MARK_FEATURES,
	MARK_VENDOR,
	MARK_OTHER,
	MARK_NONE,
	MARK_UNDECIDED,
	MARKS
};

static const struct {
	const char *sign, *words;
	enum cg_paint paint;
} marks[MARKS] = {
	[MARK_SELF] = { "=", "itself and its like", CG_PAINT_DIM },
	[MARK_YES] = { "+", "can go there", CG_PAINT_GOOD },
	[MARK_FEATURES] = { "12", "can't: so many features differ", CG_PAINT_BAD },
	[MARK_VENDOR] = { "v", "can't: another vendor", CG_PAINT_BAD },
	[MARK_OTHER] = { "x", "can't: see --json or --html", CG_PAINT_BAD },
	[MARK_NONE] = { ".", "no such guest: its host refuses it", CG_PAINT_DIM },
	[MARK_UNDECIDED] = { "?", "can't be decided", CG_PAINT_PLAIN },
};

struct table {
	const struct cg_view *view;
	const json_t *classes, *cells;
	size_t count;
	int name;          /* columns of it */
	int hosts;         /* of how many there are of a kind; 0 if they are all alone */
	unsigned int seen; /* a bit for each mark */
};

static bool has_reason(const json_t *cell, const char *code)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(json_object_get(cell, "reasons"), i, reason)
		if (strcmp(json_string_value(reason), code) == 0)
			return true;
	return false;
}

static enum mark mark_of(const json_t *cell, bool self)
{
	const char *verdict = cg_json_text(cell, "verdict");

	if (strcmp(verdict, "yes") == 0)
		return self ? MARK_SELF : MARK_YES;
	if (strcmp(verdict, "no") != 0)
		return has_reason(cell, "record.self-inconsistent") ? MARK_NONE
								    : MARK_UNDECIDED;
	if (has_reason(cell, "identity.vendor"))
		return MARK_VENDOR;
	return json_array_size(json_object_get(cell, "features")) ? MARK_FEATURES
								  : MARK_OTHER;
}

/* Characters of UTF-8 text. */
static int length(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

/* Padded, or cut with two dots. */
static void print_name(const char *name, int columns)
{
	int len = length(name);
	const char *end = name;

	if (len <= columns) {
		printf("%s%*s", name, columns - len, "");
		return;
	}
	for (int left = columns - 1; *end; end++)
		if (((unsigned char)*end & 0xc0) != 0x80 && !--left)
			break;
	printf("%.*s..", (int)(end - name), name);
}

static const json_t *hosts_of(const struct table *t, size_t class)
{
	return json_object_get(json_array_get(t->classes, class), "hosts");
}

static const char *name_of(const struct table *t, size_t class)
{
	return cg_json_text(json_array_get(t->classes, class), "name");
}

/* Names get what the cells leave, unless those need several lines anyway. */
static void measure(struct table *t)
{
	int longest = (int)strlen("FROM"), room;

	for (size_t i = 0; i < t->count; i++) {
		int len = length(name_of(t, i));

		longest = len > longest ? len : longest;
		if (json_array_size(hosts_of(t, i)) > 1)
			t->hosts = 7;
	}
	room = t->view->width - NUMBER - t->hosts - CELL * (int)t->count;
	room = room < NAME_MIN ? NAME_ALONE : room > NAME_MAX ? NAME_MAX : room;
	t->name = longest < room ? longest : room;
}

static void print_cell(struct table *t, size_t from, size_t to)
{
	const json_t *cell = json_array_get(json_array_get(t->cells, from), to);
	size_t features = json_array_size(json_object_get(cell, "features"));
	enum mark mark = mark_of(cell, from == to);
	char text[24], padded[24];

	t->seen |= 1u << mark;
	snprintf(text, sizeof(text), "%zu", features < TOO_MANY ? features : TOO_MANY);
	snprintf(padded, sizeof(padded), "%*s", CELL,
		 mark == MARK_FEATURES ? text : marks[mark].sign);
	cg_paint(t->view, marks[mark].paint, padded, 0);
}

static void print_row(struct table *t, size_t from, size_t first, size_t end)
{
	size_t hosts = json_array_size(hosts_of(t, from));

	printf("%*zu ", NUMBER - 1, from + 1);
	print_name(name_of(t, from), t->name);
	if (t->hosts && hosts > 1)
		printf(" x%-*zu", t->hosts - 2, hosts);
	else
		printf("%*s", t->hosts, "");
	for (size_t to = first; to < end; to++)
		print_cell(t, from, to);
	putchar('\n');
}

/* As many columns as fit, then the next. */
static void print_columns(struct table *t, size_t first, size_t end)
{
	char number[24];

	cg_paint(t->view, CG_PAINT_HEAD, "    FROM", NUMBER + t->name + t->hosts);
	for (size_t to = first; to < end; to++) {
		snprintf(number, sizeof(number), "%*zu", CELL, to + 1);
		cg_paint(t->view, CG_PAINT_HEAD, number, 0);
	}
	putchar('\n');
	for (size_t from = 0; from < t->count; from++)
		print_row(t, from, first, end);
}

static void print_legend(const struct table *t)
{
	int at = 0;

	for (enum mark m = 0; m < MARKS; m++) {
		char text[80];
		int len;

		if (!(t->seen & 1u << m))
			continue;
		len = snprintf(text, sizeof(text), "%s %s", marks[m].sign,
			       marks[m].words);
		if (at && at + 3 + len > t->view->width) {
			putchar('\n');
			at = 0;
		}
		at += printf("%s%s", at ? "   " : "", text);
	}
	putchar('\n');
}

static void print_sentence(const struct cg_view *view, const char *text)
{
	cg_auto_json json_t *words = json_array();

	for (size_t len; *text; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		json_array_append_new(words, json_stringn(text, len));
	}
	cg_paint_wrapped(view, words, 2);
}

static void print_islands(const struct cg_view *view, const json_t *reply,
			  const char *side, const char *words)
{
	const json_t *hosts = json_object_get(json_object_get(reply, "islands"), side);
	const char *advice = cg_json_text(json_object_get(reply, "advice"), side);
	char line[512];

	if (!json_array_size(hosts))
		return;
	cg_paint(view, CG_PAINT_HEAD, words, 0);
	printf(" %s\n", cg_paint_list(hosts, view->width - (int)strlen(words) - 1, line,
				      sizeof(line)));
	print_sentence(view, advice);
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	struct table t = { .view = view,
			   .classes = json_object_get(reply, "classes"),
			   .cells = json_object_get(reply, "cells") };
	const char *definition = cg_json_text(reply, "definition");
	size_t fit;

	(void)err;
	t.count = json_array_size(t.classes);
	measure(&t);
	fit = (size_t)(view->width - NUMBER - t.name - t.hosts) / CELL;
	cg_paint(view, CG_PAINT_HEAD,
		 definition ? definition : "each host's own best guest", 0);
	printf("   %s   %s\n", cg_json_text(reply, "machine"),
	       cg_json_text(reply, "accel"));
	for (size_t first = 0; first < t.count; first += fit)
		print_columns(&t, first, first + fit < t.count ? first + fit : t.count);
	print_legend(&t);
	print_islands(view, reply, "out", "Guests can never get away from:");
	print_islands(view, reply, "in", "Nothing can come to:");
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_matrix = {
	.name = "matrix",
	.command = "matrix",
	.operand = "records...",
	.help = "which hosts can send guests to which",
	.print = print,
	.draws = true,
	.status = cg_paint_verdict_status,
};
