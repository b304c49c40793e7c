// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every command line is judged before the first one is started, by the command that people
 * ask. Where QEMU doesn't start, its machine type is tried with the CPU that it has by
 * itself: if that doesn't start either, the CPU isn't why.
 */
#include "lib/verify-launch.h"

#include <stdio.h>
#include <string.h>

#include "base/pool.h"
#include "lib/command.h"
#include "lib/tally.h"
#include "probe/trial.h"

struct launch {
	const struct cg_trials_item *item;
	char verdict[16];
	char *definition; /* with "enforce" */
	struct cg_trial trial;
	int ret;
	struct cg_error err;
};

struct launches {
	struct cg_context *context;
	struct cg_trials *trials;
	struct launch *list, *controls; /* of each trial; of each machine type in doubt */
	size_t control_count, done, total;
};

static void free_launches(struct launches *l)
{
	for (size_t i = 0; l->list && i < l->trials->count; i++)
		free(l->list[i].definition);
	free(l->list);
	free(l->controls);
}

/* As bare as what is started, see emulator/process.c. */
static json_t *command_line(const char *binary, const struct cg_trials_item *item)
{
	json_t *machine = json_sprintf("%s,accel=%s", item->machine, item->accel);

	return json_pack("{s:[s, s, s, s, s, s, s, o, s, s]}", "argv", binary,
			 "-nodefaults", "-no-user-config", "-display", "none", "-S",
			 "-machine", machine, "-cpu", item->text);
}

static int judge(struct launches *l, struct launch *launch, struct cg_error *err)
{
	const char *binary = cg_identity_path(l->trials->question->identity);
	cg_auto_json json_t *args = command_line(binary, launch->item), *reply = NULL;

	if (cg_command_run(l->context, "check-launch", args, &reply, err) < 0)
		return -1;
	snprintf(launch->verdict, sizeof(launch->verdict), "%s",
		 cg_json_text(reply, "verdict"));
	if (asprintf(&launch->definition, "%s,enforce=on", launch->item->text) < 0) {
		launch->definition = NULL;
		return cg_error_errno(err, "plan");
	}
	return 0;
}

static int judge_all(struct launches *l, struct cg_error *err)
{
	for (size_t i = 0; i < l->trials->count; i++) {
		l->list[i].item = &l->trials->items[i];
		if (judge(l, &l->list[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Starting. */

/* On a worker thread. */
static void start_one(void *data)
{
	struct launch *launch = data;

	launch->ret = cg_trial_start(&launch->trial, &launch->err);
}

static void one_done(size_t job, void *data)
{
	struct launches *l = data;

	(void)job;
	l->done++;
	cg_context_tell(l->context, l->done, l->total, "check launch");
}

static int start_all(struct launches *l, struct launch *list, size_t count,
		     struct cg_error *err)
{
	cg_auto_free struct cg_job *jobs = calloc(count + 1, sizeof(*jobs));

	if (!jobs)
		return cg_error_errno(err, "plan");
	for (size_t i = 0; i < count; i++) {
		list[i].trial = (struct cg_trial){
			.binary = cg_identity_path(l->trials->question->identity),
			.machine = list[i].item->machine,
			.accel = list[i].item->accel,
			.definition = list[i].definition,
			.limits = cg_context_limits(l->context),
		};
		jobs[i] = (struct cg_job){ start_one, &list[i] };
	}
	l->done = 0;
	l->total = count;
	cg_pool_run(jobs, count, cg_pool_workers(), one_done, l);
	for (size_t i = 0; i < count; i++)
		if (list[i].ret < 0 && list[i].err.code == CG_E_CANCELLED) {
			*err = list[i].err;
			return -1;
		}
	return 0;
}

static bool has_started(const struct launch *launch)
{
	return launch->trial.result == CG_TRIAL_STARTED;
}

/* Controls. */

static const struct launch *find_control(const struct launches *l,
					 const struct cg_trials_item *item)
{
	for (size_t i = 0; i < l->control_count; i++)
		if (strcmp(l->controls[i].item->machine, item->machine) == 0 &&
		    strcmp(l->controls[i].item->accel, item->accel) == 0)
			return &l->controls[i];
	return NULL;
}

/* One for each machine type with which something hasn't started. */
static int add_controls(struct launches *l, struct cg_error *err)
{
	l->controls = calloc(l->trials->count + 1, sizeof(*l->controls));
	if (!l->controls)
		return cg_error_errno(err, "plan");
	for (size_t i = 0; i < l->trials->count; i++)
		if (l->list[i].ret == 0 && !has_started(&l->list[i]) &&
		    !find_control(l, l->list[i].item))
			l->controls[l->control_count++].item = l->list[i].item;
	return start_all(l, l->controls, l->control_count, err);
}

/* The reply. */

static json_t *difference(const struct launch *launch)
{
	bool started = has_started(launch);

	if (strcmp(launch->verdict, started ? "yes" : "no") == 0)
		return NULL;
	return json_pack("{s:o, s:s*}", "started",
			 json_sprintf("%s, though the verdict is %s",
				      started ? "yes" : "no", launch->verdict),
			 "words", started ? NULL : launch->trial.outcome.words);
}

static void tell(const struct launch *launch, struct cg_tally *tally)
{
	json_t *wrong;

	if (launch->ret < 0) {
		cg_tally_count(tally, launch->item, "skipped");
		return;
	}
	cg_tally_count(tally, launch->item, "compared");
	if (!has_started(launch))
		cg_tally_count(tally, launch->item, "not-started");
	wrong = difference(launch);
	if (wrong)
		cg_tally_mismatch(tally, launch->item, wrong);
}

static void tell_controls(const struct launches *l, struct cg_tally *tally)
{
	for (size_t i = 0; i < l->control_count; i++) {
		const struct launch *control = &l->controls[i];

		if (control->ret == 0 && has_started(control))
			continue;
		json_array_append_new(tally->unstartable,
				      json_pack("{s:s, s:s, s:s}", "accel",
						control->item->accel, "machine",
						control->item->machine, "words",
						control->trial.outcome.words));
	}
}

int cg_verify_launches(struct cg_trials *trials, struct cg_context *context,
		       json_t **reply, struct cg_error *err)
{
	cg_auto_tally struct cg_tally tally = { 0 };
	cg_cleanup(free_launches) struct launches l = {
		.context = context,
		.trials = trials,
		.list = calloc(trials->count + 1, sizeof(*l.list)),
	};

	if (!l.list)
		return cg_error_errno(err, "plan");
	if (judge_all(&l, err) < 0 || start_all(&l, l.list, trials->count, err) < 0 ||
	    add_controls(&l, err) < 0)
		return -1;
	cg_tally_begin(&tally, trials);
	for (size_t i = 0; i < trials->count; i++)
		tell(&l.list[i], &tally);
	tell_controls(&l, &tally);
	*reply = cg_tally_take(&tally, trials);
	return 0;
}
