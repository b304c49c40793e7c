// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a QEMU that runs already says of itself over the user's own monitor: its state, and
 * every property of every vCPU that isn't a link.
 *
 *	vcpus SOCKET STATE
 *
 * It is waited for until it is in that state, "running" or "prelaunch"; in the end it is told
 * to end. One "WHAT NAME VALUE" a line. Exit status: 0, or 2 if it couldn't be asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "emulator/monitor.h"
#include "emulator/query.h"

#define PATIENCE (10 * CG_S)
#define AHEAD 8 /* commands that QEMU takes before it has answered */

static void print(const char *what, const char *name, const json_t *value)
{
	cg_auto_json json_t *wrapped = json_pack("[O]", cg_json_mutable(value));
	cg_auto_free char *text = cg_json_canonical(wrapped);

	printf("%s %s %.*s\n", what, name, (int)strlen(text) - 2, text + 1);
}

/* What a command says, or a member of it. */
static int tell(struct cg_qmp *qmp, const char *command, const char *member,
		struct cg_error *err)
{
	cg_auto_json json_t *reply = NULL;
	const json_t *value;

	if (cg_qmp_call(qmp, command, NULL, &reply, err) < 0)
		return -1;
	value = json_object_get(reply, member);
	if (value)
		print("guest", command, value);
	return 0;
}

static int tell_guest(struct cg_qmp *qmp, struct cg_error *err)
{
	cg_auto_free char *machine = NULL;

	if (tell(qmp, "query-status", "status", err) < 0 ||
	    tell(qmp, "query-name", "name", err) < 0 ||
	    tell(qmp, "query-uuid", "UUID", err) < 0 ||
	    tell(qmp, "query-kvm", "enabled", err) < 0 ||
	    cg_query_machine(qmp, &machine, err) < 0)
		return -1;
	printf("guest machine \"%s\"\n", machine);
	return 0;
}

static int is_in_state(struct cg_qmp *qmp, const char *state, bool *is,
		       struct cg_error *err)
{
	cg_auto_json json_t *reply = NULL;
	const char *now;

	if (cg_qmp_call(qmp, "query-status", NULL, &reply, err) < 0)
		return -1;
	now = cg_json_text(reply, "status");
	*is = now && strcmp(now, state) == 0;
	return 0;
}

/* Whoever holds it back lets go of it soon. */
static int await_state(struct cg_qmp *qmp, const char *state, struct cg_error *err)
{
	int64_t deadline = cg_clock_in(PATIENCE);
	bool is = false;

	while (!is && cg_clock_left_ms(deadline) > 0) {
		if (is_in_state(qmp, state, &is, err) < 0)
			return -1;
		if (!is)
			usleep(20000);
	}
	return 0;
}

static bool is_value(const json_t *property)
{
	const char *type = cg_json_text(property, "type");

	return type && strncmp(type, "child<", 6) != 0 && strncmp(type, "link<", 5) != 0;
}

static int ask(struct cg_qmp *qmp, const char *path, const json_t *property,
	       struct cg_error *err)
{
	return cg_qmp_send(qmp, "qom-get",
			   json_pack("{s:s, s:O}", "path", path, "property",
				     json_object_get(property, "name")),
			   err);
}

/* Of some properties QEMU has nothing to say. */
static int take(struct cg_qmp *qmp, const char *what, const json_t *property,
		struct cg_error *err)
{
	cg_auto_json json_t *value = NULL;

	if (cg_qmp_receive(qmp, &value, err) < 0)
		return err->code == CG_E_REFUSED || err->code == CG_E_UNKNOWN ? 0 : -1;
	print(what, cg_json_text(property, "name"), value);
	return 0;
}

static int tell_vcpu(struct cg_qmp *qmp, size_t number, const char *path,
		     struct cg_error *err)
{
	cg_auto_json json_t *all = NULL, *list = json_array();
	json_t *property;
	size_t asked = 0, i;
	char what[32];

	snprintf(what, sizeof(what), "cpu%zu", number);
	if (cg_qmp_call(qmp, "qom-list", json_pack("{s:s}", "path", path), &all, err) < 0)
		return -1;
	json_array_foreach(all, i, property)
		if (is_value(property))
			json_array_append(list, property);
	json_array_foreach(list, i, property) {
		for (; asked < json_array_size(list) && asked < i + AHEAD; asked++)
			if (ask(qmp, path, json_array_get(list, asked), err) < 0)
				return -1;
		if (take(qmp, what, property, err) < 0)
			return -1;
	}
	return 0;
}

static int tell_all(struct cg_qmp *qmp, struct cg_error *err)
{
	cg_auto_json json_t *paths = NULL;
	const json_t *path;
	size_t i;

	if (cg_query_cpus(qmp, &paths, err) < 0)
		return -1;
	json_array_foreach(paths, i, path)
		if (tell_vcpu(qmp, i, json_string_value(path), err) < 0)
			return -1;
	return tell_guest(qmp, err);
}

int main(int argc, char **argv)
{
	struct cg_qmp_limits limits = CG_QMP_LIMITS;
	cg_auto_qmp struct cg_qmp *qmp = NULL;
	cg_auto_json json_t *ignored = NULL;
	struct cg_error err;

	if (argc != 3) {
		fputs("usage: vcpus SOCKET STATE\n", stderr);
		return 2;
	}
	if (cg_monitor_connect(&qmp, argv[1], &limits, &err) < 0 ||
	    await_state(qmp, argv[2], &err) < 0 || tell_all(qmp, &err) < 0) {
		fprintf(stderr, "vcpus: %s\n", err.msg);
		return 2;
	}
	(void)!cg_qmp_call(qmp, "quit", NULL, &ignored, &err);
	return 0;
}
