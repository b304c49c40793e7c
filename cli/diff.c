// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpugate diff FROM TO. Models that changed in the same way share a line, so a difference
 * that concerns a hundred models is as short as one that concerns one.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/paint.h"

#define LABEL 12       /* columns */
#define LISTED_LINES 2 /* of one list */
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
	printf("%s %s   %s   %s%s%s%s\n", base_name(emulator_text(side, "path")),
	       emulator_text(side, "version"), cg_json_text(side, "machine"),
	       cg_json_text(side, "accel"), backend ? " (" : "", backend ? backend : "",
	       backend ? ")" : "");
	if (differ(reply, "emulator"))
		printf("      %s\n", emulator_text(side, "path"));
	if (differ(reply, "host") && host)
		printf("      host %.*s   %s\n", FINGERPRINT, host,
		       cg_json_text(side, "kernel"));
}

static size_t unknown_to(const json_t *reply, const char *what, const char *key)
{
	return json_array_size(
		json_object_get(json_object_get(json_object_get(reply, "unknown"), what),
				key));
}

/* What has to be known to read the rest. */
static void print_notes(const json_t *reply)
{
	static const char *const keys[] = { "unknown-to-from", "unknown-to-to" };
	static const char *const sides[] = { "FROM", "TO" };
	static const char *const members[] = { "from", "to" };

	for (size_t i = 0; i < CG_COUNT(keys); i++) {
		size_t features = unknown_to(reply, "features", keys[i]);
		size_t properties = unknown_to(reply, "properties", keys[i]);

		if (features)
			printf("%s doesn't know %zu features of %s, which are marked *.\n",
			       sides[i], features, sides[!i]);
		if (properties)
			printf("%s doesn't know %zu properties of %s, which aren't compared.\n",
			       sides[i], properties, sides[!i]);
	}
	for (size_t i = 0; i < CG_COUNT(members); i++) {
		const json_t *side = json_object_get(reply, members[i]);

		if (!json_is_false(json_object_get(side, "enforced")))
			continue;
		printf("%s doesn't mask CPUID: a guest may see more than is effective.\n",
		       cg_json_text(side, "kvm-backend"));
		break;
	}
}

/* Names on lines of the view's width, the first behind what is printed up to @at. */

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

static void print_names(const struct cg_view *view, const char *label,
			const json_t *names)
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

/* The members of @row that are named. */
static json_t *part_of(const json_t *row, const char *const *names)
{
	json_t *part = json_object();

	for (; *names; names++)
		json_object_set(part, *names, json_object_get(row, *names));
	return part;
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

static void add_to_group(json_t *groups, json_t *key, json_t *model)
{
	cg_auto_free char *text = cg_json_canonical(key);

	if (!text)
		return;
	if (!json_object_get(groups, text)) {
		json_object_set_new(key, "models", json_array());
		json_object_set(groups, text, key);
	}
	json_array_append(json_object_get(json_object_get(groups, text), "models"),
			  model);
}

static json_t *largest_first(const json_t *groups)
{
	cg_auto_json json_t *list = json_array();
	const char *text;
	json_t *group;

	cg_json_each(groups, text, group) {
		json_object_set_new(group, "models",
				    sorted(json_object_get(group, "models"), by_version));
		json_array_append(list, group);
	}
	return sorted(list, by_size);
}

/* Rows whose members of these @names are equal become one. */
static json_t *grouped(const json_t *rows, const char *const *names)
{
	cg_auto_json json_t *groups = json_object();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		cg_auto_json json_t *key = part_of(row, names);

		add_to_group(groups, key, json_object_get(row, "model"));
	}
	return largest_first(groups);
}

/*
 * Properties change in the same way for most models whatever their features do: first one
 * group for each change, then one for each set of models, with all changes that concern
 * just them.
 */
static json_t *grouped_properties(const json_t *rows)
{
	static const char *const whole[] = { "name", "from", "to", NULL };
	cg_auto_json json_t *changes = json_object(), *groups = json_object();
	const json_t *row, *property, *change;
	const char *text;
	json_t *group;
	size_t i, p;

	json_array_foreach(rows, i, row)
		json_array_foreach(json_object_get(row, "properties"), p, property) {
			cg_auto_json json_t *key = part_of(property, whole);

			add_to_group(changes, key, json_object_get(row, "model"));
		}
	cg_json_each(changes, text, change) {
		const json_t *models = json_object_get(change, "models");
		cg_auto_free char *name = cg_json_canonical(models);

		if (name && !json_object_get(groups, name))
			json_object_set_new(groups, name,
					    json_pack("{s:O, s:[]}", "models", models,
						      "properties"));
		group = name ? json_object_get(groups, name) : NULL;
		json_array_append(json_object_get(group, "properties"),
				  cg_json_mutable(change));
	}
	return largest_first(groups);
}

