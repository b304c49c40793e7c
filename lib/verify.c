// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The product's own proof: real vCPUs are started and compared, feature by feature, with
 * what the facts predict; or, for launches, whether QEMU starts at all with what was said
 * about that.
 */
#include <stdio.h>
#include <string.h>

#include "base/pool.h"
#include "lib/command.h"
#include "lib/prediction.h"
#include "lib/tally.h"
#include "lib/verify-launch.h"
#include "probe/trial.h"

static const char *const arguments[] = { "emulator", "machine", "accel",  "all",
					 "sample",   "seed",    "launch", NULL };

/* What is predicted of one trial, and what came out. */
struct outcome {
	bool skipped; /* nothing can be predicted: the machine type doesn't start, QEMU refuses the definition */
	struct cg_featureset requested, effective, removed, ignored;
	enum cg_usable usable;
	struct cg_trial trial;
	int ret;
	struct cg_error err;
};

struct proof {
	struct cg_context *context;
	struct cg_trials trials;
	struct outcome *outcomes; /* of each trial */
	size_t done;
};

static void free_proof(struct proof *p)
{
	cg_trials_deinit(&p->trials);
	free(p->outcomes);
}

/* Everything must be predicted before the first vCPU is started: no prediction learns from its own trial. */
static int predict(struct proof *p, struct cg_error *err)
{
	struct cg_question *question = p->trials.question;
	cg_auto_free struct cg_need *needs = calloc(p->trials.count + 1, sizeof(*needs));

	if (!needs)
		return cg_error_errno(err, "plan");
	for (size_t i = 0; i < p->trials.count; i++)
		needs[i] =
			(struct cg_need){ .depth = CG_DEPTH_DEFINITION,
					  .accel = p->trials.items[i].accel,
					  .machine = p->trials.items[i].machine,
					  .definition = &p->trials.items[i].definition };
	if (!p->trials.all &&
	    cg_prober_ensure(&question->prober, needs, p->trials.count, err) < 0)
		return -1;
	for (size_t i = 0; i < p->trials.count; i++) {
		cg_auto_prediction struct cg_prediction prediction = { 0 };
		const struct cg_trials_item *item = &p->trials.items[i];
		struct outcome *o = &p->outcomes[i];

		o->skipped = needs[i].failed;
		if (o->skipped)
			continue;
		if (cg_prediction_make(&prediction, question, item->accel, item->machine,
				       &item->definition, err) < 0)
			return -1;
		o->requested = prediction.expansion.features;
		o->effective = prediction.effective;
		o->removed =
			cg_featureset_minus(&prediction.removed, &prediction.ignored);
		o->ignored = prediction.ignored;
		o->usable = prediction.usable;
	}
	return 0;
}

/* On a worker thread. */
static void run_one(void *data)
{
	struct outcome *o = data;

	if (!o->skipped)
		o->ret = cg_trial_run(&o->trial, &o->err);
}

static void one_done(size_t job, void *data)
{
	struct proof *p = data;

	p->done++;
	cg_context_tell(p->context, p->done, p->trials.count,
			p->trials.items[job].machine);
}

static int run_trials(struct proof *p, struct cg_error *err)
{
	cg_auto_free struct cg_job *jobs = calloc(p->trials.count + 1, sizeof(*jobs));
	struct cg_question *question = p->trials.question;

	if (!jobs)
		return cg_error_errno(err, "plan");
	for (size_t i = 0; i < p->trials.count; i++) {
		const struct cg_trials_item *item = &p->trials.items[i];
		struct outcome *o = &p->outcomes[i];

		o->trial = (struct cg_trial){
			.binary = cg_identity_path(question->identity),
			.machine = item->machine,
			.accel = item->accel,
			.definition = item->text,
			.vocabulary = question->emulator->vocabulary,
			.quick = p->trials.all,
			.ask = o->requested,
			.limits = cg_context_limits(p->context),
		};
		jobs[i] = (struct cg_job){ run_one, o };
	}
	cg_pool_run(jobs, p->trials.count, cg_pool_workers(), one_done, p);
	for (size_t i = 0; i < p->trials.count; i++)
		if (p->outcomes[i].ret < 0 && p->outcomes[i].err.code == CG_E_CANCELLED) {
			*err = p->outcomes[i].err;
			return -1;
		}
	return 0;
}

