// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From text to a record. The file is somebody else's: every member is known and has its
 * type, every place is within its list, every set within the vocabulary, every name is in
 * the list it is from, or the whole file is refused. What is checked here is checked
 * nowhere else.
 */
#include "formats/record-inside.h"

#include <string.h>

#include "cpumodels/definition.h"

#define NAME_BYTES 128 /* of a machine type or model */

#define bad(err, ...) cg_error_set(err, CG_E_CORRUPT, __VA_ARGS__)

static bool is_name(const char *name)
{
	return name && *name && strlen(name) < NAME_BYTES;
}

/* A feature's place in the file's list is its bit, so the list has to be in order. */
static int load_vocabulary(struct cg_record *r, struct cg_error *err)
{
	const json_t *list = json_object_get(r->json, "features"), *name;
	const json_t *measure = json_object_get(r->json, "measure");
	size_t i;

	if (!list)
		return strcmp(json_string_value(measure), "none") == 0
			       ? 0
			       : bad(err, "the record has no features");
	if (!json_object_get(r->json, "expansion"))
		return bad(err, "the record has no expansion");
	if (cg_vocabulary_from_json(&r->vocabulary, list, err) < 0) {
		err->code = CG_E_CORRUPT;
		return -1;
	}
	json_array_foreach(list, i, name)
		if (!*json_string_value(name) ||
		    strcmp(json_string_value(name),
			   cg_vocabulary_name(r->vocabulary, i)) != 0)
			return bad(err, "the features aren't sorted at %s",
				   json_string_value(name));
	return 0;
}

static int load_set(const struct cg_record *r, const json_t *hex, const char *what,
		    struct cg_featureset *out, struct cg_error *err)
{
	size_t count = r->vocabulary ? cg_vocabulary_count(r->vocabulary) : 0;

	if (!json_is_string(hex))
		return bad(err, "%s isn't a set of features", what);
	if (cg_featureset_from_hex(out, json_string_value(hex), err) < 0)
		return cg_error_prefix(err, "%s", what);
	if (cg_featureset_next(out, count) < CG_FEATURES_MAX)
		return bad(err, "%s has a feature beyond the %zu that there are", what,
			   count);
	return 0;
}

/* Room for every item of a list; an empty list has room, too, so NULL is a failure. */
static int make_room(void *out, size_t *count, const json_t *list, size_t size,
		     struct cg_error *err)
{
	void **room = out;

	*count = json_array_size(list);
	*room = calloc(*count + 1, size);
	return *room ? 0 : cg_error_errno(err, "record");
}

static int load_sets(struct cg_record *r, struct cg_error *err)
{
	const json_t *list = json_object_get(r->json, "unsupported"), *hex;
	size_t i;

	if (make_room(&r->unsupported, &r->unsupported_count, list,
		      sizeof(*r->unsupported), err) < 0)
		return -1;
	json_array_foreach(list, i, hex)
		if (load_set(r, hex, "unsupported", &r->unsupported[i], err) < 0)
			return -1;
	hex = json_object_get(r->json, "untold");
	return hex ? load_set(r, hex, "untold", &r->untold, err) : 0;
}

/*
 * Scalars of a difference may be null, which says that a property isn't there; those of a
 * whole may not.
 */
static int check_scalars(const json_t *scalars, bool whole, struct cg_error *err)
{
	const char *name;
	json_t *value;

	if (!json_is_object(scalars))
		return bad(err, "properties that are no object");
	cg_json_each(scalars, name, value)
		if (json_is_object(value) || json_is_array(value) ||
		    (whole && json_is_null(value)))
			return bad(err, "the property %s has no plain value", name);
	return 0;
}

