// SPDX-License-Identifier: LGPL-2.1-or-later
/* Machine types: the list is QEMU's, the order and the names' structure are ours to read. */
#include "machine/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cpumodels/spelling.h"

bool cg_catalogue_split(const char *name, char family[static CG_MACHINE_NAME], int *major,
			int *minor)
{
	const char *dash = strrchr(name, '-');
	int end = 0, rest = 0, micro;

	*major = *minor = 0;
	snprintf(family, CG_MACHINE_NAME, "%s", name);
	if (!dash || sscanf(dash, "-%d.%d%n", major, minor, &end) != 2 ||
	    (dash[end] &&
	     (sscanf(dash + end, ".%d%n", &micro, &rest) != 1 || dash[end + rest]))) {
		*major = *minor = 0;
		return false;
	}
	if (dash - name < CG_MACHINE_NAME)
		family[dash - name] = '\0';
	return true;
}

static const char *name_of(const json_t *machine)
{
	return cg_json_text(machine, "name");
}

static int by_family_newest_first(const void *a, const void *b)
{
	const char *x = name_of(*(json_t *const *)a), *y = name_of(*(json_t *const *)b);
	char xf[CG_MACHINE_NAME], yf[CG_MACHINE_NAME];
	int x1, x2, y1, y2, order;

	cg_catalogue_split(x, xf, &x1, &x2);
	cg_catalogue_split(y, yf, &y1, &y2);
	order = strcmp(xf, yf);
	if (order)
		return order;
	if (x1 != y1)
		return x1 > y1 ? -1 : 1;
	if (x2 != y2)
		return x2 > y2 ? -1 : 1;
	return strcmp(x, y);
}

json_t *cg_catalogue_sorted(const json_t *machines)
{
	size_t count = json_array_size(machines);
	cg_auto_free json_t **items = calloc(count + 1, sizeof(json_t *));
	json_t *sorted = json_array();

	if (!items)
		return sorted;
	for (size_t i = 0; i < count; i++)
		items[i] = json_array_get(machines, i);
	qsort(items, count, sizeof(json_t *), by_family_newest_first);
	for (size_t i = 0; i < count; i++)
		json_array_append(sorted, items[i]);
	return sorted;
}

const json_t *cg_catalogue_find(const json_t *machines, const char *name)
{
	const json_t *machine;
	size_t i;

	json_array_foreach(machines, i, machine) {
		const char *alias = cg_json_text(machine, "alias");

		if (strcmp(name_of(machine), name) == 0 ||
		    (alias && strcmp(alias, name) == 0))
			return machine;
	}
	return NULL;
}

const char *cg_catalogue_resolve(const json_t *machines, const char *name)
{
	const json_t *machine = cg_catalogue_find(machines, name);

	return machine ? name_of(machine) : NULL;
}

const char *cg_catalogue_default(const json_t *machines)
{
	const json_t *machine;
	size_t i;

	json_array_foreach(machines, i, machine)
		if (json_is_true(json_object_get(machine, "is-default")))
			return name_of(machine);
	return NULL;
}

const char *cg_catalogue_newest(const json_t *machines, const char *family)
{
	const char *newest = NULL;
	int best = -1, major, minor;
	char of[CG_MACHINE_NAME];
	const json_t *machine;
	size_t i;

	json_array_foreach(machines, i, machine) {
		if (!cg_catalogue_split(name_of(machine), of, &major, &minor) ||
		    strcmp(of, family) != 0 || major * 1000 + minor <= best)
			continue;
		best = major * 1000 + minor;
		newest = name_of(machine);
	}
	return newest;
}

const char *cg_catalogue_nearest(const json_t *machines, const char *name)
{
	size_t best = strlen(name) / 3 + 1, distance, i;
	const char *nearest = NULL;
	const json_t *machine;

	json_array_foreach(machines, i, machine) {
		distance = cg_spelling_distance(name_of(machine), name);
		if (distance < best || (distance == best && !nearest)) {
			best = distance;
			nearest = name_of(machine);
		}
	}
	return nearest;
}
