// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate models: the table that a new user sees first. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/paint.h"

static int name_width(const json_t *models)
{
	const json_t *model;
	size_t i, width = strlen("MODEL");

	json_array_foreach(models, i, model) {
		size_t len = strlen(cg_json_text(model, "name"));

		width = len > width ? len : width;
	}
	return (int)width;
}

static void print_model(const struct cg_view *view, const json_t *model, int width)
{
	const json_t *usable = json_object_get(model, "usable");
	const char *alias = cg_json_text(model, "alias-of");
	char line[512];
	int room = view->width - width - 10;

	cg_paint(view, CG_PAINT_PLAIN, cg_json_text(model, "name"), width + 2);
	if (json_is_true(usable))
		cg_paint(view, CG_PAINT_GOOD, "yes", alias ? 8 : 0);
	else if (json_is_false(usable))
		cg_paint(view, CG_PAINT_BAD, "no", 8);
	else
		cg_paint(view, CG_PAINT_DIM, "?", alias ? 8 : 0);
	if (json_is_false(usable))
		fputs(cg_paint_list(json_object_get(model, "unavailable-features"), room,
				    line, sizeof(line)),
		      stdout);
	else if (alias) {
		snprintf(line, sizeof(line), "= %s", alias);
		cg_paint(view, CG_PAINT_DIM, line, 0);
	}
	putchar('\n');
}

static void print_summary(const struct cg_view *view, const json_t *models)
{
	bool recorded = json_object_get(view->args, "record") != NULL;
	size_t usable = 0, unknown = 0, i;
	const char *example = NULL;
	const json_t *model;

	json_array_foreach(models, i, model) {
		const json_t *is = json_object_get(model, "usable");

		usable += json_is_true(is);
		unknown += json_is_null(is);
		if (json_is_false(is) && json_object_get(model, "alias-of"))
			example = cg_json_text(model, "name");
	}
	printf("%zu of %zu models usable %s.", usable, json_array_size(models),
	       recorded ? "there" : "here");
	if (unknown && recorded)
		printf("  ? %zu not started there.", unknown);
	else if (unknown && unknown == json_array_size(models))
		printf("  This target doesn't say what its models lack.");
	else if (unknown)
		printf("  ? %zu not started yet: cpugate probe does.", unknown);
	if (example)
		printf("  Why one isn't: cpugate expand %s", example);
	putchar('\n');
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(cg_json_text(*(json_t *const *)a, "name"),
			  cg_json_text(*(json_t *const *)b, "name"));
}

static json_t *sorted(const json_t *models)
{
	size_t count = json_array_size(models);
	cg_auto_free json_t **items = calloc(count + 1, sizeof(json_t *));
	json_t *out = json_array();

	for (size_t i = 0; items && i < count; i++)
		items[i] = json_array_get(models, i);
	if (items)
		qsort(items, count, sizeof(json_t *), by_name);
	for (size_t i = 0; items && i < count; i++)
		json_array_append(out, items[i]);
	return out;
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	cg_auto_json json_t *models = sorted(reply);
	int width = name_width(models);
	const json_t *model;
	size_t i;

	if (cg_paint_about(view, err) < 0)
		return -1;
	cg_paint(view, CG_PAINT_HEAD, "MODEL", width + 2);
	cg_paint(view, CG_PAINT_HEAD, "USABLE  MISSING HERE", 0);
	putchar('\n');
	json_array_foreach(models, i, model)
		print_model(view, model, width);
	print_summary(view, models);
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_models = {
	.name = "models",
	.command = "models",
	.help = "the CPU models, and what each of them lacks here",
	.print = print,
};
