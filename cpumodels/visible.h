/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the effective set of a vCPU, which is what QEMU keeps, to what its guest finds with CPUID. What lies
 * between are rules that neither expansions nor a vCPU's properties show. Pure; no function here can block.
 *
 * The rules, and what proves them (tests/cli/guest.bats):
 *   topology     several threads in a package: ht, and cmp-legacy unless the vendor is Intel or Zhaoxin.
 *		  QEMU 7.2 adds them when CPUID runs, 10.0 to the vCPU's own features when it starts.
 *   levels	  a leaf above level, level-func7, xlevel or xlevel2 isn't there.
 *   gates	  nor is a leaf or MSR whose own feature isn't (cg_leaves_gate()): rdctl-no without
 *		  arch-capabilities, npt without svm.
 *   pdcm	  is hidden without pmu.
 *   aliases	  an AMD CPU repeats bits of 1.EDX in 80000001.EDX; they have no names.
 */
#pragma once

#include "cpumodels/leaves.h"
#include "cpumodels/vocabulary.h"

#define CG_VENDOR_TEXT 13

/* What counts of a vCPU beside its features. */
struct cg_vcpu {
	char vendor[CG_VENDOR_TEXT];
	uint32_t level, level_func7, xlevel, xlevel2;
	bool pmu;
	/*
	 * Threads in a package: cores × threads, and since QEMU 10.0 also × dies × modules. Which are meant by
	 * "-smp 2" depends on the machine type: since 6.2 two cores, before that two packages.
	 */
	unsigned int threads;
};

/* Borrows the vocabulary; nothing to free. */
struct cg_visible {
	const struct cg_vocabulary *vocabulary;
	struct cg_vcpu vcpu;
	struct cg_featureset features; /* those that a guest can find */
};

/*
 * Fill all but threads (which becomes 1) from the properties of an expansion or a vCPU that are no features.
 * CG_E_PROTOCOL if one of them is missing.
 */
cg_must_check int cg_vcpu_from_json(struct cg_vcpu *out, const json_t *properties,
				    struct cg_error *err);

struct cg_visible cg_visible(const struct cg_vocabulary *vocabulary,
			     const struct cg_featureset *effective,
			     const struct cg_vcpu *vcpu);

/*
 * The bits of one CPUID register that features stand for, as a guest reads them that asks for no leaf
 * above the highest. Bits that have no names are 0, but for AMD's aliases.
 */
uint32_t cg_visible_word(const struct cg_visible *visible, uint32_t leaf,
			 uint32_t subleaf, enum cg_register reg);

/*
 * The bits of a register that follow what the guest does and therefore say nothing about the CPU:
 * OSXSAVE, OSPKE, APIC, and SYSCALL of Intel CPUs, which is 0 outside of long mode (on TCG since QEMU 9).
 */
uint32_t cg_visible_dynamic(const struct cg_visible *visible, uint32_t leaf,
			    uint32_t subleaf, enum cg_register reg);
