// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Asking a QEMU. The order is fixed: what it is, what it knows, what it can't do, then expansions, a few
 * of them on their way at any time so that QEMU and we work side by side.
 */
#include "probe/session.h"

#include <stdio.h>
#include <string.h>

#include "cpumodels/spelling.h"
#include "emulator/query.h"

#define AHEAD                                                                            \
	8 /* QEMU stops reading at this many queued commands (QMP_REQ_QUEUE_LEN_MAX) */

struct session {
	const struct cg_session_plan *plan;
	const struct cg_vocabulary *vocabulary; /* the plan's, or the one found */
	struct cg_qmp *qmp;
	struct cg_session_result *out;
};

bool cg_session_is_host_bound(const json_t *definition)
{
	return json_is_false(json_object_get(definition, "migration-safe"));
}

const json_t *cg_session_find_model(const json_t *definitions, const char *name)
{
	const json_t *definition;
	size_t i;

	json_array_foreach(definitions, i, definition)
		if (strcmp(cg_json_text(definition, "name"), name) == 0)
			return definition;
	return NULL;
}

static bool knows_modes(const struct cg_session_plan *plan)
{
	return plan->modes && plan->modes->count;
}

static bool uses_globals(const struct cg_session_plan *plan)
{
	return plan->vocabulary && plan->measure == CG_MEASURE_GLOBALS;
}

/* What is switched on in the probe model: all features, or those that tell the modes apart. */
static struct cg_featureset switched_on(const struct cg_session_plan *plan)
{
	struct cg_featureset on = { 0 };

	for (size_t i = 0;
	     !knows_modes(plan) && i < cg_vocabulary_count(plan->vocabulary); i++)
		cg_featureset_add(&on, i);
	for (size_t i = 1; knows_modes(plan) && i < plan->modes->count; i++) {
		const struct cg_featureset *first = &plan->modes->unsupported[0];
		const struct cg_featureset *other = &plan->modes->unsupported[i];
		struct cg_featureset more = cg_featureset_minus(first, other);
		struct cg_featureset less = cg_featureset_minus(other, first);

		on = cg_featureset_or(&on, &more);
		on = cg_featureset_or(&on, &less);
	}
	return on;
}

/* From what the probe model lacks of what is switched on. */
static void take_unsupported(struct session *s, const struct cg_featureset *lacks)
{
	struct cg_featureset on = switched_on(s->plan);

	s->out->has_unsupported = !knows_modes(s->plan);
	s->out->unsupported = *lacks;
	for (size_t i = 0; knows_modes(s->plan) && i < s->plan->modes->count; i++) {
		struct cg_featureset told =
			cg_featureset_and(&s->plan->modes->unsupported[i], &on);

		if (!cg_featureset_equal(&told, lacks))
			continue;
		s->out->unsupported = s->plan->modes->unsupported[i];
		s->out->has_unsupported = true;
	}
}

static int take_defaults(struct session *s, const char *model, struct cg_error *err)
{
	cg_auto_expansion struct cg_expansion expansion = { 0 };
	cg_auto_json json_t *props = NULL;

	if (cg_query_expansion(s->qmp, s->out->expansion, model, NULL, &props, err) < 0 ||
	    cg_expansion_from_props(&expansion, props, s->out->vocabulary, err) < 0)
		return -1;
	s->out->defaults = cg_take(expansion.scalars);
	return 0;
}

/* Does query-cpu-definitions say what a model lacks here? */
static int says_unavailable(struct session *s, bool *says, struct cg_error *err)
{
	cg_auto_json json_t *definitions = NULL;

	if (cg_query_definitions(s->qmp, &definitions, err) < 0)
		return -1;
	*says = json_object_get(json_array_get(definitions, 0), "unavailable-features") !=
		NULL;
	return 0;
}

/*
 * x86 lists its features in the static expansion of "base"; others have no such model, and "max" names
 * what it can. A target without expansions has no vocabulary.
 */