static int load_pieces(struct cg_record *r, struct cg_error *err)
{
	static const struct cg_member members[] = {
		{ "features", JSON_STRING, false }, { "properties", JSON_OBJECT, false }
	};
	const json_t *list = json_object_get(r->json, "defaults"), *piece;
	size_t i;

	json_array_foreach(list, i, piece)
		if (check_scalars(piece, i == 0, err) < 0)
			return -1;
	list = json_object_get(r->json, "requested");
	if (make_room(&r->pieces, &r->piece_count, list, sizeof(*r->pieces), err) < 0)
		return -1;
	json_array_foreach(list, i, piece) {
		r->pieces[i].properties = json_object_get(piece, "properties");
		if (cg_document_check_members(piece, "requested", CG_RECORD_VERSION,
					      members, CG_COUNT(members), err) < 0 ||
		    check_scalars(r->pieces[i].properties, false, err) < 0 ||
		    load_set(r, json_object_get(piece, "features"), "requested",
			     &r->pieces[i].features, err) < 0)
			return -1;
	}
	return 0;
}

static int load_list(struct cg_record_list *list, const json_t *json,
		     struct cg_error *err)
{
	static const struct cg_member members[] = { { "like", JSON_OBJECT, false },
						    { "list", JSON_ARRAY, false } };
	const json_t *model;
	size_t i;

	if (cg_document_check_members(json, "models", CG_RECORD_VERSION, members,
				      CG_COUNT(members), err) < 0)
		return -1;
	list->like = json_object_get(json, "like");
	list->packed = json_object_get(json, "list");
	list->places = json_object();
	json_array_foreach(list->packed, i, model) {
		const char *name = cg_json_text(model, "name");

		if (!is_name(name) || strpbrk(name, ", "))
			return bad(err, "model %zu of a list has no name", i);
		if (json_object_get(list->places, name))
			return bad(err, "model %s is there twice", name);
		json_object_set_new(list->places, name, json_integer((json_int_t)i));
	}
	return 0;
}

static int load_lists(struct cg_record *r, struct cg_error *err)
{
	const json_t *lists = json_object_get(r->json, "models"), *list;
	size_t i;

	if (make_room(&r->lists, &r->list_count, lists, sizeof(*r->lists), err) < 0)
		return -1;
	json_array_foreach(lists, i, list)
		if (load_list(&r->lists[i], list, err) < 0)
			return -1;
	return 0;
}

static int load_machines(struct cg_record *r, struct cg_error *err)
{
	const json_t *list = json_object_get(r->json, "machines"), *machine;
	size_t i;

	r->aliases = json_object();
	r->machines = json_object();
	json_array_foreach(list, i, machine) {
		const char *name = cg_json_text(machine, "name");
		const char *alias = cg_json_text(machine, "alias");

		if (!is_name(name) || strchr(name, ' '))
			return bad(err, "machine type %zu has no name", i);
		if (json_object_get(r->machines, name))
			return bad(err, "machine type %s is there twice", name);
		json_object_set_new(r->machines, name, json_null());
		if (alias)
			json_object_set(r->aliases, alias,
					json_object_get(machine, "name"));
		if (json_is_true(json_object_get(machine, "is-default")))
			r->default_machine = name;
	}
	return 0;
}

/*
 * A place in a list of @count; *out stays CG_RECORD_NONE for null where that is allowed.
 */
static int load_place(const json_t *place, size_t count, bool may_lack, const char *what,
		      size_t *out, struct cg_error *err)
{
	*out = CG_RECORD_NONE;
	if (may_lack && json_is_null(place))
		return 0;
	if (!json_is_integer(place) || json_integer_value(place) < 0 ||
	    (size_t)json_integer_value(place) >= count)
		return bad(err, "a class refers to %s that aren't there", what);
	*out = (size_t)json_integer_value(place);
	return 0;
}

static int load_class_pieces(const struct cg_record *r, struct cg_record_class *class,
			     const json_t *list, struct cg_error *err)
{
	const json_t *place;
	size_t count, i;

	if (json_array_size(list) != json_array_size(class->list->packed))
		return bad(err, "a class has %zu models and asks for %zu",
			   json_array_size(class->list->packed), json_array_size(list));
	if (make_room(&class->pieces, &count, list, sizeof(*class->pieces), err) < 0 ||
	    make_room(&class->cpus, &count, list, sizeof(json_t *), err) < 0)
		return -1;
	json_array_foreach(list, i, place)
		if (load_place(place, r->piece_count, true, "features", &class->pieces[i],
			       err) < 0)
			return -1;
	return 0;
}

