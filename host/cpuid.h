/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPUID as rows of four registers: reading it from the CPU we run on, masking what
 * differs between CPUs that have the same features, and putting it into JSON. KVM's
 * tables go through the same mask. Where there is no CPUID, there are no rows.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

#if defined(__x86_64__) || defined(__i386__)
#define CG_HOST_X86 1
#else
#define CG_HOST_X86 0
#endif

enum { CG_EAX, CG_EBX, CG_ECX, CG_EDX, CG_REGS };

struct cg_cpuid_row {
	uint32_t leaf, subleaf;
	bool has_subleaf; /* does the leaf have subleaves at all? */
	uint32_t reg[CG_REGS];
};

#define CG_CPUID_ROWS 40
#define CG_CPUID_VENDOR 13 /* 12 characters and a NUL */

/* Executes CPUID: @reg holds leaf and subleaf in EAX and ECX, and then the answer. */
typedef void cg_cpuid_fn(void *arg, uint32_t reg[CG_REGS]);

/* The CPU that we run on, by libcpuid. Zeros where there is no CPUID. @arg is ignored. */
void cg_cpuid_native(void *arg, uint32_t reg[CG_REGS]);

/* Rows that features are in, as @cpuid gives them, not masked. Returns their number. */
size_t cg_cpuid_collect(struct cg_cpuid_row rows[static CG_CPUID_ROWS],
			cg_cpuid_fn *cpuid, void *arg);

/*
 * Clear what may differ between CPUs of the same type, or on one CPU from one moment to
 * the next. False if nothing of interest is left: leave out the row.
 */
bool cg_cpuid_mask(struct cg_cpuid_row *row);

/*
 * Put @row's registers, as they are, into @object: "0x7.0.ebx" or "0x80000001.ecx". A
 * register that is zero has no member, as it would be zero too if the leaf were not
 * there. Returns -1 if memory is out.
 */
cg_must_check int cg_cpuid_put(json_t *object, const struct cg_cpuid_row *row);

/* All rows, masked. New reference; NULL if memory is out. */
json_t *cg_cpuid_json(const struct cg_cpuid_row *rows, size_t n);

/* What leaf 0 spells; "" without it. */
void cg_cpuid_vendor(const struct cg_cpuid_row *rows, size_t n,
		     char out[CG_CPUID_VENDOR]);

/* Does the CPU say that it has cores of more than one type? */
bool cg_cpuid_is_hybrid(const struct cg_cpuid_row *rows, size_t n);

/* Does it have VMX or SVM? */
bool cg_cpuid_can_virtualize(const struct cg_cpuid_row *rows, size_t n);
