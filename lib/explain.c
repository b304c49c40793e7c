// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Why not: where a feature is lost between the CPU and the guest, what a model lacks
 * and for which causes, or what a reason means. A reason needs no emulator.
 */
#include <string.h>

#include "cpumodels/caution.h"
#include "cpumodels/meaning.h"
#include "cpumodels/spelling.h"
#include "lib/command.h"
#include "lib/shortfall.h"

static const char *const arguments[] = { "emulator", "machine", "accel",
					 "record",   "subject", NULL };

/* A reason. */

static json_t *explain_reason(enum cg_reason reason)
{
	static const char *const weights[] = {
		[CG_WEIGHT_NOTE] = "note",
		[CG_WEIGHT_DOUBT] = "doubt",
		[CG_WEIGHT_BLOCK] = "obstacle",
		[CG_WEIGHT_OVERRULES] = "disbelief",
	};
	cg_auto_json json_t *example = cg_reason_json(reason, NULL, NULL, NULL);

	return json_pack("{s:s, s:s, s:s, s:s, s:O*}", "kind", "reason", "code",
			 cg_reason_code(reason), "weight",
			 weights[cg_reason_weight(reason)], "words", cg_meaning(reason),
			 "remedy", json_object_get(example, "remedy"));
}

/* Does it begin as some code does? "missing." */
static bool looks_like_reason(const char *text)
{
	const char *dot = strchr(text, '.');

	for (enum cg_reason r = 0; dot && r < CG_REASONS; r++)
		if (strncmp(cg_reason_code(r), text, (size_t)(dot + 1 - text)) == 0)
			return true;
	return false;
}

/* What all kinds of replies about an emulator have. */
static json_t *reply_about(const struct cg_inquiry *inquiry, const char *kind,
			   const char *verdict)
{
	const struct cg_question *q = &inquiry->question;

	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s}", "kind", kind, "verdict",
			 verdict, "emulator", cg_question_emulator(q), "machine",
			 q->machine, "accel", q->accel, "honesty",
			 cg_question_honesty(q, inquiry->prediction.contradicted), "from",
			 cg_question_source(q));
}

/* A feature. */

/*
 * Something else that it needs, and that can't be had: the innermost, which has lost the
 * others. NULL if there is none.
 */
static const char *find_lost_gate(const struct cg_inquiry *inquiry,
				  const struct cg_trail *trail)
{
	const struct cg_leaf *leaf = trail->places;
	const char *found = NULL, *gate;
	size_t count;

	while (leaf && (gate = cg_leaves_gate(leaf))) {
		if (cg_inquiry_answer(inquiry, gate) == CG_NO)
			found = gate;
		leaf = cg_leaves_find(gate, &count);
	}
	return found;
}

static json_t *describe(const struct cg_inquiry *inquiry, const char *feature)
{
	enum cg_answer answer = cg_inquiry_answer(inquiry, feature);
	const char *needs = NULL, *culprit;
	json_t *out, *reason;
	struct cg_trail trail;

	cg_inquiry_trail(inquiry, feature, &trail);
	if (answer == CG_YES && (needs = find_lost_gate(inquiry, &trail)))
		answer = CG_NO;
	culprit = needs ? needs : feature;
	reason = cg_inquiry_reason(inquiry, culprit, culprit);
	out = reply_about(inquiry, "feature", cg_answer_word(answer));
	json_object_set_new(out, "feature", json_string(feature));
	json_object_set_new(out, "places", cg_trail_places(&trail));
	if (cg_caution_is_mitigation(feature))
		json_object_set_new(out, "mitigation", json_true());
	if (needs)
		json_object_set_new(out, "needs", json_string(needs));
	json_object_set_new(out, "stages", cg_trail_stages(&trail));
	if (reason)
		json_object_set_new(out, "reasons", json_pack("[o]", reason));
	return out;
}

/* The fullest model shows what machine types switch off; without it that isn't known. */
static int explain_feature(struct cg_inquiry *inquiry, const json_t *args,
			   const char *feature, json_t **reply, struct cg_error *err)
{
	cg_auto_definition struct cg_definition fullest = { 0 };
	struct cg_error why;

	if (cg_definition_parse(&fullest, cg_inquiry_fullest(inquiry), err) < 0)
		return -1;
	if (cg_inquiry_predict(inquiry, args, &fullest, &why) < 0 &&
	    cg_error_is_final(&why)) {
		*err = why;
		return -1;
	}
	*reply = describe(inquiry, feature);
	return 0;
}

/* A model. */

/* What the newest machine type has in it and this one hasn't. */
static void add_switched_off(const struct cg_inquiry *inquiry, json_t *reply)
{
	struct cg_featureset off =
		cg_featureset_minus(&inquiry->newer_prediction.expansion.features,
				    &inquiry->prediction.expansion.features);

	if (!inquiry->newer.machine || cg_featureset_is_empty(&off))
		return;
	json_object_set_new(
		reply, "switched-off",
		json_pack("{s:s, s:o}", "machine", inquiry->newer.machine, "features",
			  cg_vocabulary_list(inquiry->question.emulator->vocabulary,
					     &off)));
}