static int find_vocabulary(struct session *s, struct cg_error *err)
{
	static const struct {
		const char *type, *model, *expansion;
	} ways[] = { { "static", CG_SESSION_PROBE_MODEL, "full" },
		     { "full", "max", "full" },
		     { "static", "max", "static" } };
	cg_auto_json json_t *props = NULL;
	bool says = true;
	size_t i;

	for (i = 0; i < CG_COUNT(ways) && !props; i++)
		if (cg_query_expansion(s->qmp, ways[i].type, ways[i].model, NULL, &props,
				       err) < 0 &&
		    err->code != CG_E_REFUSED && err->code != CG_E_UNKNOWN)
			return -1;
	if (!props)
		return 0;
	i--;
	if (i > 0 && says_unavailable(s, &says, err) < 0)
		return -1;
	s->out->expansion = ways[i].expansion;
	s->out->measure = !says    ? CG_MEASURE_NONE
			  : i == 0 ? CG_MEASURE_GLOBALS
				   : CG_MEASURE_MAX;
	if (cg_expansion_vocabulary(&s->out->vocabulary, props, err) < 0)
		return -1;
	return take_defaults(s, ways[i].model, err);
}

static int ask_basics(struct session *s, struct cg_error *err)
{
	bool kvm;

	if (cg_query_about(s->qmp, &s->out->about, err) < 0)
		return -1;
	if (strcmp(s->plan->accel, "kvm") == 0) {
		if (cg_query_kvm(s->qmp, &kvm, err) < 0)
			return -1;
		if (!kvm)
			return cg_error_set(err, CG_E_PROTOCOL,
					    "QEMU says that it doesn't use KVM");
	}
	if (s->plan->vocabulary)
		return 0;
	if (cg_query_machines(s->qmp, &s->out->machines, err) < 0)
		return -1;
	return find_vocabulary(s, err);
}

/* Everything but the features that QEMU doesn't name ("" stands for bits without a name). */
static json_t *named(const json_t *list)
{
	json_t *out = json_array(), *name;
	size_t i;

	json_array_foreach(list, i, name)
		if (json_is_string(name) && *json_string_value(name))
			json_array_append(out, name);
	return out;
}

/* "host" under TCG is unavailable because of "kvm", which is no feature of a CPU. */
static void take_blockers(struct session *s, json_t *definition, json_t *list)
{
	size_t i = 0;
	json_t *name;

	while (s->plan->vocabulary && (name = json_array_get(list, i))) {
		if (cg_vocabulary_find(s->plan->vocabulary, json_string_value(name)) <
		    CG_FEATURES_MAX) {
			i++;
			continue;
		}
		if (!json_object_get(definition, "blockers"))
			json_object_set_new(definition, "blockers", json_array());
		json_array_append(json_object_get(definition, "blockers"), name);
		json_array_remove(list, i);
	}
}

static void take_definition(struct session *s, json_t *definition)
{
	const char *name = cg_json_text(definition, "name");
	cg_auto_json json_t *list =
		named(json_object_get(definition, "unavailable-features"));
	struct cg_featureset lacks;
	size_t unknown;

	json_object_del(definition, "unavailable-features");
	take_blockers(s, definition, list);
	json_array_append(s->out->models, definition);
	if (uses_globals(s->plan) && strcmp(name, CG_SESSION_PROBE_MODEL) == 0) {
		lacks = cg_vocabulary_set(s->plan->vocabulary, list, &unknown);
		take_unsupported(s, &lacks);
	} else if (json_array_size(list)) {
		json_object_set(s->out->unavailable, name, list);
	}
}

/*
 * On s390x a CPU starts only if "max" has all that it asks for. A KVM without CPU models refuses to say; then U isn't
 * known, but each model's own list is.
 */
