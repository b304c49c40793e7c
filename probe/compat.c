// SPDX-License-Identifier: LGPL-2.1-or-later
/* Trust, but verify: the shortcut's results count only where real machine types said the same. */
#include "probe/compat.h"

#include <string.h>

#include "base/pool.h"
#include "probe/shortcut.h"

/* Machine types that change the same in every model, so that one process does for them. */
struct part {
	json_t *common;
	const char **machines;
	size_t machine_count;
	struct cg_shortcut_plan plan;
	struct cg_shortcut_result result;
	bool sampled, done, kept;
	int ret;
	struct cg_error err;
};

/* Parts as they come in. */
struct intake {
	struct cg_sweep *sweep;
	bool trusted; /* nothing has spoken against it yet */
	struct part *parts;
	size_t count;
	struct cg_error err; /* the first one */
};

/* On a worker thread. */
static void ask(void *data)
{
	struct cg_compat_question *q = data;

	if (cg_shortcut_compat(&q->compat, q->binary, q->target, &q->limits, &q->err) < 0)
		q->compat = NULL;
	else if (!q->compat)
		q->compat = json_object();
}

int cg_compat_ask(struct cg_compat_question *question, struct cg_prober *prober,
		  const struct cg_emulator_facts *emulator, struct cg_error *err)
{
	*question = (struct cg_compat_question){
		.binary = cg_identity_path(prober->identity),
		.target = cg_json_text(emulator->about, "target"),
		.limits = prober->limits,
		.job = { ask, question },
	};
	if (cg_facts_compat(prober->facts, &question->compat, err) < 0)
		return -1;
	if (question->compat)
		question->job.run = NULL;
	return 0;
}

int cg_compat_answer(struct cg_compat_question *question, struct cg_prober *prober,
		     struct cg_error *err)
{
	if (!question->job.run)
		return 0;
	if (question->compat)
		return cg_facts_put_compat(prober->facts, question->compat, err);
	if (question->err.code != CG_E_CANCELLED)
		return 0;
	*err = question->err;
	return -1;
}

static void run_part(void *data)
{
	struct part *part = data;

	part->ret = cg_shortcut_run(&part->result, &part->plan, &part->err);
}

static struct part *find_part(struct part *parts, size_t count, const json_t *common)
{
	size_t i = 0;

	while (i < count && !json_equal(parts[i].common, common))
		i++;
	return &parts[i];
}

static int assign(const struct cg_sweep *s, struct part *parts, size_t *count,
		  const char *machine, struct cg_error *err)
{
	cg_auto_json json_t *common =
		cg_shortcut_common(s->compat, machine,
				   cg_json_text(s->emulator->about, "target"));
	struct part *part = find_part(parts, *count, common);

	if (!part->common) {
		part->machines = calloc(s->covered_count, sizeof(*part->machines));
		if (!part->machines)
			return cg_error_errno(err, "sweep");
		part->common = cg_take(common);
		++*count;
	}
	part->machines[part->machine_count++] = machine;
	part->sampled |= cg_sweep_is_sample(s, machine);
	return 0;
}

/* @parts has room for as many as there are machine types. Those that the proof needs come first. */
static int divide(const struct cg_sweep *s, struct part *parts, size_t *count,
		  struct cg_error *err)
{
	for (size_t i = 0; i < CG_COUNT(s->samples); i++)
		if (assign(s, parts, count, s->samples[i], err) < 0)
			return -1;
	for (size_t m = 0; m < s->covered_count; m++)
		if (!cg_sweep_is_sample(s, s->covered[m]) &&
		    assign(s, parts, count, s->covered[m], err) < 0)
			return -1;
	return 0;
}

static void prepare(const struct cg_sweep *s, struct part *part)
{
	part->plan = (struct cg_shortcut_plan){
		.binary = cg_identity_path(s->prober->identity),
		.accel = s->accel,
		.target = cg_json_text(s->emulator->about, "target"),
		.expansion = s->emulator->expansion,
		.vocabulary = s->emulator->vocabulary,
		.defaults = s->emulator->defaults,
		.compat = s->compat,
		.machines = part->machines,
		.machine_count = part->machine_count,
		.memo = s->memo,
		.limits = s->prober->limits,
	};
}

/* Is this cell, of a machine type that was really started, what the machine type said? */
static int check_cell(struct intake *intake, const char *machine, const char *model,
		      const struct cg_expansion *cell, struct cg_error *err)
{
	const struct cg_sweep *s = intake->sweep;
	cg_auto_expansion struct cg_expansion real = { 0 };
	cg_auto_json json_t *info = NULL;
	bool known;

	if (cg_facts_model(s->prober->facts, s->accel, machine, model, &known, &info,
			   err) < 0)
		return -1;
	if (cg_facts_expansion(s->prober->facts, s->accel, machine, model,
			       info && cg_session_is_host_bound(info), &known, &real,
			       err) < 0)
		return -1;
	intake->trusted &= known && cell->scalars &&
			   cg_featureset_equal(&real.features, &cell->features) &&
			   json_equal(real.scalars, cell->scalars);
	return 0;
}

static int check_part(struct intake *intake, const struct part *part,
		      struct cg_error *err)
{
	const struct cg_shortcut_result *r = &part->result;

	for (size_t m = 0; m < part->machine_count; m++)
		for (size_t i = 0; i < r->model_count &&
				   cg_sweep_is_sample(intake->sweep, part->machines[m]);
		     i++)
			if (check_cell(intake, part->machines[m], r->models[i],
				       &r->cells[i * r->machine_count + m], err) < 0)
				return -1;
	return 0;
}

