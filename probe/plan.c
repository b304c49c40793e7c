// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Planning by what is missing: the facts are asked what every need still lacks and could be measured now. So the
 * order of measurements is written down nowhere: it follows.
 */
#include "probe/plan.h"

#include <stdio.h>
#include <string.h>

#include "cpumodels/spelling.h"
#include "machine/catalogue.h"

/* Is a session of this round going to show whether the largest model starts? */
static bool is_carried(const struct cg_round *round, const char *accel)
{
	for (size_t i = 0; i < round->count; i++)
		if (round->tasks[i].largest && strcmp(round->tasks[i].accel, accel) == 0)
			return true;
	return false;
}

/*
 * TCG's session of the default machine type can carry that question: what it answers doesn't depend on its vCPU. Under KVM
 * the largest model may well end QEMU, so there it is tried beside.
 */
static int carry_largest(const struct cg_round *round, const struct cg_need *need,
			 struct cg_task *task, struct cg_error *err)
{
	const char *usual = round->emulator->default_machine;
	enum cg_started known;

	if (strcmp(need->accel, "tcg") != 0 || !usual ||
	    strcmp(need->machine, usual) != 0 ||
	    round->emulator->measure != CG_MEASURE_GLOBALS ||
	    cg_round_find(round, CG_TASK_DRYRUN, need->accel, "", CG_LARGEST_MODEL))
		return 0;
	if (cg_facts_started(round->prober->facts, need->accel, NULL, CG_LARGEST_MODEL,
			     &known, NULL, err) < 0)
		return -1;
	task->largest = known == CG_STARTED_UNKNOWN;
	task->plan.cpu = task->largest ? CG_LARGEST_MODEL ",enforce=on" : NULL;
	return 0;
}

/* Whether everything that this accelerator says it supports really starts at once. */
static int plan_largest(struct cg_round *round, const struct cg_need *need,
			enum cg_started *known, struct cg_error *err)
{
	struct cg_prober *p = round->prober;

	if (cg_facts_started(p->facts, need->accel, NULL, CG_LARGEST_MODEL, known, NULL,
			     err) < 0)
		return -1;
	if (*known == CG_STARTED_UNKNOWN && !is_carried(round, need->accel) &&
	    !cg_round_add(round, CG_TASK_DRYRUN, need->accel, "", CG_LARGEST_MODEL))
		return cg_round_no_memory(err);
	return 0;
}

static int plan_catalogue(struct cg_round *round, struct cg_need *need,
			  struct cg_error *err)
{
	struct cg_prober *p = round->prober;
	cg_auto_json json_t *failure = NULL;
	enum cg_started known;

	if (!p->retry) {
		if (cg_facts_failure(p->facts, "tcg", "", &failure, err) < 0)
			return -1;
		if (failure)
			return cg_error_set(err, CG_E_DIED,
					    "%s (on record; cpugate probe tries again)",
					    cg_json_text(failure, "reason"));
	}
	if (!cg_round_add(round, CG_TASK_CATALOGUE, CG_AHEAD_ACCEL, CG_AHEAD_MACHINE,
			  NULL))
		return cg_round_no_memory(err);
	if (need->depth == CG_DEPTH_CATALOGUE || strcmp(need->accel, "kvm") != 0)
		return 0;
	return plan_largest(round, need, &known,
			    err); /* KVM takes longest: no time to lose */
}

static int unknown_machine(struct cg_round *round, struct cg_need *need,
			   struct cg_error *err)
{
	cg_auto_json json_t *machines = NULL;
	struct cg_error why;
	const char *near;

	if (cg_facts_machines(round->prober->facts, &machines, err) < 0)
		return -1;
	near = cg_catalogue_nearest(machines, need->machine);
	(void)cg_error_set(&why, CG_E_UNKNOWN, "%s has no machine type %s%s%s%s",
			   cg_identity_path(round->prober->identity), need->machine,
			   near ? " (did you mean " : "", near ? near : "",
			   near ? "?)" : "");
	return cg_need_fail(need, &why);
}

/* An alias becomes the name behind it; a name that nothing is known about yet must be in the list. */
static int resolve_machine(struct cg_round *round, struct cg_need *need, bool *lost,
			   struct cg_error *err)
{
	const struct cg_emulator_facts *e = round->emulator;
	cg_auto_json json_t *machine = NULL;
	bool known;

	if (!need->machine)
		need->machine = e->default_machine ? e->default_machine : "none";
	if (json_object_get(e->aliases, need->machine))
		need->machine = cg_json_text(e->aliases, need->machine);
	if (cg_facts_knows_unavailable(round->prober->facts, need->accel, need->machine,
				       false, &known, err) < 0)
		return -1;
	if (known)
		return 0;
	if (cg_facts_machine(round->prober->facts, need->machine, &known, &machine, err) <
	    0)
		return -1;
	*lost = !known;
	return known && !machine ? unknown_machine(round, need, err) : 0;
}