static int measure_by_max(struct session *s, struct cg_error *err)
{
	cg_auto_expansion struct cg_expansion max = { 0 };
	cg_auto_json json_t *props = NULL;

	if (cg_query_expansion(s->qmp, s->plan->expansion, "max", NULL, &props, err) < 0)
		return err->code == CG_E_REFUSED || err->code == CG_E_UNKNOWN ? 0 : -1;
	if (cg_expansion_from_props(&max, props, s->plan->vocabulary, err) < 0)
		return -1;
	for (size_t i = 0; i < cg_vocabulary_count(s->plan->vocabulary); i++)
		if (!cg_featureset_has(&max.features, i))
			cg_featureset_add(&s->out->unsupported, i);
	s->out->has_unsupported = true;
	return 0;
}

static int ask_definitions(struct session *s, struct cg_error *err)
{
	cg_auto_json json_t *definitions = NULL;
	json_t *definition;
	size_t i;

	if (cg_query_definitions(s->qmp, &definitions, err) < 0)
		return -1;
	s->out->models = json_array();
	s->out->unavailable = json_object();
	json_array_foreach(definitions, i, definition)
		take_definition(s, definition);
	return s->plan->vocabulary && s->plan->measure == CG_MEASURE_MAX
		       ? measure_by_max(s, err)
		       : 0;
}

static json_t *switches(const struct cg_session_plan *plan, bool on)
{
	struct cg_featureset features = switched_on(plan);
	json_t *props = json_object();

	cg_featureset_each(&features, i)
		json_object_set_new(props, cg_vocabulary_name(plan->vocabulary, i),
				    json_boolean(on));
	return props;
}

/*
 * The probe model is asked with all that the globals switched on off again, which is what it is anyway: "base"
 * is defined as the model without features.
 */
static json_t *switched_off(const struct session *s)
{
	return switches(s->plan, false);
}

static int send_plain(struct session *s, const char *model, struct cg_error *err)
{
	bool probe = uses_globals(s->plan) && strcmp(model, CG_SESSION_PROBE_MODEL) == 0;

	return cg_query_send_expansion(s->qmp, s->plan->expansion, model,
				       probe ? switched_off(s) : NULL, err);
}

static int receive_expansion(struct session *s, struct cg_expansion *out,
			     struct cg_error *err)
{
	cg_auto_json json_t *props = NULL;

	if (cg_query_receive_expansion(s->qmp, &props, err) < 0)
		return -1;
	return cg_expansion_from_props(out, props, s->vocabulary, err);
}

/* The next expansion, unparsed if the same reply has been parsed before. */
static int take_expansion(struct session *s, struct cg_expansion *out,
			  struct cg_error *err)
{
	struct cg_digest reply;
	bool plain;

	if (!s->plan->memo)
		return receive_expansion(s, out, err);
	if (cg_qmp_peek(s->qmp, &plain, &reply, err) < 0)
		return -1;
	if (plain && cg_memo_get(s->plan->memo, &reply, out)) {
		cg_qmp_skip(s->qmp);
		return 0;
	}
	if (receive_expansion(s, out, err) < 0)
		return -1;
	if (plain)
		cg_memo_put(s->plan->memo, &reply, out);
	return 0;
}

/* A refusal is an answer too: QEMU is fine, what it was asked isn't. */
static int take_item(struct session *s, const char *definition, struct cg_error *err)
{
	struct cg_session_item *item = &s->out->items[s->out->count];

	item->definition = strdup(definition);
	if (!item->definition)
		return cg_error_errno(err, "expansions");
	s->out->count++;
	if (take_expansion(s, &item->expansion, err) == 0)
		return 0;
	if (err->code != CG_E_REFUSED)
		return cg_error_prefix(err, "%s", definition);
	item->refusal = strdup(err->msg);
	return item->refusal ? 0 : cg_error_errno(err, "expansions");
}

static int expand_models(struct session *s, const char *const *models, size_t count,
			 struct cg_error *err)
{
	size_t sent = 0;

	for (size_t taken = 0; taken < count; taken++) {
		while (sent < count && sent - taken < AHEAD)
			if (send_plain(s, models[sent++], err) < 0)
				return -1;
		if (take_item(s, models[taken], err) < 0)
			return -1;
	}
	return 0;
}

