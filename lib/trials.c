// SPDX-License-Identifier: LGPL-2.1-or-later
/* Choosing what to try. */
#include "lib/trials.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "machine/catalogue.h"

#define TOGGLES_MAX 8

/* splitmix64: the same numbers everywhere for one seed. */
static uint64_t next_random(struct cg_trials *t)
{
	uint64_t z = t->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t pick(struct cg_trials *t, size_t count)
{
	return (size_t)(next_random(t) % count);
}

void cg_trials_deinit(struct cg_trials *t)
{
	for (size_t i = 0; i < t->count; i++) {
		cg_definition_deinit(&t->items[i].definition);
		free(t->items[i].text);
	}
	free(t->items);
	json_decref(t->machines);
	json_decref(t->unmeasured);
	*t = (struct cg_trials){ 0 };
}

static int add_item(struct cg_trials *t, const char *accel, const char *machine,
		    const char *text, struct cg_error *err)
{
	struct cg_trials_item *item;

	if (t->count == t->room) {
		size_t room = t->room ? 2 * t->room : 256;

		item = reallocarray(t->items, room, sizeof(*item));
		if (!item)
			return cg_error_errno(err, "%zu trials", room);
		t->items = item;
		t->room = room;
	}
	item = &t->items[t->count];
	*item = (struct cg_trials_item){ .accel = accel, .machine = machine };
	if (cg_definition_parse(&item->definition, text, err) < 0)
		return -1;
	t->count++;
	item->text = cg_definition_print(&item->definition);
	return item->text ? 0 : cg_error_errno(err, "trials");
}

static int find_machines(struct cg_trials *t, const json_t *args, struct cg_error *err)
{
	const char *one = cg_json_text(args, "machine");
	cg_auto_json json_t *machines = NULL;
	const json_t *machine;
	size_t i;

	t->machines = json_array();
	t->unmeasured = json_array();
	if (one) {
		if (cg_question_ensure(t->question, CG_DEPTH_MODELS, NULL, err) < 0)
			return -1;
		json_array_append_new(t->machines, json_string(t->question->machine));
		return 0;
	}
	if (cg_question_ensure(t->question, CG_DEPTH_CATALOGUE, NULL, err) < 0 ||
	    cg_facts_machines(t->question->facts, &machines, err) < 0)
		return -1;
	json_array_foreach(machines, i, machine)
		if (strcmp(cg_json_text(machine, "name"), "none") != 0)
			json_array_append(t->machines, json_object_get(machine, "name"));
	if (!json_array_size(t->machines))
		return cg_error_set(err, CG_E_UNKNOWN, "%s has no machine types",
				    cg_identity_path(t->question->identity));
	return 0;
}

static const char *machine_at(const struct cg_trials *t, size_t i)
{
	return json_string_value(json_array_get(t->machines, i));
}

/* Make sure of the models of the machine types that @wanted says, side by side. */
static int measure_machines(struct cg_trials *t, enum cg_depth depth, const bool *wanted,
			    struct cg_error *err)
{
	size_t machines = json_array_size(t->machines), count = 0;
	cg_auto_free struct cg_need *needs =
		calloc(t->accel_count * machines + 1, sizeof(*needs));

	if (!needs)
		return cg_error_errno(err, "plan");
	for (size_t a = 0; a < t->accel_count; a++)
		for (size_t m = 0; m < machines; m++)
			if (wanted[m])
				needs[count++] =
					(struct cg_need){ .depth = depth,
							  .accel = t->accels[a],
							  .machine = machine_at(t, m) };
	return cg_prober_ensure(&t->question->prober, needs, count, err);
}

static bool is_unmeasured(const struct cg_trials *t, const char *accel,
			  const char *machine)
{
	const json_t *known;
	size_t i;

	json_array_foreach(t->unmeasured, i, known)
		if (strcmp(cg_json_text(known, "accel"), accel) == 0 &&
		    strcmp(cg_json_text(known, "machine"), machine) == 0)
			return true;
	return false;
}

/* A machine type that QEMU doesn't start here, so that it has no models to try. */
static int add_unmeasured(struct cg_trials *t, const char *accel, const char *machine,
			  struct cg_error *err)
{
	cg_auto_json json_t *failure = NULL;
	const char *words;

	if (is_unmeasured(t, accel, machine))
		return 0;
	if (cg_facts_failure(t->question->facts, accel, machine, &failure, err) < 0)
		return -1;
	words = cg_json_text(failure, "reason");
	json_array_append_new(t->unmeasured,
			      json_pack("{s:s, s:s, s:s}", "accel", accel, "machine",
					machine, "words", words ? words : ""));
	return 0;
}

static int plan_all(struct cg_trials *t, struct cg_error *err)
{
	size_t machines = json_array_size(t->machines);
	cg_auto_free bool *wanted = malloc(machines + 1);

	if (!wanted)
		return cg_error_errno(err, "plan");
	memset(wanted, true, machines);
	if (measure_machines(t, CG_DEPTH_SHEET, wanted, err) < 0)
		return -1;
	for (size_t a = 0; a < t->accel_count; a++)
		for (size_t m = 0; m < machines; m++) {
			cg_auto_json json_t *models = NULL;
			const json_t *model;
			size_t i;

			if (cg_facts_models(t->question->facts, t->accels[a],
					    machine_at(t, m), &models, err) < 0)
				return -1;
			if (!models &&
			    add_unmeasured(t, t->accels[a], machine_at(t, m), err) < 0)
				return -1;
			json_array_foreach(models, i, model)
				if (add_item(t, t->accels[a], machine_at(t, m),
					     cg_json_text(model, "name"), err) < 0)
					return -1;
		}
	return 0;
}

/* A random model with 1 to 8 random features switched on or off. */
static void random_definition(struct cg_trials *t, const char *model, char *out,
			      size_t size)
{
	const struct cg_vocabulary *vocabulary = t->question->emulator->vocabulary;
	size_t toggles = 1 + pick(t, TOGGLES_MAX);
	int used = snprintf(out, size, "%s", model);

	for (size_t i = 0; i < toggles && (size_t)used < size; i++) {
		size_t feature = pick(t, cg_vocabulary_count(vocabulary));

		used += snprintf(out + used, size - (size_t)used, ",%s=%s",
				 cg_vocabulary_name(vocabulary, feature),
				 next_random(t) & 1 ? "on" : "off");
	}
}

static int add_sample(struct cg_trials *t, size_t i, size_t machine, struct cg_error *err)
{
	const char *accel = t->accels[i % t->accel_count];
	cg_auto_json json_t *models = NULL;
	char text[CG_DEFINITION_TEXT];
	const char *model;

	if (cg_facts_models(t->question->facts, accel, machine_at(t, machine), &models,
			    err) < 0)
		return -1;
	if (!json_array_size(models))
		return add_unmeasured(t, accel, machine_at(t, machine), err);
	model = cg_json_text(json_array_get(models, pick(t, json_array_size(models))),
			     "name");
	if (i / t->accel_count % 2)
		snprintf(text, sizeof(text), "%s", model);
	else
		random_definition(t, model, text, sizeof(text));
	return add_item(t, accel, machine_at(t, machine), text, err);
}

static int plan_sample(struct cg_trials *t, size_t size, struct cg_error *err)
{
	size_t machines = json_array_size(t->machines);
	cg_auto_free bool *wanted = calloc(machines + 1, sizeof(*wanted));
	cg_auto_free size_t *chosen = calloc(size + 1, sizeof(*chosen));

	if (!wanted || !chosen)
		return cg_error_errno(err, "plan");
	for (size_t i = 0; i < size; i++)
		wanted[chosen[i] = pick(t, machines)] = true;
	if (measure_machines(t, CG_DEPTH_MODELS, wanted, err) < 0)
		return -1;
	for (size_t i = 0; i < size; i++)
		if (add_sample(t, i, chosen[i], err) < 0)
			return -1;
	return 0;
}

static int choose(struct cg_trials *t, const json_t *args, struct cg_error *err)
{
	const json_t *sample = json_object_get(args, "sample");
	json_int_t size = sample ? json_integer_value(sample) : CG_TRIALS_SAMPLE;

	if (size < 1 || size > CG_TRIALS_MAX)
		return cg_error_set(err, CG_E_USAGE, "verify: a sample of 1 to %d",
				    CG_TRIALS_MAX);
	if (find_machines(t, args, err) < 0)
		return -1;
	if (t->question->emulator->measure == CG_MEASURE_NONE)
		return cg_error_set(
			err, CG_E_UNKNOWN,
			"%s doesn't say what its vCPUs lack: nothing to verify",
			cg_identity_path(t->question->identity));
	return t->all ? plan_all(t, err) : plan_sample(t, (size_t)size, err);
}

int cg_trials_choose(struct cg_trials *out, struct cg_question *question,
		     const json_t *args, struct cg_error *err)
{
	const json_t *seed = json_object_get(args, "seed");
	cg_auto_trials struct cg_trials t = {
		.question = question,
		.accels = { question->accel, "tcg" },
		.accel_count = question->both ? 2 : 1,
		.all = json_is_true(json_object_get(args, "all")),
		.seed = seed ? (uint64_t)json_integer_value(seed)
			     : (uint64_t)cg_clock_now() % UINT32_MAX,
	};

	t.state = t.seed;
	if (choose(&t, args, err) < 0)
		return -1;
	*out = t;
	t = (struct cg_trials){ 0 };
	return 0;
}
