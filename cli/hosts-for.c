// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate hosts-for GUEST RECORD...: a line for each host, best first. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/paint.h"

#define CODE_WIDTH 23

static int name_width(const json_t *hosts)
{
	size_t width = strlen("HOST"), i;
	const json_t *host;

	json_array_foreach(hosts, i, host) {
		size_t len = strlen(cg_json_text(host, "host"));

		width = len > width ? len : width;
	}
	return (int)width;
}

static enum cg_paint paint_of(const char *verdict)
{
	if (strcmp(verdict, "yes") == 0)
		return CG_PAINT_GOOD;
	return strcmp(verdict, "no") == 0 ? CG_PAINT_BAD : CG_PAINT_DIM;
}

/* The features of all reasons that have the code of the first, or its words. */
static void print_reasons(const struct cg_view *view, const json_t *reasons, int at)
{
	const json_t *first = json_array_get(reasons, 0), *reason;
	cg_auto_json json_t *features = json_array();
	char line[512];
	size_t i;

	if (!first)
		return;
	json_array_foreach(reasons, i, reason)
		if (json_equal(json_object_get(reason, "code"),
			       json_object_get(first, "code")) &&
		    json_object_get(reason, "feature"))
			json_array_append(features, json_object_get(reason, "feature"));
	cg_paint(view, CG_PAINT_PLAIN, cg_json_text(first, "code"), CODE_WIDTH);
	if (json_array_size(features))
		fputs(cg_paint_list(features, view->width - at - CODE_WIDTH, line,
				    sizeof(line)),
		      stdout);
	else
		fputs(cg_json_text(first, "words"), stdout);
	if (json_array_size(features) &&
	    json_array_size(features) < json_array_size(reasons))
		fputs(" and more", stdout);
}

static void print_host(const struct cg_view *view, const json_t *host, int width)
{
	const char *verdict = cg_json_text(host, "verdict");
	const json_t *spare = json_object_get(host, "spare");

	cg_paint(view, CG_PAINT_PLAIN, cg_json_text(host, "host"), width + 2);
	cg_paint(view, paint_of(verdict), verdict, 11);
	if (spare)
		printf("%lld features to spare", (long long)json_integer_value(spare));
	else
		print_reasons(view, json_object_get(host, "reasons"), width + 13);
	putchar('\n');
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const json_t *hosts = json_object_get(reply, "hosts"), *host;
	int width = name_width(hosts);
	size_t able = 0, i;

	(void)err;
	cg_paint(view, CG_PAINT_HEAD, cg_json_text(reply, "guest"), 0);
	printf("   %s   %s\n", cg_json_text(reply, "machine"),
	       cg_json_text(reply, "accel"));
	cg_paint(view, CG_PAINT_HEAD, "HOST", width + 2);
	cg_paint(view, CG_PAINT_HEAD, "VERDICT    WHY", 0);
	putchar('\n');
	json_array_foreach(hosts, i, host) {
		print_host(view, host, width);
		able += strcmp(cg_json_text(host, "verdict"), "yes") == 0;
	}
	printf("%zu of %zu hosts can take it.\n", able, json_array_size(hosts));
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_hosts_for = {
	.name = "hosts-for",
	.command = "hosts-for",
	.operand = "guest records...",
	.help = "which hosts can take a guest with this CPU",
	.print = print,
	.status = cg_paint_verdict_status,
};
