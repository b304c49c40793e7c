// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The product's own proof: real vCPUs are started and compared, feature by feature, with what the facts predict. All models of all machine types, or a
 * sample that a seed reproduces, half of it random CPU definitions.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/pool.h"
#include "lib/command.h"
#include "lib/prediction.h"
#include "machine/catalogue.h"
#include "probe/trial.h"

#define DEFAULT_SAMPLE 30
#define TOGGLES_MAX 8
#define SAMPLE_MAX 100000

static const char *const arguments[] = { "emulator", "machine", "accel", "all",
					 "sample",   "seed",    NULL };

/* One thing to try: what is predicted and what came out. */
struct item {
	struct cg_definition definition;
	char *text;
	const char *accel, *machine;
	bool skipped; /* nothing can be predicted: the machine type doesn't start, QEMU refuses the definition */
	struct cg_featureset requested, effective, removed, ignored;
	enum cg_usable usable;
	struct cg_trial trial;
	int ret;
	struct cg_error err;
};

struct plan {
	struct cg_context *context;
	struct cg_question *question;
	json_t *machines; /* names, newest first */
	const char *accels[2];
	size_t accel_count;
	uint64_t seed, state;
	struct item *items;
	size_t count, room, done;
};

/* splitmix64: the same numbers everywhere for one seed. */
static uint64_t next_random(struct plan *p)
{
	uint64_t z = p->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t pick(struct plan *p, size_t count)
{
	return (size_t)(next_random(p) % count);
}

static void free_plan(struct plan *p)
{
	for (size_t i = 0; i < p->count; i++) {
		cg_definition_deinit(&p->items[i].definition);
		free(p->items[i].text);
	}
	free(p->items);
	json_decref(p->machines);
}

static int add_item(struct plan *p, const char *accel, const char *machine,
		    const char *text, struct cg_error *err)
{
	struct item *item;

	if (p->count == p->room) {
		size_t room = p->room ? 2 * p->room : 256;

		item = reallocarray(p->items, room, sizeof(*item));
		if (!item)
			return cg_error_errno(err, "%zu trials", room);
		p->items = item;
		p->room = room;
	}
	item = &p->items[p->count];
	*item = (struct item){ .accel = accel, .machine = machine };
	if (cg_definition_parse(&item->definition, text, err) < 0)
		return -1;
	p->count++;
	item->text = cg_definition_print(&item->definition);
	return item->text ? 0 : cg_error_errno(err, "trials");
}

static int find_machines(struct plan *p, const json_t *args, struct cg_error *err)
{
	const char *one = cg_json_text(args, "machine");
	cg_auto_json json_t *machines = NULL;
	const json_t *machine;
	size_t i;

	p->machines = json_array();
	if (one) {
		if (cg_question_ensure(p->question, CG_DEPTH_MODELS, NULL, err) < 0)
			return -1;
		json_array_append_new(p->machines, json_string(p->question->machine));
		return 0;
	}
	if (cg_question_ensure(p->question, CG_DEPTH_CATALOGUE, NULL, err) < 0 ||
	    cg_facts_machines(p->question->facts, &machines, err) < 0)
		return -1;
	json_array_foreach(machines, i, machine)
		if (strcmp(cg_json_text(machine, "name"), "none") != 0)
			json_array_append(p->machines, json_object_get(machine, "name"));
	if (!json_array_size(p->machines))
		return cg_error_set(err, CG_E_UNKNOWN, "%s has no machine types",
				    cg_identity_path(p->question->identity));
	return 0;
}

static const char *machine_at(const struct plan *p, size_t i)
{
	return json_string_value(json_array_get(p->machines, i));
}

/* Make sure of the models of the machine types that @wanted says, side by side. */
static int measure_machines(struct plan *p, enum cg_depth depth, const bool *wanted,
			    struct cg_error *err)
{
	size_t machines = json_array_size(p->machines), count = 0;
	cg_auto_free struct cg_need *needs =
		calloc(p->accel_count * machines + 1, sizeof(*needs));

	if (!needs)
		return cg_error_errno(err, "plan");
	for (size_t a = 0; a < p->accel_count; a++)
		for (size_t m = 0; m < machines; m++)
			if (wanted[m])
				needs[count++] =
					(struct cg_need){ .depth = depth,
							  .accel = p->accels[a],
							  .machine = machine_at(p, m) };
	return cg_prober_ensure(&p->question->prober, needs, count, err);
}

static int plan_all(struct plan *p, struct cg_error *err)
{
	size_t machines = json_array_size(p->machines);
	cg_auto_free bool *wanted = malloc(machines + 1);

	if (!wanted)
		return cg_error_errno(err, "plan");
	memset(wanted, true, machines);
	if (measure_machines(p, CG_DEPTH_SHEET, wanted, err) < 0)
		return -1;
	for (size_t a = 0; a < p->accel_count; a++)
		for (size_t m = 0; m < machines; m++) {
			cg_auto_json json_t *models = NULL;
			const json_t *model;
			size_t i;

			if (cg_facts_models(p->question->facts, p->accels[a],
					    machine_at(p, m), &models, err) < 0)
				return -1;
			json_array_foreach(models, i, model)
				if (add_item(p, p->accels[a], machine_at(p, m),
					     cg_json_text(model, "name"), err) < 0)
					return -1;
		}
	return 0;
}

/* A random model with 1 to 8 random features switched on or off. */
static void random_definition(struct plan *p, const char *model, char *out, size_t size)
{
	const struct cg_vocabulary *vocabulary = p->question->emulator->vocabulary;
	size_t toggles = 1 + pick(p, TOGGLES_MAX);
	int used = snprintf(out, size, "%s", model);

	for (size_t i = 0; i < toggles && (size_t)used < size; i++) {
		size_t feature = pick(p, cg_vocabulary_count(vocabulary));

		used += snprintf(out + used, size - (size_t)used, ",%s=%s",
				 cg_vocabulary_name(vocabulary, feature),
				 next_random(p) & 1 ? "on" : "off");
	}
}

static int add_sample(struct plan *p, size_t i, size_t machine, struct cg_error *err)
{
	const char *accel = p->accels[i % p->accel_count];
	cg_auto_json json_t *models = NULL;
	char text[CG_DEFINITION_TEXT];
	const char *model;

	if (cg_facts_models(p->question->facts, accel, machine_at(p, machine), &models,
			    err) < 0)
		return -1;
	if (!json_array_size(models)) /* QEMU can't start this machine type here */
		return 0;
	model = cg_json_text(json_array_get(models, pick(p, json_array_size(models))),
			     "name");
	if (i / p->accel_count % 2)
		snprintf(text, sizeof(text), "%s", model);
	else
		random_definition(p, model, text, sizeof(text));
	return add_item(p, accel, machine_at(p, machine), text, err);
}

static int plan_sample(struct plan *p, size_t size, struct cg_error *err)
{
	size_t machines = json_array_size(p->machines);
	cg_auto_free bool *wanted = calloc(machines + 1, sizeof(*wanted));
	cg_auto_free size_t *chosen = calloc(size + 1, sizeof(*chosen));

	if (!wanted || !chosen)
		return cg_error_errno(err, "plan");
	for (size_t i = 0; i < size; i++)
		wanted[chosen[i] = pick(p, machines)] = true;
	if (measure_machines(p, CG_DEPTH_MODELS, wanted, err) < 0)
		return -1;
	for (size_t i = 0; i < size; i++)
		if (add_sample(p, i, chosen[i], err) < 0)
			return -1;
	return 0;
}

/* Everything must be predicted before the first vCPU is started: no prediction learns from its own trial. */
static int predict(struct plan *p, enum cg_depth depth, struct cg_error *err)
{
	cg_auto_free struct cg_need *needs = calloc(p->count + 1, sizeof(*needs));

	if (!needs)
		return cg_error_errno(err, "plan");
	for (size_t i = 0; i < p->count; i++)
		needs[i] = (struct cg_need){ .depth = depth,
					     .accel = p->items[i].accel,
					     .machine = p->items[i].machine,
					     .definition = &p->items[i].definition };
	if (depth == CG_DEPTH_DEFINITION &&
	    cg_prober_ensure(&p->question->prober, needs, p->count, err) < 0)
		return -1;
	for (size_t i = 0; i < p->count; i++) {
		cg_auto_prediction struct cg_prediction prediction = { 0 };
		struct item *item = &p->items[i];

		item->skipped = needs[i].failed;
		if (item->skipped)
			continue;
		if (cg_prediction_make(&prediction, p->question, item->accel,
				       item->machine, &item->definition, err) < 0)
			return -1;
		item->requested = prediction.expansion.features;
		item->effective = prediction.effective;
		item->removed =
			cg_featureset_minus(&prediction.removed, &prediction.ignored);
		item->ignored = prediction.ignored;
		item->usable = prediction.usable;
	}
	return 0;
}

/* On a worker thread. */
static void run_item(void *data)
{
	struct item *item = data;

	if (!item->skipped)
		item->ret = cg_trial_run(&item->trial, &item->err);
}

static void item_done(size_t job, void *data)
{
	struct plan *p = data;

	p->done++;
	cg_context_tell(p->context, p->done, p->count, p->items[job].machine);
}

static int run_trials(struct plan *p, bool quick, struct cg_error *err)
{
	cg_auto_free struct cg_job *jobs = calloc(p->count + 1, sizeof(*jobs));

	if (!jobs)
		return cg_error_errno(err, "plan");
	for (size_t i = 0; i < p->count; i++) {
		struct item *item = &p->items[i];

		item->trial = (struct cg_trial){
			.binary = cg_identity_path(p->question->identity),
			.machine = item->machine,
			.accel = item->accel,
			.definition = item->text,
			.vocabulary = p->question->emulator->vocabulary,
			.quick = quick,
			.ask = item->requested,
			.limits = cg_context_limits(p->context),
		};
		jobs[i] = (struct cg_job){ run_item, item };
	}
	cg_pool_run(jobs, p->count, cg_pool_workers(), item_done, p);
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].ret < 0 && p->items[i].err.code == CG_E_CANCELLED) {
			*err = p->items[i].err;
			return -1;
		}
	return 0;
}

