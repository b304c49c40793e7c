// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpugate diff FROM TO. Models that changed in the same way share a line, so a difference that concerns a hundred models is as
 * short as one that concerns one.
 */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "cli/paint.h"

#define LINE_BYTES 65536
#define LABEL 12	/* columns */
#define LISTED_LINES 2	/* of one list of features or properties */
#define FINGERPRINT 8

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The sides. */

static const char *emulator_text(const json_t *side, const char *key)
{
	return cg_json_text(json_object_get(side, "emulator"), key);
}

static bool differ(const json_t *reply, const char *key)
{
	return !json_equal(json_object_get(json_object_get(reply, "from"), key),
			   json_object_get(json_object_get(reply, "to"), key));
}

static void print_side(const struct cg_view *view, const json_t *reply, const char *name,
		       const char *label)
{
	const json_t *side = json_object_get(reply, name);
	const char *backend = cg_json_text(side, "kvm-backend");
	const char *host = cg_json_text(side, "host");

	cg_paint(view, CG_PAINT_HEAD, label, 6);
	printf("%s %s   %s   %s%s%s%s%s\n", base_name(emulator_text(side, "path")),
	       emulator_text(side, "version"), cg_json_text(side, "machine"),
	       cg_json_text(side, "accel"), backend ? " (" : "", backend ? backend : "",
	       backend ? ")" : "", json_is_false(json_object_get(side, "enforced")) ? ", not enforced" : "");
	if (differ(reply, "emulator"))
		printf("      %s\n", emulator_text(side, "path"));
	if (differ(reply, "host") && host)
		printf("      host %.*s   %s\n", FINGERPRINT, host, cg_json_text(side, "kernel"));
}

/* Names on lines of the view's width, the first one behind what has been printed up to column @at. */

struct wrap {
	const struct cg_view *view;
	int at, indent;
	int lines;     /* that are still allowed */
	size_t hidden; /* what had no place on them */
};

static void put_word(struct wrap *w, const char *word, size_t left)
{
	int len = (int)strlen(word), tail = left > 0 && w->lines == 1 ? 10 : 0;

	if (w->hidden || w->lines == 0) {
		w->hidden++;
		return;
	}
	if (w->at > w->indent && w->at + 1 + len + tail > w->view->width) {
		if (--w->lines == 0) {
			w->hidden++;
			return;
		}
		printf("\n%*s", w->indent, "");
		w->at = w->indent;
	}
	w->at += printf("%s%s", w->at > w->indent ? " " : "", word);
}

static void end_words(struct wrap *w)
{
	if (w->hidden)
		printf(" (+%zu)", w->hidden);
	putchar('\n');
}

static void print_names(const struct cg_view *view, const char *label, const json_t *names)
{
	size_t count = json_array_size(names);
	struct wrap w = { view, LABEL, LABEL, LISTED_LINES, 0 };
	const json_t *name;
	size_t i;

	if (!count)
		return;
	cg_paint(view, CG_PAINT_HEAD, label, LABEL);
	json_array_foreach(names, i, name)
		put_word(&w, json_string_value(name), count - i - 1);
	end_words(&w);
}

static void print_renamed(const struct cg_view *view, const json_t *renamed)
{
	const json_t *row;
	size_t i;

	json_array_foreach(renamed, i, row) {
		cg_paint(view, CG_PAINT_HEAD, "renamed", LABEL);
		printf("%s -> %s\n", cg_json_text(row, "from"), cg_json_text(row, "to"));
	}
}

/* Grouping: rows that are equal but for "model" become one, with "models". */

static json_t *without_model(const json_t *row)
{
	json_t *key = json_copy(cg_json_mutable(row));

	json_object_del(key, "model");
	return key;
}

static int by_version(const void *a, const void *b)
{
	return strverscmp(json_string_value(*(json_t *const *)a),
			  json_string_value(*(json_t *const *)b));
}

static json_t *sorted(const json_t *list, int (*compare)(const void *a, const void *b))
{
	size_t count = json_array_size(list);
	cg_auto_free json_t **items = calloc(count + 1, sizeof(json_t *));
	json_t *out = json_array();

	for (size_t i = 0; items && i < count; i++)
		items[i] = json_array_get(list, i);
	if (items)
		qsort(items, count, sizeof(json_t *), compare);
	for (size_t i = 0; items && i < count; i++)
		json_array_append(out, items[i]);
	return out;
}

