// SPDX-License-Identifier: LGPL-2.1-or-later
/* Trust, but verify: the shortcut's results count only where real machine types said the same. */
#include "probe/sweep.h"

#include <string.h>

#include "base/pool.h"
#include "machine/catalogue.h"
#include "probe/shortcut.h"

#define FEWEST 6    /* below this, starting them is as quick */
#define PARTS_MAX 16

struct sweep {
	struct cg_prober *prober;
	struct cg_memo *memo;
	const struct cg_emulator_facts *emulator;
	const char *accel;
	json_t *compat;
	const char **machines; /* to be had by the shortcut; newest first, as the catalogue has them */
	size_t count;
	const char *samples[2]; /* really started: the newest and the oldest */
	bool trusted;
};

struct part {
	struct cg_shortcut_plan plan;
	struct cg_shortcut_result result;
	int ret;
	struct cg_error err;
};

static int wants_shortcut(const struct sweep *s, const struct cg_need *need, bool *wants,
			  struct cg_error *err)
{
	bool known;

	*wants = false;
	if (need->failed || need->depth < CG_DEPTH_SHEET || !need->machine ||
	    strcmp(need->accel, s->accel) != 0 || !cg_shortcut_covers(need->machine, need->accel))
		return 0;
	if (cg_facts_has_sheet(s->prober->facts, need->accel, need->machine, &known, err) < 0)
		return -1;
	*wants = !known;
	return 0;
}

static int collect(struct sweep *s, const struct cg_need *needs, size_t count, struct cg_error *err)
{
	bool wants;

	s->machines = calloc(count + 1, sizeof(*s->machines));
	if (!s->machines)
		return cg_error_errno(err, "sweep");
	for (size_t i = 0; i < count; i++) {
		if (wants_shortcut(s, &needs[i], &wants, err) < 0)
			return -1;
		if (wants)
			s->machines[s->count++] = needs[i].machine;
	}
	return 0;
}

/* The newest and the oldest by version: between them lies all that has changed. */
static void pick_samples(struct sweep *s)
{
	int best[2] = { -1, 1 << 30 };

	for (size_t i = 0; i < s->count; i++) {
		char family[CG_MACHINE_NAME];
		int major, minor, version;

		cg_catalogue_split(s->machines[i], family, &major, &minor);
		version = major * 1000 + minor;
		if (version > best[0]) {
			best[0] = version;
			s->samples[0] = s->machines[i];
		}
		if (version < best[1]) {
			best[1] = version;
			s->samples[1] = s->machines[i];
		}
	}
}

static int find_compat(struct sweep *s, struct cg_error *err)
{
	struct cg_prober *p = s->prober;
	struct cg_error why;

	if (cg_facts_compat(p->facts, &s->compat, err) < 0 || s->compat)
		return s->compat ? 0 : -1;
	if (cg_shortcut_compat(&s->compat, cg_identity_path(p->identity),
			       cg_json_text(s->emulator->about, "target"), &p->limits, &why) < 0) {
		if (why.code != CG_E_CANCELLED)
			return 0; /* no shortcut then; the starts will say what is wrong */
		*err = why;
		return -1;
	}
	if (!s->compat)
		s->compat = json_object();
	return cg_facts_put_compat(p->facts, s->compat, err);
}

/* What the shortcut needs to know of the sampled machine types, by starting them. */
static int start_samples(struct sweep *s, bool *good, struct cg_error *err)
{
	struct cg_need needs[2];

	for (int i = 0; i < 2; i++)
		needs[i] = (struct cg_need){ .depth = CG_DEPTH_SHEET,
					     .accel = s->accel,
					     .machine = s->samples[i] };
	if (cg_prober_measure(s->prober, needs, 2, s->memo, err) < 0)
		return -1;
	*good = !needs[0].failed && !needs[1].failed;
	return 0;
}

static void run_part(void *data)
{
	struct part *part = data;

	part->ret = cg_shortcut_run(&part->result, &part->plan, &part->err);
}

static int run_parts(struct sweep *s, struct part *parts, size_t count, struct cg_error *err)
{
	struct cg_prober *p = s->prober;
	struct cg_job jobs[PARTS_MAX];

	for (size_t i = 0; i < count; i++) {
		parts[i].plan = (struct cg_shortcut_plan){
			.binary = cg_identity_path(p->identity),
			.accel = s->accel,
			.target = cg_json_text(s->emulator->about, "target"),
			.expansion = s->emulator->expansion,
			.vocabulary = s->emulator->vocabulary,
			.compat = s->compat,
			.machines = s->machines,
			.machine_count = s->count,
			.part = i,
			.parts = count,
			.memo = s->memo,
			.limits = p->limits,
		};
		jobs[i] = (struct cg_job){ run_part, &parts[i] };
	}
	cg_pool_run(jobs, count, count, NULL, NULL);
	s->trusted = true;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].ret < 0 && parts[i].err.code == CG_E_CANCELLED) {
			*err = parts[i].err;
			return -1;
		}
		s->trusted &= parts[i].ret == 0;
	}
	return 0;
}

static bool is_sample(const struct sweep *s, const char *machine)
{
	return strcmp(machine, s->samples[0]) == 0 || strcmp(machine, s->samples[1]) == 0;
}

