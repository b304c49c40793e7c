// SPDX-License-Identifier: LGPL-2.1-or-later
/* Running tasks on a pool, and keeping what comes of them. */
#include "probe/round.h"

#include <stdio.h>
#include <string.h>

#include "base/pool.h"

void cg_round_free(struct cg_round *round)
{
	for (size_t i = 0; i < round->count; i++) {
		cg_session_result_deinit(&round->tasks[i].result);
		free(round->tasks[i].definition);
		free(round->tasks[i].wanted);
	}
	free(round->tasks);
	round->tasks = NULL;
	round->count = round->room = 0;
}

int cg_need_fail(struct cg_need *need, const struct cg_error *why)
{
	need->failed = true;
	need->err = *why;
	return 0;
}

struct cg_task *cg_round_find(const struct cg_round *round, enum cg_task_kind kind,
			      const char *accel, const char *machine,
			      const char *definition)
{
	for (size_t i = 0; i < round->count; i++) {
		struct cg_task *task = &round->tasks[i];

		if (task->kind == kind && strcmp(task->accel, accel) == 0 &&
		    strcmp(task->machine, machine) == 0 &&
		    (!definition || strcmp(task->definition, definition) == 0))
			return task;
	}
	return NULL;
}

/* The same task already in this round, or a new one; NULL if memory is out. */
struct cg_task *cg_round_add(struct cg_round *round, enum cg_task_kind kind,
			     const char *accel, const char *machine,
			     const char *definition)
{
	struct cg_task *task = cg_round_find(round, kind, accel, machine, definition);

	if (task)
		return task;
	if (round->count == round->room) {
		size_t room = round->room ? 2 * round->room : 16;

		task = reallocarray(round->tasks, room, sizeof(*task));
		if (!task)
			return NULL;
		round->tasks = task;
		round->room = room;
	}
	task = &round->tasks[round->count++];
	*task = (struct cg_task){ .kind = kind, .accel = accel };
	snprintf(task->machine, sizeof(task->machine), "%s", machine);
	task->definition = definition ? strdup(definition) : NULL;
	return task;
}

int cg_round_no_memory(struct cg_error *err)
{
	return cg_error_set(err, CG_E_SYSTEM, "no memory to plan a measurement");
}

/* What a failure with this definition is kept under: it says nothing of others. */
char *cg_round_failure_name(const char *machine, const struct cg_definition *definition)
{
	cg_auto_free char *text = cg_definition_print(definition);
	char *name;

	return text && asprintf(&name, "%s %s", machine, text) >= 0 ? name : NULL;
}

/* A QEMU that dies because it can't load its TCG module may still do KVM. */
static void try_without_tcg(struct cg_task *task)
{
	struct cg_session_result result = { 0 };
	struct cg_error why;

	if (task->err.code != CG_E_DIED)
		return;
	task->plan.accel = "kvm";
	task->ret = cg_session_run(&result, &task->plan, &why);
	if (task->ret == 0) {
		cg_session_result_deinit(&task->result);
		task->result = result;
		return;
	}
	if (why.code == CG_E_CANCELLED)
		task->err = why;
	cg_session_result_deinit(&result);
}

/* Where QEMU can't start the largest model, the session goes without. */
static void carry(struct cg_task *task)
{
	task->ret = cg_session_run(&task->result, &task->plan, &task->err);
	task->started = task->ret == 0;
	task->plan.cpu = NULL;
	if (task->ret == 0 || task->err.code == CG_E_CANCELLED)
		return;
	task->outcome = task->result.outcome;
	cg_session_result_deinit(&task->result);
	task->ret = cg_session_run(&task->result, &task->plan, &task->err);
}

