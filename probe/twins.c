// SPDX-License-Identifier: LGPL-2.1-or-later
/* Twins, compared before they are believed. */
#include "probe/twins.h"

#include <string.h>

#include "base/pool.h"
#include "machine/catalogue.h"

#define LEADERS "pc-q35-"
#define FOLLOWERS "pc-i440fx-"

/* One machine type that shares its leader's sheet, if what it says itself agrees. */
struct twin {
	struct cg_sweep *sweep;
	const char *machine, *leader;
	json_t *models;                    /* of the leader */
	struct cg_definition *definitions; /* to be compared */
	const struct cg_definition **wanted;
	struct cg_session_plan plan;
	struct cg_session_result result;
	int ret;
	struct cg_error err;
};

struct intake {
	struct cg_sweep *sweep;
	struct twin *twins;
	struct cg_error err; /* the first one */
};

const char *cg_twins_leader(const struct cg_sweep *sweep, const char *machine)
{
	size_t own = strlen(FOLLOWERS), theirs = strlen(LEADERS);

	if (strncmp(machine, FOLLOWERS, own) != 0)
		return NULL;
	for (size_t i = 0; i < sweep->wanted_count; i++)
		if (strncmp(sweep->wanted[i], LEADERS, theirs) == 0 &&
		    strcmp(sweep->wanted[i] + theirs, machine + own) == 0)
			return sweep->wanted[i];
	return NULL;
}

static int get(const struct cg_sweep *s, const char *machine, const json_t *model,
	       bool *known, struct cg_expansion *out, struct cg_error *err)
{
	return cg_facts_expansion(s->prober->facts, s->accel, machine,
				  cg_json_text(model, "name"),
				  cg_session_is_host_bound(model), known, out, err);
}

static bool is_same(const struct cg_expansion *a, const struct cg_expansion *b)
{
	return cg_featureset_equal(&a->features, &b->features) &&
	       json_equal(a->scalars, b->scalars);
}

/* Do a machine type that was measured and its leader have the same models, asking for the same? */
static int compare_sheets(const struct cg_sweep *s, const char *machine, bool *same,
			  struct cg_error *err)
{
	const char *leader = cg_twins_leader(s, machine);
	cg_auto_json json_t *models = NULL;
	const json_t *model;
	size_t i;

	if (cg_facts_models(s->prober->facts, s->accel, machine, &models, err) < 0)
		return -1;
	*same = json_array_size(models) > 0;
	json_array_foreach(models, i, model) {
		cg_auto_expansion struct cg_expansion own = { 0 }, theirs = { 0 };
		bool has_own, has_theirs = false;

		if (get(s, machine, model, &has_own, &own, err) < 0 ||
		    get(s, leader, model, &has_theirs, &theirs, err) < 0)
			return -1;
		*same &= has_own && has_theirs && is_same(&own, &theirs);
	}
	return 0;
}

/* Those that depend on the host, and every so many of the others from the @index-th on. */
static int pick(struct twin *twin, size_t index, size_t step, struct cg_error *err)
{
	size_t room = json_array_size(twin->models) + 1, count = 0, i;
	const json_t *model;

	twin->definitions = calloc(room, sizeof(*twin->definitions));
	twin->wanted = calloc(room, sizeof(*twin->wanted));
	if (!twin->definitions || !twin->wanted)
		return cg_error_errno(err, "sweep");
	json_array_foreach(twin->models, i, model) {
		const char *name = cg_json_text(model, "name");

		if ((i % step != index && !cg_session_is_host_bound(model)) ||
		    strcmp(name, CG_SESSION_PROBE_MODEL) == 0)
			continue;
		twin->definitions[count].model = (char *)(uintptr_t)name; /* borrowed */
		twin->wanted[count] = &twin->definitions[count];
		count++;
	}
	twin->plan.wanted_count = count;
	return 0;
}

static int prepare(struct twin *twin, struct cg_sweep *s, size_t index,
		   struct cg_error *err)
{
	twin->sweep = s;
	twin->machine = s->covered[index];
	twin->leader = cg_twins_leader(s, twin->machine);
	if (cg_facts_models(s->prober->facts, s->accel, twin->leader, &twin->models,
			    err) < 0 ||
	    pick(twin, index, s->covered_count, err) < 0)
		return -1;
	twin->plan = (struct cg_session_plan){
		.binary = cg_identity_path(s->prober->identity),
		.machine = twin->machine,
		.accel = s->accel,
		.target = cg_json_text(s->emulator->about, "target"),
		.vocabulary = s->emulator->vocabulary,
		.measure = s->emulator->measure,
		.expansion = s->emulator->expansion,
		.modes = cg_prober_modes(s->prober, s->accel),
		.definitions = true,
		.expand = CG_EXPAND_WANTED,
		.wanted = twin->wanted,
		.wanted_count = twin->plan.wanted_count,
		.memo = s->memo,
		.limits = s->prober->limits,
	};
	return 0;
}

