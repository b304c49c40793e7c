// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate compare A B */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/paint.h"

static const char *name_of(const json_t *side)
{
	static const char *const names[] = { "file", "definition", "guest", "host" };
	const char *name = NULL;

	for (size_t i = 0; i < CG_COUNT(names) && !name; i++)
		name = cg_json_text(side, names[i]);
	return name;
}

/* Of two records of hosts with one name, the files are told apart. */
static void name_sides(const json_t *reply, const char **a, const char **b)
{
	const json_t *x = json_object_get(reply, "a"), *y = json_object_get(reply, "b");

	*a = name_of(x);
	*b = name_of(y);
	if (strcmp(*a, *b) == 0 && cg_json_text(x, "record"))
		*a = cg_json_text(x, "record");
	if (strcmp(name_of(x), *b) == 0 && cg_json_text(y, "record"))
		*b = cg_json_text(y, "record");
}

/* virsh's own sentences. */
static void print_like_virsh(const json_t *virsh, const char *cpu)
{
	const char *result = cg_json_text(virsh, "result");

	if (strcmp(result, "identical") == 0)
		printf("CPU described in %s is identical to host CPU\n", cpu);
	else if (strcmp(result, "superset") == 0)
		printf("Host CPU is a superset of CPU described in %s\n", cpu);
	else
		printf("CPU described in %s is incompatible with host CPU\n", cpu);
}

static void print_only(const struct cg_view *view, const char *name, const json_t *only)
{
	if (!json_array_size(only))
		return;
	printf("only %s has (%zu)\n", name, json_array_size(only));
	cg_paint_wrapped(view, only, 2);
}

static void print_words(const struct cg_view *view, const json_t *reply, const char *a,
			const char *b)
{
	const char *result = cg_json_text(reply, "result");
	bool runs = strcmp(cg_json_text(reply, "verdict"), "yes") == 0;

	cg_paint(view, runs ? CG_PAINT_GOOD : CG_PAINT_BAD, result, 0);
	if (strcmp(result, "identical") == 0)
		printf(": %s and %s run in the same places\n", a, b);
	else if (strcmp(result, "subset") == 0)
		printf(": %s runs wherever %s does\n", a, b);
	else if (strcmp(result, "superset") == 0)
		printf(": %s runs wherever %s does\n", b, a);
	else
		printf(": neither of %s and %s is sure to run where the other does\n", a,
		       b);
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const json_t *reasons = json_object_get(reply, "reasons"), *reason;
	const char *a, *b;
	size_t i;

	(void)err;
	name_sides(reply, &a, &b);
	if (json_object_get(reply, "virsh")) {
		print_like_virsh(json_object_get(reply, "virsh"), a);
		return CG_EXIT_YES;
	}
	print_words(view, reply, a, b);
	json_array_foreach(reasons, i, reason)
		if (strncmp(cg_json_text(reason, "code"), "missing.", 8) != 0)
			printf("  %-22s%s\n", cg_json_text(reason, "code"),
			       cg_json_text(reason, "words"));
	print_only(view, a, json_object_get(reply, "only-a"));
	print_only(view, b, json_object_get(reply, "only-b"));
	return CG_EXIT_YES;
}

static int status(const json_t *reply)
{
	const json_t *virsh = json_object_get(reply, "virsh");

	if (!virsh)
		return cg_paint_verdict_status(reply);
	return json_is_true(json_object_get(virsh, "compatible")) ? CG_EXIT_YES
								  : CG_EXIT_NO;
}

const struct cg_verb cg_verb_compare = {
	.name = "compare",
	.command = "compare",
	.operand = "a b",
	.help = "which of two CPUs or hosts can do more",
	.print = print,
	.status = status,
};