/* Lists of what differs between prediction and vCPU; NULL if nothing does. */
static json_t *differences(const struct plan *p, const struct item *item)
{
	const struct cg_vocabulary *v = p->question->emulator->vocabulary;
	const struct cg_trial *t = &item->trial;
	struct cg_featureset gone = cg_featureset_minus(&item->effective, &t->live);
	struct cg_featureset extra = cg_featureset_minus(&t->live, &item->effective);
	struct cg_featureset unsaid =
		cg_featureset_minus(&item->removed, &t->unavailable);
	struct cg_featureset unpredicted =
		cg_featureset_minus(&t->unavailable, &item->removed);

	if (cg_featureset_equal(&item->effective, &t->live) &&
	    cg_featureset_equal(&item->removed, &t->unavailable))
		return NULL;
	return json_pack("{s:o, s:o, s:o, s:o}", "missing", cg_vocabulary_list(v, &gone),
			 "extra", cg_vocabulary_list(v, &extra), "not-removed",
			 cg_vocabulary_list(v, &unsaid), "removed-too",
			 cg_vocabulary_list(v, &unpredicted));
}

/* A vCPU that came up was predicted not to, or the other way round. */
static json_t *wrong_start(const struct item *item)
{
	bool started = item->trial.result == CG_TRIAL_READ;

	if (!started && item->usable == CG_USABLE_YES)
		return json_pack("{s:s, s:s}", "started", "no, though predicted", "words",
				 item->trial.outcome.words);
	if (started && item->usable == CG_USABLE_NO &&
	    cg_featureset_is_empty(&item->removed) &&
	    cg_featureset_is_empty(&item->ignored) &&
	    cg_featureset_is_empty(&item->trial.unavailable))
		return json_pack("{s:s}", "started", "yes, though not predicted");
	return NULL;
}

