// SPDX-License-Identifier: LGPL-2.1-or-later
/* From records to what counts when a guest moves. */
#include "lib/parties.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpumodels/caution.h"
#include "cpumodels/compare.h"
#include "cpumodels/request.h"
#include "machine/catalogue.h"

struct gathering {
	const struct cg_records *records;
	struct cg_parties out;
	struct cg_gates gates;
	/* Of the definition. */
	const struct cg_definition *definition;
	const struct cg_override *vendor;
	bool own_width; /* addresses are as wide as the host's */
	/*
	 * E doesn't depend on the host: what the first says that tells it holds for those
	 * that don't.
	 */
	bool is_told;
	struct cg_featureset model;
	const json_t *scalars;
};

static void deinit(struct gathering *g)
{
	cg_parties_deinit(&g->out);
}

static const struct cg_vocabulary *names(const struct gathering *g)
{
	return cg_joint_names(g->records->joint);
}

static bool is_kvm(const struct cg_record *record)
{
	return strcmp(cg_record_accel(record), "kvm") == 0;
}

static void add_reason(struct cg_party *party, enum cg_reason reason)
{
	party->reasons |= CG_REASON_BIT(reason);
}

static void take_vendor(struct cg_party *party, const char *vendor)
{
	snprintf(party->vendor, sizeof(party->vendor), "%s", vendor ? vendor : "");
}

/* What holds for any guest. False if there can be none. */
static bool start(struct gathering *g, size_t i)
{
	const struct cg_records *r = g->records;
	const struct cg_record *record = r->items[i];
	struct cg_party *party = &g->out.items[i];

	if (!cg_records_has_machine(r, i, r->machine)) {
		add_reason(party, CG_MACHINE_ABSENT);
		return false;
	}
	if (json_is_true(json_object_get(cg_catalogue_find(cg_record_machines(record),
							   r->machine),
					 "deprecated")))
		add_reason(party, CG_MACHINE_DEPRECATED);
	party->possible = party->gives = r->supplies[i].possible;
	party->untold = cg_joint_map(r->joint, i, cg_record_untold(record));
	if (r->supplies[i].vendor && !g->vendor)
		take_vendor(party, r->supplies[i].vendor);
	if (is_kvm(record) && (!g->definition || g->own_width))
		party->phys_bits = cg_records_phys_bits(r, i);
	return true;
}

/* Each host's own best guest. */

static void gather_own(struct gathering *g)
{
	struct cg_cautions cautions = cg_cautions_of(names(g), &g->gates);

	for (size_t i = 0; i < g->records->count; i++)
		if (start(g, i))
			g->out.items[i].has =
				cg_featureset_minus(&g->records->supplies[i].gives,
						    &cautions.sets[CG_CAUTION_MIGRATION]);
}

/* A definition. */

static bool find_expansion(const struct gathering *g, size_t i, const char *text,
			   struct cg_featureset *out, const json_t **scalars)
{
	return cg_records_expansion(g->records, i, g->records->machine, text, out,
				    scalars);
}

/* What the definition says, else what the model has. */
static uint32_t number(const struct gathering *g, const char *name, uint32_t value)
{
	const struct cg_override *said = cg_definition_find(g->definition, name);

	return said ? (uint32_t)strtoul(said->value, NULL, 0) : value;
}

/* KVM gives its guests the host's vendor, TCG that of the model. */
static void take_numbers(const struct gathering *g, size_t i, struct cg_party *party,
			 const json_t *scalars)
{
	struct cg_cpu cpu = { 0 };

	cg_cpu_take_scalars(&cpu, scalars);
	party->family = number(g, "family", cpu.family);
	party->model = number(g, "model", cpu.model);
	party->stepping = number(g, "stepping", cpu.stepping);
	party->level = number(g, "level", cpu.level);
	party->xlevel = number(g, "xlevel", cpu.xlevel);
	if (g->vendor)
		take_vendor(party, g->vendor->value);
	else if (!is_kvm(g->records->items[i]))
		take_vendor(party, cpu.vendor);
}

static void know_not(struct gathering *g, size_t i, const char *name)
{
	add_reason(&g->out.items[i], CG_NAME_UNKNOWN);
	g->out.unknown[i] = name;
}

