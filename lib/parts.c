// SPDX-License-Identifier: LGPL-2.1-or-later
/* A walk over two JSON trees at once. Lists are leaves: their order has a meaning. */
#include "lib/parts.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"

#define PATH_MAX_BYTES 256

static void compare(const char *path, const json_t *from, const json_t *to, json_t *out);

static void compare_member(const char *path, const char *name, const json_t *from,
			   const json_t *to, json_t *out)
{
	char member[PATH_MAX_BYTES];

	snprintf(member, sizeof(member), "%s%s%s", path, *path ? "." : "", name);
	compare(member, from, to, out);
}

static void compare_objects(const char *path, const json_t *from, const json_t *to,
			    json_t *out)
{
	const char *name;
	json_t *value;

	cg_json_each(from, name, value)
		compare_member(path, name, value, json_object_get(to, name), out);
	cg_json_each(to, name, value)
		if (!json_object_get(from, name))
			compare_member(path, name, NULL, value, out);
}

static void compare(const char *path, const json_t *from, const json_t *to, json_t *out)
{
	if (json_equal(from, to))
		return;
	if (json_is_object(from) && json_is_object(to)) {
		compare_objects(path, from, to, out);
		return;
	}
	json_array_append_new(out, json_pack("{s:s, s:O?, s:O?}", "part", path, "from",
					     from, "to", to));
}

json_t *cg_parts_difference(const json_t *from, const json_t *to)
{
	json_t *out = json_array();

	compare("", from, to, out);
	return out;
}
