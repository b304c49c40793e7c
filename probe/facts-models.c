// SPDX-License-Identifier: LGPL-2.1-or-later
/* The models of a machine type, as query-cpu-definitions lists them. */
#include "probe/keep.h"

#include <string.h>

/* "-x86_64-cpu", if the name of the model's class is that behind the model's own name; else NULL. */
static const char *class_suffix(const json_t *model)
{
	const char *name = cg_json_text(model, "name"),
		   *class = cg_json_text(model, "typename");
	size_t len = strlen(name);

	return class && strncmp(class, name, len) == 0 ? class + len : NULL;
}

/*
 * Models are kept without the members that most of them share ("like"): a third of the text, for what every question reads. A model
 * that lacks such a member has null.
 */
static json_t *shared_members(const json_t *models)
{
	static const char *const names[] = { "static", "deprecated", "migration-safe" };
	const json_t *first = json_array_get(models, json_array_size(models) / 2);
	const char *suffix = first ? class_suffix(first) : NULL;
	json_t *like = json_object();

	if (suffix)
		json_object_set_new(like, "typename", json_string(suffix));
	for (size_t i = 0; i < CG_COUNT(names); i++)
		if (json_object_get(first, names[i]))
			json_object_set(like, names[i], json_object_get(first, names[i]));
	return like;
}

/* "typename" in @like is the suffix that the classes of most models have. */
static bool is_like(const json_t *model, const char *member, const json_t *shared)
{
	const char *suffix = class_suffix(model);

	if (strcmp(member, "typename") == 0)
		return suffix && strcmp(suffix, json_string_value(shared)) == 0;
	return json_equal(json_object_get(model, member), shared);
}

static json_t *pack_model(const json_t *model, const json_t *like)
{
	json_t *packed = json_copy(cg_json_mutable(model)), *shared;
	const char *member;

	cg_json_each(like, member, shared) {
		if (!json_object_get(model, member))
			json_object_set_new(packed, member, json_null());
		else if (is_like(model, member, shared))
			json_object_del(packed, member);
	}
	return packed;
}

static json_t *pack_models(const json_t *models)
{
	json_t *like = shared_members(models), *list = json_array();
	const json_t *model;
	size_t i;

	json_array_foreach(models, i, model)
		json_array_append_new(list, pack_model(model, like));
	return json_pack("{s:o, s:o}", "like", like, "models", list);
}

static json_t *unpack_member(const json_t *packed, const char *member, json_t *shared)
{
	if (strcmp(member, "typename") == 0)
		return json_sprintf("%s%s", cg_json_text(packed, "name"),
				    json_string_value(shared));
	return json_incref(shared);
}

static json_t *unpack_model(const json_t *packed, const json_t *like)
{
	json_t *model = json_copy(cg_json_mutable(packed)), *shared;
	const char *member;

	cg_json_each(like, member, shared) {
		if (!json_object_get(packed, member))
			json_object_set_new(model, member,
					    unpack_member(packed, member, shared));
		else if (json_is_null(json_object_get(packed, member)))
			json_object_del(model, member);
	}
	return model;
}

int cg_facts_models(struct cg_facts *facts, const char *accel, const char *machine,
		    json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL, *models = json_array();
	const json_t *packed;
	size_t i;

	*out = NULL;
	if (cg_keep_get(facts, CG_KIND_MODELS, accel, machine, &fact, err) < 0)
		return -1;
	if (!fact)
		return 0;
	json_array_foreach(json_object_get(fact, "models"), i, packed)
		json_array_append_new(models,
				      unpack_model(packed,
						   json_object_get(fact, "like")));
	*out = cg_take(models);
	return 0;
}

int cg_facts_knows_models(struct cg_facts *facts, const char *accel, const char *machine,
			  bool read, bool *known, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;

	if (!read)
		return cg_keep_has(facts, CG_KIND_MODELS, accel, machine, known, err);
	if (cg_keep_get(facts, CG_KIND_MODELS, accel, machine, &fact, err) < 0)
		return -1;
	*known = fact != NULL;
	return 0;
}

int cg_facts_tally(struct cg_facts *facts, const char *accel, const char *machine,
		   size_t *models, size_t *complete, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL, *lacks = NULL;
	const json_t *packed;
	size_t i;

	if (cg_keep_get(facts, CG_KIND_MODELS, accel, machine, &fact, err) < 0 ||
	    cg_keep_get(facts, CG_KIND_UNAVAILABLE, accel, machine, &lacks, err) < 0)
		return -1;
	*models = json_array_size(json_object_get(fact, "models"));
	*complete = 0;
	json_array_foreach(json_object_get(fact, "models"), i, packed)
		*complete += !json_object_get(lacks, cg_json_text(packed, "name")) &&
			     !json_object_get(packed, "blockers");
	return 0;
}

int cg_facts_way(struct cg_facts *facts, const char *accel, const char *machine,
		 char **out, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;
	const char *way;

	*out = NULL;
	if (cg_keep_get(facts, CG_KIND_MODELS, accel, machine, &fact, err) < 0)
		return -1;
	way = cg_json_text(fact, "way");
	*out = fact ? strdup(way ? way : "started") : NULL;
	return 0;
}

/* Where the list begins in a fact's text, which is {"like":{...},"models":[...],...}. */
static const char *find_list(const char *text)
{
	static const char list[] = ",\"models\":[";
	const char *found = strstr(text, list);

	return found ? found : text + strlen(text);
}

/* One of a hundred: neither the others nor the list are parsed. */
static int find_model(const char *text, const char *name, json_t **out,
		      struct cg_error *err)
{
	const char *list = find_list(text);
	cg_auto_json json_t *packed = NULL, *head = NULL;
	cg_auto_free char *before = NULL;

	if (cg_json_find(&packed, list, "name", name, err) < 0)
		return -1;
	if (asprintf(&before, "%.*s}", (int)(list - text), text) < 0) {
		before = NULL;
		return cg_error_errno(err, "%s", name);
	}
	if (cg_json_parse(&head, before, strlen(before), CG_KEEP_BYTES, err) < 0)
		return -1;
	*out = packed ? unpack_model(packed, json_object_get(head, "like")) : NULL;
	return 0;
}

int cg_facts_model(struct cg_facts *facts, const char *accel, const char *machine,
		   const char *name, bool *known, json_t **out, struct cg_error *err)
{
	struct cg_error why;
	const char *text;

	*out = NULL;
	if (cg_keep_hold_text(facts, CG_KIND_MODELS, accel, machine, &text, err) < 0)
		return -1;
	/* What can't be read is a miss, as in cg_keep_get(). */
	*known = text && find_model(text, name, out, &why) == 0;
	return 0;
}

int cg_keep_put_models(struct cg_facts *facts, const char *accel, const char *machine,
		       const struct cg_session_result *result, struct cg_error *err)
{
	cg_auto_json json_t *fact = pack_models(result->models);

	if (result->way)
		json_object_set_new(fact, "way", json_string(result->way));
	return cg_keep_put(facts, CG_KIND_MODELS, accel, machine, fact, err);
}
