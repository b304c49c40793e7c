/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a feature's bit is set, in the registers and MSRs that are parts of a host's
 * fingerprint.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cpumodels/leaves.h"

enum cg_state { CG_PRESENT, CG_ABSENT, CG_UNKNOWN };

const char *cg_state_word(enum cg_state state); /* "present", "absent", "unknown" */

#define CG_BITS_VENDOR 13

struct cg_bit {
	enum cg_state state;
	uint64_t value; /* of the register; 0 also if there is no such register */
};

/* In CPUID, on every type of core. An MSR is unknown: the CPU tells only the kernel. */
struct cg_bit cg_bits_cpu(const json_t *parts, const struct cg_leaf *leaf);

/* The vendor as CPUID leaf 0 spells it; "" if that isn't known. Returns @out. */
char *cg_bits_vendor(const json_t *parts, char out[static CG_BITS_VENDOR]);

/* In what KVM offers to guests. */
struct cg_bit cg_bits_kvm(const json_t *parts, const struct cg_leaf *leaf);

/*
 * How wide the physical addresses of a host are, those of its narrowest core; 0 if its
 * parts don't tell.
 */
uint32_t cg_bits_phys(const json_t *parts);
