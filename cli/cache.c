// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate cache list|why|history|prune|path */
#include <stdio.h>

#include "base/json.h"
#include "cli/paint.h"

static int print_facts(const struct cg_view *view, const json_t *reply,
		       struct cg_error *err)
{
	const json_t *row;
	size_t i;

	(void)err;
	cg_paint(view, CG_PAINT_HEAD,
		 "MEASURED  KIND            ACCEL  EMULATOR  KERNEL            NAME", 0);
	putchar('\n');
	json_array_foreach(reply, i, row) {
		const char *emulator = cg_json_text(row, "emulator");
		const char *kernel = cg_json_text(row, "kernel");
		char age[24];

		printf("%-9s %-15s %-6s %-9.8s %-17.17s %.60s%s\n",
		       cg_paint_age(json_integer_value(json_object_get(row, "measured")),
				    age, sizeof(age)),
		       cg_json_text(row, "kind"), cg_json_text(row, "accel"),
		       emulator ? emulator : "-", kernel ? kernel : "-",
		       cg_json_text(row, "name"),
		       json_object_get(row, "replaced") ? " (replaced)" : "");
	}
	return CG_EXIT_YES;
}

static void print_value(const json_t *value)
{
	cg_auto_free char *text = json_is_string(value) ? NULL : cg_json_canonical(value);

	printf("%.60s", json_is_null(value)     ? "nothing"
			: json_is_string(value) ? json_string_value(value)
						: text);
}

static void print_changes(const json_t *changed)
{
	const json_t *change;
	size_t i;

	json_array_foreach(changed, i, change) {
		printf("  %s: ", cg_json_text(change, "part"));
		print_value(json_object_get(change, "from"));
		fputs(" -> ", stdout);
		print_value(json_object_get(change, "to"));
		putchar('\n');
	}
}

static int print_why(const struct cg_view *view, const json_t *reply,
		     struct cg_error *err)
{
	const json_t *rows = json_object_get(reply, "remeasure"), *row, *last = NULL;
	size_t i;

	(void)err;
	if (json_is_false(json_object_get(reply, "known"))) {
		printf("%s was never measured.\n", cg_json_text(reply, "emulator"));
		return CG_EXIT_YES;
	}
	if (!json_array_size(rows))
		puts("Nothing has changed: what is known still holds.");
	json_array_foreach(rows, i, row) {
		const json_t *changed = json_object_get(row, "changed");
		char head[96];

		snprintf(head, sizeof(head), "%s %s: would be measured again",
			 cg_json_text(row, "accel"), cg_json_text(row, "fact"));
		cg_paint(view, CG_PAINT_HEAD, head, 0);
		puts(last && json_equal(last, changed) ? ", for the same reasons" : "");
		if (!last || !json_equal(last, changed))
			print_changes(changed);
		last = changed;
	}
	return CG_EXIT_YES;
}

static int print_prune(const struct cg_view *view, const json_t *reply,
		       struct cg_error *err)
{
	(void)view;
	(void)err;
	printf("%lld facts forgotten.\n",
	       (long long)json_integer_value(json_object_get(reply, "forgotten")));
	return CG_EXIT_YES;
}

static int print_path(const struct cg_view *view, const json_t *reply,
		      struct cg_error *err)
{
	(void)view;
	(void)err;
	puts(cg_json_text(reply, "path"));
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_cache_list = {
	.name = "cache list",
	.command = "cache-list",
	.help = "the facts that the cache holds",
	.print = print_facts,
};
const struct cg_verb cg_verb_cache_why = {
	.name = "cache why",
	.command = "cache-why",
	.help = "what would be measured again, and what changed",
	.print = print_why,
};
const struct cg_verb cg_verb_cache_history = {
	.name = "cache history",
	.command = "cache-history",
	.help = "what could not be had, over time",
	.print = print_facts,
};
const struct cg_verb cg_verb_cache_prune = {
	.name = "cache prune",
	.command = "cache-prune",
	.help = "forget other hosts, other emulators and history",
	.print = print_prune,
};
const struct cg_verb cg_verb_cache_path = {
	.name = "cache path",
	.command = "cache-path",
	.help = "where the cache is",
	.print = print_path,
};
