// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a record tells. It was checked when it was read, so nothing fails here. What costs
 * time and few ask for (objects of properties, lists of models) is put together on first
 * use.
 */
#include "formats/record-inside.h"

#include <string.h>

#include "cpumodels/scalars.h"

struct cg_record *cg_record_ref(struct cg_record *record)
{
	record->owners++;
	return record;
}

struct cg_record *cg_record_free(struct cg_record *record)
{
	if (!record)
		return NULL;
	if (record->owners) {
		record->owners--;
		return NULL;
	}
	for (size_t i = 0; i < record->class_count; i++) {
		struct cg_record_class *class = &record->classes[i];

		for (size_t m = 0;
		     class->cpus && m < json_array_size(class->list->packed); m++)
			json_decref(class->cpus[m]);
		json_decref(class->scalars);
		free(class->cpus);
		free(class->pieces);
	}
	for (size_t i = 0; record->lists && i < record->list_count; i++) {
		json_decref(record->lists[i].places);
		json_decref(record->lists[i].models);
	}
	free(record->classes);
	free(record->lists);
	free(record->pieces);
	free(record->unsupported);
	cg_vocabulary_free(record->vocabulary);
	json_decref(record->customs);
	json_decref(record->machines);
	json_decref(record->aliases);
	json_decref(record->json);
	free(record->file);
	free(record);
	return NULL;
}

const char *cg_record_name(const struct cg_record *record)
{
	const char *slash = record->file ? strrchr(record->file, '/') : NULL;

	if (*record->name || !record->file)
		return record->name;
	return slash ? slash + 1 : record->file;
}

const char *cg_record_file(const struct cg_record *record)
{
	return record->file ? record->file : cg_record_name(record);
}

const char *cg_record_digest(const struct cg_record *record)
{
	return record->digest;
}

const json_t *cg_record_json(const struct cg_record *record)
{
	return record->json;
}

const char *cg_record_accel(const struct cg_record *record)
{
	return record->accel;
}

const char *cg_record_honesty(const struct cg_record *record)
{
	return cg_json_text(record->json, "honesty");
}

bool cg_record_is_foreign(const struct cg_record *record)
{
	return json_object_get(record->json, "untold") != NULL;
}

bool cg_record_is_enforced(const struct cg_record *record)
{
	return json_is_true(json_object_get(record->json, "enforced"));
}

int64_t cg_record_measured(const struct cg_record *record)
{
	return json_integer_value(json_object_get(record->json, "measured"));
}

const json_t *cg_record_about(const struct cg_record *record)
{
	return json_object_get(record->json, "emulator");
}

const char *cg_record_fingerprint(const struct cg_record *record)
{
	return cg_json_text(json_object_get(record->json, "host"), "fingerprint");
}

const json_t *cg_record_host_parts(const struct cg_record *record)
{
	return json_object_get(json_object_get(record->json, "host"), "parts");
}

const struct cg_vocabulary *cg_record_vocabulary(const struct cg_record *record)
{
	return record->vocabulary;
}

const json_t *cg_record_defaults(const struct cg_record *record)
{
	return json_array_get(json_object_get(record->json, "defaults"), 0);
}

const json_t *cg_record_machines(const struct cg_record *record)
{
	return json_object_get(record->json, "machines");
}

const json_t *cg_record_aliases(const struct cg_record *record)
{
	return record->aliases;
}

const char *cg_record_resolve_machine(const struct cg_record *record, const char *name)
{
	const char *behind = name ? cg_json_text(record->aliases, name)
				  : record->default_machine;

	if (behind || !name)
		return behind;
	return json_object_get(record->machines, name) ? name : NULL;
}

const struct cg_record_class *cg_record_class(const struct cg_record *record,
					      const char *machine)
{
	const json_t *place = json_object_get(record->machines, machine);

	return json_is_integer(place) ? &record->classes[json_integer_value(place)]
				      : NULL;
}

bool cg_record_has_machine(const struct cg_record *record, const char *machine)
{
	return cg_record_class(record, machine) != NULL;
}

const struct cg_featureset *cg_record_unsupported(const struct cg_record *record,
						  const char *machine)
{
	const struct cg_record_class *class = NULL;

	if (machine || record->default_machine)
		class = cg_record_class(record,
					machine ? machine : record->default_machine);
	if (!machine && !class && record->class_count)
		class = &record->classes[0];
	return class ? class->unsupported : NULL;
}

const struct cg_featureset *cg_record_untold(const struct cg_record *record)
{
	return &record->untold;
}