/* A list of QEMU's own is there because it isn't E ∩ U. */
static int check_own_list(const struct cg_record *r, const struct cg_record_class *class,
			  const char *model, const json_t *hex, struct cg_error *err)
{
	const json_t *place = json_object_get(class->list->places, model);
	struct cg_featureset own, ours;
	size_t piece;

	if (!place)
		return bad(err, "there is no model %s to lack something", model);
	if (load_set(r, hex, "unavailable", &own, err) < 0)
		return -1;
	piece = class->pieces[json_integer_value(place)];
	if (piece == CG_RECORD_NONE || !class->unsupported)
		return 0;
	ours = cg_featureset_and(&r->pieces[piece].features, class->unsupported);
	if (cg_featureset_equal(&own, &ours))
		return bad(err, "what %s lacks is said twice", model);
	return 0;
}

static int load_class_machines(struct cg_record *r, size_t class, const json_t *list,
			       struct cg_error *err)
{
	const json_t *name;
	size_t i;

	if (!json_array_size(list))
		return bad(err, "a class has no machine types");
	json_array_foreach(list, i, name) {
		const char *text = json_string_value(name);
		const json_t *known = text ? json_object_get(r->machines, text) : NULL;

		if (!known)
			return bad(err, "there is no machine type %s",
				   text ? text : "without a name");
		if (!json_is_null(known))
			return bad(err, "machine type %s is in two classes", text);
		json_object_set_new(r->machines, text, json_integer((json_int_t) class));
	}
	return 0;
}

static int load_class(struct cg_record *r, struct cg_record_class *class,
		      const json_t *json, struct cg_error *err)
{
	static const struct cg_member members[] = {
		{ "machines", JSON_ARRAY, false },
		{ "models", JSON_INTEGER, false },
		{ "defaults", JSON_INTEGER, true },
		{ "requested", JSON_ARRAY, false },
		{ "unsupported", JSON_INTEGER, true },
		{ "unavailable", JSON_OBJECT, true },
	};
	const json_t *defaults = json_object_get(r->json, "defaults"), *hex;
	size_t list, base = 0, set = CG_RECORD_NONE;
	const char *model;
	json_t *value;

	if (cg_document_check_members(json, "a class", CG_RECORD_VERSION, members,
				      CG_COUNT(members), err) < 0 ||
	    load_place(json_object_get(json, "models"), r->list_count, false, "models",
		       &list, err) < 0)
		return -1;
	class->list = &r->lists[list];
	hex = json_object_get(json, "unsupported");
	if ((r->vocabulary &&
	     load_place(json_object_get(json, "defaults"), json_array_size(defaults),
			false, "defaults", &base, err) < 0) ||
	    (hex && load_place(hex, r->unsupported_count, false, "unsupported features",
			       &set, err) < 0) ||
	    load_class_pieces(r, class, json_object_get(json, "requested"), err) < 0)
		return -1;
	class->defaults = base ? json_array_get(defaults, base) : NULL;
	class->unsupported = set == CG_RECORD_NONE ? NULL : &r->unsupported[set];
	class->own = json_object_get(json, "unavailable");
	cg_json_each(class->own, model, value)
		if (check_own_list(r, class, model, value, err) < 0)
			return -1;
	return load_class_machines(r, (size_t)(class - r->classes),
				   json_object_get(json, "machines"), err);
}

static int load_classes(struct cg_record *r, struct cg_error *err)
{
	const json_t *list = json_object_get(r->json, "classes"), *class;
	size_t i;

	if (make_room(&r->classes, &r->class_count, list, sizeof(*r->classes), err) < 0)
		return -1;
	json_array_foreach(list, i, class)
		if (load_class(r, &r->classes[i], class, err) < 0)
			return -1;
	return 0;
}

