// SPDX-License-Identifier: LGPL-2.1-or-later
/* Machine types without starting them: their changes as overrides. */
#include "probe/shortcut.h"

#include <stdio.h>
#include <string.h>

#include "cpumodels/spelling.h"
#include "emulator/query.h"
#include "machine/catalogue.h"

#define AHEAD 8

bool cg_shortcut_covers(const char *machine, const char *accel)
{
	char family[CG_MACHINE_NAME];
	int major, minor;

	if (!cg_catalogue_split(machine, family, &major, &minor))
		return false;
	if (strcmp(machine, "pc-q35-4.0") == 0)
		return strcmp(accel, "kvm") != 0;
	return strcmp(family, "pc-q35") == 0 || strcmp(family, "pc-i440fx") == 0;
}

static bool has_versions(const char *machine)
{
	char family[CG_MACHINE_NAME];
	int major, minor;

	return cg_catalogue_split(machine, family, &major, &minor) &&
	       (major > 4 || (major == 4 && minor >= 1));
}

bool cg_shortcut_same_versions(const char *machine, const char *other)
{
	return has_versions(machine) == has_versions(other);
}

/* The changes that are about CPUs, in their order. */
static json_t *cpu_changes(const json_t *machine, const char *target)
{
	json_t *list = json_array();
	const json_t *change;
	char suffix[64];
	size_t i, len;

	len = (size_t)snprintf(suffix, sizeof(suffix), "%s-cpu", target);
	json_array_foreach(json_object_get(machine, "compat-props"), i, change) {
		const char *type = cg_json_text(change, "qom-type");
		size_t type_len = type ? strlen(type) : 0;

		if (type_len < len || strcmp(type + type_len - len, suffix) != 0)
			continue;
		json_array_append_new(list, json_pack("[O, O, O]",
						      json_object_get(change, "qom-type"),
						      json_object_get(change, "property"),
						      json_object_get(change, "value")));
	}
	return list;
}

static int ask_compat(struct cg_process *process, const char *target,
		      const struct cg_qmp_limits *limits, json_t **out,
		      struct cg_error *err)
{
	cg_auto_json json_t *machines = NULL;
	const json_t *machine;
	size_t i;

	if (cg_process_connect(process, limits, err) < 0)
		return -1;
	*out = NULL;
	if (cg_qmp_call(cg_process_qmp(process), "query-machines",
			json_pack("{s:b}", "compat-props", 1), &machines, err) < 0)
		return err->code == CG_E_REFUSED ? 0 : -1;
	*out = json_object();
	json_array_foreach(machines, i, machine)
		if (cg_json_text(machine, "name"))
			json_object_set_new(*out, cg_json_text(machine, "name"),
					    cpu_changes(machine, target));
	return 0;
}

int cg_shortcut_compat(json_t **out, const char *binary, const char *target,
		       const struct cg_qmp_limits *limits, struct cg_error *err)
{
	struct cg_start start = { .binary = binary,
				  .machine = "none",
				  .accel = "tcg:kvm" };
	cg_auto_process struct cg_process *process = NULL;
	struct cg_outcome outcome;

	if (cg_process_start(&process, &start, err) < 0)
		return -1;
	if (ask_compat(process, target, limits, out, err) < 0)
		return cg_process_failed(process, &outcome, err);
	return 0;
}

json_t *cg_shortcut_common(const json_t *compat, const char *machine, const char *target)
{
	json_t *common = json_object();
	const json_t *change;
	char every[64];
	size_t i;

	snprintf(every, sizeof(every), "%s-cpu", target);
	json_array_foreach(json_object_get(compat, machine), i, change) {
		const char *type = json_string_value(json_array_get(change, 0));
		const char *property = json_string_value(json_array_get(change, 1));

		if (type && property && strcmp(type, every) == 0)
			json_object_set(common, property, json_array_get(change, 2));
	}
	return common;
}

/*
 * Models that are one (an alias and the version that it stands for in this process), their plain expansion, and one
 * for each distinct set of changes that any of them has on any machine type.
 */
struct group {
	const struct cg_shortcut_plan *plan;
	const json_t *common; /* changes that the process makes by itself */
	struct cg_qmp *qmp;
	const char *model; /* that is expanded for all of them */
	struct cg_expansion plain;
	json_t *variants;                /* overrides */
	struct cg_expansion *expansions; /* of the variants */
};

/* Does a change of @type apply to this model's type? "host" is a "max" (max_x86_cpu_type_info). */
static bool applies(const struct cg_shortcut_plan *plan, const char *typename,
		    const char *type)
{
	char every[64], max[64], host[64];

	snprintf(every, sizeof(every), "%s-cpu", plan->target);
	snprintf(max, sizeof(max), "max-%s-cpu", plan->target);
	snprintf(host, sizeof(host), "host-%s-cpu", plan->target);
	return strcmp(type, typename) == 0 || strcmp(type, every) == 0 ||
	       (strcmp(type, max) == 0 && strcmp(typename, host) == 0);
}

