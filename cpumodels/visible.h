/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the effective set of a vCPU, which is what QEMU keeps, to what its guest finds
 * with CPUID. Between them are rules that neither expansions nor a vCPU's properties
 * show. Pure.
 *
 * The rules, each tried with guests in tests/cli/guest.bats:
 *   topology  several threads in a package: ht, and cmp-legacy unless the vendor is Intel.
 *             Since QEMU 10.0 the highest extended leaf rises with cmp-legacy, and Zhaoxin
 *             counts as Intel.
 *   dies      several dies or modules: the highest leaf is at least 0x1f, if nobody chose
 *             it.
 *   levels    a leaf above level, level-func7, xlevel or xlevel2 isn't there.
 *   gates     nor is a leaf or MSR whose own feature isn't (cg_leaves_gate()): rdctl-no
 *             without arch-capabilities, xsaveopt without xsave.
 *   pdcm      is hidden without pmu.
 *   apic      of several vCPUs each has an APIC, whatever was asked for, and KVM shows that
 *             it is there; not in AMD's copy of the bit.
 *   aliases   an AMD CPU repeats bits of 1.EDX in 80000001.EDX; they have no names.
 */
#pragma once

#include "cpumodels/leaves.h"
#include "cpumodels/vocabulary.h"

#define CG_VENDOR_TEXT 13

/* What counts of a vCPU beside its features. */
struct cg_vcpu {
	char vendor[CG_VENDOR_TEXT];
	uint32_t level, level_func7, xlevel, xlevel2;
	/* Nobody chose it, so that it rises with what needs it. */
	bool level_follows, xlevel_follows;
	bool pmu;
	/*
	 * QEMU 10.0 and later: threads are features of a vCPU that starts, as its properties
	 * show then. Before, CPUID adds them when it runs.
	 */
	bool threads_first;
	/*
	 * Threads in a package: cores × threads, and since QEMU 10.0 also × dies ×
	 * modules. Which are meant by "-smp 2" depends on the machine type: since 6.2
	 * cores, before that packages.
	 */
	unsigned int threads;
	bool dies;       /* more than one in a package, or modules */
	bool shows_apic; /* KVM, and it isn't the only vCPU */
};

/* Borrows the vocabulary; nothing to free. */
struct cg_visible {
	const struct cg_vocabulary *vocabulary;
	struct cg_vcpu vcpu;
	struct cg_featureset features; /* those that a guest can find */
};

/*
 * Fill all but threads_first and the topology (which becomes one thread) from the
 * properties of an expansion or a vCPU that are no features. CG_E_PROTOCOL if one of them
 * is missing.
 */
cg_must_check int cg_vcpu_from_json(struct cg_vcpu *out, const json_t *properties,
				    struct cg_error *err);

struct cg_visible cg_visible(const struct cg_vocabulary *vocabulary,
			     const struct cg_featureset *effective,
			     const struct cg_vcpu *vcpu);

/*
 * The bits of one CPUID register that features stand for, as a guest reads them that
 * asks for no leaf above the highest. Bits that have no names are 0, but for AMD's
 * aliases.
 */
uint32_t cg_visible_word(const struct cg_visible *visible, uint32_t leaf,
			 uint32_t subleaf, enum cg_register reg);

/*
 * The bits of a register that follow what the guest does and therefore say nothing
 * about the CPU: OSXSAVE, OSPKE, APIC; and SYSCALL of an Intel CPU, which QEMU 10.0's
 * TCG shows in long mode only.
 */
uint32_t cg_visible_dynamic(const struct cg_visible *visible, uint32_t leaf,
			    uint32_t subleaf, enum cg_register reg);