/* Should U be none of those that are known, it is measured in full. */
static void run_session(struct cg_task *task)
{
	if (task->largest)
		carry(task);
	else
		task->ret = cg_session_run(&task->result, &task->plan, &task->err);
	if (task->ret < 0 || task->result.has_unsupported || !task->plan.modes ||
	    !task->plan.modes->count)
		return;
	cg_session_result_deinit(&task->result);
	task->plan.modes = NULL;
	task->ret = cg_session_run(&task->result, &task->plan, &task->err);
}

/* On a worker thread. */
static void run_task(void *arg)
{
	struct cg_task *task = arg;

	if (task->kind == CG_TASK_DRYRUN)
		task->ret = cg_session_dryrun(&task->started, &task->outcome,
					      &task->dryrun, &task->err);
	else if (task->ahead)
		task->ret = cg_ahead_take(task->ahead, &task->result, &task->err);
	else
		run_session(task);
	if (task->ret < 0 && task->kind == CG_TASK_CATALOGUE)
		try_without_tcg(task);
}

static void prepare(struct cg_round *round, struct cg_task *task)
{
	struct cg_prober *p = round->prober;

	task->plan.wanted = task->wanted;
	task->plan.wanted_count = task->wanted_count;
	if (task->kind == CG_TASK_CATALOGUE) {
		task->ahead = p->ahead;
		p->ahead = NULL;
		task->plan =
			(struct cg_session_plan){ .binary = cg_identity_path(p->identity),
						  .machine = task->machine,
						  .accel = task->accel,
						  .limits = p->limits };
	}
	if (task->kind == CG_TASK_DRYRUN)
		task->dryrun = (struct cg_dryrun_plan){
			.binary = cg_identity_path(p->identity),
			.machine = *task->machine ? task->machine : NULL,
			.accel = task->accel,
			.definition = task->definition,
			.enforce = !round->emulator ||
				   round->emulator->measure == CG_MEASURE_GLOBALS,
			.limits = p->limits,
		};
}

/* A session that got as far as the definitions it was for, and not beyond, failed with them. */
static int put_failure(struct cg_facts *facts, struct cg_task *task, struct cg_error *err)
{
	bool catalogue = task->kind == CG_TASK_CATALOGUE;
	const char *accel = catalogue ? "tcg" : task->accel;

	if (catalogue || task->plan.expand != CG_EXPAND_WANTED || !task->result.models)
		return cg_facts_put_failure(facts, accel, catalogue ? "" : task->machine,
					    &task->result.outcome, &task->err, err);
	for (size_t i = 0; i < task->wanted_count; i++) {
		cg_auto_free char *name =
			cg_round_failure_name(task->machine, task->wanted[i]);

		if (!name)
			return cg_round_no_memory(err);
		if (cg_facts_put_failure(facts, accel, name, &task->result.outcome,
					 &task->err, err) < 0)
			return -1;
	}
	return 0;
}

static int keep_failure(struct cg_round *round, struct cg_task *task,
			struct cg_need *needs, size_t count, struct cg_error *err)
{
	struct cg_facts *facts = round->prober->facts;

	if (task->err.code == CG_E_CANCELLED) {
		*err = task->err;
		return -1;
	}
	if (put_failure(facts, task, err) < 0)
		return -1;
	if (task->kind == CG_TASK_CATALOGUE) {
		*err = task->err;
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		if (!needs[i].failed && needs[i].machine &&
		    strcmp(needs[i].accel, task->accel) == 0 &&
		    strcmp(needs[i].machine, task->machine) == 0)
			cg_need_fail(&needs[i], &task->err);
	return 0;
}

/* Tell the needs whose definitions QEMU refused. */
static int pass_refusals(const struct cg_task *task, struct cg_need *needs, size_t count,
			 struct cg_error *err)
{
	struct cg_error why;