/* Lists of what differs between prediction and vCPU; NULL if nothing does. */
static json_t *differences(const struct cg_vocabulary *v, const struct outcome *o)
{
	const struct cg_trial *t = &o->trial;
	struct cg_featureset gone = cg_featureset_minus(&o->effective, &t->live);
	struct cg_featureset extra = cg_featureset_minus(&t->live, &o->effective);
	struct cg_featureset unsaid = cg_featureset_minus(&o->removed, &t->unavailable);
	struct cg_featureset unpredicted =
		cg_featureset_minus(&t->unavailable, &o->removed);

	if (cg_featureset_equal(&o->effective, &t->live) &&
	    cg_featureset_equal(&o->removed, &t->unavailable))
		return NULL;
	return json_pack("{s:o, s:o, s:o, s:o}", "missing", cg_vocabulary_list(v, &gone),
			 "extra", cg_vocabulary_list(v, &extra), "not-removed",
			 cg_vocabulary_list(v, &unsaid), "removed-too",
			 cg_vocabulary_list(v, &unpredicted));
}

/* A vCPU that came up was predicted not to, or the other way round. */
static json_t *wrong_start(const struct outcome *o)
{
	bool started = o->trial.result == CG_TRIAL_READ;

	if (!started && o->usable == CG_USABLE_YES)
		return json_pack("{s:s, s:s}", "started", "no, though predicted", "words",
				 o->trial.outcome.words);
	if (started && o->usable == CG_USABLE_NO && cg_featureset_is_empty(&o->removed) &&
	    cg_featureset_is_empty(&o->ignored) &&
	    cg_featureset_is_empty(&o->trial.unavailable))
		return json_pack("{s:s}", "started", "yes, though not predicted");
	return NULL;
}

static void judge(const struct proof *p, size_t i, struct cg_tally *tally)
{
	const struct cg_vocabulary *v = p->trials.question->emulator->vocabulary;
	const struct cg_trials_item *item = &p->trials.items[i];
	const struct outcome *o = &p->outcomes[i];
	json_t *wrong = NULL;

	if (o->skipped || o->ret < 0 || o->trial.result == CG_TRIAL_NO_CPU) {
		cg_tally_count(tally, item, "skipped");
		return;
	}
	if (o->trial.result == CG_TRIAL_NOT_STARTED) {
		cg_tally_count(tally, item, "not-started");
	} else {
		cg_tally_count(tally, item, "compared");
		wrong = differences(v, o);
	}
	if (!wrong && o->usable != CG_USABLE_UNKNOWN)
		wrong = wrong_start(o);
	if (wrong)
		cg_tally_mismatch(tally, item, wrong);
}

static int verify(struct proof *p, json_t **reply, struct cg_error *err)
{
	cg_auto_tally struct cg_tally tally = { 0 };

	p->outcomes = calloc(p->trials.count + 1, sizeof(*p->outcomes));
	if (!p->outcomes)
		return cg_error_errno(err, "plan");
	if (predict(p, err) < 0 || run_trials(p, err) < 0)
		return -1;
	cg_tally_begin(&tally, &p->trials);
	for (size_t i = 0; i < p->trials.count; i++)
		judge(p, i, &tally);
	*reply = cg_tally_take(&tally, &p->trials);
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_question struct cg_question q = { 0 };
	cg_cleanup(free_proof) struct proof p = { .context = context };

	if (cg_question_open(&q, context, args, err) < 0 ||
	    cg_trials_choose(&p.trials, &q, args, err) < 0)
		return -1;
	if (json_is_true(json_object_get(args, "launch")))
		return cg_verify_launches(&p.trials, context, reply, err);
	return verify(&p, reply, err);
}

const struct cg_command cg_command_verify = { "verify", arguments, run, 0 };