/* The value of an override with the type that the plain model's property has. */
static json_t *typed_value(const char *text, const json_t *like)
{
	unsigned long long number;
	char *end;
	bool on;

	if ((!like || json_is_boolean(like)) && cg_definition_bool(text, &on))
		return json_boolean(on);
	number = strtoull(text, &end, 0);
	if ((!like || json_is_integer(like) || cg_json_is_big(like)) && *text && !*end &&
	    *text != '-')
		return cg_json_from_uint(number);
	if ((!like || json_is_integer(like)) && *text == '-') {
		json_int_t negative = strtoll(text, &end, 0);

		if (!*end)
			return json_integer(negative);
	}
	return json_string(text);
}

static json_t *typed_overrides(const struct session *s,
			       const struct cg_definition *definition,
			       const struct cg_expansion *plain)
{
	json_t *props = json_object();

	for (size_t i = 0; i < definition->count; i++) {
		const struct cg_override *o = &definition->overrides[i];
		cg_auto_json json_t *yes = json_true();
		const json_t *like = json_object_get(plain->scalars, o->name);

		if (cg_vocabulary_find(s->vocabulary, o->name) < CG_FEATURES_MAX)
			like = yes;
		json_object_set_new(props, o->name, typed_value(o->value, like));
	}
	return props;
}

static const struct cg_expansion *find_item(const struct session *s,
					    const char *definition)
{
	for (size_t i = 0; i < s->out->count; i++)
		if (strcmp(s->out->items[i].definition, definition) == 0)
			return &s->out->items[i].expansion;
	return NULL;
}

/* On the probe model the overrides go over what undoes the globals. */
static int send_custom(struct session *s, const struct cg_definition *definition,
		       struct cg_error *err)
{
	json_t *props = typed_overrides(s, definition, find_item(s, definition->model));

	if (uses_globals(s->plan) &&
	    strcmp(definition->model, CG_SESSION_PROBE_MODEL) == 0) {
		json_t *off = switched_off(s);

		json_object_update(off, props);
		json_decref(props);
		props = off;
	}
	return cg_query_send_expansion(s->qmp, s->plan->expansion, definition->model,
				       props, err);
}

static int expand_custom(struct session *s, const struct cg_definition *definition,
			 struct cg_error *err)
{
	cg_auto_free char *text = NULL;

	if (!definition->count)
		return 0;
	text = cg_definition_print(definition);
	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a definition");
	if (send_custom(s, definition, err) < 0)
		return -1;
	return take_item(s, text, err);
}

/* Which plain models to expand: none twice. */
static size_t pick_models(const struct session *s, const char **models)
{
	const struct cg_session_plan *plan = s->plan;
	const json_t *model;
	size_t count = 0, i;

	for (size_t w = 0; w < plan->wanted_count && plan->expand == CG_EXPAND_WANTED;
	     w++) {
		bool there = false;

		for (size_t j = 0; j < count; j++)
			there |= strcmp(models[j], plan->wanted[w]->model) == 0;
		if (!there)
			models[count++] = plan->wanted[w]->model;
	}
	if (plan->expand == CG_EXPAND_WANTED)
		return count;
	json_array_foreach(s->out->models, i, model)
		if (plan->expand == CG_EXPAND_ALL || cg_session_is_host_bound(model))
			models[count++] = cg_json_text(model, "name");
	return count;
}

static int ask_expansions(struct session *s, struct cg_error *err)
{
	const struct cg_session_plan *plan = s->plan;
	size_t room = json_array_size(s->out->models) + 2 * plan->wanted_count + 1;
	cg_auto_free const char **models = calloc(room, sizeof(*models));

	s->out->items = calloc(room, sizeof(*s->out->items));
	if (!models || !s->out->items)
		return cg_error_errno(err, "expansions");
	if (expand_models(s, models, pick_models(s, models), err) < 0)
		return -1;
	for (size_t i = 0; i < plan->wanted_count && plan->expand == CG_EXPAND_WANTED;
	     i++)
		if (expand_custom(s, plan->wanted[i], err) < 0)
			return -1;
	return 0;
}

