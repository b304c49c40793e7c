// SPDX-License-Identifier: LGPL-2.1-or-later
/* Machine types without starting them: their changes as overrides. */
#include "probe/shortcut.h"

#include <stdio.h>
#include <string.h>

#include "cpumodels/spelling.h"
#include "emulator/query.h"
#include "machine/catalogue.h"

#define AHEAD 8

bool cg_shortcut_covers(const char *machine)
{
	char family[CG_MACHINE_NAME];
	int major, minor;

	if (!cg_catalogue_split(machine, family, &major, &minor))
		return false;
	if (strcmp(family, "pc-q35") == 0)
		return major != 4 || minor != 0; /* pc-q35-4.0 has the split irqchip: another U */
	return strcmp(family, "pc-i440fx") == 0;
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
		      const struct cg_qmp_limits *limits, json_t **out, struct cg_error *err)
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
	struct cg_start start = { .binary = binary, .machine = "none", .accel = "tcg:kvm" };
	cg_auto_process struct cg_process *process = NULL;
	struct cg_outcome outcome;

	if (cg_process_start(&process, &start, err) < 0)
		return -1;
	if (ask_compat(process, target, limits, out, err) < 0)
		return cg_process_failed(process, &outcome, err);
	return 0;
}

/* One model: its plain expansion and one for each distinct set of changes. */
struct column {
	const struct cg_shortcut_plan *plan;
	struct cg_qmp *qmp;
	const char *model, *typename;
	struct cg_expansion plain;
	size_t *variant_of; /* by machine type: which of the variants below, 0 for the plain one */
	json_t *variants;   /* their overrides */
};

/* Does a change of @type apply to this model's type? "host" is a "max" (max_x86_cpu_type_info). */
static bool applies(const struct column *c, const char *type)
{
	char every[64], max[64], host[64];

	snprintf(every, sizeof(every), "%s-cpu", c->plan->target);
	snprintf(max, sizeof(max), "max-%s-cpu", c->plan->target);
	snprintf(host, sizeof(host), "host-%s-cpu", c->plan->target);
	return strcmp(type, c->typename) == 0 || strcmp(type, every) == 0 ||
	       (strcmp(type, max) == 0 && strcmp(c->typename, host) == 0);
}

/* A value as -global takes it, with the type of the property. */
static json_t *typed(const char *text, const json_t *like)
{
	unsigned long long number;
	char *end;

	if (json_is_boolean(like))
		return json_boolean(strcmp(text, "on") == 0 || strcmp(text, "true") == 0 ||
				    strcmp(text, "yes") == 0);
	number = strtoull(text, &end, 0);
	if (!json_is_string(like) || cg_json_is_big(like))
		if (*text && !*end)
			return cg_json_from_uint(number);
	return json_string(text);
}

static void override(const struct column *c, json_t *overrides, const json_t *change)
{
	const char *property = json_string_value(json_array_get(change, 1));
	const char *value = json_string_value(json_array_get(change, 2));
	const json_t *like = json_object_get(c->plain.scalars, property);
	cg_auto_json json_t *yes = json_true();
	char name[CG_NAME_MAX];

	if (!property || !value || !applies(c, json_string_value(json_array_get(change, 0))))
		return;
	cg_spelling_canonical(property, name);
	if (cg_vocabulary_find(c->plan->vocabulary, name) < CG_FEATURES_MAX)
		json_object_set_new(overrides, name, typed(value, yes));
	else if (like)
		json_object_set_new(overrides, property, typed(value, like));
}

/* Which variant of the model a machine type has; machine types with the same changes share one. */
static size_t find_variant(struct column *c, const char *machine)
{
	cg_auto_json json_t *overrides = json_object();
	const json_t *change, *variant;
	size_t i;

	json_array_foreach(json_object_get(c->plan->compat, machine), i, change)
		override(c, overrides, change);
	if (!json_object_size(overrides))
		return 0;
	json_array_foreach(c->variants, i, variant)
		if (json_equal(variant, overrides))
			return i + 1;
	json_array_append(c->variants, overrides);
	return json_array_size(c->variants);
}

static int receive(struct column *c, struct cg_expansion *out, struct cg_error *err)
{
	cg_auto_json json_t *props = NULL;
	struct cg_digest reply;
	bool plain;

	if (cg_qmp_peek(c->qmp, &plain, &reply, err) < 0)
		return -1;
	if (plain && cg_memo_get(c->plan->memo, &reply, out)) {
		cg_qmp_skip(c->qmp);
		return 0;
	}
	if (cg_query_receive_expansion(c->qmp, &props, err) < 0)
		return err->code == CG_E_REFUSED ? 0 : -1;
	if (cg_expansion_from_props(out, props, c->plan->vocabulary, err) < 0)
		return -1;
	if (plain)
		cg_memo_put(c->plan->memo, &reply, out);
	return 0;
}