/* A model with what it shares with most others; null says that it lacks such a member. */
static json_t *unpack_model(const json_t *packed, const json_t *like)
{
	json_t *model = json_copy(cg_json_mutable(packed)), *value;
	const char *name;

	cg_json_each(like, name, value) {
		if (!json_object_get(packed, name))
			json_object_set(model, name, value);
		else if (json_is_null(json_object_get(packed, name)))
			json_object_del(model, name);
	}
	return model;
}

const json_t *cg_record_models(const struct cg_record *record, const char *machine)
{
	const struct cg_record_class *class = cg_record_class(record, machine);
	const json_t *packed;
	size_t i;

	if (!class || class->list->models)
		return class ? class->list->models : NULL;
	class->list->models = json_array();
	json_array_foreach(class->list->packed, i, packed)
		json_array_append_new(class->list->models,
				      unpack_model(packed, class->list->like));
	return class->list->models;
}

/* The properties of a class's bare model. */
static const json_t *class_scalars(const struct cg_record *record,
				   const struct cg_record_class *class)
{
	struct cg_record_class *mine = &record->classes[class - record->classes];

	if (!class->defaults)
		return cg_record_defaults(record);
	if (!class->scalars)
		mine->scalars =
			cg_scalars_apply(cg_record_defaults(record), class->defaults);
	return class->scalars;
}

/* Definitions with changes: few, so they are found by name. */
static bool find_custom(const struct cg_record *record,
			const struct cg_record_class *class, const char *machine,
			const char *definition, struct cg_record_cpu *out)
{
	const json_t *place =
		json_object_get(cg_record_definitions(record, machine), definition);
	const struct cg_record_piece *piece;
	json_t *here;

	if (!place)
		return false;
	piece = &record->pieces[json_integer_value(place)];
	if (!json_object_get(record->customs, machine))
		json_object_set_new(record->customs, machine, json_object());
	here = json_object_get(record->customs, machine);
	if (!json_object_get(here, definition))
		json_object_set_new(here, definition,
				    cg_scalars_apply(class_scalars(record, class),
						     piece->properties));
	out->features = piece->features;
	out->scalars = json_object_get(here, definition);
	return true;
}

/* The place of a model in its list, if the record knows what it asks for. */
static bool find_plain(const struct cg_record_class *class, const char *model,
		       size_t *out)
{
	const json_t *place = json_object_get(class->list->places, model);

	*out = place ? (size_t)json_integer_value(place) : 0;
	return place && class->pieces[*out] != CG_RECORD_NONE;
}

bool cg_record_expansion(const struct cg_record *record, const char *machine,
			 const char *definition, struct cg_record_cpu *out)
{
	const struct cg_record_class *class = cg_record_class(record, machine);
	const struct cg_record_piece *piece;
	size_t at;

	if (!class)
		return false;
	if (!find_plain(class, definition, &at))
		return find_custom(record, class, machine, definition, out);
	piece = &record->pieces[class->pieces[at]];
	if (!class->cpus[at])
		class->cpus[at] =
			cg_scalars_apply(class_scalars(record, class), piece->properties);
	out->features = piece->features;
	out->scalars = class->cpus[at];
	return true;
}

bool cg_record_unavailable(const struct cg_record *record, const char *machine,
			   const char *model, struct cg_featureset *out)
{
	const struct cg_record_class *class = cg_record_class(record, machine);
	const char *own = class ? cg_json_text(class->own, model) : NULL;
	struct cg_error never;
	size_t at;

	if (own)
		return cg_featureset_from_hex(out, own, &never) == 0;
	if (!class || !class->unsupported || !find_plain(class, model, &at))
		return false;
	*out = cg_featureset_and(&record->pieces[class->pieces[at]].features,
				 class->unsupported);
	return true;
}

bool cg_record_is_contradicted(const struct cg_record *record, const char *machine)
{
	const struct cg_record_class *class = cg_record_class(record, machine);

	return class && json_object_size(class->own);
}

const json_t *cg_record_definitions(const struct cg_record *record, const char *machine)
{
	return json_object_get(json_object_get(record->json, "definitions"), machine);
}

const json_t *cg_record_starts(const struct cg_record *record, const char *machine)
{
	return json_object_get(json_object_get(record->json, "started"),
			       machine ? machine : "-");
}

enum cg_record_start cg_record_start(const struct cg_record *record, const char *machine,
				     const char *definition, const json_t **why)
{
	const json_t *start =
		json_object_get(cg_record_starts(record, machine), definition);

	if (why)
		*why = json_is_object(start) ? start : NULL;
	if (!start)
		return CG_RECORD_UNTRIED;
	return json_is_true(start) ? CG_RECORD_STARTED : CG_RECORD_NOT_STARTED;
}