/* "Haswell Haswell-v1 (+11)"; @all is the number of all models there are. */
static void print_models(const struct cg_view *view, const json_t *models, size_t all)
{
	char line[512];
	size_t count = json_array_size(models), used = 0, shown = 0;

	for (; shown < count; shown++) {
		const char *name = json_string_value(json_array_get(models, shown));

		if (shown && used + 1 + strlen(name) > (size_t)view->width / 2)
			break;
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s",
					 shown ? " " : "", name);
		if (used >= sizeof(line))
			used = sizeof(line) - 1;
	}
	if (shown < count)
		snprintf(line + used, sizeof(line) - used, " (+%zu)", count - shown);
	if (shown < count && count == all)
		snprintf(line, sizeof(line), "all %zu models", count);
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

static void put_features(struct wrap *w, const json_t *delta, const char *key,
			 const char *sign, const char *mark, size_t *left)
{
	const json_t *name;
	char word[128];
	size_t i;

	json_array_foreach(json_object_get(delta, key), i, name) {
		snprintf(word, sizeof(word), "%s%s%s", sign, json_string_value(name),
			 mark);
		put_word(w, word, --*left);
	}
}

static void print_delta(const struct cg_view *view, const char *label,
			const json_t *delta)
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
	if (json_is_null(value))
		return strdup("none");
	return json_is_string(value) && !cg_json_is_big(value)
		       ? strdup(json_string_value(value))
		       : cg_json_canonical(value);
}

static void print_properties(const struct cg_view *view, const json_t *properties)
{
	struct wrap w = { view, 1, 2, 2 * LISTED_LINES, 0 };
	size_t left = json_array_size(properties), i;
	const json_t *row;

	json_array_foreach(properties, i, row) {
		cg_auto_free char *from = value_text(json_object_get(row, "from"));
		cg_auto_free char *to = value_text(json_object_get(row, "to"));
		char word[256];

		snprintf(word, sizeof(word), "%s %s->%s%s", cg_json_text(row, "name"),
			 from && *from ? from : "\"\"", to && *to ? to : "\"\"",
			 left > 1 ? "," : "");
		put_word(&w, word, --left);
	}
	end_words(&w);
}

static void print_features(const struct cg_view *view, const json_t *reply)
{
	static const char *const names[] = { "requested", "effective", NULL };
	cg_auto_json json_t *groups = grouped(json_object_get(reply, "changed"), names);
	size_t all = (size_t)json_integer_value(json_object_get(reply, "compared")), i;
	const json_t *group;

	json_array_foreach(groups, i, group) {
		const json_t *requested = json_object_get(group, "requested");
		const json_t *effective = json_object_get(group, "effective");

		if (!size_of(requested) && !size_of(effective))
			continue;
		print_models(view, json_object_get(group, "models"), all);
		puts(":");
		if (json_equal(requested, effective)) {
			print_delta(view, "requested and effective", effective);
			continue;
		}
		print_delta(view, "requested", requested);
		print_delta(view, "effective", effective);
	}
}

static void print_all_properties(const struct cg_view *view, const json_t *reply)
{
	cg_auto_json json_t *groups =
		grouped_properties(json_object_get(reply, "changed"));
	size_t all = (size_t)json_integer_value(json_object_get(reply, "compared")), i;
	const json_t *group;

	json_array_foreach(groups, i, group) {
		print_models(view, json_object_get(group, "models"), all);
		printf(", properties:\n  ");
		print_properties(view, json_object_get(group, "properties"));
	}
}

/* Aliases: what follows the model's own name says enough ("-v1"). */

static const char *version_of(const char *alias, const char *model)
{
	if (!alias)
		return "none";
	return strncmp(alias, model, strlen(model)) == 0 ? alias + strlen(model) : alias;
}

