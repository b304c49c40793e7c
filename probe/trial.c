// SPDX-License-Identifier: LGPL-2.1-or-later
/* Starting a vCPU for real and reading every feature property of it. */
#include "probe/trial.h"

#include <string.h>

#include "emulator/query.h"
#include "probe/reading.h"

static int read_cpu(struct cg_trial *t, struct cg_qmp *qmp, struct cg_error *err)
{
	struct cg_reading reading = { .vocabulary = t->vocabulary,
				      .quick = t->quick,
				      .ask = t->ask,
				      .deadline = CG_NO_DEADLINE };
	cg_auto_json json_t *paths = NULL, *names = NULL;
	size_t unknown;
	const char *path;

	if (cg_query_cpus(qmp, &paths, err) < 0)
		return -1;
	path = json_string_value(json_array_get(paths, 0));
	t->result = path ? CG_TRIAL_READ : CG_TRIAL_NO_CPU;
	if (!path)
		return 0;
	if (cg_query_property(qmp, path, "unavailable-features", &names, err) < 0)
		return -1;
	t->unavailable = cg_vocabulary_set(t->vocabulary, names, &unknown);
	if (cg_reading_take(&reading, qmp, path, err) < 0)
		return -1;
	t->live = reading.live;
	return 0;
}

/* The machine is up once its vCPUs can be listed. */
static int see_start(struct cg_trial *t, struct cg_qmp *qmp, struct cg_error *err)
{
	cg_auto_json json_t *paths = NULL;

	if (cg_query_cpus(qmp, &paths, err) < 0)
		return -1;
	t->result = CG_TRIAL_STARTED;
	return 0;
}

static int start(struct cg_trial *trial,
		 int (*look)(struct cg_trial *, struct cg_qmp *, struct cg_error *),
		 struct cg_error *err)
{
	cg_auto_process struct cg_process *process = NULL;
	struct cg_start start = { .binary = trial->binary,
				  .machine = trial->machine,
				  .accel = trial->accel,
				  .cpu = trial->definition };

	trial->result = CG_TRIAL_NOT_STARTED;
	if (cg_process_start(&process, &start, err) < 0)
		return -1;
	if (cg_process_connect(process, &trial->limits, err) == 0 &&
	    look(trial, cg_process_qmp(process), err) == 0)
		return 0;
	trial->result = CG_TRIAL_NOT_STARTED;
	cg_process_failed(process, &trial->outcome, err);
	return trial->outcome.ended ? 0 : -1;
}

int cg_trial_run(struct cg_trial *trial, struct cg_error *err)
{
	return start(trial, read_cpu, err);
}

int cg_trial_start(struct cg_trial *trial, struct cg_error *err)
{
	return start(trial, see_start, err);
}
