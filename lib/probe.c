// SPDX-License-Identifier: LGPL-2.1-or-later
/* Measuring on purpose: everything about a machine type, also what is on record as failed. */
#include <string.h>

#include "lib/command.h"
#include "lib/question.h"

static const char *const arguments[] = { "emulator", "machine", "accel", NULL };

/* How many of the models lack nothing here. */
static int count_complete(const struct cg_question *q, const struct cg_need *need, json_t *row,
			  struct cg_error *err)
{
	cg_auto_json json_t *models = NULL, *unavailable = NULL;
	enum cg_started largest;
	bool contradicted;

	if (cg_facts_models(q->facts, need->accel, need->machine, &models, err) < 0 ||
	    cg_facts_unavailable(q->facts, need->accel, need->machine, &unavailable, err) < 0 ||
	    cg_facts_contradicted(q->facts, need->accel, need->machine, &contradicted, err) < 0 ||
	    cg_facts_started(q->facts, need->accel, NULL, "max", &largest, NULL, err) < 0)
		return -1;
	json_object_set_new(row, "machine", json_string(need->machine));
	json_object_set_new(row, "models", json_integer((json_int_t)json_array_size(models)));
	json_object_set_new(row, "complete",
			    json_integer((json_int_t)(json_array_size(models) -
						      json_object_size(unavailable))));
	json_object_set_new(row, "max-starts", json_boolean(largest == CG_STARTED_YES));
	json_object_set_new(row, "equation-holds", json_boolean(!contradicted));
	json_object_set_new(row, "from",
			    json_string(need->measured ? "measurement" : "cache"));
	return 0;
}

static int add_row(const struct cg_question *q, const struct cg_need *need, json_t *rows,
		   struct cg_error *err)
{
	json_t *row = json_pack("{s:s}", "accel", need->accel);

	json_array_append_new(rows, row);
	if (!need->failed)
		return count_complete(q, need, row, err);
	json_object_set_new(row, "error", json_string(need->err.msg));
	return 0;
}

static int probe(struct cg_question *q, json_t **reply, struct cg_error *err)
{
	struct cg_need needs[] = {
		{ .depth = CG_DEPTH_ALL, .accel = q->accel, .machine = q->machine_argument },
		{ .depth = CG_DEPTH_ALL, .accel = "tcg", .machine = q->machine_argument },
	};
	cg_auto_json json_t *rows = json_array();
	size_t count = q->both ? 2 : 1, failed = 0;

	q->prober.retry = true;
	if (cg_prober_ensure(&q->prober, needs, count, err) < 0 ||
	    cg_facts_put_path(q->facts, err) < 0 || cg_facts_emulator(q->facts, &q->emulator, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		failed += needs[i].failed;
		if (add_row(q, &needs[i], rows, err) < 0)
			return -1;
	}
	if (failed == count) {
		*err = needs[0].err;
		return -1;
	}
	*reply = json_pack("{s:o, s:O}", "emulator", cg_question_emulator(q), "probed", rows);
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_question struct cg_question q = { 0 };

	if (cg_question_open(&q, context, args, err) < 0)
		return -1;
	return probe(&q, reply, err);
}

const struct cg_command cg_command_probe = { "probe", arguments, run };
