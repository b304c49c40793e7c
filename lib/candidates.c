// SPDX-License-Identifier: LGPL-2.1-or-later
/* Models by name, through the lists of all emulators that differ. */
#include "lib/candidates.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cpumodels/spelling.h"

struct found {
	struct cg_candidate candidate;
	const json_t *scalars;
	bool dropped; /* it isn't the same for all */
};

struct gathering {
	const struct cg_records *records;
	struct found *found;
	size_t count, room;
	json_t *places;    /* name: place in @found */
	json_t *emulators; /* that were asked already */
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

/*
 * QEMU before 4.1 on any machine type, and any QEMU on an old one, call "X" what means
 * "X-v1" elsewhere.
 */
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

static int add(struct gathering *g, const struct found *model, struct cg_error *err)
{
	struct found *more = g->found;

	if (g->count == g->room) {
		g->room = g->room ? g->room * 2 : 256;
		more = reallocarray(g->found, g->room, sizeof(*more));
	}
	if (!more)
		return cg_error_errno(err, "%zu models", g->room);
	g->found = more;
	json_object_set_new(g->places, model->candidate.name,
			    json_integer((json_int_t)g->count));
	g->found[g->count++] = *model;
	return 0;
}

static int take_model(struct gathering *g, size_t i, const char *name,
		      struct cg_error *err)
{
	const struct cg_records *r = g->records;
	const json_t *place = json_object_get(g->places, name);
	struct found model = { .candidate.name = name };
	struct cg_record_cpu cpu;

	if (!cg_record_expansion(r->items[i], r->machine, name, &cpu))
		return 0;
	model.scalars = cpu.scalars;
	model.candidate.requested = cg_joint_map(r->joint, i, &cpu.features);
	model.candidate.family =
		(uint32_t)json_integer_value(json_object_get(cpu.scalars, "family"));
	if (place) {
		struct found *first = g->found + json_integer_value(place);

		assert(g->found); /* there is a place in it */
		first->dropped |= !cg_featureset_equal(&first->candidate.requested,
						       &model.candidate.requested);
		return 0;
	}
	return add(g, &model, err);
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
		for (struct found *f = g->found; f < g->found + g->count; f++)
			f->dropped |= !json_object_get(names, f->candidate.name);
	}
}

static int pack(const struct gathering *g, struct cg_candidates *out,
		struct cg_error *err)
{
	struct cg_candidates c = {
		.items = calloc(g->count + 1, sizeof(*c.items)),
		.scalars = calloc(g->count + 1, sizeof(const json_t *)),
	};

	if (!c.items || !c.scalars) {
		cg_candidates_deinit(&c);
		return cg_error_errno(err, "%zu models", g->count);
	}
	for (const struct found *f = g->found; f < g->found + g->count; f++) {
		if (f->dropped)
			continue;
		c.items[c.count] = f->candidate;
		c.scalars[c.count++] = f->scalars;
	}
	*out = c;
	return 0;
}

int cg_candidates_find(struct cg_candidates *out, const struct cg_records *records,
		       struct cg_error *err)
{
	cg_auto_json json_t *places = json_object(), *emulators = json_object();
	struct gathering g = { .records = records,
			       .places = places,
			       .emulators = emulators };
	int ret = gather(&g, err);

	if (ret == 0) {
		drop_unknown(&g);
		ret = pack(&g, out, err);
	}
	free(g.found);
	return ret;
}

void cg_candidates_deinit(struct cg_candidates *candidates)
{
	free(candidates->items);
	free(candidates->scalars);
	*candidates = (struct cg_candidates){ 0 };
}
