// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One CPU definition on one machine type: what it asks for (E), what can't be had here (U), and what the
 * guest gets (E − U).
 */
#include <string.h>

#include "lib/command.h"
#include "lib/question.h"

static const char *const arguments[] = { "emulator", "machine", "accel", "definition", NULL };

struct answer {
	const struct cg_question *question;
	const struct cg_definition *definition;
	char *text; /* the definition in its one form */
	json_t *model;
	struct cg_expansion expansion;
	struct cg_featureset effective, removed;
	bool contradicted;
	json_t *why; /* how a dry run ended that didn't start */
};

static void free_answer(struct answer *a)
{
	free(a->text);
	json_decref(a->model);
	cg_expansion_deinit(&a->expansion);
	json_decref(a->why);
}

static int load(struct answer *a, struct cg_featureset *unsupported, struct cg_error *err)
{
	const struct cg_question *q = a->question;
	bool known, has_u, has_models;

	a->text = cg_definition_print(a->definition);
	if (!a->text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a definition");
	if (cg_facts_model(q->facts, q->accel, q->machine, a->definition->model, &has_models,
			   &a->model, err) < 0)
		return -1;
	if (cg_facts_expansion(q->facts, q->accel, q->machine, a->text,
			       cg_session_is_host_bound(a->model), &known, &a->expansion, err) < 0 ||
	    cg_facts_unsupported(q->facts, q->accel, q->machine, &has_u, unsupported, err) < 0)
		return -1;
	if (!known || !has_u)
		return cg_error_set(err, CG_E_UNKNOWN,
				    "%s doesn't say what its CPU models consist of",
				    cg_identity_path(q->identity));
	return 0;
}

/* Where QEMU's own list for a plain model isn't E ∩ U, QEMU is right about its own binary. */
static int use_own_list(struct answer *a, struct cg_error *err)
{
	const struct cg_question *q = a->question;
	cg_auto_json json_t *unavailable = NULL;
	size_t unknown;

	if (cg_facts_contradicted(q->facts, q->accel, q->machine, &a->contradicted, err) < 0)
		return -1;
	if (!a->contradicted || a->definition->count)
		return 0;
	if (cg_facts_unavailable(q->facts, q->accel, q->machine, &unavailable, err) < 0)
		return -1;
	a->removed = cg_vocabulary_set(q->emulator->vocabulary,
				       json_object_get(unavailable, a->definition->model),
				       &unknown);
	a->effective = cg_featureset_minus(&a->expansion.features, &a->removed);
	return 0;
}

/* removed = (E ∪ what the user switched on) − effective. */
static int compute(struct answer *a, struct cg_error *err)
{
	const struct cg_vocabulary *vocabulary = a->question->emulator->vocabulary;
	struct cg_featureset unsupported = { 0 }, wanted;
	bool on;

	if (load(a, &unsupported, err) < 0)
		return -1;
	a->effective = cg_featureset_minus(&a->expansion.features, &unsupported);
	wanted = a->expansion.features;
	for (size_t i = 0; i < a->definition->count; i++) {
		const struct cg_override *o = &a->definition->overrides[i];
		size_t feature = cg_vocabulary_find(vocabulary, o->name);

		if (feature < CG_FEATURES_MAX && cg_definition_bool(o->value, &on) && on)
			cg_featureset_add(&wanted, feature);
	}
	a->removed = cg_featureset_minus(&wanted, &a->effective);
	return use_own_list(a, err);
}

static int decide(struct answer *a, json_t **usable, struct cg_error *err)
{
	const struct cg_question *q = a->question;
	enum cg_started own, largest;

	*usable = json_false();
	if (!cg_featureset_is_empty(&a->removed) || json_object_get(a->model, "blockers"))
		return 0;
	if (cg_facts_started(q->facts, q->accel, q->machine, a->text, &own, &a->why, err) < 0 ||
	    cg_facts_started(q->facts, q->accel, NULL, "max", &largest, NULL, err) < 0)
		return -1;
	if (own == CG_STARTED_NO)
		return 0;
	if (own == CG_STARTED_YES || (largest == CG_STARTED_YES && !a->definition->count))
		*usable = json_true();
	else
		*usable = json_null();
	return 0;
}

static json_t *model_of(const struct answer *a)
{
	const char *alias = cg_json_text(a->model, "alias-of");

	return json_pack("{s:s, s:s?}", "name", a->definition->model, "alias-of", alias);
}

static int answer_expand(struct answer *a, json_t **reply, struct cg_error *err)
{
	const struct cg_question *q = a->question;
	const struct cg_vocabulary *vocabulary = q->emulator->vocabulary;
	json_t *usable, *out = json_object();

	if (compute(a, err) < 0 || decide(a, &usable, err) < 0) {
		json_decref(out);
		return -1;
	}
	json_object_set_new(out, "emulator", cg_question_emulator(q));
	json_object_set_new(out, "machine", json_string(q->machine));
	json_object_set_new(out, "accel", json_string(q->accel));
	json_object_set_new(out, "definition", json_string(a->text));
	json_object_set_new(out, "model", model_of(a));
	json_object_set_new(out, "requested",
			    cg_vocabulary_list(vocabulary, &a->expansion.features));
	json_object_set_new(out, "removed", cg_vocabulary_list(vocabulary, &a->removed));
	json_object_set_new(out, "effective", cg_vocabulary_list(vocabulary, &a->effective));
	json_object_set(out, "properties", a->expansion.scalars);
	json_object_set_new(out, "usable", usable);
	if (a->why)
		json_object_set(out, "not-startable", a->why);
	json_object_set_new(out, "enforced", json_boolean(cg_question_is_enforced(q)));
	json_object_set_new(out, "honesty", json_string(cg_question_honesty(q, a->contradicted)));
	json_object_set_new(out, "from", json_string(q->measured ? "measurement" : "cache"));
	*reply = out;
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_definition struct cg_definition definition = { 0 };
	cg_auto_question struct cg_question q = { 0 };
	cg_cleanup(free_answer) struct answer a = { .question = &q, .definition = &definition };
	const char *text = cg_json_text(args, "definition");

	if (!text)
		return cg_error_set(err, CG_E_USAGE, "expand: which CPU definition?");
	if (cg_definition_parse(&definition, text, err) < 0 ||
	    cg_question_open(&q, context, args, err) < 0 ||
	    cg_question_ensure(&q, CG_DEPTH_DEFINITION, &definition, err) < 0)
		return -1;
	return answer_expand(&a, reply, err);
}

const struct cg_command cg_command_expand = { "expand", arguments, run };