/* Most models that move do so together; the rest is one list. */
static void print_realiased(const struct cg_view *view, const json_t *realiased)
{
	static const char *const names[] = { "from", "to", NULL };
	cg_auto_json json_t *rows = json_array(), *groups = NULL, *rest = json_array();
	const json_t *row, *models;
	char word[256];
	size_t i;

	json_array_foreach(realiased, i, row) {
		const char *model = cg_json_text(row, "model");

		json_array_append_new(rows,
				      json_pack("{s:s, s:s, s:s}", "model", model, "from",
						version_of(cg_json_text(row, "from"),
							   model),
						"to",
						version_of(cg_json_text(row, "to"),
							   model)));
	}
	groups = grouped(rows, names);
	json_array_foreach(groups, i, row) {
		models = json_object_get(row, "models");
		if (json_array_size(models) == 1) {
			snprintf(word, sizeof(word), "%s: %s->%s",
				 json_string_value(json_array_get(models, 0)),
				 cg_json_text(row, "from"), cg_json_text(row, "to"));
			json_array_append_new(rest, json_string(word));
			continue;
		}
		cg_paint(view, CG_PAINT_HEAD, "alias of", LABEL);
		print_models(view, models, 0);
		printf(": %s->%s\n", cg_json_text(row, "from"), cg_json_text(row, "to"));
	}
	print_names(view, "alias of", rest);
}

/* All of it. */

static void print_missing(const json_t *reply)
{
	static const char *const sides[] = { "from", "to" }, *const names[] = { "FROM",
										"TO" };

	for (size_t i = 0; i < CG_COUNT(sides); i++) {
		const char *words =
			cg_json_text(json_object_get(reply, sides[i]), "missing");

		if (words)
			printf("cannot decide: %s: %s\n", names[i], words);
	}
}

static size_t count_of(const json_t *reply, const char *list)
{
	return json_array_size(json_object_get(json_object_get(reply, "models"), list));
}

static void print_count(int *at, int width, size_t count, const char *what)
{
	char words[64];
	int len = snprintf(words, sizeof(words), "%zu %s", count, what);

	if (!count)
		return;
	if (*at + 2 + len < width)
		*at += printf(", %s", words);
	else
		*at = printf(",\n%s", words) - 2;
}

static void print_summary(const struct cg_view *view, const json_t *reply)
{
	static const char *const lists[] = { "added",      "removed",      "renamed",
					     "deprecated", "undeprecated", "realiased" };
	size_t undecided = json_array_size(json_object_get(reply, "undecided"));
	const json_t *identical = json_object_get(reply, "identical");
	long long compared = json_integer_value(json_object_get(reply, "compared"));
	int at;

	if (json_is_true(identical)) {
		printf("identical: %lld models\n", compared);
		return;
	}
	at = printf("%zu of %lld models changed",
		    json_array_size(json_object_get(reply, "changed")), compared);
	for (size_t i = 0; i < CG_COUNT(lists); i++)
		print_count(&at, view->width, count_of(reply, lists[i]), lists[i]);
	print_count(&at, view->width, undecided, "undecided");
	if (json_is_null(identical) && !undecided)
		printf("; what guests get isn't known");
	putchar('\n');
}

/* What of the host differs, which is where a change of what guests get comes from. */
static void print_hosts(const struct cg_view *view, const json_t *reply)
{
	cg_auto_json json_t *parts = json_array();
	const json_t *change;
	size_t i;

	json_array_foreach(json_object_get(reply, "host-changed"), i, change)
		json_array_append(parts, json_object_get(change, "part"));
	print_names(view, "host", parts);
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const json_t *models = json_object_get(reply, "models");

	(void)err;
	print_side(view, reply, "from", "FROM");
	print_side(view, reply, "to", "TO");
	if (!models) {
		print_missing(reply);
		return 0;
	}
	print_hosts(view, reply);
	print_notes(reply);
	print_names(view, "added", json_object_get(models, "added"));
	print_names(view, "removed", json_object_get(models, "removed"));
	print_renamed(view, json_object_get(models, "renamed"));
	print_names(view, "deprecated", json_object_get(models, "deprecated"));
	print_names(view, "undeprecated", json_object_get(models, "undeprecated"));
	print_realiased(view, json_object_get(models, "realiased"));
	print_features(view, reply);
	print_all_properties(view, reply);
	print_names(view, "undecided", json_object_get(reply, "undecided"));
	print_summary(view, reply);
	return 0;
}

static int status(const json_t *reply)
{
	const json_t *identical = json_object_get(reply, "identical");

	if (json_is_null(identical))
		return CG_EXIT_UNDECIDED;
	return json_is_true(identical) ? CG_EXIT_YES : CG_EXIT_NO;
}

const struct cg_verb cg_verb_diff = {
	.name = "diff",
	.command = "diff",
	.operand = "from to",
	.help = "how two emulators, hosts or machine types differ",
	.print = print,
	.status = status,
};