static int converse(struct session *s, struct cg_error *err)
{
	if (ask_basics(s, err) < 0)
		return -1;
	s->vocabulary = s->plan->vocabulary ? s->plan->vocabulary : s->out->vocabulary;
	if (s->plan->definitions && ask_definitions(s, err) < 0)
		return -1;
	if (s->plan->expand != CG_EXPAND_NONE && s->vocabulary)
		return ask_expansions(s, err);
	return 0;
}

/* Machine types of loongarch64 refuse less than 1 GiB. */
static bool wants_memory(const struct cg_session_plan *plan)
{
	return plan->measure == CG_MEASURE_NONE && strcmp(plan->machine, "none") != 0;
}

int cg_session_run(struct cg_session_result *out, const struct cg_session_plan *plan,
		   struct cg_error *err)
{
	cg_auto_process struct cg_process *process = NULL;
	cg_auto_json json_t *on = NULL;
	char type[CG_NAME_MAX];
	struct cg_start start = { .binary = plan->binary,
				  .machine = plan->machine,
				  .accel = plan->accel,
				  .usual_memory = wants_memory(plan),
				  .cpu = plan->cpu };
	struct session s = { .plan = plan, .out = out };

	if (uses_globals(plan)) {
		on = switches(plan, true);
		snprintf(type, sizeof(type), "%s-%s-cpu", CG_SESSION_PROBE_MODEL,
			 plan->target);
		start.global_type = type;
		start.globals = on;
	}
	if (cg_process_start(&process, &start, err) < 0)
		return -1;
	if (cg_process_connect(process, &plan->limits, err) < 0)
		return cg_process_failed(process, &out->outcome, err);
	s.qmp = cg_process_qmp(process);
	if (converse(&s, err) == 0)
		return 0;
	return cg_process_failed(process, &out->outcome, err);
}

void cg_session_result_deinit(struct cg_session_result *result)
{
	json_decref(result->about);
	json_decref(result->machines);
	json_decref(result->models);
	json_decref(result->unavailable);
	json_decref(result->defaults);
	cg_vocabulary_free(result->vocabulary);
	for (size_t i = 0; i < result->count; i++) {
		free(result->items[i].definition);
		free(result->items[i].refusal);
		cg_expansion_deinit(&result->items[i].expansion);
	}
	free(result->items);
	*result = (struct cg_session_result){ 0 };
}

/* The machine is up once it answers; "enforce" has then let the vCPU through. */
static int await_machine(struct cg_process *process, const struct cg_qmp_limits *limits,
			 struct cg_error *err)
{
	cg_auto_json json_t *cpus = NULL;

	if (cg_process_connect(process, limits, err) < 0)
		return -1;
	return cg_query_cpus(cg_process_qmp(process), &cpus, err);
}

int cg_session_dryrun(bool *started, struct cg_outcome *outcome,
		      const struct cg_dryrun_plan *plan, struct cg_error *err)
{
	cg_auto_process struct cg_process *process = NULL;
	cg_auto_free char *cpu = NULL;
	struct cg_start start = { .binary = plan->binary,
				  .machine = plan->machine,
				  .accel = plan->accel };

	*outcome = (struct cg_outcome){ 0 };
	if (asprintf(&cpu, "%s%s", plan->definition, plan->enforce ? ",enforce=on" : "") <
	    0) {
		cpu = NULL;
		return cg_error_errno(err, "dry run");
	}
	start.cpu = cpu;
	if (cg_process_start(&process, &start, err) < 0)
		return -1;
	*started = await_machine(process, &plan->limits, err) == 0;
	if (*started)
		return 0;
	cg_process_failed(process, outcome, err);
	return outcome->ended ? 0 : -1;
}
