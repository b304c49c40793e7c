/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many vCPUs, and how they are arranged: -smp as QEMU reads it. Pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct cg_topology {
	uint64_t cpus, maxcpus;
	/* As given, or 1. What QEMU computes from the others isn't in it. */
	uint64_t dies, modules, cores, threads;
	uint64_t others; /* drawers × books × clusters */
};

/*
 * As a contract has it: { "cpus", "maxcpus" }, and each of the others that isn't 1. A new
 * object, NULL if memory is out; and back, CG_E_CORRUPT for what can't be.
 */
json_t *cg_topology_json(const struct cg_topology *topology);
cg_must_check int cg_topology_from_json(struct cg_topology *out, const json_t *json,
					struct cg_error *err);

/*
 * The same with what QEMU computes: a socket has as many cores as there are vCPUs left for
 * it, or before machine types 6.2 (@sockets_first) as many sockets as it takes.
 */
cg_must_check int cg_topology_resolve(struct cg_topology *out, const json_t *smp,
				      bool sockets_first, struct cg_error *err);

/*
 * As a machine tells its own: an object of numbers (SMPConfiguration), those it doesn't have
 * left out or 1. CG_E_PROTOCOL for what can't be.
 */
cg_must_check int cg_topology_from_machine(struct cg_topology *out, const json_t *smp,
					   struct cg_error *err);

bool cg_topology_equal(const struct cg_topology *a, const struct cg_topology *b);

/*
 * From the members of -machine smp.*, an object of strings; NULL for none, which is one vCPU.
 * What QEMU refuses (machine_parse_smp_config() in hw/core/machine-smp.c) on any machine type
 * is CG_E_USAGE; what some QEMUs refuse, CG_E_UNDECIDED.
 */
cg_must_check int cg_topology_read(struct cg_topology *out, const json_t *smp,
				   struct cg_error *err);
