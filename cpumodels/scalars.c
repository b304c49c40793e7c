// SPDX-License-Identifier: LGPL-2.1-or-later
/* Differences of flat objects. Values are shared, never copied. */
#include "cpumodels/scalars.h"

#include "base/json.h"

json_t *cg_scalars_difference(const json_t *scalars, const json_t *defaults)
{
	json_t *difference = json_object(), *value;
	const char *key;

	cg_json_each(scalars, key, value)
		if (!json_equal(json_object_get(defaults, key), value))
			json_object_set(difference, key, value);
	cg_json_each(defaults, key, value)
		if (!json_object_get(scalars, key))
			json_object_set_new(difference, key, json_null());
	return difference;
}

json_t *cg_scalars_apply(const json_t *defaults, const json_t *difference)
{
	json_t *scalars = defaults ? json_copy(cg_json_mutable(defaults)) : json_object(),
	       *value;
	const char *key;

	cg_json_each(difference, key, value) {
		if (json_is_null(value))
			json_object_del(scalars, key);
		else
			json_object_set(scalars, key, value);
	}
	return scalars;
}
