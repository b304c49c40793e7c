// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a vCPU really is: starts QEMU, paused, and reads features off the vCPU itself, one
 * qom-get each. Neither expansions nor unavailable-features come into it, which are what
 * cpugate is made of.
 *
 *	vcpu BINARY MACHINE ACCEL CPU <NAMES
 *
 * Prints those of the names that are true, sorted, one a line. With no names it only finds
 * out whether the vCPU starts. Exit status: 0 it did, 1 QEMU ended instead, 2 neither.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cpumodels/featureset.h"
#include "emulator/process.h"
#include "emulator/query.h"

#define AHEAD 8 /* commands that QEMU takes before it has answered */

enum { STARTED, ENDED, FAILED };

struct names {
	char *name[CG_FEATURES_MAX];
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(struct names *names, struct cg_error *err)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, stdin)) > 0) {
		if (names->count == CG_FEATURES_MAX) {
			free(line);
			return cg_error_set(err, CG_E_LIMIT, "too many names");
		}
		line[strcspn(line, "\n")] = '\0';
		names->name[names->count++] = line;
		line = NULL;
	}
	free(line);
	qsort(names->name, names->count, sizeof(names->name[0]), by_name);
	return 0;
}

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
}

static int ask(struct cg_qmp *qmp, const char *path, const char *name,
	       struct cg_error *err)
{
	return cg_qmp_send(qmp, "qom-get",
			   json_pack("{s:s, s:s}", "path", path, "property", name), err);
}

static int print_true(struct cg_qmp *qmp, const char *path, const struct names *names,
		      struct cg_error *err)
{
	size_t asked = 0;

	for (size_t i = 0; i < names->count; i++) {
		cg_auto_json json_t *value = NULL;

		while (asked < names->count && asked < i + AHEAD)
			if (ask(qmp, path, names->name[asked++], err) < 0)
				return -1;
		if (cg_qmp_receive(qmp, &value, err) < 0)
			return cg_error_prefix(err, "%s", names->name[i]);
		if (!json_is_boolean(value))
			return cg_error_set(err, CG_E_PROTOCOL, "%s is no bool",
					    names->name[i]);
		if (json_is_true(value))
			puts(names->name[i]);
	}
	return 0;
}

/* Once this is answered, the machine is up. */
static int find_vcpu(struct cg_process *process, json_t **cpus, struct cg_error *err)
{
	struct cg_qmp_limits limits = CG_QMP_LIMITS;

	if (cg_process_connect(process, &limits, err) < 0)
		return -1;
	return cg_query_cpus(cg_process_qmp(process), cpus, err);
}

static int complain(int status, const struct cg_error *err)
{
	fprintf(stderr, "vcpu: %s\n", err->msg);
	return status;
}

static int run(const struct cg_start *start, const struct names *names)
{
	cg_auto_process struct cg_process *process = NULL;
	cg_auto_json json_t *cpus = NULL;
	struct cg_outcome outcome;
	struct cg_error err;

	if (cg_process_start(&process, start, &err) < 0)
		return complain(FAILED, &err);
	if (find_vcpu(process, &cpus, &err) < 0) {
		(void)cg_process_failed(process, &outcome, &err);
		return complain(outcome.ended ? ENDED : FAILED, &err);
	}
	if (json_array_size(cpus) != 1) {
		(void)cg_error_set(&err, CG_E_PROTOCOL, "%zu vCPUs",
				   json_array_size(cpus));
		return complain(FAILED, &err);
	}
	if (print_true(cg_process_qmp(process),
		       json_string_value(json_array_get(cpus, 0)), names, &err) < 0)
		return complain(FAILED, &err);
	return STARTED;
}

int main(int argc, char **argv)
{
	cg_cleanup(free_names) struct names names = { 0 };
	struct cg_start start = { 0 };
	struct cg_error err;

	if (argc != 5) {
		fputs("usage: vcpu BINARY MACHINE ACCEL CPU <NAMES\n", stderr);
		return FAILED;
	}
	start.binary = argv[1];
	start.machine = argv[2];
	start.accel = argv[3];
	start.cpu = argv[4];
	if (read_names(&names, &err) < 0)
		return complain(FAILED, &err);
	return run(&start, &names);
}