/* Is it a definition in its printed form, of a model that the machine type has? */
static int check_definition(const struct cg_record *r, const char *machine,
			    const char *text, struct cg_error *err)
{
	const struct cg_record_class *class = cg_record_class(r, machine);
	cg_auto_definition struct cg_definition definition = { 0 };
	cg_auto_free char *printed = NULL;

	if (cg_definition_parse(&definition, text, err) < 0) {
		err->code = CG_E_CORRUPT;
		return -1;
	}
	printed = cg_definition_print(&definition);
	if (!printed)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a definition");
	if (strcmp(printed, text) != 0)
		return bad(err, "the definition %s isn't in its one form", text);
	if (class && !json_object_get(class->list->places, definition.model))
		return bad(err, "%s has no model %s", machine, definition.model);
	return 0;
}

static int check_definitions(const struct cg_record *r, struct cg_error *err)
{
	const char *machine, *text;
	json_t *definitions, *place;
	size_t at;

	cg_json_each(json_object_get(r->json, "definitions"), machine, definitions) {
		if (!cg_record_class(r, machine) || !json_is_object(definitions))
			return bad(err, "definitions on %s, which is in no class",
				   machine);
		cg_json_each(definitions, text, place) {
			if (check_definition(r, machine, text, err) < 0)
				return -1;
			if (!strchr(text, ',') || load_place(place, r->piece_count, false,
							     "features", &at, err) < 0)
				return bad(err, "the definition %s on %s is damaged",
					   text, machine);
		}
	}
	return 0;
}

static bool is_start(const json_t *start)
{
	return json_is_true(start) || json_is_object(start);
}

static int check_starts(const struct cg_record *r, struct cg_error *err)
{
	const char *machine, *text;
	json_t *starts, *start;

	cg_json_each(json_object_get(r->json, "started"), machine, starts) {
		if ((strcmp(machine, "-") != 0 && !cg_record_class(r, machine)) ||
		    !json_is_object(starts))
			return bad(err, "starts on %s, which is in no class", machine);
		cg_json_each(starts, text, start) {
			if (!is_start(start))
				return bad(err, "did %s start on %s?", text, machine);
			if (check_definition(r, machine, text, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int load(struct cg_record *r, const char *text, size_t len, struct cg_error *err)
{
	if (cg_record_check(r, text, len, err) < 0 || load_vocabulary(r, err) < 0 ||
	    load_sets(r, err) < 0 || load_pieces(r, err) < 0 || load_lists(r, err) < 0 ||
	    load_machines(r, err) < 0 || load_classes(r, err) < 0 ||
	    check_definitions(r, err) < 0 || check_starts(r, err) < 0)
		return -1;
	r->accel = cg_json_text(r->json, "accel");
	r->name = cg_json_text(r->json, "name");
	r->customs = json_object();
	return 0;
}

/* Takes @json. @text is what it was parsed from, or NULL. */
static int open_record(struct cg_record **out, json_t *json, const char *text, size_t len,
		       struct cg_error *err)
{
	cg_auto_record struct cg_record *r = calloc(1, sizeof(*r));

	if (!r) {
		json_decref(json);
		return cg_error_errno(err, "record");
	}
	r->json = json;
	if (load(r, text, len, err) < 0)
		return -1;
	*out = cg_take(r);
	return 0;
}

int cg_record_from_json(struct cg_record **out, json_t *document, struct cg_error *err)
{
	return open_record(out, json_incref(document), NULL, 0, err);
}

int cg_record_parse(struct cg_record **out, const char *text, size_t len,
		    struct cg_error *err)
{
	json_t *json;

	if (cg_json_parse(&json, text, len, CG_RECORD_BYTES, err) < 0)
		return -1;
	return open_record(out, json, text, len, err);
}
