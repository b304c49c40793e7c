// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of switches, and how Linux counts and spells features. */
#include "cpumodels/switches.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cpumodels/leaves.h"

/* clang-format off: one fact, one line */
static const struct cg_switch switches[] = {
	{ CG_SWITCH_MODULE, "kvm_intel.nested", "vmx" },
	{ CG_SWITCH_MODULE, "kvm_intel.ept", "vmx-ept" },
	{ CG_SWITCH_MODULE, "kvm_intel.vpid", "vmx-vpid" },
	{ CG_SWITCH_MODULE, "kvm_intel.unrestricted_guest", "vmx-unrestricted-guest" },
	{ CG_SWITCH_MODULE, "kvm_intel.eptad", "vmx-eptad" },
	{ CG_SWITCH_MODULE, "kvm_intel.eptad", "vmx-pml" },
	{ CG_SWITCH_MODULE, "kvm_intel.enable_apicv", "vmx-posted-intr" },
	{ CG_SWITCH_MODULE, "kvm_intel.sgx", "sgx" },
	{ CG_SWITCH_MODULE, "kvm_intel.sgx", "sgxlc" },
	{ CG_SWITCH_MODULE, "kvm_intel.pt_mode", "intel-pt" },
	{ CG_SWITCH_MODULE, "kvm_amd.nested", "svm" },
	{ CG_SWITCH_MODULE, "kvm_amd.npt", "npt" },
	{ CG_SWITCH_MODULE, "kvm_amd.nrips", "nrip-save" },
	{ CG_SWITCH_MODULE, "kvm_amd.tsc_scaling", "tsc-scale" },
	{ CG_SWITCH_MODULE, "kvm_amd.vls", "v-vmsave-vmload" },
	{ CG_SWITCH_MODULE, "kvm_amd.vgif", "vgif" },
	{ CG_SWITCH_MODULE, "kvm_amd.vnmi", "vnmi" },
	{ CG_SWITCH_MODULE, "kvm_amd.lbrv", "lbrv" },
	{ CG_SWITCH_MODULE, "kvm.enable_pmu", "pdcm" },
	{ CG_SWITCH_MODULE, "kvm.enable_pmu", "perfctr-core" },
	{ CG_SWITCH_MODULE, "kvm.enable_pmu", "ds" },
	{ CG_SWITCH_MODULE, "kvm.enable_pmu", "dtes64" },
	{ CG_SWITCH_CPU, "tsx=off", "hle" },
	{ CG_SWITCH_CPU, "tsx=off", "rtm" },
	{ CG_SWITCH_KERNEL, "no5lvl", "la57" },
	{ CG_SWITCH_KERNEL, "nofsgsbase", "fsgsbase" },
	{ CG_SWITCH_KERNEL, "noinvpcid", "invpcid" },
	{ CG_SWITCH_KERNEL, "nopat", "pat" },
	{ CG_SWITCH_KERNEL, "nopcid", "pcid" },
	{ CG_SWITCH_KERNEL, "nopku", "pku" },
	{ CG_SWITCH_KERNEL, "nosgx", "sgx" },
	{ CG_SWITCH_KERNEL, "nosgx", "sgxlc" },
	{ CG_SWITCH_KERNEL, "nosmap", "smap" },
	{ CG_SWITCH_KERNEL, "nosmep", "smep" },
	{ CG_SWITCH_KERNEL, "noxsave", "xsave" },
	{ CG_SWITCH_KERNEL, "noxsaveopt", "xsaveopt" },
	{ CG_SWITCH_KERNEL, "noxsaves", "xsaves" },
};

/* The words of Linux's x86 feature bits that are registers as the CPU has them. */
static const struct {
	unsigned int word;
	uint32_t leaf, subleaf;
	enum cg_register reg;
} words[] = {
	{ 0, 1, 0, CG_EDX },           { 1, 0x80000001, 0, CG_EDX },
	{ 4, 1, 0, CG_ECX },           { 5, 0xc0000001, 0, CG_EDX },
	{ 6, 0x80000001, 0, CG_ECX },  { 9, 7, 0, CG_EBX },
	{ 10, 0xd, 1, CG_EAX },        { 12, 7, 1, CG_EAX },
	{ 13, 0x80000008, 0, CG_EBX }, { 14, 6, 0, CG_EAX },
	{ 15, 0x8000000a, 0, CG_EDX }, { 16, 7, 0, CG_ECX },
	{ 18, 7, 0, CG_EDX },          { 20, 0x80000021, 0, CG_EAX },
};
/* clang-format on */

const struct cg_switch *cg_switches(size_t *count)
{
	*count = CG_COUNT(switches);
	return switches;
}

bool cg_switch_takes(const struct cg_switch *sw, const char *feature)
{
	size_t count;

	while (feature && strcmp(feature, sw->feature) != 0) {
		const struct cg_leaf *leaf = cg_leaves_find(feature, &count);

		feature = leaf ? cg_leaves_gate(leaf) : NULL;
	}
	return feature != NULL;
}

bool cg_switch_is_name(const char *flag, size_t len, const char *feature)
{
	size_t i = 0;

	for (;; i++, feature++) {
		while (i < len && !isalnum((unsigned char)flag[i]))
			i++;
		while (*feature && !isalnum((unsigned char)*feature))
			feature++;
		if (i >= len || !*feature || flag[i] != *feature)
			return i >= len && !*feature;
	}
}

static bool is_number(unsigned long number, const struct cg_leaf *leaf)
{
	for (size_t i = 0; i < CG_COUNT(words); i++)
		if (leaf->kind == CG_LEAF_CPUID && words[i].leaf == leaf->leaf &&
		    words[i].subleaf == leaf->subleaf && words[i].reg == leaf->reg)
			return number == words[i].word * 32 + leaf->bit;
	return false;
}

bool cg_switch_clears(const char *value, const char *feature)
{
	size_t count;
	const struct cg_leaf *leaf = cg_leaves_find(feature, &count);

	while (*value) {
		size_t len = strcspn(value, ",");
		char *end;
		unsigned long number = strtoul(value, &end, 10);

		if (end == value + len ? leaf && is_number(number, leaf)
				       : cg_switch_is_name(value, len, feature))
			return true;
		value += len + (value[len] == ',');
	}
	return false;
}
