// SPDX-License-Identifier: LGPL-2.1-or-later
/* The machine types of an emulator, in QEMU's MachineInfo shape, sorted. */
#include <string.h>

#include "lib/command.h"
#include "lib/question.h"

static const char *const arguments[] = { "emulator", "accel", "record", NULL };

/*
 * The list is what QEMU says under TCG. On some targets (s390x, ppc64) its KVM replaces the default CPU by "host" and
 * changes nothing else; on these it was seen not to.
 */
static bool is_same_under_kvm(const char *target)
{
	static const char *const targets[] = { "x86_64", "i386", "aarch64", "arm" };

	for (size_t i = 0; i < CG_COUNT(targets); i++)
		if (strcmp(target, targets[i]) == 0)
			return true;
	return false;
}

static json_t *without_default_cpus(const json_t *machines)
{
	json_t *out = json_array();
	const json_t *machine;
	size_t i;

	json_array_foreach(machines, i, machine) {
		json_t *copy = json_copy(cg_json_mutable(machine));

		json_object_del(copy, "default-cpu-type");
		json_array_append_new(out, copy);
	}
	return out;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_question struct cg_question q = { 0 };
	cg_auto_json json_t *machines = NULL;

	if (cg_question_open(&q, context, args, err) < 0 ||
	    cg_question_ensure(&q, CG_DEPTH_CATALOGUE, NULL, err) < 0 ||
	    cg_facts_machines(q.facts, &machines, err) < 0)
		return -1;
	if (strcmp(q.accel, "tcg") == 0 ||
	    is_same_under_kvm(cg_json_text(q.emulator->about, "target")))
		*reply = cg_take(machines);
	else
		*reply = without_default_cpus(machines);
	return 0;
}

const struct cg_command cg_command_machines = {
	"machines", arguments, run, CG_COMMAND_READS | CG_COMMAND_QUICK | CG_COMMAND_PURE
};