static void count_in(json_t *row, const char *name)
{
	json_int_t now = json_integer_value(json_object_get(row, name));

	json_object_set_new(row, name, json_integer(now + 1));
}

static json_t *row_of(json_t *rows, const struct item *item)
{
	char name[CG_MACHINE_NAME + 8];

	snprintf(name, sizeof(name), "%s %s", item->accel, item->machine);
	if (!json_object_get(rows, name))
		json_object_set_new(rows, name,
				    json_pack("{s:s, s:s, s:i, s:i, s:i}", "accel",
					      item->accel, "machine", item->machine,
					      "compared", 0, "mismatched", 0,
					      "not-started", 0));
	return json_object_get(rows, name);
}

static void judge(const struct plan *p, const struct item *item, json_t *row,
		  json_t *total, json_t *mismatches)
{
	json_t *wrong = NULL;

	if (item->skipped || item->ret < 0 || item->trial.result == CG_TRIAL_NO_CPU) {
		count_in(total, "skipped");
		return;
	}
	if (item->trial.result == CG_TRIAL_NOT_STARTED) {
		count_in(row, "not-started");
		count_in(total, "not-started");
	} else {
		count_in(row, "compared");
		count_in(total, "compared");
		wrong = differences(p, item);
	}
	if (!wrong && item->usable != CG_USABLE_UNKNOWN)
		wrong = wrong_start(item);
	if (!wrong)
		return;
	count_in(row, "mismatched");
	count_in(total, "mismatched");
	json_object_set_new(wrong, "accel", json_string(item->accel));
	json_object_set_new(wrong, "machine", json_string(item->machine));
	json_object_set_new(wrong, "definition", json_string(item->text));
	json_array_append_new(mismatches, wrong);
}

