// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Planning by what is missing. Each round asks the facts what every need still lacks and could be
 * measured now, runs all of that side by side, keeps the results, and looks again; it is over
 * when nothing is missing. So the order of measurements is written down nowhere: it follows.
 */
#include "probe/prober.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/pool.h"
#include "cache/lock.h"
#include "cpumodels/spelling.h"
#include "machine/catalogue.h"
#include "probe/sweep.h"

#define ROUNDS_MAX 8
#define LARGEST_MODEL "max" /* asks for all that the accelerator says it supports */

enum task_kind { TASK_CATALOGUE, TASK_SESSION, TASK_DRYRUN };

struct task {
	enum task_kind kind;
	const char *accel;
	char machine[CG_MACHINE_NAME]; /* "" for the default of a dry run */
	char *definition;	       /* of a dry run */
	const struct cg_definition **wanted; /* of a session */
	size_t wanted_count;
	struct cg_session_plan plan;
	struct cg_session_result result;
	struct cg_dryrun_plan dryrun;
	bool started;
	struct cg_outcome outcome;
	int ret;
	struct cg_error err;
};

struct round {
	struct cg_prober *prober;
	struct cg_memo *memo;
	const struct cg_emulator_facts *emulator;
	struct task *tasks;
	size_t count, room;
};

static void free_tasks(struct round *round)
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

static int fail(struct cg_need *need, const struct cg_error *why)
{
	need->failed = true;
	need->err = *why;
	return 0;
}

/* The same task already in this round, or a new one; NULL if memory is out. */
static struct task *add_task(struct round *round, enum task_kind kind, const char *accel,
			     const char *machine, const char *definition)
{
	struct task *task;

	for (size_t i = 0; i < round->count; i++) {
		task = &round->tasks[i];
		if (task->kind == kind && strcmp(task->accel, accel) == 0 &&
		    strcmp(task->machine, machine) == 0 &&
		    (!definition || strcmp(task->definition, definition) == 0))
			return task;
	}
	if (round->count == round->room) {
		size_t room = round->room ? 2 * round->room : 16;

		task = reallocarray(round->tasks, room, sizeof(*task));
		if (!task)
			return NULL;
		round->tasks = task;
		round->room = room;
	}
	task = &round->tasks[round->count++];
	*task = (struct task){ .kind = kind, .accel = accel };
	snprintf(task->machine, sizeof(task->machine), "%s", machine);
	task->definition = definition ? strdup(definition) : NULL;
	return task;
}

static int no_memory(struct cg_error *err)
{
	return cg_error_set(err, CG_E_SYSTEM, "no memory to plan a measurement");
}

/* Whether everything that this accelerator says it supports really starts at once. */
static int plan_largest(struct round *round, const struct cg_need *need, enum cg_started *known,
			struct cg_error *err)
{
	struct cg_prober *p = round->prober;

	if (cg_facts_started(p->facts, need->accel, NULL, LARGEST_MODEL, known, NULL, err) < 0)
		return -1;
	if (*known == CG_STARTED_UNKNOWN &&
	    !add_task(round, TASK_DRYRUN, need->accel, "", LARGEST_MODEL))
		return no_memory(err);
	return 0;
}

static int plan_catalogue(struct round *round, struct cg_need *need, struct cg_error *err)
{
	struct cg_prober *p = round->prober;
	cg_auto_json json_t *failure = NULL;
	enum cg_started known;

	if (!p->retry) {
		if (cg_facts_failure(p->facts, "tcg", "", &failure, err) < 0)
			return -1;
		if (failure)
			return cg_error_set(err, CG_E_DIED, "%s (on record; cpugate probe tries again)",
					    cg_json_text(failure, "reason"));
	}
	if (!add_task(round, TASK_CATALOGUE, "tcg:kvm", "none", NULL))
		return no_memory(err);
	if (need->depth == CG_DEPTH_CATALOGUE || strcmp(need->accel, "kvm") != 0)
		return 0;
	return plan_largest(round, need, &known, err); /* KVM takes longest: no time to lose */
}