/* The largest first. */
static int by_size(const void *a, const void *b)
{
	const json_t *x = json_object_get(*(json_t *const *)a, "models");
	const json_t *y = json_object_get(*(json_t *const *)b, "models");

	if (json_array_size(x) != json_array_size(y))
		return json_array_size(x) < json_array_size(y) ? 1 : -1;
	return strverscmp(json_string_value(json_array_get(x, 0)),
			  json_string_value(json_array_get(y, 0)));
}

static json_t *grouped(const json_t *rows)
{
	cg_auto_json json_t *groups = json_object(), *list = json_array();
	json_t *row, *group;
	const char *text;
	size_t i;

	json_array_foreach(rows, i, row) {
		cg_auto_json json_t *key = without_model(row);
		cg_auto_free char *name = cg_json_canonical(key);

		if (!name)
			continue;
		if (!json_object_get(groups, name)) {
			json_object_set_new(key, "models", json_array());
			json_object_set(groups, name, key);
		}
		group = json_object_get(groups, name);
		json_array_append(json_object_get(group, "models"), json_object_get(row, "model"));
	}
	cg_json_each(groups, text, group) {
		json_object_set_new(group, "models",
				    sorted(json_object_get(group, "models"), by_version));
		json_array_append(list, group);
	}
	return sorted(list, by_size);
}

/* "Haswell Haswell-v1 (+11):" */
static void print_models(const struct cg_view *view, const json_t *models)
{
	char line[512];
	size_t count = json_array_size(models), used = 0, shown = 0;

	for (; shown < count; shown++) {
		const char *name = json_string_value(json_array_get(models, shown));

		if (shown && used + 1 + strlen(name) > (size_t)view->width / 2)
			break;
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s", shown ? " " : "",
					 name);
		if (used >= sizeof(line))
			used = sizeof(line) - 1;
	}
	if (shown < count)
		snprintf(line + used, sizeof(line) - used, " (+%zu)", count - shown);
	cg_paint(view, CG_PAINT_HEAD, line, 0);
}

/* What changed of a model. */

static size_t size_of(const json_t *delta)
{
	json_t *list;
	const char *name;
	size_t size = 0;

	cg_json_each(delta, name, list)
		size += json_array_size(list);
	return size;
}

static void put_features(struct wrap *w, const json_t *delta, const char *key, const char *sign,
			 const char *mark, size_t *left)
{
	const json_t *name;
	char word[128];
	size_t i;

	json_array_foreach(json_object_get(delta, key), i, name) {
		snprintf(word, sizeof(word), "%s%s%s", sign, json_string_value(name), mark);
		put_word(w, word, --*left);
	}
}

static void print_delta(const struct cg_view *view, const char *label, const json_t *delta)
{
	size_t left = size_of(delta);
	struct wrap w = { view, 2, 4, LISTED_LINES, 0 };

	if (!left)
		return;
	w.at = printf("  %s", label);
	put_features(&w, delta, "lost", "-", "", &left);
	put_features(&w, delta, "unknown-to-to", "-", "*", &left);
	put_features(&w, delta, "gained", "+", "", &left);
	put_features(&w, delta, "unknown-to-from", "+", "*", &left);
	end_words(&w);
}

static char *value_text(const json_t *value)
{
	return json_is_string(value) && !cg_json_is_big(value) ? strdup(json_string_value(value))
							       : cg_json_canonical(value);
}

static void print_properties(const struct cg_view *view, const json_t *properties)
{
	struct wrap w = { view, 2, 4, 2 * LISTED_LINES, 0 };
	size_t left = json_array_size(properties), i;
	const json_t *row;

	if (!left)
		return;
	w.at = printf("  properties");
	json_array_foreach(properties, i, row) {
		cg_auto_free char *from = value_text(json_object_get(row, "from"));
		cg_auto_free char *to = value_text(json_object_get(row, "to"));
		char word[256];

		snprintf(word, sizeof(word), "%s %s->%s%s", cg_json_text(row, "name"),
			 from && *from ? from : "\"\"", to && *to ? to : "\"\"", left > 1 ? "," : "");
		put_word(&w, word, --left);
	}
	end_words(&w);
}

