// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One CPU definition on one machine type: what it asks for (E), what can't be had here (U), and what the
 * guest gets (E − U).
 */
#include "lib/command.h"
#include "lib/prediction.h"

static const char *const arguments[] = { "emulator",   "machine", "accel",
					 "definition", "record",  NULL };

static json_t *model_of(const struct cg_prediction *p)
{
	return json_pack("{s:O, s:O*}", "name", json_object_get(p->model, "name"),
			 "alias-of", json_object_get(p->model, "alias-of"));
}

static json_t *usable_of(const struct cg_prediction *p)
{
	return p->usable == CG_USABLE_UNKNOWN ? json_null()
					      : json_boolean(p->usable == CG_USABLE_YES);
}

/* null for what this target doesn't say. */
static json_t *list_of(const struct cg_vocabulary *vocabulary,
		       const struct cg_prediction *p, const struct cg_featureset *set)
{
	return p->has_effective ? cg_vocabulary_list(vocabulary, set) : json_null();
}

static json_t *describe(const struct cg_question *q, const struct cg_prediction *p)
{
	const struct cg_vocabulary *vocabulary = q->emulator->vocabulary;
	struct cg_featureset untold = cg_question_untold(q, &p->removed);
	json_t *out = json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:O, s:o}",
				"emulator", cg_question_emulator(q), "machine",
				q->machine, "accel", q->accel, "definition", p->text,
				"model", model_of(p), "requested",
				cg_vocabulary_list(vocabulary, &p->expansion.features),
				"removed", list_of(vocabulary, p, &p->removed),
				"effective", list_of(vocabulary, p, &p->effective),
				"properties", p->expansion.scalars, "usable",
				usable_of(p));

	if (p->has_effective)
		json_object_set_new(out, "hidden",
				    cg_vocabulary_list(vocabulary, &p->hidden));
	if (!cg_featureset_is_empty(&p->ignored))
		json_object_set_new(out, "ignored",
				    cg_vocabulary_list(vocabulary, &p->ignored));
	if (!cg_featureset_is_empty(&untold))
		json_object_set_new(out, "untold",
				    cg_vocabulary_list(vocabulary, &untold));
	if (json_object_get(p->model, "blockers"))
		json_object_set(out, "blockers", json_object_get(p->model, "blockers"));
	if (p->why)
		json_object_set(out, "not-startable", p->why);
	json_object_set_new(out, "enforced", json_boolean(cg_question_is_enforced(q)));
	json_object_set_new(out, "honesty",
			    json_string(cg_question_honesty(q, p->contradicted)));
	json_object_set_new(out, "from", json_string(cg_question_source(q)));
	return out;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_definition struct cg_definition definition = { 0 };
	cg_auto_prediction struct cg_prediction prediction = { 0 };
	cg_auto_question struct cg_question q = { 0 };
	const char *text = cg_json_text(args, "definition");

	if (!text)
		return cg_error_set(err, CG_E_USAGE, "expand: which CPU definition?");
	if (cg_definition_parse(&definition, text, err) < 0 ||
	    cg_question_open(&q, context, args, err) < 0 ||
	    cg_question_ensure(&q, CG_DEPTH_DEFINITION, &definition, err) < 0 ||
	    cg_prediction_make(&prediction, &q, q.accel, q.machine, &definition, err) < 0)
		return -1;
	*reply = describe(&q, &prediction);
	return 0;
}

const struct cg_command cg_command_expand = {
	"expand", arguments, run, CG_COMMAND_READS | CG_COMMAND_QUICK | CG_COMMAND_PURE
};
