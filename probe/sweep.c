// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Many machine types for the price of a few. What can be had the cheap way is put off, the rest and the samples
 * are really started, and if the samples agree, the cheap way is taken; else what was put off is started as well.
 */
#include "probe/sweep.h"

#include <string.h>

#include "machine/catalogue.h"
#include "probe/compat.h"
#include "probe/modes.h"
#include "probe/shortcut.h"
#include "probe/twins.h"

#define ACCELS 2
#define FEWEST 6 /* below this, starting them is as quick */

static bool is_wanted(const struct cg_sweep *s, const struct cg_need *need)
{
	return !need->failed && need->depth >= CG_DEPTH_SHEET && need->machine &&
	       strcmp(need->accel, s->accel) == 0;
}

/* Machine types that have no sheet yet. */
static int collect(struct cg_sweep *s, const struct cg_need *needs, size_t count,
		   struct cg_error *err)
{
	bool known;

	s->wanted = calloc(count + 1, sizeof(*s->wanted));
	s->covered = calloc(count + 1, sizeof(*s->covered));
	if (!s->wanted || !s->covered)
		return cg_error_errno(err, "sweep");
	for (size_t i = 0; i < count; i++) {
		if (!is_wanted(s, &needs[i]))
			continue;
		if (cg_facts_has_sheet(s->prober->facts, s->accel, needs[i].machine,
				       &known, err) < 0)
			return -1;
		if (!known)
			s->wanted[s->wanted_count++] = needs[i].machine;
	}
	return 0;
}

static int version_of(const char *machine)
{
	char family[CG_MACHINE_NAME];
	int major = 0, minor = 0;

	cg_catalogue_split(machine, family, &major, &minor);
	return major * 1000 + minor;
}

/* The newest and the oldest by version: between them lies all that has changed. */
static void pick_samples(struct cg_sweep *s)
{
	s->samples[0] = s->samples[1] = s->covered[0];
	for (size_t i = 1; i < s->covered_count; i++) {
		if (version_of(s->covered[i]) > version_of(s->samples[0]))
			s->samples[0] = s->covered[i];
		if (version_of(s->covered[i]) < version_of(s->samples[1]))
			s->samples[1] = s->covered[i];
	}
}

bool cg_sweep_is_sample(const struct cg_sweep *sweep, const char *machine)
{
	return strcmp(machine, sweep->samples[0]) == 0 ||
	       strcmp(machine, sweep->samples[1]) == 0;
}

/* Which machine types needn't be started, and by which way. */
static void choose(struct cg_sweep *s)
{
	bool tells = json_object_size(s->compat) > 0;

	s->take = tells ? cg_compat_take : cg_twins_take;
	for (size_t i = 0; i < s->wanted_count; i++)
		if (tells ? cg_shortcut_covers(s->wanted[i], s->accel)
			  : cg_twins_leader(s, s->wanted[i]) != NULL)
			s->covered[s->covered_count++] = s->wanted[i];
	if (s->covered_count < FEWEST)
		s->covered_count = 0;
	else
		pick_samples(s);
}

static void defer(const struct cg_sweep *s, struct cg_need *needs, size_t count)
{
	for (size_t c = 0; c < s->covered_count; c++)
		for (size_t i = 0; i < count && !cg_sweep_is_sample(s, s->covered[c]);
		     i++)
			needs[i].deferred |= is_wanted(s, &needs[i]) &&
					     strcmp(needs[i].machine, s->covered[c]) == 0;
}

/* What must be known of the emulator first, asked side by side. */
struct prelude {
	struct cg_compat_question compat;
	struct cg_modes_question modes[ACCELS];
	struct cg_job jobs[ACCELS * CG_MODES_MAX + 1];
	size_t count;
};

static int take_prelude(struct cg_sweep *sweeps, struct prelude *p, struct cg_error *err)
{
	int ret = cg_compat_answer(&p->compat, sweeps->prober, err);
	struct cg_error another;

	for (size_t a = 0; a < ACCELS; a++) {
		sweeps[a].compat = json_incref(p->compat.compat);
		if (p->modes[a].count && cg_modes_take(&p->modes[a], &sweeps[a],
						       ret == 0 ? err : &another) < 0)
			ret = -1;
	}
	json_decref(p->compat.compat);
	return ret;
}

static int ask_prelude(struct cg_sweep *sweeps, struct cg_error *err)
{
	struct prelude p = { 0 };

	if (cg_compat_ask(&p.compat, sweeps->prober, sweeps->emulator, err) < 0)
		return -1;
	if (p.compat.job.run)
		p.jobs[p.count++] = p.compat.job;
	for (size_t a = 0; a < ACCELS; a++)
		if (sweeps[a].wanted_count >= FEWEST)
			p.count +=
				cg_modes_ask(&p.modes[a], &sweeps[a], &p.jobs[p.count]);
	cg_pool_run(p.jobs, p.count, cg_pool_workers(), NULL, NULL);
	return take_prelude(sweeps, &p, err);
}

static int run(struct cg_sweep *sweeps, struct cg_need *needs, size_t count,
	       struct cg_error *err)
{
	size_t most = 0;
	int ret = 0;

	for (size_t a = 0; a < ACCELS; a++) {
		if (collect(&sweeps[a], needs, count, err) < 0)
			return -1;
		most = most > sweeps[a].wanted_count ? most : sweeps[a].wanted_count;
	}
	if (most < FEWEST)
		return 0;
	if (ask_prelude(sweeps, err) < 0)
		return -1;
	for (size_t a = 0; a < ACCELS; a++) {
		choose(&sweeps[a]);
		defer(&sweeps[a], needs, count);
	}
	ret = cg_prober_measure(sweeps->prober, needs, count, sweeps->memo, err);
	for (size_t a = 0; a < ACCELS && ret == 0; a++)
		if (sweeps[a].covered_count)
			ret = sweeps[a].take(&sweeps[a], err);
	return ret;
}

int cg_sweep_cheaply(struct cg_prober *prober, struct cg_need *needs, size_t count,
		     struct cg_memo *memo, struct cg_error *err)
{
	const struct cg_emulator_facts *emulator;
	struct cg_sweep sweeps[ACCELS] = { { .accel = "kvm" }, { .accel = "tcg" } };
	int ret;

	if (cg_facts_emulator(prober->facts, &emulator, err) < 0)
		return -1;
	if (!emulator || emulator->measure != CG_MEASURE_GLOBALS || count < FEWEST)
		return 0;
	for (size_t a = 0; a < ACCELS; a++) {
		sweeps[a].prober = prober;
		sweeps[a].memo = memo;
		sweeps[a].emulator = emulator;
	}
	ret = run(sweeps, needs, count, err);
	for (size_t a = 0; a < ACCELS; a++) {
		json_decref(sweeps[a].compat);
		free(sweeps[a].wanted);
		free(sweeps[a].covered);
	}
	for (size_t i = 0; i < count; i++)
		needs[i].deferred = false;
	return ret;
}
