// SPDX-License-Identifier: LGPL-2.1-or-later
/* Starting a vCPU for real and reading every feature property of it. */
#include "probe/trial.h"

#include <string.h>

#include "emulator/query.h"

#define AHEAD 8

static json_t *get_args(const char *path, const char *property)
{
	return json_pack("{s:s, s:s}", "path", path, "property", property);
}

/* One qom-get for each name of the vocabulary, a few on their way at any time. */
static int read_features(struct cg_trial *t, struct cg_qmp *qmp, const char *path,
			 struct cg_error *err)
{
	size_t count = cg_vocabulary_count(t->vocabulary), sent = 0;

	for (size_t taken = 0; taken < count; taken++) {
		cg_auto_json json_t *value = NULL;

		for (; sent < count && sent - taken < AHEAD; sent++)
			if (cg_qmp_send(qmp, "qom-get",
					get_args(path, cg_vocabulary_name(t->vocabulary, sent)),
					err) < 0)
				return -1;
		if (cg_qmp_receive(qmp, &value, err) < 0)
			return cg_error_prefix(err, "%s", cg_vocabulary_name(t->vocabulary, taken));
		if (json_is_true(value))
			cg_featureset_add(&t->live, taken);
	}
	return 0;
}

static int read_cpu(struct cg_trial *t, struct cg_qmp *qmp, struct cg_error *err)
{
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
	return read_features(t, qmp, path, err);
}

int cg_trial_run(struct cg_trial *trial, struct cg_error *err)
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
	    read_cpu(trial, cg_process_qmp(process), err) == 0)
		return 0;
	trial->result = CG_TRIAL_NOT_STARTED;
	cg_process_failed(process, &trial->outcome, err);
	return trial->outcome.ended ? 0 : -1;
}
