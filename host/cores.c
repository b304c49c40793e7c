// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Core types as perf's drivers list them: /sys/devices/cpu_TYPE/cpus. Only hybrid CPUs
 * have such folders; a host of equal cores has /sys/devices/cpu. The affinity of the
 * calling thread is borrowed and given back.
 */
#include "host/cores.h"

#include <stdio.h>
#include <string.h>

#include "host/tree.h"

/* "0-7,16" as a set; CPUs that a cpu_set_t can't hold are left out. */
static void parse_list(const char *text, cpu_set_t *out)
{
	const char *p = text;

	CPU_ZERO(out);
	while (*p) {
		char *end;
		unsigned long first = strtoul(p, &end, 10), last = first;

		if (end == p)
			return;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (unsigned long cpu = first; cpu <= last && cpu < CPU_SETSIZE; cpu++)
			CPU_SET(cpu, out);
		if (*end != ',')
			return;
		p = end + 1;
	}
}

static void first_allowed(struct cg_core_type *out)
{
	cpu_set_t allowed;

	*out = (struct cg_core_type){ .name = "cpu" };
	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return;
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &allowed)) {
			CPU_SET(cpu, &out->cpus);
			return;
		}
	}
}

int cg_cores_list(int root, struct cg_core_type types[static CG_CORE_TYPES])
{
	cg_auto_names struct cg_names names = { 0 };
	char path[512], text[512];
	int n = 0;

	if (cg_names_read(&names, root, "sys/devices", "cpu_") < 0)
		return -1;
	for (size_t i = 0; i < names.n && n < CG_CORE_TYPES; i++) {
		const char *name = names.entry[i]->d_name;

		snprintf(path, sizeof(path), "sys/devices/%s/cpus", name);
		if (!cg_tree_text(root, path, text, sizeof(text)) || !*text)
			continue; /* all of its CPUs may be offline */
		snprintf(types[n].name, sizeof(types[n].name), "%.31s", name);
		parse_list(text, &types[n].cpus);
		n++;
	}
	if (!n)
		first_allowed(&types[n++]);
	return n;
}

int cg_cores_visit(const struct cg_core_type *types, int n, cg_cores_fn *visit, void *arg)
{
	cpu_set_t home;
	/* Without knowing the way back we don't leave; so on more than 1024 CPUs. */
	bool can_leave = sched_getaffinity(0, sizeof(home), &home) == 0;
	int result = 0;

	for (int i = 0; i < n && result >= 0; i++) {
		const cpu_set_t *cpus = &types[i].cpus;
		bool there = can_leave && sched_setaffinity(0, sizeof(*cpus), cpus) == 0;

		result = visit(arg, types[i].name, there);
	}
	if (can_leave)
		sched_setaffinity(0, sizeof(home), &home);
	return result;
}
