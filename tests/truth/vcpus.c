// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a QEMU that runs already says of itself over the user's own monitor: its state, and
 * every property of every vCPU that isn't a link.
 *
 *	vcpus SOCKET STATE
 *
 * It is waited for until it is in that state, "running" or "prelaunch"; in the end it is told
 * to end. One "WHAT NAME VALUE" a line, without what a guest can't find: features in CPUID
 * leaves that its CPU doesn't have. Exit status: 0, or 2 if it couldn't be asked.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cpumodels/leaves.h"
#include "cpumodels/spelling.h"
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

/* Of some properties QEMU has nothing to say. Aliases become one name. */
static int take(struct cg_qmp *qmp, json_t *values, const json_t *property,
		struct cg_error *err)
{
	cg_auto_json json_t *value = NULL;
	char name[CG_NAME_MAX];

	if (cg_qmp_receive(qmp, &value, err) < 0)
		return err->code == CG_E_REFUSED || err->code == CG_E_UNKNOWN ? 0 : -1;
	cg_spelling_canonical(cg_json_text(property, "name"), name);
	json_object_set(values, name, value);
	return 0;
}

static bool has_leaf(const json_t *values, uint64_t leaf)
{
	uint64_t highest = 0;

	if (leaf >= 0x40000000 && leaf < 0x80000000)
		return true; /* the hypervisor's */
	if (!cg_json_uint(json_object_get(values, leaf < 0x80000000   ? "level"
						  : leaf < 0xc0000000 ? "xlevel"
								      : "xlevel2"),
			  &highest))
		return true;
	return leaf <= highest;
}

static bool is_findable(const json_t *values, const char *name)
{
	size_t count;
	const struct cg_leaf *leaf = cg_leaves_find(name, &count);

	if (strcmp(name, "phys-bits") == 0)
		return has_leaf(values, 0x80000008);
	return !leaf || leaf->kind != CG_LEAF_CPUID || has_leaf(values, leaf->leaf);
}

/* The words of CPUID, those of leaves that are there. */
static void print_words(const char *what, const json_t *values, const json_t *words)
{
	cg_auto_json json_t *list = json_array();
	json_t *word;
	size_t i;

	json_array_foreach(words, i, word) {
		const json_t *leaf = json_object_get(word, "cpuid-input-eax");

		if (has_leaf(values, (uint64_t)json_integer_value(leaf)))
			json_array_append(list, word);
	}
	print(what, "feature-words", list);
}

static void print_values(const char *what, const json_t *values)
{
	const char *name;
	json_t *value;

	cg_json_each(values, name, value)
		if (strcmp(name, "feature-words") == 0)
			print_words(what, values, value);
		else if (is_findable(values, name))
			print(what, name, value);
}

static int tell_vcpu(struct cg_qmp *qmp, size_t number, const char *path,
		     struct cg_error *err)
{
	cg_auto_json json_t *all = NULL, *list = json_array(), *values = json_object();
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
		if (take(qmp, values, property, err) < 0)
			return -1;
	}
	print_values(what, values);
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

/* Its file is there a moment before anybody listens. */
static int connect_to(struct cg_qmp **out, const char *socket, struct cg_error *err)
{
	struct cg_qmp_limits limits = CG_QMP_LIMITS;
	int64_t deadline = cg_clock_in(PATIENCE);

	limits.reply_ns = 3 * PATIENCE;
	while (cg_monitor_connect(out, socket, &limits, err) < 0) {
		if (err->sys_errno != ECONNREFUSED || cg_clock_left_ms(deadline) == 0)
			return -1;
		usleep(20000);
	}
	return 0;
}

int main(int argc, char **argv)
{
	cg_auto_qmp struct cg_qmp *qmp = NULL;
	cg_auto_json json_t *ignored = NULL;
	struct cg_error err;

	if (argc != 3) {
		fputs("usage: vcpus SOCKET STATE\n", stderr);
		return 2;
	}
	if (connect_to(&qmp, argv[1], &err) < 0 || await_state(qmp, argv[2], &err) < 0 ||
	    tell_all(qmp, &err) < 0) {
		fprintf(stderr, "vcpus: %s\n", err.msg);
		return 2;
	}
	(void)!cg_qmp_call(qmp, "quit", NULL, &ignored, &err);
	return 0;
}
