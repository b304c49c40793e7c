// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a record to facts: in the words that a session would have used. */
#include "lib/recall.h"

#include <stdio.h>
#include <string.h>

#include "cpumodels/spelling.h"
#include "machine/catalogue.h"

#define NAMES_BYTES 256

/* Who tells of a host doesn't always know which emulator it has. */
static int open_identity(struct cg_question *q, struct cg_error *err)
{
	const json_t *about = cg_record_about(q->record);
	const char *path = cg_json_text(about, "path");

	return cg_identity_from_parts(&q->identity,
				      path ? path : cg_record_file(q->record),
				      json_object_get(about, "parts"), err);
}

static int open_host(struct cg_question *q, struct cg_error *err)
{
	const json_t *parts = cg_record_host_parts(q->record);

	if (!parts)
		return 0;
	if (cg_host_from_parts(&q->other_host, parts, err) < 0)
		return cg_error_prefix(err, "%s", cg_record_file(q->record));
	q->host = q->other_host;
	return cg_facts_set_host(q->facts, q->host, err);
}

int cg_recall_open(struct cg_question *q, const json_t *args, struct cg_error *err)
{
	const char *accel = cg_json_text(args, "accel");

	if (json_object_get(args, "emulator"))
		return cg_error_set(err, CG_E_USAGE,
				    "a record is about its own emulator: not both");
	if (cg_record_read(&q->record, cg_json_text(args, "record"), err) < 0 ||
	    open_identity(q, err) < 0 ||
	    cg_facts_new(&q->facts, NULL, q->identity, err) < 0 || open_host(q, err) < 0)
		return -1;
	q->accel = cg_record_accel(q->record);
	if (accel && strcmp(accel, q->accel) != 0)
		return cg_error_set(err, CG_E_UNDECIDED, "%s tells of %s, not of %s",
				    cg_record_file(q->record), q->accel, accel);
	return 0;
}

static enum cg_measure measure_of(const struct cg_record *record)
{
	const char *measure = cg_json_text(cg_record_json(record), "measure");

	if (strcmp(measure, "globals") == 0)
		return CG_MEASURE_GLOBALS;
	return strcmp(measure, "max") == 0 ? CG_MEASURE_MAX : CG_MEASURE_NONE;
}

static json_t *about_of(const struct cg_record *record)
{
	static const char *const names[] = { "version", "package", "target" };
	json_t *about = json_object();

	for (size_t i = 0; i < CG_COUNT(names); i++) {
		const char *text = cg_json_text(cg_record_about(record), names[i]);

		json_object_set_new(about, names[i], json_string(text ? text : ""));
	}
	return about;
}

/* A vocabulary of its own: who gets a result may take it. */
static int put_emulator(struct cg_question *q, struct cg_error *err)
{
	const struct cg_record *r = q->record;
	cg_auto_json json_t *about = about_of(r);
	const struct cg_session_result result = {
		.about = about,
		.machines = cg_json_mutable(cg_record_machines(r)),
		.vocabulary = (struct cg_vocabulary *)(uintptr_t)cg_record_vocabulary(r),
		.defaults = cg_json_mutable(cg_record_defaults(r)),
		.measure = measure_of(r),
		.expansion = cg_json_text(cg_record_json(r), "expansion"),
	};

	if (q->emulator)
		return 0;
	if (cg_facts_put_emulator(q->facts, &result, err) < 0)
		return -1;
	return cg_facts_emulator(q->facts, &q->emulator, err);
}

/* The machine types that the record tells of, as many as a sentence takes. */
static char *list_machines(const struct cg_record *record, char out[static NAMES_BYTES])
{
	const json_t *machine;
	size_t used = 0, i;

	out[0] = '\0';
	json_array_foreach(cg_record_machines(record), i, machine) {
		const char *name = cg_json_text(machine, "name");

		if (!cg_record_has_machine(record, name))
			continue;
		if (used + strlen(name) + sizeof(" ...") >= NAMES_BYTES) {
			strcpy(out + used, " ...");
			break;
		}
		used += (size_t)sprintf(out + used, "%s%s", used ? " " : "", name);
	}
	return out;
}

/* Who tells of a host only doesn't tell of an emulator's models and machine types. */
static bool has_emulator(const struct cg_record *record)
{
	return cg_json_text(cg_record_about(record), "version") != NULL;
}