/* @model is E of the plain model. */
static void take_request(struct gathering *g, size_t i, const struct cg_featureset *model,
			 const json_t *scalars)
{
	const struct cg_supply *supply = &g->records->supplies[i];
	struct cg_party *party = &g->out.items[i];
	struct cg_request r =
		cg_request_make(model, g->definition, names(g), &g->gates, scalars);
	struct cg_featureset said = cg_featureset_or(&r.on, &r.off), lacking;

	if (r.unknown)
		know_not(g, i, r.unknown);
	if (g->definition->count &&
	    find_expansion(g, i, g->out.text, &r.features, &scalars))
		r.perhaps = (struct cg_featureset){ 0 };
	party->fixed = true;
	party->has = cg_featureset_or(&r.features, &r.on);
	party->gives = cg_featureset_and(&party->has, &party->possible);
	party->refused = cg_featureset_minus(&said, &supply->known);
	party->doubtful = cg_featureset_and(&r.perhaps, &supply->known);
	party->doubtful = cg_featureset_minus(&party->doubtful, &supply->possible);
	take_numbers(g, i, party, scalars);
	lacking = cg_featureset_minus(&party->has, &party->possible);
	if (cg_featureset_is_empty(&lacking) &&
	    cg_record_start(g->records->items[i], g->records->machine, g->out.text,
			    NULL) == CG_RECORD_NOT_STARTED)
		add_reason(party, CG_START_FAILED);
}

static void gather_one(struct gathering *g, size_t i)
{
	struct cg_featureset model = g->model;
	const json_t *scalars = g->scalars;

	if (!start(g, i))
		return;
	if (!cg_records_has_model(g->records, i, g->definition->model))
		know_not(g, i, g->definition->model);
	else if (find_expansion(g, i, g->definition->model, &model, &scalars) ||
		 g->is_told)
		take_request(g, i, &model, scalars);
	else {
		add_reason(&g->out.items[i], CG_RECORD_ABSENT);
		g->out.unknown[i] = g->definition->model;
	}
}

static int gather_defined(struct gathering *g, struct cg_error *err)
{
	const char *model = g->definition->model;
	const struct cg_override *width =
		cg_definition_find(g->definition, "host-phys-bits");
	bool known = false;

	g->out.text = cg_definition_print(g->definition);
	if (!g->out.text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a definition");
	g->vendor = cg_definition_find(g->definition, "vendor");
	g->own_width = width && cg_definition_bool(width->value, &known) && known;
	known = false;
	for (size_t i = 0; i < g->records->count && !g->is_told; i++) {
		known |= cg_records_has_model(g->records, i, model);
		g->is_told = find_expansion(g, i, model, &g->model, &g->scalars);
	}
	if (!known)
		return cg_error_set(err, CG_E_UNKNOWN, "no host has a CPU model %s",
				    model);
	if (cg_records_check_names(g->records, g->definition, g->scalars, err) < 0)
		return -1;
	for (size_t i = 0; i < g->records->count; i++)
		gather_one(g, i);
	return 0;
}

int cg_parties_new(struct cg_parties *out, const struct cg_records *records,
		   const struct cg_definition *definition, struct cg_error *err)
{
	cg_cleanup(deinit) struct gathering g = { .records = records,
						  .definition = definition };

	g.out.items = calloc(records->count, sizeof(*g.out.items));
	g.out.unknown = calloc(records->count, sizeof(const char *));
	if (!g.out.items || !g.out.unknown)
		return cg_error_errno(err, "%zu hosts", records->count);
	g.gates = cg_gates_of(names(&g));
	if (!definition)
		gather_own(&g);
	else if (gather_defined(&g, err) < 0)
		return -1;
	*out = g.out;
	g.out = (struct cg_parties){ 0 };
	return 0;
}

void cg_parties_forget_spare(struct cg_parties *parties, size_t count)
{
	struct cg_featureset wanted = { 0 };

	for (size_t i = 0; i < count; i++)
		wanted = cg_featureset_or(&wanted, &parties->items[i].has);
	for (size_t i = 0; i < count; i++) {
		struct cg_party *party = &parties->items[i];

		party->possible = cg_featureset_and(&party->possible, &wanted);
		party->gives = cg_featureset_and(&party->gives, &wanted);
		party->untold = cg_featureset_and(&party->untold, &wanted);
	}
}

void cg_parties_deinit(struct cg_parties *parties)
{
	free(parties->items);
	free(parties->unknown);
	free(parties->text);
	*parties = (struct cg_parties){ 0 };
}
