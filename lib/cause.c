// SPDX-License-Identifier: LGPL-2.1-or-later
/* By the CPUID of the CPU and of KVM, which are parts of a host's fingerprint. */
#include "lib/cause.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpumodels/leaves.h"

enum there { THERE_NO, THERE_YES, THERE_UNKNOWN };

static enum there has_bit(const json_t *registers, const char *key,
			  const struct cg_leaf *leaf)
{
	const char *text = cg_json_text(registers, key);

	if (!text)
		return THERE_UNKNOWN;
	return strtoull(text, NULL, 16) >> leaf->bit & 1 ? THERE_YES : THERE_NO;
}

/*
 * { "0x7.0.ebx": "0x..." }; a leaf without subleaves is "0x1.ecx". What is zero isn't
 * listed.
 */
static enum there has_cpuid(const json_t *registers, const struct cg_leaf *leaf)
{
	static const char *const names[] = { "eax", "ebx", "ecx", "edx" };
	enum there there;
	char key[48];

	if (!json_object_size(registers))
		return THERE_UNKNOWN;
	snprintf(key, sizeof(key), "0x%" PRIx32 ".%s", leaf->leaf, names[leaf->reg]);
	there = has_bit(registers, key, leaf);
	if (there != THERE_UNKNOWN)
		return there;
	snprintf(key, sizeof(key), "0x%" PRIx32 ".%" PRIu32 ".%s", leaf->leaf,
		 leaf->subleaf, names[leaf->reg]);
	there = has_bit(registers, key, leaf);
	return there == THERE_UNKNOWN ? THERE_NO : there;
}

/* On every type of core. */
static enum there cpu_has(const json_t *parts, const struct cg_leaf *leaf)
{
	enum there all = THERE_UNKNOWN;
	const char *type;
	json_t *registers;

	cg_json_each(json_object_get(parts, "cpuid"), type, registers) {
		enum there here = has_cpuid(registers, leaf);

		if (here != THERE_YES)
			return here;
		all = here;
	}
	return all;
}

/* Guests of guests are a parameter of KVM's. */
static bool is_switched_off(const json_t *parts, const char *feature)
{
	const json_t *parameters = json_object_get(parts, "kvm-parameters");
	const char *nested = cg_json_text(parameters, strcmp(feature, "vmx") == 0
							      ? "kvm_intel.nested"
							      : "kvm_amd.nested");

	return nested && (strcmp(nested, "N") == 0 || strcmp(nested, "0") == 0);
}

static enum cg_reason by_cpuid(const json_t *parts, const char *feature,
			       const struct cg_leaf *leaf)
{
	enum there kvm = has_cpuid(json_object_get(parts, "kvm-cpuid"), leaf);
	enum there cpu = cpu_has(parts, leaf);

	if (kvm == THERE_YES)
		return CG_MISSING_VMM;
	if (kvm == THERE_UNKNOWN || cpu == THERE_UNKNOWN)
		return CG_MISSING_UNSUPPORTED;
	if (leaf->leaf >= 0x40000000 && leaf->leaf < 0x80000000)
		return CG_MISSING_KERNEL; /* these are KVM's own */
	if (cpu == THERE_NO)
		return CG_MISSING_HOST;
	if ((strcmp(feature, "vmx") == 0 || strcmp(feature, "svm") == 0) &&
	    is_switched_off(parts, feature))
		return CG_MISSING_PARAMETER;
	return CG_MISSING_KERNEL;
}

enum cg_reason cg_cause_find(const struct cg_record *record, const char *feature)
{
	const struct cg_vocabulary *vocabulary = cg_record_vocabulary(record);
	const json_t *parts = cg_record_host_parts(record);
	const struct cg_leaf *leaf;
	size_t count;

	if (vocabulary && cg_vocabulary_find(vocabulary, feature) == CG_FEATURES_MAX)
		return CG_MISSING_EMULATOR;
	if (strcmp(cg_record_accel(record), "tcg") == 0)
		return CG_MISSING_VMM;
	leaf = cg_leaves_find(feature, &count);
	if (!leaf || leaf->kind != CG_LEAF_CPUID || !parts)
		return CG_MISSING_UNSUPPORTED;
	return by_cpuid(parts, feature, leaf);
}
