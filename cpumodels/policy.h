/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comparing as libvirt does it on x86 (virConnectCompareCPU(), virsh cpu-compare): a CPU
 * with a policy for each feature against what a host can give. Only features count, and
 * the vendor if the CPU names one; family, levels and frequencies don't.
 */
#pragma once

#include "cpumodels/featureset.h"

/* What is wanted. A feature that no policy is about comes from the model. */
struct cg_policies {
	struct cg_featureset model;
	struct cg_featureset force;    /* there whether or not the host has it */
	struct cg_featureset require;  /* the host must have it */
	struct cg_featureset optional; /* there if the host has it */
	struct cg_featureset disable;  /* not there */
	struct cg_featureset forbid;   /* not there, and the host mustn't have it */
	const char *vendor;            /* NULL: any */
	bool strict;                   /* the host mustn't have more */
};

/* virCPUCompareResult; an error is none of them. */
enum cg_policy_result {
	CG_POLICY_INCOMPATIBLE = 0,
	CG_POLICY_IDENTICAL = 1,
	CG_POLICY_SUPERSET = 2, /* the host can do more */
};

/*
 * @host_vendor may be NULL: a host that has none is of no vendor. *@missing gets what
 * is required and not there; it may be NULL.
 */
enum cg_policy_result cg_policy_compare(const struct cg_policies *wanted,
					const struct cg_featureset *host,
					const char *host_vendor,
					struct cg_featureset *missing);