/* Does a damaged cache still have the emulator, but not its machine types? */
static int has_lost_machines(struct cg_round *round, bool *lost, struct cg_error *err)
{
	cg_auto_json json_t *machine = NULL;
	bool known;

	if (cg_facts_machine(round->prober->facts, "none", &known, &machine, err) < 0)
		return -1;
	*lost = !known;
	return 0;
}

/* Are the host-bound models (host, max) expanded for this host? */
static int knows_host_bound(struct cg_round *round, const struct cg_need *need,
			    const json_t *models, bool *known, struct cg_error *err)
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
				       cg_json_text(model, "name"), true, known, &e,
				       err) < 0)
			return -1;
	}
	return 0;
}

/* What is known for a need, as far as it was looked up. */
struct knowledge {
	json_t *models; /* unless the need is one definition */
	json_t *model;  /* of the definition */
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

static int look_up_definition(struct cg_round *round, const struct cg_need *need,
			      struct knowledge *k, struct cg_error *err)
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
	if (cg_facts_expansion(facts, need->accel, need->machine, text, host_bound,
			       &k->custom, &k->e, err) < 0)
		return -1;
	if (!need->definition->count || k->custom) {
		k->plain = k->custom;
		return 0;
	}
	return cg_facts_expansion(facts, need->accel, need->machine,
				  need->definition->model, host_bound, &k->plain,
				  &k->e_plain, err);
}

/* U, and QEMU's own lists. Without a U they are of use only where they are what to answer from. */
static int look_up_lacks(struct cg_round *round, const struct cg_need *need,
			 struct knowledge *k, struct cg_error *err)
{
	struct cg_facts *facts = round->prober->facts;
	bool read = need->depth != CG_DEPTH_DEFINITION && !need->unread, contradicted;

	if (cg_facts_unsupported(facts, need->accel, need->machine, &k->unsupported,
				 &k->u, err) < 0 ||
	    cg_facts_knows_unavailable(facts, need->accel, need->machine, read,
				       &k->unavailable, err) < 0 ||
	    cg_facts_contradicted(facts, need->accel, need->machine, &contradicted, err) <
		    0)
		return -1;
	k->unavailable &= k->unsupported || contradicted;
	return 0;
}

static int look_up(struct cg_round *round, const struct cg_need *need,
		   struct knowledge *k, struct cg_error *err)
{
	struct cg_facts *facts = round->prober->facts;

	if (look_up_lacks(round, need, k, err) < 0)
		return -1;
	if (need->depth == CG_DEPTH_DEFINITION)
		return look_up_definition(round, need, k, err);
	if (need->depth == CG_DEPTH_MODELS)
		return cg_facts_knows_models(facts, need->accel, need->machine,
					     !need->unread, &k->has_models, err);
	if (cg_facts_models(facts, need->accel, need->machine, &k->models, err) < 0)
		return -1;
	k->has_models = k->models != NULL;
	if (cg_facts_has_sheet(facts, need->accel, need->machine, &k->sheet, err) < 0)
		return -1;
	return knows_host_bound(round, need, k->models, &k->host_bound, err);
}

static bool is_enough(const struct cg_round *round, const struct cg_need *need,
		      const struct knowledge *k)
{
	if (!k->has_models)
		return false;
	if (!round->emulator
		     ->vocabulary) /* a target that names no features has nothing more */
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

static enum cg_session_expand expansion_for(const struct cg_need *need, bool sheet)
{
	if (need->depth == CG_DEPTH_DEFINITION)
		return CG_EXPAND_WANTED;
	if (sheet)
		return CG_EXPAND_HOST_BOUND; /* the rest is as good as it was */
	return need->depth >= CG_DEPTH_SHEET ? CG_EXPAND_ALL : CG_EXPAND_NONE;
}

static int want(struct cg_task *task, const struct cg_definition *definition,
		struct cg_error *err)
{
	const struct cg_definition **more =
		reallocarray(task->wanted, task->wanted_count + 1, sizeof(*more));

	if (!more)
		return cg_round_no_memory(err);
	task->wanted = more;
	task->wanted[task->wanted_count++] = definition;
	return 0;
}

/* Needs of one machine type share a session; if one of them is for more, the others wait for the next round. */
static int plan_session(struct cg_round *round, struct cg_need *need,
			const struct knowledge *k, struct cg_error *err)
{
	struct cg_prober *p = round->prober;
	struct cg_task *task =
		cg_round_add(round, CG_TASK_SESSION, need->accel, need->machine, NULL);
	enum cg_session_expand expand;
	bool sheet = k->sheet;

	if (!task)
		return cg_round_no_memory(err);
	if (need->depth == CG_DEPTH_MODELS && /* then nobody has looked yet */
	    cg_facts_has_sheet(p->facts, need->accel, need->machine, &sheet, err) < 0)
		return -1;
	expand = expansion_for(need, sheet);
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
		.modes = cg_prober_modes(p, need->accel),
		.definitions = true,
		.expand = expand,
		.memo = round->memo,
		.limits = p->limits,
	};
	need->asked = true;
	if (carry_largest(round, need, task, err) < 0)
		return -1;
	return expand == CG_EXPAND_WANTED ? want(task, need->definition, err) : 0;
}