static int list_models(struct cg_context *context, const json_t *args, json_t **out,
		       struct cg_error *err)
{
	cg_auto_json json_t *common = json_copy(cg_json_mutable(args));

	json_object_del(common, "subject");
	return cg_command_run(context, "models", common, out, err);
}

static const char *verdict_of(const struct cg_prediction *p)
{
	static const char *const words[] = {
		[CG_USABLE_NO] = "no", [CG_USABLE_YES] = "yes", [CG_USABLE_UNKNOWN] = "undecided"
	};

	return words[p->usable];
}

static int explain_model(struct cg_inquiry *inquiry, struct cg_context *context,
			 const json_t *args, json_t **reply, struct cg_error *err)
{
	const char *text = cg_json_text(args, "subject");
	cg_auto_definition struct cg_definition definition = { 0 };
	cg_auto_json json_t *models = NULL, *versions = NULL;
	const struct cg_prediction *p = &inquiry->prediction;
	json_t *out;

	if (cg_definition_parse(&definition, text, err) < 0 ||
	    cg_inquiry_predict(inquiry, args, &definition, err) < 0 ||
	    list_models(context, args, &models, err) < 0 ||
	    cg_shortfall_versions(&versions, models, definition.model, err) < 0)
		return -1;
	out = reply_about(inquiry, "model", verdict_of(p));
	json_object_set_new(out, "definition", json_string(p->text));
	if (json_object_get(p->model, "alias-of"))
		json_object_set(out, "alias-of", json_object_get(p->model, "alias-of"));
	if (json_object_get(p->model, "blockers"))
		json_object_set(out, "blockers", json_object_get(p->model, "blockers"));
	json_object_set_new(out, "causes", cg_shortfall_causes(inquiry));
	add_switched_off(inquiry, out);
	json_object_set(out, "versions", versions);
	*reply = out;
	return 0;
}

/* Which of them? */

static const char *nearest_name(const struct cg_inquiry *inquiry, const json_t *models,
				const char *text)
{
	const char *near =
		cg_vocabulary_nearest(inquiry->question.emulator->vocabulary, text);
	size_t best = near ? cg_spelling_distance(near, text) : strlen(text) / 3 + 1, i;
	const json_t *model;

	json_array_foreach(models, i, model) {
		const char *name = cg_json_text(model, "name");
		size_t distance = cg_spelling_distance(name, text);

		if (distance >= best)
			continue;
		best = distance;
		near = name;
	}
	return near ? near : cg_meaning_nearest(text);
}

static int unknown(const char *what, const char *text, const char *near,
		   struct cg_error *err)
{
	return cg_error_set(err, CG_E_UNKNOWN, "no %s is called %s%s%s%s", what, text,
			    near ? " (did you mean " : "", near ? near : "",
			    near ? "?)" : "");
}

/* The name of a model is what stands before the first comma. */
static const json_t *find_model(const json_t *models, const char *text)
{
	cg_auto_free char *name = strndup(text, strcspn(text, ","));

	return name ? cg_session_find_model(models, name) : NULL;
}

static int explain(struct cg_inquiry *inquiry, struct cg_context *context,
		   const json_t *args, json_t **reply, struct cg_error *err)
{
	const struct cg_question *q = &inquiry->question;
	const char *text = cg_json_text(args, "subject");
	cg_auto_json json_t *models = NULL;
	char name[CG_NAME_MAX];
	size_t count;

	if (!q->emulator->vocabulary)
		return cg_error_set(err, CG_E_UNDECIDED,
				    "%s doesn't say what its CPU models consist of",
				    cg_identity_path(q->identity));
	cg_spelling_canonical(text, name);
	if (cg_vocabulary_find(q->emulator->vocabulary, name) < CG_FEATURES_MAX)
		return explain_feature(inquiry, args, name, reply, err);
	if (cg_facts_models(q->facts, q->accel, q->machine, &models, err) < 0)
		return -1;
	if (find_model(models, text))
		return explain_model(inquiry, context, args, reply, err);
	if (cg_inquiry_has_cpuid(inquiry) && cg_leaves_find(name, &count))
		return explain_feature(inquiry, args, name, reply, err);
	/* It says so when it is asked for a model. */
	if (!cg_inquiry_has_emulator(inquiry))
		return explain_model(inquiry, context, args, reply, err);
	return unknown("feature, CPU model or reason", text,
		       nearest_name(inquiry, models, text), err);
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_inquiry struct cg_inquiry inquiry = { 0 };
	const char *text = cg_json_text(args, "subject");
	enum cg_reason reason = CG_REASONS;

	if (!text)
		return cg_error_set(err, CG_E_USAGE,
				    "explain: which feature, CPU model or reason?");
	reason = cg_reason_find(text);
	if (reason < CG_REASONS) {
		*reply = explain_reason(reason);
		return 0;
	}
	if (looks_like_reason(text))
		return unknown("reason", text, cg_meaning_nearest(text), err);
	if (cg_inquiry_open(&inquiry, context, args, err) < 0)
		return -1;
	return explain(&inquiry, context, args, reply, err);
}

const struct cg_command cg_command_explain = {
	"explain", arguments, run, CG_COMMAND_READS | CG_COMMAND_QUICK | CG_COMMAND_PURE
};
