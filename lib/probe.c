// SPDX-License-Identifier: LGPL-2.1-or-later
/* Measuring on purpose: everything about a machine type, also what is on record as failed. */
#include <string.h>

#include "lib/command.h"
#include "lib/question.h"

static const char *const arguments[] = { "emulator", "machine", "accel", "all", NULL };

static int describe(const struct cg_question *q, const struct cg_need *need, json_t *row,
		    struct cg_error *err)
{
	cg_auto_free char *way = NULL;
	enum cg_started largest;
	size_t models, complete;
	bool contradicted;

	if (cg_facts_tally(q->facts, need->accel, need->machine, &models, &complete,
			   err) < 0 ||
	    cg_facts_contradicted(q->facts, need->accel, need->machine, &contradicted,
				  err) < 0 ||
	    cg_facts_way(q->facts, need->accel, need->machine, &way, err) < 0 ||
	    cg_facts_started(q->facts, need->accel, NULL, "max", &largest, NULL, err) < 0)
		return -1;
	json_object_set_new(row, "way", json_string(way ? way : "started"));
	json_object_set_new(row, "models", json_integer((json_int_t)models));
	if (q->emulator->measure != CG_MEASURE_NONE)
		json_object_set_new(row, "complete", json_integer((json_int_t)complete));
	json_object_set_new(row, "max-starts", json_boolean(largest == CG_STARTED_YES));
	json_object_set_new(row, "equation-holds", json_boolean(!contradicted));
	json_object_set_new(row, "from",
			    json_string(need->measured ? "measurement" : "cache"));
	return 0;
}

static int add_row(const struct cg_question *q, const struct cg_need *need, json_t *rows,
		   struct cg_error *err)
{
	json_t *row =
		json_pack("{s:s, s:s?}", "accel", need->accel, "machine", need->machine);

	json_array_append_new(rows, row);
	if (!need->failed)
		return describe(q, need, row, err);
	json_object_set_new(row, "error", json_string(need->err.msg));
	return 0;
}

static int measure(struct cg_question *q, struct cg_need *needs, size_t count,
		   json_t **reply, struct cg_error *err)
{
	cg_auto_json json_t *rows = json_array();
	size_t failed = 0;

	q->prober.retry = true;
	if (cg_prober_ensure(&q->prober, needs, count, err) < 0 ||
	    cg_facts_put_path(q->facts, err) < 0 ||
	    cg_facts_emulator(q->facts, &q->emulator, err) < 0)
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
	*reply = json_pack("{s:o, s:O}", "emulator", cg_question_emulator(q), "probed",
			   rows);
	return 0;
}

static int probe_one(struct cg_question *q, json_t **reply, struct cg_error *err)
{
	struct cg_need needs[] = {
		{ .depth = CG_DEPTH_ALL,
		  .accel = q->accel,
		  .machine = q->machine_argument },
		{ .depth = CG_DEPTH_ALL, .accel = "tcg", .machine = q->machine_argument },
	};

	return measure(q, needs, q->both ? 2 : 1, reply, err);
}

/* Every machine type but "none", which no guest has. */
static int probe_all(struct cg_question *q, json_t **reply, struct cg_error *err)
{
	const char *accels[] = { q->accel, "tcg" };
	cg_auto_free struct cg_need *needs = NULL;
	cg_auto_json json_t *machines = NULL;
	size_t count = 0, i, rounds = q->both ? 2 : 1;
	const json_t *machine;

	if (cg_question_ensure(q, CG_DEPTH_CATALOGUE, NULL, err) < 0 ||
	    cg_facts_machines(q->facts, &machines, err) < 0)
		return -1;
	needs = calloc(rounds * json_array_size(machines) + 1, sizeof(*needs));
	if (!needs)
		return cg_error_errno(err, "plan");
	for (size_t a = 0; a < rounds; a++)
		json_array_foreach(machines, i, machine)
			if (strcmp(cg_json_text(machine, "name"), "none") != 0)
				needs[count++] = (struct cg_need){
					.depth = CG_DEPTH_SHEET,
					.accel = accels[a],
					.machine = cg_json_text(machine, "name"),
				};
	return measure(q, needs, count, reply, err);
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_question struct cg_question q = { 0 };
	bool all = json_is_true(json_object_get(args, "all"));

	if (all && json_object_get(args, "machine"))
		return cg_error_set(err, CG_E_USAGE,
				    "probe: all machine types, or one of them");
	if (cg_question_open(&q, context, args, err) < 0)
		return -1;
	return all ? probe_all(&q, reply, err) : probe_one(&q, reply, err);
}

const struct cg_command cg_command_probe = { "probe", arguments, run, 0 };
