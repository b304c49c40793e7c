/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Core types of this computer, and running on one of each. A hybrid CPU has cores that
 * answer CPUID differently, and KVM hands much of that on, so what is read must not
 * depend on the core that the scheduler chose.
 */
#pragma once

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

#define CG_CORE_TYPES 8

struct cg_core_type {
	char name[32]; /* as the kernel calls it: "cpu_core", "cpu_atom" */
	cpu_set_t cpus;
};

/*
 * The types of a hybrid CPU, by name. If the kernel lists none, it is one type "cpu" that
 * stands for the first CPU we may use: always the same, if not the whole truth.
 * Returns their number, at least 1; -1 if memory is out.
 */
cg_must_check int cg_cores_list(int root,
				struct cg_core_type types[static CG_CORE_TYPES]);

/* Called on a CPU of type @name, or, with @there false, where we were. Negative stops. */
typedef int cg_cores_fn(void *arg, const char *name, bool there);

/*
 * Move the calling thread to a CPU of each type in turn, call @visit there, and move
 * back. Which CPU of a type it is is up to the scheduler, and @there is false if we may
 * use none of them (cpusets, containers). Returns the last value of @visit.
 */
int cg_cores_visit(const struct cg_core_type *types, int n, cg_cores_fn *visit,
		   void *arg);