/* A value as -global takes it, with the type of the property. */
static json_t *typed(const char *text, const json_t *like)
{
	unsigned long long number;
	char *end;

	if (json_is_boolean(like))
		return json_boolean(strcmp(text, "on") == 0 ||
				    strcmp(text, "true") == 0 ||
				    strcmp(text, "yes") == 0);
	number = strtoull(text, &end, 0);
	if ((json_is_string(like) && !cg_json_is_big(like)) || !*text || *end)
		return json_string(text);
	return *text == '-' ? json_integer(strtoll(text, NULL, 0))
			    : cg_json_from_uint(number);
}

/* An override, under the name that expansions have for the property; none where there is no such property. */
static void override(const struct cg_shortcut_plan *plan, const json_t *scalars,
		     json_t *overrides, const char *property, const char *value)
{
	const json_t *like = json_object_get(scalars, property);
	cg_auto_json json_t *yes = json_true();
	char name[CG_NAME_MAX];

	cg_spelling_canonical(property, name);
	if (cg_vocabulary_find(plan->vocabulary, name) < CG_FEATURES_MAX)
		json_object_set_new(overrides, name, typed(value, yes));
	else if (like)
		json_object_set_new(overrides, property, typed(value, like));
}

/* All changes of a machine type to a model, the later over the earlier, less what the process makes anyway. */
static json_t *overrides_of(const struct group *g, const char *typename,
			    const char *machine)
{
	json_t *overrides = json_object();
	const json_t *change;
	const char *property;
	json_t *value;
	size_t i;

	json_array_foreach(json_object_get(g->plan->compat, machine), i, change) {
		const char *type = json_string_value(json_array_get(change, 0));
		const char *name = json_string_value(json_array_get(change, 1));
		const char *text = json_string_value(json_array_get(change, 2));

		if (type && name && text && applies(g->plan, typename, type))
			override(g->plan, g->plain.scalars, overrides, name, text);
	}
	cg_json_each(g->common, property, value)
		if (json_equal(json_object_get(overrides, property), value))
			json_object_del(overrides, property);
	return overrides;
}

/* Which variant a type has on a machine type, counted from 1; 0 for the plain expansion. */
static size_t find_variant(struct group *g, const char *typename, const char *machine)
{
	cg_auto_json json_t *overrides = overrides_of(g, typename, machine);
	const json_t *variant;
	size_t i;

	if (!json_object_size(overrides))
		return 0;
	json_array_foreach(g->variants, i, variant)
		if (json_equal(variant, overrides))
			return i + 1;
	json_array_append(g->variants, overrides);
	return json_array_size(g->variants);
}

static int receive(struct group *g, struct cg_expansion *out, struct cg_error *err)
{
	cg_auto_json json_t *props = NULL;
	struct cg_digest reply;
	bool plain;

	if (cg_qmp_peek(g->qmp, &plain, &reply, err) < 0)
		return -1;
	if (plain && cg_memo_get(g->plan->memo, &reply, out)) {
		cg_qmp_skip(g->qmp);
		return 0;
	}
	if (cg_query_receive_expansion(g->qmp, &props, err) < 0)
		return err->code == CG_E_REFUSED ? 0 : -1;
	if (cg_expansion_from_props(out, props, g->plan->vocabulary, err) < 0)
		return -1;
	if (plain)
		cg_memo_put(g->plan->memo, &reply, out);
	return 0;
}

static int expand_variants(struct group *g, struct cg_error *err)
{
	size_t count = json_array_size(g->variants), sent = 0;

	g->expansions = calloc(count + 1, sizeof(*g->expansions));
	if (!g->expansions)
		return cg_error_errno(err, "expansions");
	for (size_t taken = 0; taken < count; taken++) {
		for (; sent < count && sent - taken < AHEAD; sent++)
			if (cg_query_send_expansion(g->qmp, g->plan->expansion, g->model,
						    json_incref(json_array_get(g->variants,
									       sent)),
						    err) < 0)
				return -1;
		if (receive(g, &g->expansions[taken], err) < 0)
			return -1;
	}
	return 0;
}

static void free_group(struct group *g)
{
	for (size_t i = 0; g->expansions && i < json_array_size(g->variants); i++)
		json_decref(g->expansions[i].scalars);
	free(g->expansions);
	json_decref(g->variants);
	cg_expansion_deinit(&g->plain);
}

static const char *canonical(const json_t *definition)
{
	const char *alias = cg_json_text(definition, "alias-of");

	return alias ? alias : cg_json_text(definition, "name");
}

/* One row of cells, for one name of the group's model. */
static int add_row(struct cg_shortcut_result *out, struct group *g,
		   const json_t *definition, const size_t *variant_of,
		   struct cg_error *err)
{
	size_t machines = g->plan->machine_count;
	struct cg_expansion *cells = &out->cells[out->model_count * machines];

