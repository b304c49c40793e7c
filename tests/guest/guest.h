/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running the firmware cpuid.S in a QEMU, and what it said. */
#pragma once

#include "base/error.h"
#include "cpumodels/leaves.h"

#define GUEST_LINES 160

struct guest_start {
	const char *firmware, *binary, *machine, *accel, *cpu;
	const char *smp; /* of -smp */
};

struct guest_line {
	char pass;
	uint32_t leaf, subleaf, reg[CG_REGISTERS];
};

struct guest {
	struct guest_line lines[GUEST_LINES];
	size_t count;
};

/*
 * Start, read until "end", kill. Blocks for a minute at most. CG_E_DIED if QEMU
 * ended.
 */
cg_must_check int guest_run(struct guest *out, const struct guest_start *start,
			    struct cg_error *err);

/*
 * The registers of a leaf in a pass, or NULL if the firmware didn't ask for it then, or
 * a guest that honours the highest leaf wouldn't.
 */
const uint32_t *guest_leaf(const struct guest *guest, char pass, uint32_t leaf,
			   uint32_t subleaf);
