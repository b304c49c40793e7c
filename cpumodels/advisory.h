/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Breakages that others met when they moved guests and that no feature set shows: kept as
 * a small dated table, each with its source. They warn, and decide nothing. Pure.
 */
#pragma once

#include "cpumodels/reason.h"

/* A guest on its way. Versions are major × 1000 + minor; 0 is unknown. */
struct cg_departing {
	bool kvm;
	bool amd; /* of the host it goes to or comes from */
	bool pku, mpx, pdcm, pmu, arch_capabilities;
	unsigned long long threads; /* in a package */
	int from_emulator, to_emulator;
	int from_kernel, to_kernel;
};

/* "10.0.2" and "Linux 6.1.0-56-amd64" as such numbers; 0 for NULL and what has none. */
int cg_advisory_version(const char *text);

/* Add those that apply to a guest that goes to @host. */
void cg_advisories_add(struct cg_verdict *verdict, const struct cg_departing *guest,
		       const char *host);