static int unknown_model(struct cg_round *round, struct cg_need *need,
			 struct cg_error *err)
{
	const char *wanted = need->definition->model, *near = NULL;
	size_t best = strlen(wanted) / 3 + 1, i;
	cg_auto_json json_t *models = NULL;
	struct cg_error why;
	const json_t *model;

	if (cg_facts_models(round->prober->facts, need->accel, need->machine, &models,
			    err) < 0)
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
			   near ? " (did you mean " : "", near ? near : "",
			   near ? "?)" : "");
	return cg_need_fail(need, &why);
}

/* Every override must be a property that the model has. */
static int check_overrides(struct cg_round *round, struct cg_need *need,
			   const struct knowledge *k)
{
	const struct cg_vocabulary *vocabulary = round->emulator->vocabulary;
	struct cg_error why;

	for (size_t i = 0; i < need->definition->count; i++) {
		const char *name = need->definition->overrides[i].name, *near;

		if (cg_vocabulary_find(vocabulary, name) < CG_FEATURES_MAX ||
		    json_object_get(k->e_plain.scalars, name))
			continue;
		near = cg_vocabulary_nearest(vocabulary, name);
		(void)cg_error_set(&why, CG_E_UNKNOWN,
				   "CPU model %s has no feature %s%s%s%s",
				   need->definition->model, name,
				   near ? " (did you mean " : "", near ? near : "",
				   near ? "?)" : "");
		return cg_need_fail(need, &why);
	}
	return 0;
}

/* Is a vCPU of this model known to start, or known to lack something, on this machine type? */
static int plan_dryrun(struct cg_round *round, const struct cg_need *need,
		       const char *definition, bool plain, const struct cg_expansion *e,
		       const struct knowledge *k, struct cg_error *err)
{
	struct cg_facts *facts = round->prober->facts;
	struct cg_featureset lacks = cg_featureset_and(&e->features, &k->u);
	enum cg_started largest, own;

	if (!cg_featureset_is_empty(&lacks))
		return 0;
	if (cg_facts_started(facts, need->accel, NULL, CG_LARGEST_MODEL, &largest, NULL,
			     err) < 0)
		return -1;
	if (plain && largest == CG_STARTED_YES)
		return 0;
	if (cg_facts_started(facts, need->accel, need->machine, definition, &own, NULL,
			     err) < 0)
		return -1;
	if (own == CG_STARTED_UNKNOWN &&
	    !cg_round_add(round, CG_TASK_DRYRUN, need->accel, need->machine, definition))
		return cg_round_no_memory(err);
	return 0;
}

static int plan_all_dryruns(struct cg_round *round, const struct cg_need *need,
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
				       cg_session_is_host_bound(model), &known, &e,
				       err) < 0)
			return -1;
		if (known && plan_dryrun(round, need, name, true, &e, k, err) < 0)
			return -1;
	}
	return 0;
}

static int plan_dryruns(struct cg_round *round, struct cg_need *need,
			const struct knowledge *k, struct cg_error *err)
{
	cg_auto_free char *text = NULL;

	if (need->depth == CG_DEPTH_ALL)
		return plan_all_dryruns(round, need, k, err);
	if (need->depth != CG_DEPTH_DEFINITION)
		return 0;
	text = cg_definition_print(need->definition);
	if (!text)
		return cg_round_no_memory(err);
	if (json_object_get(k->model, "blockers"))
		return 0;
	return plan_dryrun(round, need, text, !need->definition->count, &k->e, k, err);
}

static int recorded_failure(struct cg_round *round, struct cg_need *need,
			    struct cg_error *err)
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
		name = cg_round_failure_name(need->machine, need->definition);
		if (!name)
			return cg_round_no_memory(err);
		if (cg_facts_failure(p->facts, need->accel, name, &failure, err) < 0)
			return -1;
	}
	if (!failure)
		return 0;
	(void)cg_error_set(&why, CG_E_DIED, "%s (on record; cpugate probe tries again)",
			   cg_json_text(failure, "reason"));
	return cg_need_fail(need, &why);
}

static int plan_from(struct cg_round *round, struct cg_need *need, struct knowledge *k,
		     struct cg_error *err)
{
	enum cg_started largest;

	if (look_up(round, need, k, err) < 0)
		return -1;
	if (need->depth == CG_DEPTH_DEFINITION && k->has_models && !k->model)
		return unknown_model(round, need, err);
	if (need->depth == CG_DEPTH_DEFINITION && k->plain && !k->custom &&
	    check_overrides(round, need, k) < 0)
		return -1;
	if (need->failed)
		return 0;
	if (!is_enough(round, need, k)) {
		if (need->asked && cg_store_keeps(round->prober->store))
			return cg_error_set(err, CG_E_PROTOCOL,
					    "%s doesn't answer what it was asked",
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

static int plan_need(struct cg_round *round, struct cg_need *need, struct cg_error *err)
{
	struct knowledge k = { 0 };
	bool lost = !round->emulator;
	int ret = 0;

	if (need->failed || need->deferred)
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

int cg_plan(struct cg_round *round, struct cg_need *needs, size_t count,
	    struct cg_error *err)
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
