// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every list of the file is filled by interning: a value that is there already, by its
 * canonical text, is referred to by its place. Machine types with equal rows of places
 * become one class.
 */
#include "formats/draft.h"

#include <string.h>

#include "base/text.h"
#include "cpumodels/scalars.h"
#include "formats/record-inside.h"

struct cg_draft {
	json_t *json;
	json_t *places; /* by list, then by canonical text */
	const struct cg_vocabulary *vocabulary;
	const json_t *defaults;
};

int cg_draft_new(struct cg_draft **out, const json_t *head,
		 const struct cg_vocabulary *vocabulary, const json_t *defaults,
		 struct cg_error *err)
{
	static const char *const lists[] = { "models", "defaults", "requested",
					     "unsupported", "classes" };
	cg_auto_draft struct cg_draft *draft = calloc(1, sizeof(*draft));

	if (!draft)
		return cg_error_errno(err, "record");
	draft->vocabulary = vocabulary;
	draft->defaults = defaults;
	draft->json = json_copy(cg_json_mutable(head));
	draft->places = json_object();
	json_object_set_new(draft->json, "cpugate-record",
			    json_integer(CG_RECORD_VERSION));
	for (size_t i = 0; i < CG_COUNT(lists); i++) {
		json_object_set_new(draft->json, lists[i], json_array());
		json_object_set_new(draft->places, lists[i], json_object());
	}
	if (vocabulary) {
		json_object_set_new(draft->json, "features",
				    cg_vocabulary_to_json(vocabulary));
		json_array_append(json_object_get(draft->json, "defaults"),
				  cg_json_mutable(defaults));
	}
	*out = cg_take(draft);
	return 0;
}

struct cg_draft *cg_draft_free(struct cg_draft *draft)
{
	if (!draft)
		return NULL;
	json_decref(draft->json);
	json_decref(draft->places);
	free(draft);
	return NULL;
}

void cg_draft_set(struct cg_draft *draft, const char *name, json_t *value)
{
	json_object_set_new(draft->json, name, value);
}

/* The place of a value in one of the lists; takes the value. NULL if memory is out. */
static json_t *intern(struct cg_draft *draft, const char *list, json_t *value)
{
	json_t *places = json_object_get(draft->places, list);
	json_t *values = json_object_get(draft->json, list), *place;
	cg_auto_json json_t *owned = value;
	cg_auto_free char *text = cg_json_canonical(owned);

	if (!text)
		return NULL;
	place = json_object_get(places, text);
	if (!place) {
		json_object_set_new(places, text,
				    json_integer((json_int_t)json_array_size(values)));
		json_array_append(values, owned);
		place = json_object_get(places, text);
	}
	return json_incref(place);
}

/* Members that most models of a list share; see cpugate-record(5). */
static json_t *shared_members(const json_t *models)
{
	static const char *const names[] = { "static", "deprecated", "migration-safe" };
	const json_t *typical = json_array_get(models, json_array_size(models) / 2);
	json_t *like = json_object();

	for (size_t i = 0; i < CG_COUNT(names); i++)
		if (json_object_get(typical, names[i]))
			json_object_set(like, names[i],
					json_object_get(typical, names[i]));
	return like;
}

static json_t *pack_models(const json_t *models)
{
	json_t *like = shared_members(models), *list = json_array();
	const json_t *model;
	size_t i;

	json_array_foreach(models, i, model)
		json_array_append_new(list, cg_scalars_difference(model, like));
	return json_pack("{s:o, s:o}", "like", like, "list", list);
}

static json_t *set_of(const struct cg_featureset *set)
{
	char hex[CG_FEATURESET_HEX];

	return json_string(cg_featureset_to_hex(set, hex));
}

static json_t *piece_of(const struct cg_record_cpu *cpu, const json_t *defaults)
{
	return json_pack("{s:o, s:o}", "features", set_of(&cpu->features), "properties",
			 cg_scalars_difference(cpu->scalars, defaults));
}

/*
 * Place of what a machine type's bare model differs from the emulator's in; 0 is the
 * emulator's own.
 */
static json_t *place_defaults(struct cg_draft *draft, const json_t *defaults)
{
	json_t *difference = cg_scalars_difference(defaults, draft->defaults);

	if (json_object_size(difference))
		return intern(draft, "defaults", difference);
	json_decref(difference);
	return json_integer(0);
}

static json_t *place_requested(struct cg_draft *draft,
			       const struct cg_draft_machine *machine,
			       const json_t *defaults)
{
	size_t count = json_array_size(machine->models);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, machine->cpus && machine->cpus[i].scalars
						    ? intern(draft, "requested",
							     piece_of(&machine->cpus[i],
								      defaults))
						    : json_null());
	return list;
}