	for (size_t i = 0; i < task->result.count; i++) {
		const struct cg_session_item *item = &task->result.items[i];

		for (size_t n = 0; item->refusal && n < count; n++) {
			cg_auto_free char *text = NULL;

			if (needs[n].failed || needs[n].depth != CG_DEPTH_DEFINITION)
				continue;
			text = cg_definition_print(needs[n].definition);
			if (!text)
				return cg_round_no_memory(err);
			(void)cg_error_set(&why, CG_E_REFUSED, "QEMU refuses %s: %s",
					   item->definition, item->refusal);
			if (strcmp(text, item->definition) == 0)
				cg_need_fail(&needs[n], &why);
		}
	}
	return 0;
}

/* A vCPU that hung, or that somebody killed, may start the next time. */
static int keep_dryrun(struct cg_round *round, struct cg_task *task, struct cg_error *err)
{
	struct cg_facts *facts = round->prober->facts;
	const char *machine = *task->machine ? task->machine : NULL;

	if (task->ret < 0 && task->err.code == CG_E_CANCELLED) {
		*err = task->err;
		return -1;
	}
	if (task->ret < 0 || (!task->started && !cg_outcome_is_own(&task->outcome)))
		return cg_facts_note_undecided(facts, task->accel, machine,
					       task->definition, err);
	return cg_facts_put_started(facts, task->accel, machine, task->definition,
				    task->started, &task->outcome, err);
}

/* As keep_dryrun() does. A session that failed in another way than by ending says nothing of its vCPU. */
static int keep_largest(struct cg_facts *facts, struct cg_task *task,
			struct cg_error *err)
{
	if (!task->started && !cg_outcome_is_own(&task->outcome))
		return cg_facts_note_undecided(facts, task->accel, NULL, CG_LARGEST_MODEL,
					       err);
	return cg_facts_put_started(facts, task->accel, NULL, CG_LARGEST_MODEL,
				    task->started, &task->outcome, err);
}

static int keep(struct cg_round *round, struct cg_task *task, struct cg_need *needs,
		size_t count, struct cg_error *err)
{
	struct cg_facts *facts = round->prober->facts;

	if (task->kind == CG_TASK_DRYRUN)
		return keep_dryrun(round, task, err);
	if (task->ret < 0)
		return keep_failure(round, task, needs, count, err);
	if (task->kind == CG_TASK_CATALOGUE)
		return cg_facts_put_emulator(facts, &task->result, err);
	if (pass_refusals(task, needs, count, err) < 0 ||
	    (task->largest && keep_largest(facts, task, err) < 0))
		return -1;
	return cg_facts_put_session(facts, task->accel, task->machine, task->plan.expand,
				    &task->result, err);
}

/* What the results of a round are kept with, as they come in. */
struct intake {
	struct cg_round *round;
	struct cg_need *needs;
	size_t count, done;
	struct cg_error err; /* the first one */
};

/* Each result is kept as soon as it is there, so that an interrupted sweep has lost nothing. */
static void take_result(size_t job, void *data)
{
	struct intake *intake = data;
	struct cg_task *task = &intake->round->tasks[job];
	const struct cg_progress *progress = &intake->round->prober->progress;
	struct cg_error err;

	if (keep(intake->round, task, intake->needs, intake->count, &err) < 0 &&
	    !intake->err.code)
		intake->err = err;
	cg_session_result_deinit(&task->result);
	intake->done++;
	if (progress->tell)
		progress->tell(progress->data, intake->done, intake->round->count,
			       task->machine);
}

int cg_round_run(struct cg_round *round, struct cg_need *needs, size_t count,
		 struct cg_error *err)
{
	cg_auto_free struct cg_job *jobs = calloc(round->count, sizeof(*jobs));
	struct intake intake = { .round = round, .needs = needs, .count = count };

	if (!jobs)
		return cg_round_no_memory(err);
	for (size_t i = 0; i < round->count; i++) {
		prepare(round, &round->tasks[i]);
		jobs[i] = (struct cg_job){ run_task, &round->tasks[i] };
	}
	cg_pool_run(jobs, round->count, cg_pool_workers(), take_result, &intake);
	if (!intake.err.code)
		return 0;
	*err = intake.err;
	return -1;
}
