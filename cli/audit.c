// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate audit qmp:SOCKET | --all */
#include <stdio.h>

#include "base/json.h"
#include "cli/paint.h"

static void print_list(const struct cg_view *view, const char *label, const json_t *list)
{
	if (!json_array_size(list))
		return;
	printf("  %s (%zu)\n", label, json_array_size(list));
	cg_paint_wrapped(view, list, 4);
}

static void print_contract(const json_t *row)
{
	const json_t *contract = json_object_get(row, "contract");

	if (!contract)
		puts("  It has no contract.");
	else if (!json_object_get(row, "reasons"))
		printf("  It is what the contract of %s promised.\n",
		       cg_json_text(contract, "name") ? cg_json_text(contract, "name")
						      : "no name");
}

static void print_guest(const struct cg_view *view, const json_t *row)
{
	const json_t *lacks = json_object_get(row, "lacks");
	const char *name = cg_json_text(row, "name");
	const char *monitor = cg_json_text(row, "monitor");
	const char *problem = cg_json_text(row, "problem");
	char words[512];

	if (problem) {
		printf("undecided: %s: %s\n", name ? name : monitor, problem);
		return;
	}
	snprintf(words, sizeof(words), "%.200s, %lld x %.64s on %.64s, %s",
		 name ? name : monitor,
		 (long long)json_integer_value(json_object_get(row, "vcpus")),
		 cg_json_text(row, "model"), cg_json_text(row, "machine"),
		 cg_json_text(row, "accel"));
	cg_paint_verdict(view, row, words);
	print_contract(row);
	print_list(view, "mitigations that this host could give it and it lacks",
		   json_object_get(lacks, "mitigations"));
	print_list(view, "what it would gain by a fresh start",
		   json_object_get(lacks, "features"));
	cg_paint_verdict(view, json_object_get(row, "start"),
			 "could be started here with what it has");
	cg_paint_verdict(view, json_object_get(row, "move"),
			 "could come here from another host as it is");
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const json_t *rows = json_object_get(reply, "guests"), *row;
	size_t i;

	(void)err;
	if (!json_array_size(rows))
		puts("No guests that could be looked at.");
	json_array_foreach(rows, i, row)
		print_guest(view, row);
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_audit = {
	.name = "audit",
	.command = "audit",
	.operand = "guest",
	.help = "a guest that runs, against contract and host",
	.print = print,
	.status = cg_paint_verdict_status,
};
