// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * CPU models in the shape of QEMU's query-cpu-model-expansion and query-cpu-model-baseline:
 * a name and the properties that make the model of that name what is meant. What they are is
 * requested, not given: U has no part in it, as it hasn't in QEMU.
 *
 * Static is what stays the same on every QEMU: "base", which has nothing, with all that is
 * on and off. QEMU's list of properties for that is in x86_cpu_static_props().
 */
#include <string.h>

#include "lib/command.h"
#include "lib/prediction.h"

static const char *const expansion_arguments[] = { "emulator", "machine",    "accel",
						   "record",   "definition", "type",
						   NULL };
static const char *const baseline_arguments[] = { "emulator", "machine", "accel",
						  "record",   "a",       "b",
						  NULL };

static const char *const static_properties[] = { "min-level", "min-xlevel", "family",
						 "model",     "stepping",   "model-id",
						 "vendor",    "lmce" };

/* What one definition asks for. */
struct request {
	struct cg_question question;
	struct cg_definition definition;
	struct cg_prediction prediction;
};

static void deinit(struct request *r)
{
	cg_prediction_deinit(&r->prediction);
	cg_definition_deinit(&r->definition);
	cg_question_deinit(&r->question);
}

static int open_request(struct request *r, struct cg_context *context, const json_t *args,
			const char *name, struct cg_error *err)
{
	const char *text = cg_json_text(args, name);
	struct cg_question *q = &r->question;

	if (!text)
		return cg_error_set(err, CG_E_USAGE, "which CPU definition? (%s)", name);
	if (cg_definition_parse(&r->definition, text, err) < 0 ||
	    cg_question_open(q, context, args, err) < 0 ||
	    cg_question_ensure(q, CG_DEPTH_DEFINITION, &r->definition, err) < 0)
		return -1;
	return cg_prediction_make(&r->prediction, q, q->accel, q->machine, &r->definition,
				  err);
}

static json_t *props_of(const struct cg_vocabulary *names,
			const struct cg_featureset *features)
{
	json_t *props = json_object();

	for (size_t i = 0; i < cg_vocabulary_count(names); i++)
		json_object_set_new(props, cg_vocabulary_name(names, i),
				    json_boolean(cg_featureset_has(features, i)));
	return props;
}

static json_t *model_of(const char *name, json_t *props)
{
	return json_pack("{s:{s:s, s:o}}", "model", "name", name, "props", props);
}

/* Expansion. */

static int run_expansion(struct cg_context *context, const json_t *args, json_t **reply,
			 struct cg_error *err)
{
	cg_cleanup(deinit) struct request r = { 0 };
	const char *type = cg_json_text(args, "type");
	const json_t *scalars;
	json_t *props;

	if (!type || (strcmp(type, "static") != 0 && strcmp(type, "full") != 0))
		return cg_error_set(err, CG_E_USAGE, "an expansion is static or full");
	if (open_request(&r, context, args, "definition", err) < 0)
		return -1;
	scalars = r.prediction.expansion.scalars;
	props = props_of(r.question.emulator->vocabulary,
			 &r.prediction.expansion.features);
	if (strcmp(type, "full") == 0)
		json_object_update(props, cg_json_mutable(scalars));
	for (size_t i = 0; i < CG_COUNT(static_properties); i++)
		if (json_object_get(scalars, static_properties[i]))
			json_object_set(props, static_properties[i],
					json_object_get(scalars, static_properties[i]));
	*reply = model_of(strcmp(type, "full") == 0 ? r.definition.model : "base", props);
	return 0;
}

/* Baseline. */

static uint64_t number(const json_t *scalars, const char *name)
{
	uint64_t value = 0;

	(void)cg_json_uint(json_object_get(scalars, name), &value);
	return value;
}

/* The elder of two CPUs: by family, then model, then stepping. */
static const json_t *elder(const json_t *a, const json_t *b)
{
	static const char *const order[] = { "family", "model", "stepping" };

	for (size_t i = 0; i < CG_COUNT(order); i++)
		if (number(a, order[i]) != number(b, order[i]))
			return number(a, order[i]) < number(b, order[i]) ? a : b;
	return a;
}

static void put_properties(json_t *props, const json_t *a, const json_t *b)
{
	static const char *const smaller[] = { "min-level", "min-xlevel" };
	const json_t *older = elder(a, b);

	for (size_t i = 0; i < CG_COUNT(static_properties); i++)
		if (json_object_get(older, static_properties[i]))
			json_object_set(props, static_properties[i],
					json_object_get(older, static_properties[i]));
	for (size_t i = 0; i < CG_COUNT(smaller); i++) {
		const json_t *side = number(a, smaller[i]) < number(b, smaller[i]) ? a
										   : b;

		if (json_object_get(side, smaller[i]))
			json_object_set(props, smaller[i],
					json_object_get(side, smaller[i]));
	}
	if (json_is_false(json_object_get(a, "lmce")) ||
	    json_is_false(json_object_get(b, "lmce")))
		json_object_set_new(props, "lmce", json_false());
}

static int run_baseline(struct cg_context *context, const json_t *args, json_t **reply,
			struct cg_error *err)
{
	cg_cleanup(deinit) struct request a = { 0 }, b = { 0 };
	const struct cg_expansion *ea = &a.prediction.expansion;
	const struct cg_expansion *eb = &b.prediction.expansion;
	const char *vendors[2];
	struct cg_featureset both;
	json_t *props;

	if (open_request(&a, context, args, "a", err) < 0 ||
	    open_request(&b, context, args, "b", err) < 0)
		return -1;
	vendors[0] = cg_json_text(ea->scalars, "vendor");
	vendors[1] = cg_json_text(eb->scalars, "vendor");
	if (vendors[0] && vendors[1] && strcmp(vendors[0], vendors[1]) != 0)
		return cg_error_set(err, CG_E_REFUSED,
				    "%s is by %s, %s by %s: no CPU can stand for both",
				    a.definition.model, vendors[0], b.definition.model,
				    vendors[1]);
	both = cg_featureset_and(&ea->features, &eb->features);
	props = props_of(a.question.emulator->vocabulary, &both);
	put_properties(props, ea->scalars, eb->scalars);
	*reply = model_of("base", props);
	return 0;
}

const struct cg_command cg_command_model_expansion = {
	"cpu-model-expansion", expansion_arguments, run_expansion,
	CG_COMMAND_READS | CG_COMMAND_QUICK | CG_COMMAND_PURE
};
const struct cg_command cg_command_model_baseline = {
	"cpu-model-baseline", baseline_arguments, run_baseline,
	CG_COMMAND_READS | CG_COMMAND_QUICK | CG_COMMAND_PURE
};
