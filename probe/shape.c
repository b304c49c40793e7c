// SPDX-License-Identifier: LGPL-2.1-or-later
/* Looks at parsed JSON and nothing else; never fails. */
#include "probe/shape.h"

#include "base/json.h"
#include "cpumodels/featureset.h"

static bool has_text(const json_t *object, const char *name)
{
	return cg_json_text(object, name) != NULL;
}

static bool is_set(const json_t *hex)
{
	struct cg_featureset set;
	struct cg_error why;

	return json_is_string(hex) &&
	       cg_featureset_from_hex(&set, json_string_value(hex), &why) == 0;
}

static bool is_texts(const json_t *object)
{
	const char *name;
	json_t *value;

	cg_json_each(object, name, value)
		if (!has_text(object, name))
			return false;
	return json_is_object(object);
}

bool cg_shape_is_emulator(const json_t *fact)
{
	const json_t *about = json_object_get(fact, "about");

	if (!has_text(about, "version") || !has_text(about, "package") ||
	    !has_text(about, "target") || !is_texts(json_object_get(fact, "aliases")))
		return false;
	return !has_text(fact, "vocabulary") ||
	       (json_is_object(json_object_get(fact, "defaults")) &&
		has_text(fact, "expansion"));
}

bool cg_shape_is_named_list(const json_t *fact)
{
	const json_t *item;
	size_t i;

	json_array_foreach(fact, i, item)
		if (!has_text(item, "name"))
			return false;
	return json_is_array(fact);
}

static bool is_changes(const json_t *list)
{
	const json_t *change;
	size_t i;

	json_array_foreach(list, i, change)
		if (!json_is_string(json_array_get(change, 0)))
			return false;
	return json_is_array(list);
}

bool cg_shape_is_compat(const json_t *fact)
{
	const char *machine;
	json_t *changes;

	cg_json_each(fact, machine, changes)
		if (!is_changes(changes))
			return false;
	return json_is_object(fact);
}

bool cg_shape_is_models(const json_t *fact)
{
	return cg_shape_is_named_list(json_object_get(fact, "models"));
}

bool cg_shape_is_unsupported(const json_t *fact)
{
	return is_set(json_object_get(fact, "features"));
}

bool cg_shape_is_sets(const json_t *fact)
{
	const char *name;
	json_t *value;

	cg_json_each(fact, name, value)
		if (!is_set(value))
			return false;
	return json_is_object(fact);
}

bool cg_shape_is_failure(const json_t *fact)
{
	return has_text(fact, "reason");
}

bool cg_shape_is_object(const json_t *fact)
{
	return json_is_object(fact);
}