/* QEMU's own lists where they aren't E ∩ U, or where that isn't known. */
static json_t *own_lists(const struct cg_draft_machine *machine)
{
	json_t *own = json_object();
	const json_t *model;
	size_t i;

	json_array_foreach(machine->models, i, model) {
		const struct cg_record_cpu *cpu = machine->cpus ? &machine->cpus[i]
								: NULL;
		struct cg_featureset ours = { 0 };
		bool known = machine->unsupported && cpu && cpu->scalars;

		if (!machine->unavailable)
			break;
		if (known)
			ours = cg_featureset_and(&cpu->features, machine->unsupported);
		if (!known || !cg_featureset_equal(&ours, &machine->unavailable[i]))
			json_object_set_new(own, cg_json_text(model, "name"),
					    set_of(&machine->unavailable[i]));
	}
	return own;
}

static void put_if_any(json_t *object, const char *name, json_t *value)
{
	if (json_object_size(value))
		json_object_set(object, name, value);
	json_decref(value);
}

int cg_draft_add_machine(struct cg_draft *draft, const struct cg_draft_machine *machine,
			 struct cg_error *err)
{
	const json_t *defaults = machine->defaults ? machine->defaults : draft->defaults;
	json_t *classes = json_object_get(draft->json, "classes"), *place;
	json_t *class = json_object();

	json_object_set_new(class, "models",
			    intern(draft, "models", pack_models(machine->models)));
	if (draft->vocabulary)
		json_object_set_new(class, "defaults", place_defaults(draft, defaults));
	json_object_set_new(class, "requested",
			    place_requested(draft, machine, defaults));
	if (machine->unsupported)
		json_object_set_new(class, "unsupported",
				    intern(draft, "unsupported",
					   set_of(machine->unsupported)));
	put_if_any(class, "unavailable", own_lists(machine));
	place = intern(draft, "classes", class);
	if (!place)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a record");
	/*
	 * The list holds the very object that was interned, so its text is known without
	 * this member.
	 */
	class = json_array_get(classes, (size_t)json_integer_value(place));
	json_decref(place);
	if (!json_object_get(class, "machines"))
		json_object_set_new(class, "machines", json_array());
	json_array_append_new(json_object_get(class, "machines"),
			      json_string(machine->name));
	return 0;
}

/* A member that is an object, made when it is first wanted. */
static json_t *object_in(json_t *object, const char *name)
{
	if (!json_object_get(object, name))
		json_object_set_new(object, name, json_object());
	return json_object_get(object, name);
}

/* The properties of a machine type's bare model, as its class has them: a new object. */
static json_t *class_defaults(const struct cg_draft *draft, const char *machine)
{
	const json_t *defaults = json_object_get(draft->json, "defaults"), *class, *name;
	size_t i, m, place = 0;

	json_array_foreach(json_object_get(draft->json, "classes"), i, class)
		json_array_foreach(json_object_get(class, "machines"), m, name)
			if (strcmp(json_string_value(name), machine) == 0)
				place = (size_t)json_integer_value(
					json_object_get(class, "defaults"));
	return cg_scalars_apply(draft->defaults,
				place ? json_array_get(defaults, place) : NULL);
}

int cg_draft_add_definition(struct cg_draft *draft, const char *machine,
			    const char *definition, const struct cg_record_cpu *cpu,
			    struct cg_error *err)
{
	cg_auto_json json_t *defaults = class_defaults(draft, machine);
	json_t *place = intern(draft, "requested", piece_of(cpu, defaults));

	if (!place)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a record");
	json_object_set_new(object_in(object_in(draft->json, "definitions"), machine),
			    definition, place);
	return 0;
}

void cg_draft_add_start(struct cg_draft *draft, const char *machine,
			const char *definition, const json_t *end)
{
	json_object_set_new(object_in(object_in(draft->json, "started"),
				      machine ? machine : "-"),
			    definition, end ? json_deep_copy(end) : json_true());
}

/* Readers refuse texts with control characters, which no fact is worth a record. */
static void clean_texts(json_t *json)
{
	const char *name = json_string_value(json);
	json_t *value;
	size_t i;

	if (name && !cg_json_is_big(json)) {
		cg_auto_free char *text = strdup(name);

		if (text)
			cg_text_clean(text);
		if (text && strcmp(text, name) != 0)
			json_string_set(json, text);
	}
	json_array_foreach(json, i, value)
		clean_texts(value);
	cg_json_each(json, name, value)
		clean_texts(value);
}

int cg_draft_finish(struct cg_draft *draft, json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *json = json_deep_copy(draft->json);
	cg_auto_record struct cg_record *check = NULL;
	char hex[CG_DIGEST_HEX];

	clean_texts(json);
	if (cg_document_digest(json, hex, err) < 0)
		return -1;
	json_object_set_new(json, "digest", json_string(hex));
	if (cg_record_from_json(&check, json, err) < 0)
		return cg_error_prefix(err, "the record that would be written");
	*out = cg_take(json);
	return 0;
}