/* The cells of one machine type as a session's items, and what each model lacks by them. */
static int take_cells(const struct cg_sweep *s, struct cg_session_result *result,
		      const struct part *part, size_t machine, struct cg_error *err)
{
	const struct cg_shortcut_result *r = &part->result;

	result->items = calloc(r->model_count + 1, sizeof(*result->items));
	if (!result->items)
		return cg_error_errno(err, "sweep");
	for (size_t i = 0; i < r->model_count; i++) {
		struct cg_session_item *item = &result->items[result->count];
		struct cg_featureset lacks;

		item->definition = strdup(r->models[i]);
		if (!item->definition)
			return cg_error_errno(err, "sweep");
		result->count++;
		item->expansion = r->cells[i * r->machine_count + machine];
		json_incref(item->expansion.scalars);
		lacks = cg_featureset_and(&item->expansion.features,
					  &result->unsupported);
		if (!cg_featureset_is_empty(&lacks))
			json_object_set_new(result->unavailable, r->models[i],
					    cg_vocabulary_list(s->emulator->vocabulary,
							       &lacks));
	}
	return 0;
}

/* What a start of the machine type would have said, put together. */
static int keep_machine(struct cg_sweep *s, const struct part *part, size_t machine,
			struct cg_error *err)
{
	struct cg_facts *facts = s->prober->facts;
	const char *name = part->machines[machine];
	const char *like = s->samples[!cg_shortcut_same_versions(name, s->samples[0])];
	struct cg_session_result result = { .has_unsupported = true,
					    .unavailable = json_object(),
					    .way = CG_WAY_SHORTCUT };
	bool known;
	int ret = -1;

	if (cg_facts_models(facts, s->accel, like, &result.models, err) == 0 &&
	    cg_facts_unsupported(facts, s->accel, s->samples[0], &known,
				 &result.unsupported, err) == 0 &&
	    take_cells(s, &result, part, machine, err) == 0)
		ret = cg_facts_put_session(facts, s->accel, name, CG_EXPAND_ALL, &result,
					   err);
	cg_session_result_deinit(&result);
	return ret;
}

static int keep_part(struct cg_sweep *s, const struct part *part, struct cg_error *err)
{
	const struct cg_progress *progress = &s->prober->progress;

	for (size_t m = 0; m < part->machine_count; m++) {
		if (!cg_sweep_is_sample(s, part->machines[m]) &&
		    keep_machine(s, part, m, err) < 0)
			return -1;
		s->kept++;
		if (progress->tell)
			progress->tell(progress->data, s->kept, s->covered_count,
				       part->machines[m]);
	}
	return 0;
}

static void free_parts(struct part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cg_shortcut_result_deinit(&parts[i].result);
		free(parts[i].machines);
		json_decref(parts[i].common);
	}
	free(parts);
}

/* May parts be kept yet? Not before every sample has been compared. */
static bool is_proven(const struct intake *intake)
{
	bool proven = intake->trusted;

	for (size_t i = 0; i < intake->count; i++)
		proven &= intake->parts[i].done || !intake->parts[i].sampled;
	return proven;
}

static int keep_done(struct intake *intake, struct cg_error *err)
{
	for (size_t i = 0; i < intake->count; i++) {
		struct part *part = &intake->parts[i];

		if (!part->done || part->kept)
			continue;
		if (keep_part(intake->sweep, part, err) < 0)
			return -1;
		part->kept = true;
		cg_shortcut_result_deinit(&part->result);
	}
	return 0;
}

static int take_part(struct intake *intake, struct part *part, struct cg_error *err)
{
	if (part->ret < 0 && part->err.code == CG_E_CANCELLED) {
		*err = part->err;
		return -1;
	}
	part->done = true;
	intake->trusted &= part->ret == 0;
	if (part->sampled && part->ret == 0 && check_part(intake, part, err) < 0)
		return -1;
	return is_proven(intake) ? keep_done(intake, err) : 0;
}

/* While the next ones run. */
static void take_job(size_t job, void *data)
{
	struct intake *intake = data;
	struct cg_error err;

	if (!intake->err.code && take_part(intake, &intake->parts[job], &err) < 0)
		intake->err = err;
}

static int run_parts(struct cg_sweep *s, struct part *parts, size_t count,
		     struct cg_error *err)
{
	cg_auto_free struct cg_job *jobs = calloc(count + 1, sizeof(*jobs));
	struct intake intake = {
		.sweep = s, .trusted = true, .parts = parts, .count = count
	};

	if (!jobs)
		return cg_error_errno(err, "sweep");
	for (size_t i = 0; i < count; i++) {
		prepare(s, &parts[i]);
		jobs[i] = (struct cg_job){ run_part, &parts[i] };
	}
	cg_pool_run(jobs, count, cg_pool_workers(), take_job, &intake);
	if (!intake.err.code)
		return 0;
	*err = intake.err;
	return -1;
}

int cg_compat_take(struct cg_sweep *s, struct cg_error *err)
{
	struct part *parts = calloc(s->covered_count + 1, sizeof(*parts));
	size_t count = 0;
	int ret;

	if (!parts)
		return cg_error_errno(err, "sweep");
	ret = divide(s, parts, &count, err);
	if (ret == 0)
		ret = run_parts(s, parts, count, err);
	free_parts(parts, count);
	return ret;
}