static json_t *report(const struct plan *p)
{
	json_t *rows = json_object(), *mismatches = json_array(), *list = json_array(),
	       *row;
	json_t *total = json_pack("{s:i, s:i, s:i, s:i}", "compared", 0, "mismatched", 0,
				  "not-started", 0, "skipped", 0);
	const char *name;

	for (size_t i = 0; i < p->count; i++)
		judge(p, &p->items[i], row_of(rows, &p->items[i]), total, mismatches);
	json_object_foreach(rows, name, row)
		json_array_append(list, row);
	json_decref(rows);
	json_object_set_new(total, "seed", json_integer((json_int_t)p->seed));
	json_object_set_new(total, "mismatches", mismatches);
	json_object_set_new(total, "machines", list);
	json_object_set_new(total, "emulator", cg_question_emulator(p->question));
	return total;
}

static int verify(struct plan *p, const json_t *args, json_t **reply,
		  struct cg_error *err)
{
	const json_t *sample = json_object_get(args, "sample");
	bool all = json_is_true(json_object_get(args, "all"));
	json_int_t size = sample ? json_integer_value(sample) : DEFAULT_SAMPLE;

	if (size < 1 || size > SAMPLE_MAX)
		return cg_error_set(err, CG_E_USAGE, "verify: a sample of 1 to %d",
				    SAMPLE_MAX);
	if (find_machines(p, args, err) < 0)
		return -1;
	if (p->question->emulator->measure == CG_MEASURE_NONE)
		return cg_error_set(
			err, CG_E_UNKNOWN,
			"%s doesn't say what its vCPUs lack: nothing to verify",
			cg_identity_path(p->question->identity));
	if (all ? plan_all(p, err) < 0 : plan_sample(p, (size_t)size, err) < 0)
		return -1;
	if (predict(p, all ? CG_DEPTH_SHEET : CG_DEPTH_DEFINITION, err) < 0 ||
	    run_trials(p, all, err) < 0)
		return -1;
	*reply = report(p);
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_question struct cg_question q = { 0 };
	cg_cleanup(free_plan) struct plan p = { .context = context, .question = &q };
	const json_t *seed = json_object_get(args, "seed");

	if (cg_question_open(&q, context, args, err) < 0)
		return -1;
	p.accels[0] = q.accel;
	p.accels[1] = "tcg";
	p.accel_count = q.both ? 2 : 1;
	p.seed = seed ? (uint64_t)json_integer_value(seed)
		      : (uint64_t)cg_clock_now() % UINT32_MAX;
	p.state = p.seed;
	return verify(&p, args, reply, err);
}

const struct cg_command cg_command_verify = { "verify", arguments, run };