static int lacks_emulator(const struct cg_record *record, struct cg_error *err)
{
	return cg_error_set(
		err, CG_E_UNDECIDED,
		"%s tells of a host and of no emulator: cpugate record --from takes one's "
		"models and machine types to it",
		cg_record_file(record));
}

static int find_machine(struct cg_question *q, bool must_tell, struct cg_error *err)
{
	const char *given = q->machine_argument, *near, *file = cg_record_file(q->record);
	char names[NAMES_BYTES];

	q->machine = cg_record_resolve_machine(q->record, given);
	if (!q->machine && !given)
		q->machine = "none";
	if (!q->machine && !has_emulator(q->record))
		return lacks_emulator(q->record, err);
	if (!q->machine) {
		near = cg_catalogue_nearest(cg_record_machines(q->record), given);
		return cg_error_set(err, CG_E_UNKNOWN, "%s has no machine type %s%s%s%s",
				    file, given, near ? " (did you mean " : "",
				    near ? near : "", near ? "?)" : "");
	}
	if (must_tell && !cg_record_has_machine(q->record, q->machine))
		return cg_error_set(err, CG_E_UNDECIDED,
				    "%s doesn't tell what CPUs %s has, only of: %s", file,
				    q->machine, list_machines(q->record, names));
	return 0;
}

/* What a session says, put together from the record. */
struct account {
	const struct cg_question *question;
	const json_t *models;
	struct cg_session_result result;
};

static void free_account(struct account *account)
{
	for (size_t i = 0; i < account->result.count; i++) {
		free(account->result.items[i].definition);
		json_decref(account->result.items[i].expansion.scalars);
	}
	free(account->result.items);
	json_decref(account->result.unavailable);
}

static void take_lists(struct account *a)
{
	const struct cg_question *q = a->question;
	const struct cg_featureset *u = cg_record_unsupported(q->record, q->machine);
	struct cg_featureset lacks;
	const json_t *model;
	size_t i;

	a->result.models = cg_json_mutable(a->models);
	a->result.unavailable = json_object();
	json_array_foreach(a->models, i, model) {
		const char *name = cg_json_text(model, "name");

		if (!cg_record_unavailable(q->record, q->machine, name, &lacks) ||
		    cg_featureset_is_empty(&lacks))
			continue;
		json_object_set_new(a->result.unavailable, name,
				    cg_vocabulary_list(cg_record_vocabulary(q->record),
						       &lacks));
	}
	a->result.has_unsupported = u != NULL;
	if (u)
		a->result.unsupported = *u;
}

/* False if the record doesn't hold it. */
static bool take_item(struct account *a, const char *definition)
{
	const struct cg_question *q = a->question;
	struct cg_session_item *item = &a->result.items[a->result.count];
	struct cg_record_cpu cpu;

	if (!cg_record_expansion(q->record, q->machine, definition, &cpu))
		return false;
	item->definition = strdup(definition);
	item->expansion.features = cpu.features;
	item->expansion.scalars = json_incref(cg_json_mutable(cpu.scalars));
	a->result.count++;
	return true;
}

static int unknown_model(const struct account *a, const char *model, struct cg_error *err)
{
	size_t best = strlen(model) / 3 + 1, i;
	const json_t *candidate;
	const char *near = NULL;

	if (!has_emulator(a->question->record))
		return lacks_emulator(a->question->record, err);
	json_array_foreach(a->models, i, candidate) {
		const char *name = cg_json_text(candidate, "name");
		size_t distance = cg_spelling_distance(name, model);

		if (distance < best || (distance == best && !near)) {
			best = distance;
			near = name;
		}
	}
	return cg_error_set(err, CG_E_UNKNOWN, "%s has no CPU model %s%s%s%s",
			    cg_record_file(a->question->record), model,
			    near ? " (did you mean " : "", near ? near : "",
			    near ? "?)" : "");
}

