/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parameters with which an administrator switches features off: of KVM's modules, and
 * words on the kernel's command line. Facts from the kernel's list of parameters and
 * from what KVM's modules do with theirs. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum cg_switch_place {
	CG_SWITCH_MODULE, /* "kvm_intel.nested", which is off if it is "N" or "0" */
	CG_SWITCH_KERNEL, /* "nopku": a whole word */
	CG_SWITCH_CPU,    /* the same, but CPUID itself doesn't show the feature then */
};

struct cg_switch {
	enum cg_switch_place place;
	const char *parameter;
	const char *feature; /* goes with all that is behind it: see cg_leaves_gate() */
};

const struct cg_switch *cg_switches(size_t *count);

/* Does @feature go with it? */
bool cg_switch_takes(const struct cg_switch *sw, const char *feature);

/*
 * Does "clearcpuid=" with this @value, a list of names or of numbers (word × 32 + bit,
 * as Linux counts), take the feature?
 */
bool cg_switch_clears(const char *value, const char *feature);

/* Is it the same feature in the kernel's spelling? "avx512_vnni" for avx512vnni. */
bool cg_switch_is_name(const char *flag, size_t len, const char *feature);