static void print_group(const struct cg_view *view, const json_t *group)
{
	const json_t *requested = json_object_get(group, "requested");
	const json_t *effective = json_object_get(group, "effective");

	print_models(view, json_object_get(group, "models"));
	puts(":");
	if (json_equal(requested, effective)) {
		print_delta(view, "requested and effective", effective);
	} else {
		print_delta(view, "requested", requested);
		print_delta(view, "effective", effective);
	}
	print_properties(view, json_object_get(group, "properties"));
}

/* Aliases: what follows the model's own name says enough ("-v1"). */

static const char *version_of(const char *alias, const char *model)
{
	if (!alias)
		return "none";
	return strncmp(alias, model, strlen(model)) == 0 ? alias + strlen(model) : alias;
}

static void print_realiased(const struct cg_view *view, const json_t *realiased)
{
	cg_auto_json json_t *rows = json_array(), *groups = NULL;
	const json_t *row;
	size_t i;

	json_array_foreach(realiased, i, row) {
		const char *model = cg_json_text(row, "model");

		json_array_append_new(
			rows, json_pack("{s:s, s:s, s:s}", "model", model, "from",
					version_of(cg_json_text(row, "from"), model), "to",
					version_of(cg_json_text(row, "to"), model)));
	}
	groups = grouped(rows);
	json_array_foreach(groups, i, row) {
		cg_paint(view, CG_PAINT_HEAD, "alias of", LABEL);
		print_models(view, json_object_get(row, "models"));
		printf(": %s -> %s\n", cg_json_text(row, "from"), cg_json_text(row, "to"));
	}
}

/* All of it. */

static void print_missing(const json_t *reply)
{
	static const char *const sides[] = { "from", "to" }, *const names[] = { "FROM", "TO" };

	for (size_t i = 0; i < CG_COUNT(sides); i++) {
		const char *words = cg_json_text(json_object_get(reply, sides[i]), "missing");

		if (words)
			printf("cannot decide: %s: %s\n", names[i], words);
	}
}

static size_t count_of(const json_t *reply, const char *list)
{
	return json_array_size(json_object_get(json_object_get(reply, "models"), list));
}

static void print_summary(const json_t *reply)
{
	size_t changed = json_array_size(json_object_get(reply, "changed"));
	size_t undecided = json_array_size(json_object_get(reply, "undecided"));

	if (json_is_true(json_object_get(reply, "identical"))) {
		puts("identical");
		return;
	}
	printf("%zu models changed, %zu added, %zu removed, %zu renamed, %zu aliases moved", changed,
	       count_of(reply, "added"), count_of(reply, "removed"), count_of(reply, "renamed"),
	       count_of(reply, "realiased"));
	if (undecided)
		printf("; %zu can't be compared", undecided);
	putchar('\n');
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const json_t *models = json_object_get(reply, "models"), *group;
	cg_auto_json json_t *groups = grouped(json_object_get(reply, "changed"));
	size_t i;

	(void)err;
	print_side(view, reply, "from", "FROM");
	print_side(view, reply, "to", "TO");
	if (!models) {
		print_missing(reply);
		return 0;
	}
	print_names(view, "added", json_object_get(models, "added"));
	print_names(view, "removed", json_object_get(models, "removed"));
	print_renamed(view, json_object_get(models, "renamed"));
	print_names(view, "deprecated", json_object_get(models, "deprecated"));
	print_names(view, "undeprecated", json_object_get(models, "undeprecated"));
	print_realiased(view, json_object_get(models, "realiased"));
	json_array_foreach(groups, i, group)
		print_group(view, group);
	print_names(view, "undecided", json_object_get(reply, "undecided"));
	print_summary(reply);
	return 0;
}

static int status(const json_t *reply)
{
	const json_t *identical = json_object_get(reply, "identical");

	if (json_is_null(identical))
		return CG_EXIT_UNDECIDED;
	return json_is_true(identical) ? CG_EXIT_YES : CG_EXIT_NO;
}

const struct cg_verb cg_verb_diff = { "diff", "diff", "from to",
				      "what two emulators, hosts or machine types differ in",
				      print, status };
