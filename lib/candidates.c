// SPDX-License-Identifier: LGPL-2.1-or-later
/* Models by name, through the lists of all emulators that differ. */
#include "lib/candidates.h"

#include <stdio.h>
#include <string.h>

#include "cpumodels/spelling.h"

struct gathering {
	const struct cg_records *records;
	struct cg_candidates *out;
	json_t *places;    /* name: place in @out */
	json_t *emulators; /* that were asked already */
	bool *dropped;
	size_t room;
};

/* Records of one build and one vendor have the same models, which ask for the same. */
static bool is_new(struct gathering *g, size_t i)
{
	const struct cg_record *record = g->records->items[i];
	const char *sha256 = cg_json_text(cg_record_about(record), "sha256");
	const char *vendor = g->records->supplies[i].vendor;
	char key[128];

	if (!sha256)
		return true;
	snprintf(key, sizeof(key), "%.64s %s %d", sha256, vendor ? vendor : "",
		 cg_record_has_machine(record, g->records->machine));
	if (json_object_get(g->emulators, key))
		return false;
	json_object_set_new(g->emulators, key, json_true());
	return true;
}

/* QEMU before 4.1 on any machine type, and any QEMU on an old one, call "X" what means "X-v1" elsewhere. */
static bool is_versioned(const json_t *names, const char *name)
{
	char first[CG_NAME_MAX + 4];

	snprintf(first, sizeof(first), "%s-v1", name);
	return !json_object_get(names, first);
}

static bool is_fit(const json_t *model, const json_t *names)
{
	const char *name = cg_json_text(model, "name");

	return !cg_json_text(model, "alias-of") &&
	       !json_is_true(json_object_get(model, "deprecated")) &&
	       !json_is_true(json_object_get(model, "static")) &&
	       !json_object_get(model, "blockers") && strcmp(name, "host") != 0 &&
	       strcmp(name, "max") != 0 && is_versioned(names, name);
}

static json_t *names_of(const json_t *models)
{
	json_t *names = json_object();
	const json_t *model;
	size_t i;

	json_array_foreach(models, i, model)
		json_object_set_new(names, cg_json_text(model, "name"), json_true());
	return names;
}

static int make_room(struct gathering *g, struct cg_error *err)
{
	struct cg_candidates *c = g->out;
	size_t room = g->room ? g->room * 2 : 256;
	void *more;

	if (c->count < g->room)
		return 0;
	if ((more = reallocarray(c->items, room, sizeof(*c->items))))
		c->items = more;
	if (more && (more = reallocarray(c->scalars, room, sizeof(*c->scalars))))
		c->scalars = more;
	if (more && (more = reallocarray(g->dropped, room, sizeof(*g->dropped))))
		g->dropped = more;
	if (!more)
		return cg_error_errno(err, "%zu models", room);
	g->room = room;
	return 0;
}

static int take_model(struct gathering *g, size_t i, const char *name,
		      struct cg_error *err)
{
	const struct cg_records *r = g->records;
	const json_t *place = json_object_get(g->places, name);
	struct cg_candidates *c = g->out;
	struct cg_featureset features;
	struct cg_record_cpu cpu;

	if (!cg_record_expansion(r->items[i], r->machine, name, &cpu))
		return 0;
	features = cg_joint_map(r->joint, i, &cpu.features);
	if (place) {
		size_t at = (size_t)json_integer_value(place);

		g->dropped[at] |=
			!cg_featureset_equal(&c->items[at].requested, &features);
		return 0;
	}
	if (make_room(g, err) < 0)
		return -1;
	json_object_set_new(g->places, name, json_integer((json_int_t)c->count));
	g->dropped[c->count] = false;
	c->scalars[c->count] = cpu.scalars;
	c->items[c->count++] = (struct cg_candidate){
		.name = name,
		.family = (uint32_t)json_integer_value(
			json_object_get(cpu.scalars, "family")),
		.requested = features,
	};
	return 0;
}

/* All models of the emulators that tell of the machine type. */
static int gather(struct gathering *g, struct cg_error *err)
{
	const struct cg_records *r = g->records;

	for (size_t i = 0; i < r->count; i++) {
		cg_auto_json json_t *names = NULL;
		const json_t *models, *model;
		size_t at;

		if (!cg_record_has_machine(r->items[i], r->machine) || !is_new(g, i))
			continue;
		models = cg_record_models(r->items[i], r->machine);
		names = names_of(models);
		json_array_foreach(models, at, model)
			if (is_fit(model, names) &&
			    take_model(g, i, cg_json_text(model, "name"), err) < 0)
				return -1;
	}
	return 0;
}

/* A model that some emulator doesn't have, by the list of any machine type, won't do. */
static void drop_unknown(struct gathering *g)
{
	const struct cg_records *r = g->records;

	json_object_clear(g->emulators);
	for (size_t i = 0; i < r->count; i++) {
		const char *machine = is_new(g, i) ? cg_records_machine_at(r, i) : NULL;
		cg_auto_json json_t *names = NULL;

		if (!machine)
			continue;
		names = names_of(cg_record_models(r->items[i], machine));
		for (size_t at = 0; at < g->out->count; at++)
			g->dropped[at] |= !json_object_get(names, g->out->items[at].name);
	}
}

static void pack(struct gathering *g)
{
	struct cg_candidates *c = g->out;
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++) {
		if (g->dropped[i])
			continue;
		c->items[kept] = c->items[i];
		c->scalars[kept++] = c->scalars[i];
	}
	c->count = kept;
}

int cg_candidates_find(struct cg_candidates *out, const struct cg_records *records,
		       struct cg_error *err)
{
	cg_auto_candidates struct cg_candidates c = { 0 };
	cg_auto_json json_t *places = json_object(), *emulators = json_object();
	struct gathering g = {
		.records = records, .out = &c, .places = places, .emulators = emulators
	};
	int ret = gather(&g, err);

	if (ret == 0) {
		drop_unknown(&g);
		pack(&g);
		*out = c;
		c = (struct cg_candidates){ 0 };
	}
	free(g.dropped);
	return ret;
}

void cg_candidates_deinit(struct cg_candidates *candidates)
{
	free(candidates->items);
	free(candidates->scalars);
	*candidates = (struct cg_candidates){ 0 };
}