/* Is this cell, of a machine type that was really started, what the machine type said? */
static int check_cell(struct sweep *s, const char *machine, const char *model,
		      const struct cg_expansion *cell, struct cg_error *err)
{
	cg_auto_expansion struct cg_expansion real = { 0 };
	cg_auto_json json_t *info = NULL;
	bool known;

	if (cg_facts_model(s->prober->facts, s->accel, machine, model, &known, &info, err) < 0)
		return -1;
	if (cg_facts_expansion(s->prober->facts, s->accel, machine, model,
			       info && cg_session_is_host_bound(info), &known, &real, err) < 0)
		return -1;
	s->trusted &= known && cell->scalars &&
		      cg_featureset_equal(&real.features, &cell->features) &&
		      json_equal(real.scalars, cell->scalars);
	return 0;
}

static int check_part(struct sweep *s, const struct part *part, struct cg_error *err)
{
	const struct cg_shortcut_result *r = &part->result;

	for (size_t m = 0; m < s->count; m++)
		for (size_t i = 0; i < r->model_count && is_sample(s, s->machines[m]); i++)
			if (check_cell(s, s->machines[m], r->models[i],
				       &r->cells[i * r->machine_count + m], err) < 0)
				return -1;
	return 0;
}

/* What a start of the machine type would have said, put together. */
static int keep_machine(struct sweep *s, size_t machine, const struct part *parts, size_t count,
			struct cg_error *err)
{
	struct cg_facts *facts = s->prober->facts;
	const char *like = s->samples[!cg_shortcut_same_versions(s->machines[machine], s->samples[0])];
	struct cg_session_result result = { .has_unsupported = true, .unavailable = json_object() };
	size_t models = 0;
	bool known;
	int ret = -1;

	if (cg_facts_models(facts, s->accel, like, &result.models, err) < 0 ||
	    cg_facts_unsupported(facts, s->accel, s->samples[0], &known, &result.unsupported, err) < 0)
		goto out;
	result.items = calloc(json_array_size(result.models) + 1, sizeof(*result.items));
	if (!result.items) {
		(void)cg_error_errno(err, "sweep");
		goto out;
	}
	for (size_t p = 0; p < count; p++)
		for (size_t i = 0; i < parts[p].result.model_count; i++, models++) {
			const struct cg_shortcut_result *r = &parts[p].result;
			struct cg_session_item *item = &result.items[result.count++];
			struct cg_featureset lacks;

			item->definition = strdup(r->models[i]);
			item->expansion = r->cells[i * r->machine_count + machine];
			json_incref(item->expansion.scalars);
			lacks = cg_featureset_and(&item->expansion.features, &result.unsupported);
			if (!cg_featureset_is_empty(&lacks))
				json_object_set_new(
					result.unavailable, r->models[i],
					cg_vocabulary_list(s->emulator->vocabulary, &lacks));
		}
	result.way = CG_WAY_SHORTCUT;
	ret = cg_facts_put_session(facts, s->accel, s->machines[machine], CG_EXPAND_ALL, &result,
				   err);
out:
	cg_session_result_deinit(&result);
	return ret;
}

static int keep_all(struct sweep *s, const struct part *parts, size_t count, struct cg_error *err)
{
	const struct cg_progress *progress = &s->prober->progress;

	for (size_t m = 0; m < s->count; m++) {
		if (is_sample(s, s->machines[m]))
			continue;
		if (keep_machine(s, m, parts, count, err) < 0)
			return -1;
		if (progress->tell)
			progress->tell(progress->data, m + 1, s->count, s->machines[m]);
	}
	return 0;
}

static int take_shortcut(struct sweep *s, struct cg_error *err)
{
	struct part parts[PARTS_MAX] = { 0 };
	size_t count = cg_pool_workers();
	int ret;

	count = count > PARTS_MAX ? PARTS_MAX : count;
	ret = run_parts(s, parts, count, err);
	for (size_t i = 0; i < count && ret == 0 && s->trusted; i++)
		ret = check_part(s, &parts[i], err);
	if (ret == 0 && s->trusted)
		ret = keep_all(s, parts, count, err);
	for (size_t i = 0; i < count; i++)
		cg_shortcut_result_deinit(&parts[i].result);
	return ret;
}

static int sweep_accel(struct sweep *s, const struct cg_need *needs, size_t count,
		       struct cg_error *err)
{
	bool good = false;

	if (collect(s, needs, count, err) < 0)
		return -1;
	if (s->count < FEWEST)
		return 0;
	if (find_compat(s, err) < 0)
		return -1;
	if (!json_object_size(s->compat))
		return 0;
	pick_samples(s);
	if (start_samples(s, &good, err) < 0)
		return -1;
	return good ? take_shortcut(s, err) : 0;
}

int cg_sweep_by_shortcut(struct cg_prober *prober, struct cg_need *needs, size_t count,
			 struct cg_memo *memo, struct cg_error *err)
{
	static const char *const accels[] = { "kvm", "tcg" };
	const struct cg_emulator_facts *emulator;

	if (cg_facts_emulator(prober->facts, &emulator, err) < 0)
		return -1;
	if (!emulator || emulator->measure != CG_MEASURE_GLOBALS || count < FEWEST)
		return 0;
	for (size_t a = 0; a < CG_COUNT(accels); a++) {
		struct sweep s = { .prober = prober,
				   .memo = memo,
				   .emulator = emulator,
				   .accel = accels[a] };
		int ret = sweep_accel(&s, needs, count, err);

		json_decref(s.compat);
		free(s.machines);
		if (ret < 0)
			return -1;
	}
	return 0;
}