/* Every override must be a property that the model has. */
static int check_overrides(const struct account *a,
			   const struct cg_definition *definition, struct cg_error *err)
{
	const struct cg_vocabulary *vocabulary =
		cg_record_vocabulary(a->question->record);
	const json_t *scalars = a->result.items[0].expansion.scalars;

	for (size_t i = 0; i < definition->count; i++) {
		const char *name = definition->overrides[i].name, *near;

		if (cg_vocabulary_find(vocabulary, name) < CG_FEATURES_MAX ||
		    json_object_get(scalars, name))
			continue;
		near = cg_vocabulary_nearest(vocabulary, name);
		return cg_error_set(err, CG_E_UNKNOWN,
				    "CPU model %s has no feature %s%s%s%s",
				    definition->model, name,
				    near ? " (did you mean " : "", near ? near : "",
				    near ? "?)" : "");
	}
	return 0;
}

static int take_definition(struct account *a, const struct cg_definition *definition,
			   struct cg_error *err)
{
	const char *file = cg_record_file(a->question->record);
	cg_auto_free char *text = cg_definition_print(definition);

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a definition");
	if (!cg_session_find_model(a->models, definition->model))
		return unknown_model(a, definition->model, err);
	if (!cg_record_vocabulary(a->question->record))
		return 0; /* who asks is told what this target doesn't say */
	if (!take_item(a, definition->model))
		return cg_error_set(err, CG_E_UNDECIDED,
				    "%s doesn't tell what %s on %s asks for", file,
				    definition->model, a->question->machine);
	if (!definition->count)
		return 0;
	if (check_overrides(a, definition, err) < 0)
		return -1;
	if (!take_item(a, text))
		return cg_error_set(
			err, CG_E_UNDECIDED,
			"%s doesn't hold %s on %s: a record has the definitions that were "
			"asked for where it was made",
			file, text, a->question->machine);
	return 0;
}

/* All models are needed to see that QEMU contradicts itself on this machine type. */
static int take_items(struct account *a, enum cg_depth depth,
		      const struct cg_definition *definition, struct cg_error *err)
{
	bool all = depth >= CG_DEPTH_SHEET ||
		   cg_record_is_contradicted(a->question->record, a->question->machine);
	size_t room = json_array_size(a->models) + 3, i;
	const json_t *model;

	a->result.items = calloc(room, sizeof(*a->result.items));
	if (!a->result.items)
		return cg_error_errno(err, "record");
	if (depth == CG_DEPTH_DEFINITION && take_definition(a, definition, err) < 0)
		return -1;
	json_array_foreach(a->models, i, model)
		if (all)
			(void)take_item(a, cg_json_text(model, "name"));
	return 0;
}

static void read_end(struct cg_outcome *out, const json_t *end)
{
	const char *words = cg_json_text(end, "words");

	*out = (struct cg_outcome){
		.ended = json_object_get(end, "status") || json_object_get(end, "signal"),
		.end.status = (int)json_integer_value(json_object_get(end, "status")),
		.end.signal = (int)json_integer_value(json_object_get(end, "signal")),
	};
	snprintf(out->words, sizeof(out->words), "%s", words ? words : "");
}

static int put_starts(struct cg_question *q, const char *machine, struct cg_error *err)
{
	const char *definition;
	json_t *start;

	cg_json_each(cg_record_starts(q->record, machine), definition, start) {
		struct cg_outcome outcome;

		read_end(&outcome, start);
		if (cg_facts_put_started(q->facts, q->accel, machine, definition,
					 json_is_true(start), &outcome, err) < 0)
			return -1;
	}
	return 0;
}

static int put_machine(struct cg_question *q, enum cg_depth depth,
		       const struct cg_definition *definition, struct cg_error *err)
{
	cg_cleanup(free_account) struct account account = {
		.question = q,
		.models = cg_record_models(q->record, q->machine),
	};
	enum cg_session_expand expand = depth >= CG_DEPTH_SHEET ? CG_EXPAND_ALL
								: CG_EXPAND_WANTED;

	take_lists(&account);
	if (take_items(&account, depth, definition, err) < 0 ||
	    cg_facts_put_session(q->facts, q->accel, q->machine, expand, &account.result,
				 err) < 0 ||
	    put_starts(q, NULL, err) < 0)
		return -1;
	return put_starts(q, q->machine, err);
}

int cg_recall_ensure(struct cg_question *q, enum cg_depth depth,
		     const struct cg_definition *definition, struct cg_error *err)
{
	bool catalogue = depth == CG_DEPTH_CATALOGUE;

	if (put_emulator(q, err) < 0 || find_machine(q, !catalogue, err) < 0)
		return -1;
	return catalogue ? 0 : put_machine(q, depth, definition, err);
}