	for (size_t m = 0; m < machines; m++) {
		cells[m] = variant_of[m] ? g->expansions[variant_of[m] - 1] : g->plain;
		json_incref(cells[m].scalars);
	}
	out->models[out->model_count] = strdup(cg_json_text(definition, "name"));
	return out->models[out->model_count++] ? 0 : cg_error_errno(err, "expansions");
}

static int expand_group(struct cg_shortcut_result *out, struct group *g,
			const json_t *members, struct cg_error *err)
{
	size_t machines = g->plan->machine_count, i;
	cg_auto_free size_t *variant_of =
		calloc(json_array_size(members) * machines + 1, sizeof(*variant_of));
	const json_t *member;

	if (!variant_of)
		return cg_error_errno(err, "expansions");
	if (cg_query_send_expansion(g->qmp, g->plan->expansion, g->model, NULL, err) <
		    0 ||
	    receive(g, &g->plain, err) < 0)
		return -1;
	json_array_foreach(members, i, member) {
		const char *typename = cg_json_text(member, "typename");

		for (size_t m = 0; m < machines && typename && g->plain.scalars; m++)
			variant_of[i * machines + m] =
				find_variant(g, typename, g->plan->machines[m]);
	}
	if (expand_variants(g, err) < 0)
		return -1;
	json_array_foreach(members, i, member)
		if (add_row(out, g, member, &variant_of[i * machines], err) < 0)
			return -1;
	return 0;
}

/* { canonical name: [definitions] } */
static json_t *group_by_model(const json_t *definitions)
{
	json_t *groups = json_object();
	json_t *definition;
	size_t i;

	json_array_foreach(definitions, i, definition) {
		const char *name = canonical(definition);

		if (!json_object_get(groups, name))
			json_object_set_new(groups, name, json_array());
		json_array_append(json_object_get(groups, name), definition);
	}
	return groups;
}

static int expand_all(struct cg_shortcut_result *out, const struct cg_shortcut_plan *plan,
		      const json_t *common, struct cg_qmp *qmp, const json_t *definitions,
		      struct cg_error *err)
{
	cg_auto_json json_t *groups = group_by_model(definitions);
	json_t *members;
	const char *model;

	json_object_foreach(groups, model, members) {
		cg_cleanup(free_group) struct group g = {
			.plan = plan, .common = common, .qmp = qmp, .model = model
		};

		g.variants = json_array();
		if (expand_group(out, &g, members, err) < 0)
			return -1;
	}
	return 0;
}

static int converse(struct cg_shortcut_result *out, const struct cg_shortcut_plan *plan,
		    const json_t *common, struct cg_process *process,
		    struct cg_error *err)
{
	cg_auto_json json_t *definitions = NULL;
	struct cg_qmp *qmp;
	size_t count;

	if (cg_process_connect(process, &plan->limits, err) < 0)
		return -1;
	qmp = cg_process_qmp(process);
	if (cg_query_definitions(qmp, &definitions, err) < 0)
		return -1;
	count = json_array_size(definitions);
	out->machine_count = plan->machine_count;
	out->models = calloc(count + 1, sizeof(*out->models));
	out->cells = calloc(count * plan->machine_count + 1, sizeof(*out->cells));
	if (!out->models || !out->cells)
		return cg_error_errno(err, "expansions");
	return expand_all(out, plan, common, qmp, definitions, err);
}

/* The common changes that this build's CPUs have a property for, with their types. */
static json_t *typed_common(const struct cg_shortcut_plan *plan)
{
	cg_auto_json json_t *changes =
		cg_shortcut_common(plan->compat, plan->machines[0], plan->target);
	json_t *common = json_object();
	const char *property;
	json_t *value;

	cg_json_each(changes, property, value)
		override(plan, plan->defaults, common, property,
			 json_string_value(value));
	return common;
}

int cg_shortcut_run(struct cg_shortcut_result *out, const struct cg_shortcut_plan *plan,
		    struct cg_error *err)
{
	cg_auto_process struct cg_process *process = NULL;
	cg_auto_json json_t *common = typed_common(plan);
	char every[64];
	struct cg_start start = { .binary = plan->binary,
				  .machine = "none",
				  .accel = plan->accel,
				  .global_type = every,
				  .globals = common };

	snprintf(every, sizeof(every), "%s-cpu", plan->target);
	if (cg_process_start(&process, &start, err) < 0)
		return -1;
	if (converse(out, plan, common, process, err) < 0)
		return cg_process_failed(process, &out->outcome, err);
	return 0;
}

void cg_shortcut_result_deinit(struct cg_shortcut_result *result)
{
	for (size_t i = 0; i < result->model_count; i++)
		free(result->models[i]);
	for (size_t i = 0;
	     result->cells && i < result->model_count * result->machine_count; i++)
		json_decref(result->cells[i].scalars);
	free(result->models);
	free(result->cells);
	*result = (struct cg_shortcut_result){ 0 };
}
