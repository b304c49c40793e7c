// SPDX-License-Identifier: LGPL-2.1-or-later
/* Three questions about a guest: what it is, what it was to be, what it would be today. */
#include "lib/inspection.h"

#include <stdio.h>
#include <string.h>

#include "cpumodels/caution.h"
#include "gate/likeness.h"
#include "lib/prediction.h"

/* What it was to be. */

static int find_contract(struct cg_inspection *n, struct cg_context *context,
			 const json_t *args, const char *name, struct cg_error *err)
{
	const char *names[] = { name, n->guest.name, n->guest.uuid };
	const char *given = cg_json_text(args, "contract");

	if (given) {
		n->promised = cg_archive_get(context, given, &n->contract, err) == 0;
		return n->promised ? 0 : -1;
	}
	for (size_t i = 0; i < CG_COUNT(names) && !n->promised; i++)
		if (names[i] && cg_archive_find(context, names[i], 0, &n->contract,
						&n->promised, err) < 0)
			return -1;
	return 0;
}

static void differ(struct cg_inspection *n, const char *what, const char *is,
		   const char *promised)
{
	char text[160];

	snprintf(text, sizeof(text), "%.60s, not %.60s", is, promised);
	cg_verdict_add(&n->itself, CG_LAUNCH_DIFFERS, what, NULL, text);
}

static void compare_scalars(struct cg_inspection *n)
{
	const char *name;
	json_t *promised;

	cg_json_each(n->contract.scalars, name, promised) {
		const json_t *found = json_object_get(n->guest.scalars, name);
		cg_auto_free char *is = found ? cg_json_canonical(found) : NULL;
		cg_auto_free char *was = cg_json_canonical(promised);

		if (found && !json_equal(found, promised))
			differ(n, name, is ? is : "", was ? was : "");
	}
}

static void compare_vcpus(struct cg_inspection *n)
{
	const struct cg_topology *t = &n->contract.topology;
	char is[32], was[64];

	if (n->guest.vcpus >= t->cpus && n->guest.vcpus <= t->maxcpus)
		return;
	snprintf(is, sizeof(is), "%zu", n->guest.vcpus);
	snprintf(was, sizeof(was), "%llu to %llu", (unsigned long long)t->cpus,
		 (unsigned long long)t->maxcpus);
	differ(n, "number of vCPUs", is, was);
}

static void compare_contract(struct cg_inspection *n)
{
	static const struct cg_definition nothing = { 0 };
	const struct cg_guest *g = &n->guest;
	struct cg_likeness likeness = { .vocabulary = g->vocabulary,
					.definition = &nothing,
					.threads = n->contract.topology.maxcpus > 1 };
	const json_t *name;
	size_t unknown, i;

	likeness.features =
		cg_vocabulary_set(g->vocabulary, n->contract.features, &unknown);
	cg_likeness_check(&likeness, &g->features, g->scalars, &n->itself);
	json_array_foreach(n->contract.features, i, name)
		if (cg_vocabulary_find(g->vocabulary, json_string_value(name)) ==
		    CG_FEATURES_MAX)
			cg_verdict_add(&n->itself, CG_LAUNCH_DIFFERS,
				       json_string_value(name), NULL, "it is missing");
	compare_scalars(n);
	compare_vcpus(n);
	if (strcmp(g->machine, n->contract.machine) != 0)
		differ(n, "machine type", g->machine, n->contract.machine);
	if (strcmp(g->accel, n->contract.accel) != 0)
		differ(n, "accelerator", g->accel, n->contract.accel);
}

/* "vCPU 1 lacks avx and has aes" */
static void blame_odd(struct cg_inspection *n)
{
	const json_t *odd;
	size_t i;

	json_array_foreach(n->guest.odd, i, odd) {
		const json_t *missing = json_object_get(odd, "missing");
		const json_t *extra = json_object_get(odd, "extra");
		const json_t *scalars = json_object_get(odd, "scalars");
		const char *first = json_string_value(json_array_get(missing, 0));
		const char *more = json_string_value(json_array_get(extra, 0));
		char text[256];

		snprintf(text, sizeof(text),
			 "vCPU %lld %s %.64s (%zu lacking, %zu beyond, %zu other numbers)",
			 (long long)json_integer_value(json_object_get(odd, "vcpu")),
			 first  ? "lacks"
			 : more ? "has"
				: "has another",
			 first  ? first
			 : more ? more
				: json_object_iter_key(
					  json_object_iter(cg_json_mutable(scalars))),
			 json_array_size(missing), json_array_size(extra),
			 json_object_size(scalars));
		cg_verdict_add(&n->itself, CG_GUEST_UNEVEN, NULL, NULL, text);
	}
}

/* What it would be today. */

static int effective_of(struct cg_question *q, const char *text, json_t **out,
			struct cg_error *err)
{
	cg_auto_definition struct cg_definition definition = { 0 };
	cg_auto_prediction struct cg_prediction p = { 0 };
	struct cg_featureset set;

	if (cg_definition_parse(&definition, text, err) < 0 ||
	    cg_question_ensure(q, CG_DEPTH_DEFINITION, &definition, err) < 0 ||
	    cg_prediction_make(&p, q, q->accel, q->machine, &definition, err) < 0)
		return -1;
	set = cg_featureset_minus(&p.effective, &p.hidden);
	*out = cg_vocabulary_list(q->emulator->vocabulary, &set);
	return 0;
}

