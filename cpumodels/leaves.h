/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a guest finds each feature that QEMU has a name for: the CPUID leaf, register
 * and bit, or the MSR and bit. Facts from the Intel SDM (vol. 2 CPUID; vol. 3 appendix
 * A for VMX; vol. 4), the AMD APM (vol. 3 appendix E) and the kernel's page on KVM's
 * CPUID bits.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum cg_register { CG_EAX, CG_EBX, CG_ECX, CG_EDX, CG_REGISTERS };

enum cg_leaf_kind {
	CG_LEAF_CPUID,
	CG_LEAF_MSR,
	CG_LEAF_MSR_CLEAR, /* there if the bit is 0: a VMX control that may be 0 */
};

struct cg_leaf {
	const char *name;
	enum cg_leaf_kind kind;
	uint32_t leaf; /* or the MSR's index */
	uint32_t subleaf;
	enum cg_register reg; /* of CPUID */
	uint8_t bit;          /* VMX controls: of the half that says what may be 1 */
};

#define CG_LEAF_TEXT 48

/* All of it, sorted by name. kvmclock and vmx-invept-single-context are two bits each. */
const struct cg_leaf *cg_leaves(size_t *count);

/* The @count places of a feature, or NULL: a name that is newer than the table. */
const struct cg_leaf *cg_leaves_find(const char *name, size_t *count);

/*
 * The feature without which this one's leaf or MSR isn't there, so that nobody looks
 * for it; NULL if there is none.
 */
const char *cg_leaves_gate(const struct cg_leaf *leaf);

/* "CPUID.(EAX=07H,ECX=0):EBX[5]", "CPUID.01H:ECX[12]" or "MSR 10AH[0]". Returns @out. */
char *cg_leaves_print(const struct cg_leaf *leaf, char out[static CG_LEAF_TEXT]);