static int unknown_machine(struct round *round, struct cg_need *need, const json_t *machines)
{
	const char *near = cg_catalogue_nearest(machines, need->machine);
	struct cg_error why;

	(void)cg_error_set(&why, CG_E_UNKNOWN, "%s has no machine type %s%s%s%s",
			   cg_identity_path(round->prober->identity), need->machine,
			   near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
	return fail(need, &why);
}

/* An alias becomes the name behind it; a name that nothing is known about yet must be in the list. */
static int resolve_machine(struct round *round, struct cg_need *need, bool *lost,
			   struct cg_error *err)
{
	const struct cg_emulator_facts *e = round->emulator;
	cg_auto_json json_t *machines = NULL;
	bool known;

	if (!need->machine)
		need->machine = e->default_machine ? e->default_machine : "none";
	if (json_object_get(e->aliases, need->machine))
		need->machine = cg_json_text(e->aliases, need->machine);
	if (cg_facts_knows_unavailable(round->prober->facts, need->accel, need->machine, &known,
				       err) < 0)
		return -1;
	if (known)
		return 0;
	if (cg_facts_machines(round->prober->facts, &machines, err) < 0)
		return -1;
	if (machines && !cg_catalogue_find(machines, need->machine))
		return unknown_machine(round, need, machines);
	*lost = !machines;
	return 0;
}

/* Does a damaged cache still have the emulator, but not its machine types? */
static int has_lost_machines(struct round *round, bool *lost, struct cg_error *err)
{
	cg_auto_json json_t *machines = NULL;

	if (cg_facts_machines(round->prober->facts, &machines, err) < 0)
		return -1;
	*lost = !machines;
	return 0;
}

/* Are the host-bound models (host, max) expanded for this host? */
static int knows_host_bound(struct round *round, const struct cg_need *need, const json_t *models,
			    bool *known, struct cg_error *err)
{
	struct cg_prober *p = round->prober;
	const json_t *model;
	size_t i;

	*known = true;
	json_array_foreach(models, i, model) {
		cg_auto_expansion struct cg_expansion e = { 0 };

		if (!*known || !cg_session_is_host_bound(model))
			continue;
		if (cg_facts_expansion(p->facts, need->accel, need->machine,
				       cg_json_text(model, "name"), true, known, &e, err) < 0)
			return -1;
	}
	return 0;
}

/* What is known for a need, as far as it was looked up. */
struct knowledge {
	json_t *models; /* unless the need is one definition */
	json_t *model;	/* of the definition */
	bool has_models, sheet, host_bound, unsupported, unavailable, plain, custom;
	struct cg_featureset u;
	struct cg_expansion e, e_plain;
};

static void forget(struct knowledge *k)
{
	json_decref(k->models);
	json_decref(k->model);
	cg_expansion_deinit(&k->e);
	cg_expansion_deinit(&k->e_plain);
}

static int look_up_definition(struct round *round, const struct cg_need *need, struct knowledge *k,
			      struct cg_error *err)
{
	struct cg_facts *facts = round->prober->facts;
	cg_auto_free char *text = cg_definition_print(need->definition);
	bool host_bound;

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a definition");
	if (cg_facts_model(facts, need->accel, need->machine, need->definition->model,
			   &k->has_models, &k->model, err) < 0)
		return -1;
	if (!k->model)
		return 0;
	host_bound = cg_session_is_host_bound(k->model);
	if (cg_facts_expansion(facts, need->accel, need->machine, text, host_bound, &k->custom,
			       &k->e, err) < 0)
		return -1;
	if (!need->definition->count || k->custom) {
		k->plain = k->custom;
		return 0;
	}
	return cg_facts_expansion(facts, need->accel, need->machine, need->definition->model,
				  host_bound, &k->plain, &k->e_plain, err);
}

static int look_up(struct round *round, const struct cg_need *need, struct knowledge *k,
		   struct cg_error *err)
{
	struct cg_facts *facts = round->prober->facts;

	if (cg_facts_unsupported(facts, need->accel, need->machine, &k->unsupported, &k->u, err) <
		    0 ||
	    cg_facts_knows_unavailable(facts, need->accel, need->machine, &k->unavailable, err) < 0)
		return -1;
	if (need->depth == CG_DEPTH_DEFINITION)
		return look_up_definition(round, need, k, err);
	if (cg_facts_models(facts, need->accel, need->machine, &k->models, err) < 0 ||
	    cg_facts_has_sheet(facts, need->accel, need->machine, &k->sheet, err) < 0)
		return -1;
	k->has_models = k->models != NULL;
	if (need->depth == CG_DEPTH_MODELS)
		return 0;
	return knows_host_bound(round, need, k->models, &k->host_bound, err);
}

static bool is_enough(const struct round *round, const struct cg_need *need,
		      const struct knowledge *k)
{
	if (!k->has_models)
		return false;
	if (!round->emulator->vocabulary) /* a target that names no features has nothing more */
		return true;
	if (round->emulator->measure != CG_MEASURE_NONE && !k->unavailable)
		return false;
	switch (need->depth) {
	case CG_DEPTH_MODELS:
		return true;
	case CG_DEPTH_DEFINITION:
		return k->plain && k->custom;
	default:
		return k->sheet && k->host_bound;
	}
}

static enum cg_session_expand expansion_for(const struct cg_need *need, const struct knowledge *k)
{
	if (need->depth == CG_DEPTH_DEFINITION)
		return CG_EXPAND_WANTED;
	if (k->sheet)
		return CG_EXPAND_HOST_BOUND; /* the rest is as good as it was */
	return need->depth >= CG_DEPTH_SHEET ? CG_EXPAND_ALL : CG_EXPAND_NONE;
}

static int want(struct task *task, const struct cg_definition *definition, struct cg_error *err)
{
	const struct cg_definition **more =
		reallocarray(task->wanted, task->wanted_count + 1, sizeof(*more));

	if (!more)
		return no_memory(err);
	task->wanted = more;
	task->wanted[task->wanted_count++] = definition;
	return 0;
}

/* Needs of one machine type share a session; if one of them is for more, the others wait for the next round. */
static int plan_session(struct round *round, struct cg_need *need, const struct knowledge *k,
			struct cg_error *err)
{
	struct cg_prober *p = round->prober;
	enum cg_session_expand expand = expansion_for(need, k);
	struct task *task = add_task(round, TASK_SESSION, need->accel, need->machine, NULL);

	if (!task)
		return no_memory(err);
	if (task->plan.binary && task->plan.expand > expand)
		return 0;
	task->plan = (struct cg_session_plan){
		.binary = cg_identity_path(p->identity),
		.machine = need->machine,
		.accel = need->accel,
		.target = cg_json_text(round->emulator->about, "target"),
		.vocabulary = round->emulator->vocabulary,
		.measure = round->emulator->measure,
		.expansion = round->emulator->expansion,
		.definitions = true,
		.expand = expand,
		.memo = round->memo,
		.limits = p->limits,
	};
	need->asked = true;
	return expand == CG_EXPAND_WANTED ? want(task, need->definition, err) : 0;
}

static int unknown_model(struct round *round, struct cg_need *need, struct cg_error *err)
{
	const char *wanted = need->definition->model, *near = NULL;
	size_t best = strlen(wanted) / 3 + 1, i;
	cg_auto_json json_t *models = NULL;
	struct cg_error why;
	const json_t *model;

	if (cg_facts_models(round->prober->facts, need->accel, need->machine, &models, err) < 0)
		return -1;
	json_array_foreach(models, i, model) {
		const char *name = cg_json_text(model, "name");
		size_t distance = cg_spelling_distance(name, wanted);

		if (distance < best || (distance == best && !near)) {
			best = distance;
			near = name;
		}
	}
	(void)cg_error_set(&why, CG_E_UNKNOWN, "%s has no CPU model %s%s%s%s",
			   cg_identity_path(round->prober->identity), wanted,
			   near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
	return fail(need, &why);
}

/* Every override must be a property that the model has. */
static int check_overrides(struct round *round, struct cg_need *need, const struct knowledge *k)
{
	const struct cg_vocabulary *vocabulary = round->emulator->vocabulary;
	struct cg_error why;

	for (size_t i = 0; i < need->definition->count; i++) {
		const char *name = need->definition->overrides[i].name, *near;

		if (cg_vocabulary_find(vocabulary, name) < CG_FEATURES_MAX ||
		    json_object_get(k->e_plain.scalars, name))
			continue;
		near = cg_vocabulary_nearest(vocabulary, name);
		(void)cg_error_set(&why, CG_E_UNKNOWN, "CPU model %s has no feature %s%s%s%s",
				   need->definition->model, name, near ? " (did you mean " : "",
				   near ? near : "", near ? "?)" : "");
		return fail(need, &why);
	}
	return 0;
}

/* Is a vCPU of this model known to start, or known to lack something, on this machine type? */
static int plan_dryrun(struct round *round, const struct cg_need *need, const char *definition,
		       bool plain, const struct cg_expansion *e, const struct knowledge *k,
		       struct cg_error *err)
{
	struct cg_facts *facts = round->prober->facts;
	struct cg_featureset lacks = cg_featureset_and(&e->features, &k->u);
	enum cg_started largest, own;

	if (!cg_featureset_is_empty(&lacks))
		return 0;
	if (cg_facts_started(facts, need->accel, NULL, LARGEST_MODEL, &largest, NULL, err) < 0)
		return -1;
	if (plain && largest == CG_STARTED_YES)
		return 0;
	if (cg_facts_started(facts, need->accel, need->machine, definition, &own, NULL, err) < 0)
		return -1;
	if (own == CG_STARTED_UNKNOWN &&
	    !add_task(round, TASK_DRYRUN, need->accel, need->machine, definition))
		return no_memory(err);
	return 0;
}

static int plan_all_dryruns(struct round *round, const struct cg_need *need,
			    const struct knowledge *k, struct cg_error *err)
{
	struct cg_facts *facts = round->prober->facts;
	const json_t *model;
	size_t i;

	json_array_foreach(k->models, i, model) {
		cg_auto_expansion struct cg_expansion e = { 0 };
		const char *name = cg_json_text(model, "name");
		bool known;

		if (json_object_get(model, "blockers"))
			continue;
		if (cg_facts_expansion(facts, need->accel, need->machine, name,
				       cg_session_is_host_bound(model), &known, &e, err) < 0)
			return -1;
		if (known && plan_dryrun(round, need, name, true, &e, k, err) < 0)
			return -1;
	}
	return 0;
}

static int plan_dryruns(struct round *round, struct cg_need *need, const struct knowledge *k,
			struct cg_error *err)
{
	cg_auto_free char *text = NULL;

	if (need->depth == CG_DEPTH_ALL)
		return plan_all_dryruns(round, need, k, err);
	if (need->depth != CG_DEPTH_DEFINITION)
		return 0;
	text = cg_definition_print(need->definition);
	if (!text)
		return no_memory(err);
	if (json_object_get(k->model, "blockers"))
		return 0;
	return plan_dryrun(round, need, text, !need->definition->count, &k->e, k, err);
}

/* What a failure with this definition is kept under: it says nothing of others. */
static char *failure_name(const char *machine, const struct cg_definition *definition)
{
	cg_auto_free char *text = cg_definition_print(definition);
	char *name;

	return text && asprintf(&name, "%s %s", machine, text) >= 0 ? name : NULL;
}

static int recorded_failure(struct round *round, struct cg_need *need, struct cg_error *err)
{
	struct cg_prober *p = round->prober;
	cg_auto_json json_t *failure = NULL;
	cg_auto_free char *name = NULL;
	struct cg_error why;

	if (p->retry)
		return 0;
	if (cg_facts_failure(p->facts, need->accel, need->machine, &failure, err) < 0)
		return -1;
	if (!failure && need->depth == CG_DEPTH_DEFINITION) {
		name = failure_name(need->machine, need->definition);
		if (!name)
			return no_memory(err);
		if (cg_facts_failure(p->facts, need->accel, name, &failure, err) < 0)
			return -1;
	}
	if (!failure)
		return 0;
	(void)cg_error_set(&why, CG_E_DIED, "%s (on record; cpugate probe tries again)",
			   cg_json_text(failure, "reason"));
	return fail(need, &why);
}

static int plan_from(struct round *round, struct cg_need *need, struct knowledge *k,
		     struct cg_error *err)
{
	enum cg_started largest;

	if (look_up(round, need, k, err) < 0)
		return -1;
	if (need->depth == CG_DEPTH_DEFINITION && k->has_models && !k->model)
		return unknown_model(round, need, err);
	if (need->depth == CG_DEPTH_DEFINITION && k->plain && !k->custom && check_overrides(round, need, k) < 0)
		return -1;
	if (need->failed)
		return 0;
	if (!is_enough(round, need, k)) {
		if (need->asked)
			return cg_error_set(err, CG_E_PROTOCOL, "%s doesn't answer what it was asked",
					    cg_identity_path(round->prober->identity));
		if (recorded_failure(round, need, err) < 0)
			return -1;
		if (!need->failed && plan_session(round, need, k, err) < 0)
			return -1;
	}
	if (need->failed || round->emulator->measure == CG_MEASURE_NONE)
		return 0;
	if (plan_largest(round, need, &largest, err) < 0)
		return -1;
	return is_enough(round, need, k) && largest != CG_STARTED_UNKNOWN
		       ? plan_dryruns(round, need, k, err)
		       : 0;
}

static int plan_need(struct round *round, struct cg_need *need, struct cg_error *err)
{
	struct knowledge k = { 0 };
	bool lost = !round->emulator;
	int ret = 0;

	if (need->failed)
		return 0;
	if (!lost && need->depth == CG_DEPTH_CATALOGUE)
		ret = has_lost_machines(round, &lost, err);
	else if (!lost)
		ret = resolve_machine(round, need, &lost, err);
	if (ret == 0 && lost)
		return plan_catalogue(round, need, err);
	if (ret < 0 || need->failed || need->depth == CG_DEPTH_CATALOGUE)
		return ret;
	ret = plan_from(round, need, &k, err);
	forget(&k);
	return ret;
}

static int plan(struct round *round, struct cg_need *needs, size_t count, struct cg_error *err)
{
	if (cg_facts_emulator(round->prober->facts, &round->emulator, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		size_t before = round->count;

		if (plan_need(round, &needs[i], err) < 0)
			return -1;
		needs[i].measured |= round->count > before;
	}
	return 0;
}

/* A QEMU that dies because it can't load its TCG module may still do KVM. */
static void try_without_tcg(struct task *task)
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

/* On a worker thread. */
static void run_task(void *arg)
{
	struct task *task = arg;

	if (task->kind == TASK_DRYRUN)
		task->ret = cg_session_dryrun(&task->started, &task->outcome, &task->dryrun,
					      &task->err);
	else
		task->ret = cg_session_run(&task->result, &task->plan, &task->err);
	if (task->ret < 0 && task->kind == TASK_CATALOGUE)
		try_without_tcg(task);
}

static void prepare(struct round *round, struct task *task)
{
	struct cg_prober *p = round->prober;

	task->plan.wanted = task->wanted;
	task->plan.wanted_count = task->wanted_count;
	if (task->kind == TASK_CATALOGUE)
		task->plan = (struct cg_session_plan){ .binary = cg_identity_path(p->identity),
						       .machine = task->machine,
						       .accel = task->accel,
						       .limits = p->limits };
	if (task->kind == TASK_DRYRUN)
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
static int put_failure(struct cg_facts *facts, struct task *task, struct cg_error *err)
{
	bool catalogue = task->kind == TASK_CATALOGUE;
	const char *accel = catalogue ? "tcg" : task->accel;

	if (catalogue || task->plan.expand != CG_EXPAND_WANTED || !task->result.models)
		return cg_facts_put_failure(facts, accel, catalogue ? "" : task->machine,
					    &task->result.outcome, &task->err, err);
	for (size_t i = 0; i < task->wanted_count; i++) {
		cg_auto_free char *name = failure_name(task->machine, task->wanted[i]);

		if (!name)
			return no_memory(err);
		if (cg_facts_put_failure(facts, accel, name, &task->result.outcome, &task->err,
					 err) < 0)
			return -1;
	}
	return 0;
}

static int keep_failure(struct round *round, struct task *task, struct cg_need *needs, size_t count,
			struct cg_error *err)
{
	struct cg_facts *facts = round->prober->facts;

	if (task->err.code == CG_E_CANCELLED) {
		*err = task->err;
		return -1;
	}
	if (put_failure(facts, task, err) < 0)
		return -1;
	if (task->kind == TASK_CATALOGUE) {
		*err = task->err;
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		if (!needs[i].failed && needs[i].machine &&
		    strcmp(needs[i].accel, task->accel) == 0 &&
		    strcmp(needs[i].machine, task->machine) == 0)
			fail(&needs[i], &task->err);
	return 0;
}

/* Tell the needs whose definitions QEMU refused. */
static int pass_refusals(const struct task *task, struct cg_need *needs, size_t count,
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
				return no_memory(err);
			(void)cg_error_set(&why, CG_E_REFUSED, "QEMU refuses %s: %s",
					   item->definition, item->refusal);
			if (strcmp(text, item->definition) == 0)
				fail(&needs[n], &why);
		}
	}
	return 0;
}

/* A vCPU that hung, or that somebody killed, may start the next time. */
static int keep_dryrun(struct round *round, struct task *task, struct cg_error *err)
{
	struct cg_facts *facts = round->prober->facts;
	const char *machine = *task->machine ? task->machine : NULL;

	if (task->ret < 0 && task->err.code == CG_E_CANCELLED) {
		*err = task->err;
		return -1;
	}
	if (task->ret < 0 || task->outcome.end.signal == SIGKILL)
		return cg_facts_note_undecided(facts, task->accel, machine, task->definition, err);
	return cg_facts_put_started(facts, task->accel, machine, task->definition, task->started,
				    &task->outcome, err);
}

static int keep(struct round *round, struct task *task, struct cg_need *needs, size_t count,
		struct cg_error *err)
{
	struct cg_facts *facts = round->prober->facts;

	if (task->kind == TASK_DRYRUN)
		return keep_dryrun(round, task, err);
	if (task->ret < 0)
		return keep_failure(round, task, needs, count, err);
	if (task->kind == TASK_CATALOGUE)
		return cg_facts_put_emulator(facts, &task->result, err);
	if (pass_refusals(task, needs, count, err) < 0)
		return -1;
	return cg_facts_put_session(facts, task->accel, task->machine, task->plan.expand,
				    &task->result, err);
}

/* What the results of a round are kept with, as they come in. */
struct intake {
	struct round *round;
	struct cg_need *needs;
	size_t count, done;
	struct cg_error err; /* the first one */
};

/* Each result is kept as soon as it is there, so that an interrupted sweep has lost nothing. */
static void take_result(size_t job, void *data)
{
	struct intake *intake = data;
	struct task *task = &intake->round->tasks[job];
	const struct cg_progress *progress = &intake->round->prober->progress;
	struct cg_error err;

	if (keep(intake->round, task, intake->needs, intake->count, &err) < 0 && !intake->err.code)
		intake->err = err;
	cg_session_result_deinit(&task->result);
	intake->done++;
	if (progress->tell)
		progress->tell(progress->data, intake->done, intake->round->count, task->machine);
}

static int run_round(struct round *round, struct cg_need *needs, size_t count, struct cg_error *err)
{
	cg_auto_free struct cg_job *jobs = calloc(round->count, sizeof(*jobs));
	struct intake intake = { .round = round, .needs = needs, .count = count };

	if (!jobs)
		return no_memory(err);
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

int cg_prober_measure(struct cg_prober *prober, struct cg_need *needs, size_t count,
		      struct cg_memo *memo, struct cg_error *err)
{
	for (int i = 0; i < ROUNDS_MAX; i++) {
		struct round round = { .prober = prober, .memo = memo };
		int ret = plan(&round, needs, count, err);
		bool done = ret == 0 && round.count == 0;

		if (ret == 0 && !done)
			ret = run_round(&round, needs, count, err);
		free_tasks(&round);
		if (ret < 0 || done)
			return ret;
	}
	return cg_error_set(err, CG_E_PROTOCOL, "%s doesn't answer what it was asked",
			    cg_identity_path(prober->identity));
}

static int check_kvm(struct cg_prober *prober, struct cg_need *needs, size_t count,
		     struct cg_error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct cg_error why;

		if (strcmp(needs[i].accel, "kvm") != 0 || needs[i].depth == CG_DEPTH_CATALOGUE)
			continue;
		if (cg_facts_set_host(prober->facts, prober->host, err) < 0)
			return -1;
		if (cg_host_has_kvm(prober->host))
			continue;
		(void)cg_error_set(&why, CG_E_UNKNOWN, "no KVM here: /dev/kvm: %s",
				   cg_json_text(cg_host_parts(prober->host), "kvm-access"));
		fail(&needs[i], &why);
	}
	return 0;
}

int cg_prober_ensure(struct cg_prober *prober, struct cg_need *needs, size_t count,
		     struct cg_error *err)
{
	struct round round = { .prober = prober };
	cg_auto_lock struct cg_lock *lock = NULL;
	struct cg_error ignored;
	struct cg_memo *memo;
	bool complete;
	int ret;

	if (check_kvm(prober, needs, count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && prober->retry; i++)
		if (!needs[i].failed)
			(void)!cg_facts_forget_failures(prober->facts, needs[i].accel, &ignored);
	if (plan(&round, needs, count, err) < 0) {
		free_tasks(&round);
		return -1;
	}
	complete = round.count == 0;
	free_tasks(&round);
	if (complete)
		return 0;
	for (size_t i = 0; i < count; i++)
		needs[i].asked = false;
	if (cg_store_use_memory(prober->store, err) < 0) /* for what the file can't take */
		return -1;
	if (cg_lock_take(&lock, cg_store_path(prober->store), cg_identity_stamp(prober->identity),
			 cg_clock_in(prober->lock_ns), prober->limits.cancel_fd, err) < 0)
		return -1;
	memo = cg_memo_new();
	ret = memo ? cg_sweep_by_shortcut(prober, needs, count, memo, err) : no_memory(err);
	if (ret == 0)
		ret = cg_prober_measure(prober, needs, count, memo, err);
	cg_memo_free(memo);
	return ret;
}
