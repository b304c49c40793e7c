// SPDX-License-Identifier: LGPL-2.1-or-later
/* One start for each thing that U can be. */
#include "probe/modes.h"

#include <string.h>

static void run(void *data)
{
	struct cg_modes_start *start = data;

	start->ret = cg_session_run(&start->result, &start->plan, &start->err);
}

size_t cg_modes_ask(struct cg_modes_question *question, const struct cg_sweep *sweep,
		    struct cg_job *jobs)
{
	static const char *const kvm[CG_MODES_MAX] = { "kvm",
						       "kvm,kernel-irqchip=split" };
	static const char *const tcg[] = { "tcg" };
	bool is_kvm = strcmp(sweep->accel, "kvm") == 0;

	*question = (struct cg_modes_question){ .count = is_kvm ? CG_COUNT(kvm)
								: CG_COUNT(tcg) };
	for (size_t i = 0; i < question->count; i++) {
		question->starts[i].plan = (struct cg_session_plan){
			.binary = cg_identity_path(sweep->prober->identity),
			.machine = "none",
			.accel = is_kvm ? kvm[i] : tcg[i],
			.target = cg_json_text(sweep->emulator->about, "target"),
			.vocabulary = sweep->emulator->vocabulary,
			.measure = sweep->emulator->measure,
			.expansion = sweep->emulator->expansion,
			.definitions = true,
			.limits = sweep->prober->limits,
		};
		jobs[i] = (struct cg_job){ run, &question->starts[i] };
	}
	return question->count;
}

/* The first one is what most machine types have, and what the facts of "none" say. */
static int take(const struct cg_modes_question *question, const struct cg_sweep *sweep,
		struct cg_error *err)
{
	const struct cg_modes_start *first = &question->starts[0];
	struct cg_modes modes = { 0 };

	for (size_t i = 0; i < question->count; i++) {
		const struct cg_modes_start *start = &question->starts[i];

		if (start->ret < 0 && start->err.code == CG_E_CANCELLED) {
			*err = start->err;
			return -1;
		}
		if (start->ret < 0 || !start->result.has_unsupported)
			return 0;
		modes.unsupported[modes.count++] = start->result.unsupported;
	}
	*cg_prober_modes(sweep->prober, sweep->accel) = modes;
	return cg_facts_put_session(sweep->prober->facts, sweep->accel,
				    first->plan.machine, CG_EXPAND_NONE, &first->result,
				    err);
}

int cg_modes_take(struct cg_modes_question *question, const struct cg_sweep *sweep,
		  struct cg_error *err)
{
	int ret = take(question, sweep, err);

	for (size_t i = 0; i < question->count; i++)
		cg_session_result_deinit(&question->starts[i].result);
	return ret;
}
