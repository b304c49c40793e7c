/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which of two CPUs can do more. The words and their direction are those of QEMU's
 * query-cpu-model-comparison: A is a subset of B if A runs wherever B does.
 *
 * It is a partial order. More features, a higher level and wider addresses are more;
 * another vendor or TSC frequency can't be compared; and two CPUs that differ in
 * nothing but family, model or stepping can't stand for each other, because a guest
 * would notice.
 */
#pragma once

#include "cpumodels/vocabulary.h"

/* What a side doesn't say (NULL, 0, false) isn't compared. Borrows the vendor. */
struct cg_cpu {
	struct cg_featureset features;
	const char *vendor;
	bool has_signature;
	uint32_t family, model, stepping;
	uint32_t level, xlevel, phys_bits;
	uint64_t tsc_frequency;
};

enum cg_order { CG_IDENTICAL, CG_SUPERSET, CG_SUBSET, CG_INCOMPATIBLE };

enum cg_property {
	CG_PROPERTY_VENDOR,
	CG_PROPERTY_FAMILY,
	CG_PROPERTY_MODEL,
	CG_PROPERTY_STEPPING,
	CG_PROPERTY_LEVEL,
	CG_PROPERTY_XLEVEL,
	CG_PROPERTY_PHYS_BITS,
	CG_PROPERTY_TSC_FREQUENCY,
	CG_PROPERTIES
};

struct cg_comparison {
	enum cg_order order;
	struct cg_featureset only_a, only_b;
	unsigned int properties; /* a bit for each that differs */
};

struct cg_comparison cg_compare(const struct cg_cpu *a, const struct cg_cpu *b);

const char *cg_order_word(enum cg_order order);
const char *cg_property_name(enum cg_property property); /* as QEMU has it */

/*
 * The features and properties that keep the two from being identical, properties
 * first: QEMU's "responsible-properties". New JSON list.
 */
json_t *cg_compare_responsible(const struct cg_comparison *comparison,
			       const struct cg_vocabulary *names);

/*
 * Scalars of an expansion or a vCPU; borrows the vendor from there. Leaves the features
 * alone.
 */
void cg_cpu_take_scalars(struct cg_cpu *cpu, const json_t *scalars);
