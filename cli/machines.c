// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate machines */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/paint.h"

static void print_machine(const struct cg_view *view, const json_t *machine)
{
	const char *alias = cg_json_text(machine, "alias");
	const char *cpu = cg_json_text(machine, "default-cpu-type");
	char cpus[24];

	snprintf(cpus, sizeof(cpus), "%lld",
		 (long long)json_integer_value(json_object_get(machine, "cpu-max")));
	cg_paint(view, CG_PAINT_PLAIN, cg_json_text(machine, "name"), 22);
	cg_paint(view, CG_PAINT_PLAIN, alias ? alias : "", 10);
	cg_paint(view, CG_PAINT_PLAIN, cpus, 9);
	cg_paint(view, CG_PAINT_PLAIN, cpu ? cpu : "-", 22);
	if (json_is_true(json_object_get(machine, "is-default")))
		cg_paint(view, CG_PAINT_GOOD, "default", 0);
	else if (json_is_true(json_object_get(machine, "deprecated")))
		cg_paint(view, CG_PAINT_DIM, "deprecated", 0);
	putchar('\n');
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const json_t *machine;
	size_t i;

	(void)err;
	cg_paint(view, CG_PAINT_HEAD,
		 "MACHINE TYPE          ALIAS     MAX CPUS DEFAULT CPU", 0);
	putchar('\n');
	json_array_foreach(reply, i, machine)
		print_machine(view, machine);
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_machines = {
	.name = "machines",
	.command = "machines",
	.help = "the emulator's machine types, aliases resolved",
	.print = print,
};
