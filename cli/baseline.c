// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate baseline RECORD...: the definition first, then what it costs. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/paint.h"

#define COLUMN 34     /* of features */
#define MARK_WIDTH 15 /* "   ! mitigation" */

static const json_t *hosts_of(const json_t *item)
{
	return json_object_get(item, "hosts");
}

static int list_width(const json_t *names)
{
	const json_t *name;
	size_t width = 0, i;

	json_array_foreach(names, i, name)
		width += strlen(json_string_value(name)) + 1;
	return width > INT_MAX ? INT_MAX : (int)width;
}

/* Features that the same hosts cost follow each other. */
static size_t take_group(const json_t *lost, size_t first, json_t *features,
			 bool *mitigation)
{
	const json_t *hosts = hosts_of(json_array_get(lost, first));
	size_t i = first;

	*mitigation = false;
	for (; i < json_array_size(lost); i++) {
		const json_t *item = json_array_get(lost, i);

		if (hosts_of(item) != hosts && !json_equal(hosts_of(item), hosts))
			break;
		json_array_append(features, json_object_get(item, "feature"));
		*mitigation |= json_is_true(json_object_get(item, "mitigation"));
	}
	return i;
}

/*
 * Who is to blame goes behind the features, or on a line of its own if there is no
 * room.
 */
static void print_loss(const struct cg_view *view, const json_t *features,
		       const json_t *hosts, bool mitigation)
{
	int room = view->width - COLUMN - 11 - (int)strlen("because of ") - MARK_WIDTH;
	bool fits = list_width(hosts) <= room;
	char line[512];

	fputs("  lost   ", stdout);
	cg_paint(view, CG_PAINT_PLAIN,
		 cg_paint_list(features, COLUMN, line, sizeof(line)),
		 fits ? COLUMN + 2 : 0);
	if (!json_array_size(hosts))
		fputs("every host gives it, but no such model has it", stdout);
	else if (fits)
		printf("because of %s", cg_paint_list(hosts, room, line, sizeof(line)));
	if (mitigation)
		cg_paint(view, CG_PAINT_BAD, "   ! mitigation", 0);
	if (!fits)
		printf("\n         because of %s",
		       cg_paint_list(hosts, view->width - 20, line, sizeof(line)));
	putchar('\n');
}

static void print_lost(const struct cg_view *view, const json_t *lost)
{
	for (size_t i = 0; i < json_array_size(lost);) {
		cg_auto_json json_t *features = json_array();
		const json_t *hosts = hosts_of(json_array_get(lost, i));
		bool mitigation;

		i = take_group(lost, i, features, &mitigation);
		print_loss(view, features, hosts, mitigation);
	}
}

static void print_left_out(const struct cg_view *view, const json_t *left_out)
{
	const json_t *item;
	char line[256];
	size_t i;

	json_array_foreach(left_out, i, item) {
		fputs("  not in ", stdout);
		cg_paint(view, CG_PAINT_PLAIN,
			 cg_paint_list(json_object_get(item, "features"), COLUMN, line,
				       sizeof(line)),
			 COLUMN + 2);
		puts(cg_json_text(item, "words"));
	}
}

static json_int_t features_of(const json_t *part)
{
	return json_integer_value(json_object_get(part, "features"));
}

static void print_gain(const json_t *without)
{
	char line[256];

	if (!without)
		return;
	printf("  without %s: %s, %lld features\n",
	       cg_paint_list(hosts_of(without), 60, line, sizeof(line)),
	       cg_json_text(json_object_get(without, "model"), "name"),
	       (long long)features_of(without));
}

static void print_partition(const struct cg_view *view, const json_t *partition)
{
	const json_t *groups = json_object_get(partition, "groups"), *group;
	char line[512];
	size_t i;

	if (!partition)
		return;
	printf("in %zu groups%s:\n", json_array_size(groups),
	       json_is_true(json_object_get(partition, "exact"))
		       ? ""
		       : ", of which there may be better ones");
	json_array_foreach(groups, i, group) {
		const char *definition = cg_json_text(group, "definition");

		printf("  %s\n", cg_paint_list(hosts_of(group), view->width - 2, line,
					       sizeof(line)));
		if (definition)
			printf("    %s   %lld features\n", definition,
			       (long long)features_of(group));
		else
			puts("    nothing in common that a guest could have");
	}
}

static void print_yes(const struct cg_view *view, const json_t *reply)
{
	json_int_t hosts = json_integer_value(json_object_get(reply, "hosts"));

	cg_paint(view, CG_PAINT_HEAD, cg_json_text(reply, "definition"), 0);
	if (hosts == 1)
		printf("\n  %s   %s   runs there, %lld features\n",
		       cg_json_text(reply, "machine"), cg_json_text(reply, "accel"),
		       (long long)features_of(reply));
	else
		printf("\n  %s   %s   runs on all %lld hosts, %lld features\n",
		       cg_json_text(reply, "machine"), cg_json_text(reply, "accel"),
		       (long long)hosts, (long long)features_of(reply));
	print_lost(view, json_object_get(reply, "lost"));
	print_left_out(view, json_object_get(reply, "left-out"));
	print_gain(json_object_get(reply, "without"));
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const json_t *warning;
	size_t i;

	(void)err;
	if (strcmp(cg_json_text(reply, "verdict"), "yes") == 0)
		print_yes(view, reply);
	else
		cg_paint_verdict(view, reply,
				 "there is no CPU that all of them can give");
	print_partition(view, json_object_get(reply, "partition"));
	json_array_foreach(json_object_get(reply, "warnings"), i, warning)
		printf("! %s\n", json_string_value(warning));
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_baseline = {
	.name = "baseline",
	.command = "baseline",
	.operand = "records...",
	.help = "the CPU that guests can have on all these hosts",
	.print = print,
	.status = cg_paint_verdict_status,
};
