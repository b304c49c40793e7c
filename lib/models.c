// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which models a machine type has, and which of them a guest can really get here. */
#include <string.h>

#include "lib/command.h"
#include "lib/question.h"

static const char *const arguments[] = { "emulator", "machine", "accel", "record", NULL };

struct answer {
	const struct cg_question *question;
	json_t *unavailable; /* by model */
	enum cg_started largest;
};

/* Is all that a model lacks only missing for want of somebody who says that it is there? */
static bool is_untold(const struct answer *a, const json_t *missing)
{
	struct cg_featureset set, untold;
	size_t unknown;

	if (!a->question->record)
		return false;
	set = cg_vocabulary_set(a->question->emulator->vocabulary, missing, &unknown);
	untold = cg_question_untold(a->question, &set);
	return cg_featureset_equal(&set, &untold);
}

/* true, false, or null while no vCPU of it was started and QEMU's largest one doesn't start. */
static int decide(const struct answer *a, const json_t *model, json_t **usable,
		  struct cg_error *err)
{
	const struct cg_question *q = a->question;
	const char *name = cg_json_text(model, "name");
	const json_t *missing = json_object_get(a->unavailable, name);
	enum cg_started own;

	*usable = json_false();
	if (json_object_get(model, "blockers"))
		return 0;
	if (missing) {
		if (is_untold(a, missing))
			*usable = json_null();
		return 0;
	}
	if (a->largest == CG_STARTED_YES) {
		*usable = json_true();
		return 0;
	}
	if (cg_facts_started(q->facts, q->accel, q->machine, name, &own, NULL, err) < 0)
		return -1;
	if (own != CG_STARTED_NO)
		*usable = own == CG_STARTED_YES ? json_true() : json_null();
	/* The largest model itself was tried, on the default machine type. */
	if (own == CG_STARTED_UNKNOWN && strcmp(name, "max") == 0 &&
	    a->largest == CG_STARTED_NO)
		*usable = json_false();
	return 0;
}

/* QEMU's CpuDefinitionInfo again, and "usable". */
static int add_model(const struct answer *a, const json_t *model, json_t *reply,
		     struct cg_error *err)
{
	const char *name = cg_json_text(model, "name");
	const json_t *blockers = json_object_get(model, "blockers");
	json_t *out = json_copy(cg_json_mutable(model)), *list, *usable;

	json_array_append_new(reply, out);
	json_object_del(out, "blockers");
	if (a->question->emulator->measure == CG_MEASURE_NONE) {
		json_object_set_new(out, "usable", json_null());
		return 0;
	}
	list = json_array();
	json_array_extend(list, json_object_get(a->unavailable, name));
	json_array_extend(list, cg_json_mutable(blockers));
	json_object_set_new(out, "unavailable-features", list);
	if (decide(a, model, &usable, err) < 0)
		return -1;
	json_object_set_new(out, "usable", usable);
	return 0;
}

static int answer_models(const struct cg_question *q, json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *models = NULL, *reply = json_array(), *unavailable = NULL;
	struct answer a = { .question = q };
	const json_t *model;
	size_t i;

	if (cg_facts_models(q->facts, q->accel, q->machine, &models, err) < 0 ||
	    cg_facts_unavailable(q->facts, q->accel, q->machine, &unavailable, err) < 0 ||
	    cg_facts_started(q->facts, q->accel, NULL, "max", &a.largest, NULL, err) < 0)
		return -1;
	a.unavailable = unavailable;
	json_array_foreach(models, i, model)
		if (add_model(&a, model, reply, err) < 0)
			return -1;
	*out = cg_take(reply);
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_question struct cg_question q = { 0 };

	if (cg_question_open(&q, context, args, err) < 0 ||
	    cg_question_ensure(&q, CG_DEPTH_MODELS, NULL, err) < 0)
		return -1;
	return answer_models(&q, reply, err);
}

const struct cg_command cg_command_models = {
	"models", arguments, run, CG_COMMAND_READS | CG_COMMAND_QUICK | CG_COMMAND_PURE
};