/* On a worker thread. */
static void run_twin(void *data)
{
	struct twin *twin = data;

	twin->ret = cg_session_run(&twin->result, &twin->plan, &twin->err);
}

/* Does what the twin says of itself agree with its leader's sheet? */
static int compare(const struct twin *twin, bool *same, struct cg_error *err)
{
	const struct cg_session_result *r = &twin->result;
	const json_t *model;
	size_t i;

	*same = r->count == twin->plan.wanted_count &&
		json_array_size(r->models) == json_array_size(twin->models);
	json_array_foreach(twin->models, i, model)
		*same &= cg_session_find_model(r->models, cg_json_text(model, "name")) !=
			 NULL;
	for (i = 0; i < r->count && *same; i++) {
		cg_auto_expansion struct cg_expansion theirs = { 0 };
		bool known;

		model = cg_session_find_model(twin->models, r->items[i].definition);
		if (get(twin->sweep, twin->leader, model, &known, &theirs, err) < 0)
			return -1;
		*same &= known && !r->items[i].refusal &&
			 is_same(&r->items[i].expansion, &theirs);
	}
	return 0;
}

static int keep(struct twin *twin, struct cg_error *err)
{
	bool same;

	if (twin->ret < 0 && twin->err.code == CG_E_CANCELLED) {
		*err = twin->err;
		return -1;
	}
	if (twin->ret < 0) /* to be started again in full, which says what is wrong */
		return 0;
	if (compare(twin, &same, err) < 0)
		return -1;
	if (!same)
		return 0;
	twin->result.like = twin->leader;
	twin->result.way = CG_WAY_TWIN;
	return cg_facts_put_session(twin->sweep->prober->facts, twin->sweep->accel,
				    twin->machine, CG_EXPAND_ALL, &twin->result, err);
}

static void take_job(size_t job, void *data)
{
	struct intake *intake = data;
	struct cg_sweep *s = intake->sweep;
	const struct cg_progress *progress = &s->prober->progress;
	struct twin *twin = &intake->twins[job];
	struct cg_error err;

	if (!intake->err.code && keep(twin, &err) < 0)
		intake->err = err;
	s->kept++;
	if (progress->tell)
		progress->tell(progress->data, s->kept, s->covered_count, twin->machine);
}

static void free_twins(struct twin *twins, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cg_session_result_deinit(&twins[i].result);
		json_decref(twins[i].models);
		free(twins[i].definitions);
		free(twins[i].wanted);
	}
	free(twins);
}

static int run_twins(struct cg_sweep *s, struct twin *twins, struct cg_error *err)
{
	cg_auto_free struct cg_job *jobs = calloc(s->covered_count, sizeof(*jobs));
	struct intake intake = { .sweep = s, .twins = twins };
	size_t count = 0;

	if (!jobs)
		return cg_error_errno(err, "sweep");
	for (size_t i = 0; i < s->covered_count; i++) {
		if (cg_sweep_is_sample(s, s->covered[i]))
			continue;
		if (prepare(&twins[count], s, i, err) < 0)
			return -1;
		jobs[count] = (struct cg_job){ run_twin, &twins[count] };
		count++;
	}
	cg_pool_run(jobs, count, cg_pool_workers(), take_job, &intake);
	if (!intake.err.code)
		return 0;
	*err = intake.err;
	return -1;
}

int cg_twins_take(struct cg_sweep *s, struct cg_error *err)
{
	struct twin *twins;
	bool same = true;
	int ret;

	for (size_t i = 0; i < CG_COUNT(s->samples) && same; i++)
		if (compare_sheets(s, s->samples[i], &same, err) < 0)
			return -1;
	if (!same)
		return 0;
	twins = calloc(s->covered_count, sizeof(*twins));
	if (!twins)
		return cg_error_errno(err, "sweep");
	ret = run_twins(s, twins, err);
	free_twins(twins, s->covered_count);
	return ret;
}
