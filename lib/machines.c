// SPDX-License-Identifier: LGPL-2.1-or-later
/* The machine types of an emulator, in QEMU's MachineInfo shape, sorted. */
#include "lib/command.h"
#include "lib/question.h"

static const char *const arguments[] = { "emulator", "accel", NULL };

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_question struct cg_question q = { 0 };

	if (cg_question_open(&q, context, args, err) < 0 ||
	    cg_question_ensure(&q, CG_DEPTH_CATALOGUE, NULL, err) < 0)
		return -1;
	return cg_facts_machines(q.facts, reply, err);
}

const struct cg_command cg_command_machines = { "machines", arguments, run };