/* Into @out: what @given has and the guest hasn't; of mitigations only, or of all. */
static void add_lacking(const struct cg_guest *g, const json_t *given, bool mitigations,
			json_t *out)
{
	const json_t *item;
	size_t i;

	json_array_foreach(given, i, item) {
		const char *name = json_string_value(item);

		if (!cg_vocabulary_has(g->vocabulary, &g->features, name) &&
		    (!mitigations || cg_caution_is_mitigation(name)))
			json_array_append(out, cg_json_mutable(item));
	}
}

/*
 * What a guest of its definition gets here, and the largest CPU that there is. What can't be
 * told of, since the machine type is gone say, is in the prospect's reasons.
 */
static void compare_today(struct cg_inspection *n, struct cg_context *context,
			  const json_t *args)
{
	cg_auto_json json_t *asked = json_pack("{s:O*, s:s, s:s}", "emulator",
					       json_object_get(args, "emulator"),
					       "machine", n->guest.machine, "accel",
					       n->guest.accel);
	const char *definition = n->promised ? n->contract.definition : n->guest.model;
	cg_auto_json json_t *fresh = NULL, *largest = NULL;
	cg_auto_question struct cg_question q = { 0 };
	struct cg_error why;

	if (cg_question_open(&q, context, asked, &why) < 0 ||
	    effective_of(&q, definition, &fresh, &why) < 0 ||
	    effective_of(&q, "max", &largest, &why) < 0)
		return;
	n->lacks = json_array();
	n->mitigations = json_array();
	add_lacking(&n->guest, fresh, false, n->lacks);
	add_lacking(&n->guest, largest, true, n->mitigations);
}

static int judge_today(struct cg_inspection *n, struct cg_context *context,
		       const json_t *args, struct cg_error *err)
{
	cg_auto_destination struct cg_destination here = { 0 };
	cg_auto_traveller struct cg_traveller traveller = { 0 };
	cg_auto_free char *text = NULL;

	if (asprintf(&text, "qmp:%s", n->socket) < 0) {
		text = NULL;
		return cg_error_errno(err, "%s", n->socket);
	}
	if (cg_traveller_open(&traveller, context, text, err) < 0 ||
	    cg_destination_open(&here, context, args, "host", n->guest.machine,
				n->guest.accel, err) < 0)
		return -1;
	return cg_prospect_judge(&n->prospect, &traveller, &here, err);
}

static int make(struct cg_inspection *n, struct cg_context *context, const json_t *args,
		const char *name, struct cg_error *err)
{
	struct cg_qmp_limits limits = cg_context_limits(context);

	if (cg_guest_survey(&n->guest, n->socket, &limits, err) < 0 ||
	    find_contract(n, context, args, name, err) < 0)
		return -1;
	if (n->promised)
		compare_contract(n);
	blame_odd(n);
	compare_today(n, context, args);
	return judge_today(n, context, args, err);
}

int cg_inspection_make(struct cg_inspection *out, struct cg_context *context,
		       const json_t *args, const char *socket, const char *name,
		       struct cg_error *err)
{
	cg_auto_inspection struct cg_inspection inspection = { .socket = strdup(socket) };

	if (!inspection.socket)
		return cg_error_errno(err, "%s", socket);
	if (make(&inspection, context, args, name, err) < 0)
		return -1;
	*out = inspection;
	inspection = (struct cg_inspection){ 0 };
	return 0;
}

void cg_inspection_deinit(struct cg_inspection *inspection)
{
	cg_guest_deinit(&inspection->guest);
	cg_contract_deinit(&inspection->contract);
	cg_verdict_deinit(&inspection->itself);
	cg_prospect_deinit(&inspection->prospect);
	json_decref(inspection->lacks);
	json_decref(inspection->mitigations);
	free(inspection->socket);
	*inspection = (struct cg_inspection){ 0 };
}

/* The reply. */

static const char *answer_of(const struct cg_inspection *n)
{
	enum cg_answer itself = cg_verdict_answer(&n->itself);

	return cg_answer_word(itself == CG_YES ? cg_verdict_answer(&n->prospect.start)
					       : itself);
}

static const char *contract_name(const struct cg_contract *c)
{
	return c->name ? c->name : c->uuid;
}

json_t *cg_inspection_json(const struct cg_inspection *n)
{
	const struct cg_guest *g = &n->guest;
	json_t *out = json_pack("{s:s, s:s*, s:s*, s:O, s:s, s:s, s:s, s:I, s:o, s:O}",
				"verdict", answer_of(n), "name", g->name, "uuid", g->uuid,
				"emulator", g->about, "machine", g->machine, "accel",
				g->accel, "model", g->model, "vcpus",
				(json_int_t)g->vcpus, "features",
				cg_vocabulary_list(g->vocabulary, &g->features),
				"scalars", g->scalars);

	if (!out)
		return NULL;
	json_object_set_new(out, "monitor", json_string(n->socket));
	if (n->promised)
		json_object_set_new(out, "contract",
				    json_pack("{s:s*, s:O}", "name",
					      contract_name(&n->contract), "made",
					      n->contract.made));
	if (n->itself.reasons)
		json_object_set(out, "reasons", n->itself.reasons);
	if (json_array_size(g->odd))
		json_object_set(out, "odd", g->odd);
	if (n->lacks)
		json_object_set_new(out, "lacks",
				    json_pack("{s:O, s:O}", "mitigations", n->mitigations,
					      "features", n->lacks));
	json_object_set_new(out, "start", cg_prospect_verdict_json(&n->prospect.start));
	json_object_set_new(out, "move", cg_prospect_verdict_json(&n->prospect.move));
	return out;
}
