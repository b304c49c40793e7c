// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate contract show|list|export|import|verify|forget|impact */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/output.h"
#include "cli/paint.h"

static void print_line(const char *label, const char *text)
{
	printf("%-14s %s\n", label, text ? text : "-");
}

static void print_list(const struct cg_view *view, const char *label, const json_t *list)
{
	if (!json_array_size(list))
		return;
	printf("%s (%zu)\n", label, json_array_size(list));
	cg_paint_wrapped(view, list, 2);
}

static void print_object(const char *label, const json_t *object)
{
	const char *name, *between = "";
	json_t *value;

	printf("%-14s ", label);
	cg_json_each(object, name, value) {
		cg_auto_free char *text =
			json_is_string(value) ? NULL : cg_json_canonical(value);

		printf("%s%s %s", between, name, text ? text : json_string_value(value));
		between = ", ";
	}
	putchar('\n');
}

static void print_made(const json_t *made)
{
	const json_t *emulator = json_object_get(made, "emulator");
	const char *kernel = cg_json_text(made, "kernel");
	char age[24];

	printf("%-14s %s ago by QEMU %s%s%s\n", "made",
	       cg_paint_age(json_integer_value(json_object_get(made, "at")), age,
			    sizeof(age)),
	       cg_json_text(emulator, "version"), kernel ? " on " : "",
	       kernel ? kernel : "");
}

static void print_platform(const json_t *platform)
{
	const json_t *item;
	size_t i;

	if (json_array_size(platform))
		printf("decided by the host (%zu)\n", json_array_size(platform));
	json_array_foreach(platform, i, item) {
		const json_t *found = json_object_get(item, "found");

		printf("  %-10s %-24s %s%s\n", cg_json_text(item, "device"),
		       cg_json_text(item, "name"), cg_json_text(item, "depends-on"),
		       json_is_false(found)  ? ", not found"
		       : json_is_true(found) ? ", found"
					     : "");
	}
}

static int print_contract(const struct cg_view *view, const json_t *reply,
			  struct cg_error *err)
{
	(void)err;
	print_line("name", cg_json_text(reply, "name"));
	print_line("UUID", cg_json_text(reply, "uuid"));
	print_line("machine", cg_json_text(reply, "machine"));
	print_line("accelerator", cg_json_text(reply, "accel"));
	print_line("CPU", cg_json_text(reply, "definition"));
	print_object("vCPUs", json_object_get(reply, "topology"));
	print_object("identity", json_object_get(reply, "scalars"));
	print_made(json_object_get(reply, "made"));
	print_line("digest", cg_json_text(reply, "digest"));
	print_list(view, "features", json_object_get(reply, "features"));
	print_list(view, "may be missing", json_object_get(reply, "allow-missing"));
	print_platform(json_object_get(reply, "platform"));
	return CG_EXIT_YES;
}

static int print_contracts(const struct cg_view *view, const json_t *reply,
			   struct cg_error *err)
{
	const json_t *rows = json_object_get(reply, "contracts"), *row;
	size_t i;

	(void)err;
	if (!json_array_size(rows)) {
		printf("No contracts in %s.\n", cg_json_text(reply, "path"));
		return CG_EXIT_YES;
	}
	cg_paint(view, CG_PAINT_HEAD,
		 "NAME                     WRITTEN  ACCEL  MACHINE             CPU", 0);
	putchar('\n');
	json_array_foreach(rows, i, row) {
		const char *problem = cg_json_text(row, "problem");
		char age[24];

		cg_paint_age(json_integer_value(json_object_get(row, "written")), age,
			     sizeof(age));
		if (problem)
			printf("%-24s %-8s %s\n", cg_json_text(row, "name"), age,
			       problem);
		else
			printf("%-24s %-8s %-6s %-19s %.60s%s\n",
			       cg_json_text(row, "name"), age, cg_json_text(row, "accel"),
			       cg_json_text(row, "machine"),
			       cg_json_text(row, "definition"),
			       json_object_get(row, "replaced") ? " (replaced)" : "");
	}
	return CG_EXIT_YES;
}

/* The contract, in any case. */
static int print_export(const struct cg_view *view, const json_t *reply,
			struct cg_error *err)
{
	cg_auto_free char *text = cg_json_canonical(reply);

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a contract");
	if (view->output)
		return cg_output_write(view->output, text, err);
	puts(text);
	return CG_EXIT_YES;
}