static int expand_variants(struct column *c, struct cg_expansion *out, struct cg_error *err)
{
	size_t count = json_array_size(c->variants), sent = 0;

	for (size_t taken = 0; taken < count; taken++) {
		for (; sent < count && sent - taken < AHEAD; sent++)
			if (cg_query_send_expansion(c->qmp, c->plan->expansion, c->model,
						    json_incref(json_array_get(c->variants, sent)),
						    err) < 0)
				return -1;
		if (receive(c, &out[taken], err) < 0)
			return -1;
	}
	return 0;
}

static void share(struct cg_expansion *cell, const struct cg_expansion *of)
{
	*cell = *of;
	json_incref(cell->scalars);
}

static int fill_column(struct column *c, struct cg_expansion *cells, struct cg_error *err)
{
	size_t machines = c->plan->machine_count;
	cg_auto_free struct cg_expansion *variants = calloc(machines + 1, sizeof(*variants));
	int ret = -1;

	if (!variants)
		return cg_error_errno(err, "expansions");
	if (cg_query_send_expansion(c->qmp, c->plan->expansion, c->model, NULL, err) < 0 ||
	    receive(c, &c->plain, err) < 0)
		return -1;
	for (size_t m = 0; m < machines && c->plain.scalars; m++)
		c->variant_of[m] = find_variant(c, c->plan->machines[m]);
	if (expand_variants(c, variants, err) == 0) {
		for (size_t m = 0; m < machines; m++)
			share(&cells[m], c->variant_of[m] ? &variants[c->variant_of[m] - 1]
							  : &c->plain);
		ret = 0;
	}
	for (size_t v = 0; v < machines; v++)
		json_decref(variants[v].scalars);
	return ret;
}

static int add_column(struct cg_shortcut_result *out, const struct cg_shortcut_plan *plan,
		      struct cg_qmp *qmp, const json_t *definition, struct cg_error *err)
{
	cg_auto_free size_t *variant_of = calloc(plan->machine_count + 1, sizeof(*variant_of));
	cg_auto_json json_t *variants = json_array();
	struct column c = { .plan = plan,
			    .qmp = qmp,
			    .model = cg_json_text(definition, "name"),
			    .typename = cg_json_text(definition, "typename"),
			    .variant_of = variant_of,
			    .variants = variants };
	struct cg_expansion *cells = &out->cells[out->model_count * plan->machine_count];
	int ret;

	if (!variant_of || !c.typename)
		return cg_error_set(err, CG_E_PROTOCOL, "a model without a type");
	out->models[out->model_count] = strdup(c.model);
	if (!out->models[out->model_count++])
		return cg_error_errno(err, "expansions");
	ret = fill_column(&c, cells, err);
	cg_expansion_deinit(&c.plain);
	return ret;
}

static int converse(struct cg_shortcut_result *out, const struct cg_shortcut_plan *plan,
		    struct cg_process *process, struct cg_error *err)
{
	struct cg_qmp *qmp;
	cg_auto_json json_t *definitions = NULL;
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
	for (size_t i = plan->part; i < count; i += plan->parts)
		if (add_column(out, plan, qmp, json_array_get(definitions, i), err) < 0)
			return -1;
	return 0;
}

int cg_shortcut_run(struct cg_shortcut_result *out, const struct cg_shortcut_plan *plan,
		    struct cg_error *err)
{
	struct cg_start start = { .binary = plan->binary, .machine = "none", .accel = plan->accel };
	cg_auto_process struct cg_process *process = NULL;

	if (cg_process_start(&process, &start, err) < 0)
		return -1;
	if (converse(out, plan, process, err) < 0)
		return cg_process_failed(process, &out->outcome, err);
	return 0;
}

void cg_shortcut_result_deinit(struct cg_shortcut_result *result)
{
	for (size_t i = 0; i < result->model_count; i++)
		free(result->models[i]);
	for (size_t i = 0; result->cells && i < result->model_count * result->machine_count; i++)
		json_decref(result->cells[i].scalars);
	free(result->models);
	free(result->cells);
	*result = (struct cg_shortcut_result){ 0 };
}