static int print_import(const struct cg_view *view, const json_t *reply,
			struct cg_error *err)
{
	(void)view;
	(void)err;
	printf("Kept as %s in %s%s.\n", cg_json_text(reply, "name"),
	       cg_json_text(reply, "path"),
	       json_is_true(json_object_get(reply, "replaced"))
		       ? "; the one before is contract show --replaced 1"
		       : "");
	return CG_EXIT_YES;
}

static int print_verified(const struct cg_view *view, const json_t *reply,
			  struct cg_error *err)
{
	const json_t *rows = json_object_get(reply, "contracts"), *row;
	size_t i;

	(void)err;
	if (!json_array_size(rows))
		puts("There are no contracts.");
	json_array_foreach(rows, i, row) {
		char words[512];

		snprintf(words, sizeof(words), "%.128s%s%.60s%s%.8s",
			 cg_json_text(row, "name"),
			 cg_json_text(row, "machine") ? " on " : "",
			 cg_json_text(row, "machine") ? cg_json_text(row, "machine") : "",
			 cg_json_text(row, "accel") ? ", " : "",
			 cg_json_text(row, "accel") ? cg_json_text(row, "accel") : "");
		cg_paint_verdict(view, row, words);
		print_list(view, "  new features, which cpugate run switches off",
			   json_object_get(row, "switched-off"));
	}
	return CG_EXIT_YES;
}

/* What is lost, with the reasons; the rest is a number. */
static int print_impact(const struct cg_view *view, const json_t *reply,
			struct cg_error *err)
{
	const json_t *rows = json_object_get(reply, "contracts"), *row;
	size_t i, fine = 0;

	(void)err;
	json_array_foreach(rows, i, row) {
		const json_t *start = json_object_get(row, "start");
		const json_t *move = json_object_get(row, "move");
		char words[160];

		if (strcmp(cg_json_text(row, "verdict"), "yes") == 0) {
			fine++;
			continue;
		}
		snprintf(words, sizeof(words), "start %.128s", cg_json_text(row, "name"));
		cg_paint_verdict(view, start, words);
		if (json_equal(start, move))
			continue;
		snprintf(words, sizeof(words), "move %.128s there",
			 cg_json_text(row, "name"));
		cg_paint_verdict(view, move, words);
	}
	printf("%zu of %zu guests can start on %s and move there as they are.\n", fine,
	       json_array_size(rows),
	       strcmp(cg_json_text(reply, "to"), "host") == 0
		       ? "this host"
		       : cg_json_text(reply, "to"));
	return CG_EXIT_YES;
}

static int print_forgotten(const struct cg_view *view, const json_t *reply,
			   struct cg_error *err)
{
	(void)view;
	(void)err;
	printf("The contract of %s is forgotten.\n", cg_json_text(reply, "forgotten"));
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_contract_show = {
	.name = "contract show",
	.command = "contract-show",
	.operand = "name",
	.help = "what a guest was promised",
	.print = print_contract,
};
const struct cg_verb cg_verb_contract_list = {
	.name = "contract list",
	.command = "contract-list",
	.help = "the guests that were promised something",
	.print = print_contracts,
};
const struct cg_verb cg_verb_contract_export = {
	.name = "contract export",
	.command = "contract-export",
	.operand = "name",
	.help = "a contract as a file",
	.print = print_export,
	.writes = true,
};
const struct cg_verb cg_verb_contract_import = {
	.name = "contract import",
	.command = "contract-import",
	.operand = "file",
	.help = "keep a contract that came as a file",
	.print = print_import,
};
const struct cg_verb cg_verb_contract_verify = {
	.name = "contract verify",
	.command = "contract-verify",
	.operand = "name",
	.help = "would its guest start here as promised",
	.print = print_verified,
	.status = cg_paint_verdict_status,
};
const struct cg_verb cg_verb_contract_forget = {
	.name = "contract forget",
	.command = "contract-forget",
	.operand = "name",
	.help = "let go of a promise",
	.print = print_forgotten,
};
const struct cg_verb cg_verb_contract_impact = {
	.name = "contract impact",
	.command = "contract-impact",
	.help = "which guests would a change cost",
	.print = print_impact,
	.status = cg_paint_verdict_status,
};
