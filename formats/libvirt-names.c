// SPDX-License-Identifier: LGPL-2.1-or-later
/* The pairs are facts about two programs' spelling, not about CPUs. */
#include "formats/libvirt-names.h"

#include <string.h>

#include "base/cleanup.h"

struct pair {
	const char *libvirt, *qemu;
};

/* The VMX pair is a slip in QEMU that has become its name. */
static const struct pair features[] = {
	{ "cmp_legacy", "cmp-legacy" },
	{ "ds_cpl", "ds-cpl" },
	{ "fxsr_opt", "fxsr-opt" },
	{ "hv-emsr_bitmap", "hv-emsr-bitmap" },
	{ "hv-vendor_id", "hv-vendor-id" },
	{ "hv-xmm_input", "hv-xmm-input" },
	{ "kvm_pv_eoi", "kvm-pv-eoi" },
	{ "kvm_pv_unhalt", "kvm-pv-unhalt" },
	{ "lahf_lm", "lahf-lm" },
	{ "nodeid_msr", "nodeid-msr" },
	{ "pclmuldq", "pclmulqdq" },
	{ "perfctr_core", "perfctr-core" },
	{ "perfctr_nb", "perfctr-nb" },
	{ "tsc_adjust", "tsc-adjust" },
	{ "vmx-invvpid-single-context-noglobals", "vmx-invept-single-context-noglobals" },
};

static const char *const ignored[] = {
	"cmt",   "mbm_local",  "mbm_total",  "osxsave",
	"ospke", "vmx-ept-uc", "vmx-ept-wb", "vmx-invvpid-single-context",
};

static const struct pair vendors[] = {
	{ "AMD", "AuthenticAMD" },
	{ "Hygon", "HygonGenuine" },
	{ "Intel", "GenuineIntel" },
};

static const char *to_qemu(const struct pair *pairs, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(pairs[i].libvirt, name) == 0)
			return pairs[i].qemu;
	return name;
}

static const char *from_qemu(const struct pair *pairs, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(pairs[i].qemu, name) == 0)
			return pairs[i].libvirt;
	return name;
}

const char *cg_libvirt_feature_to_qemu(const char *name)
{
	return to_qemu(features, CG_COUNT(features), name);
}

const char *cg_libvirt_feature_from_qemu(const char *name)
{
	return from_qemu(features, CG_COUNT(features), name);
}

bool cg_libvirt_feature_is_ignored(const char *name)
{
	for (size_t i = 0; i < CG_COUNT(ignored); i++)
		if (strcmp(ignored[i], name) == 0)
			return true;
	return false;
}

const char *cg_libvirt_vendor_to_qemu(const char *vendor)
{
	return to_qemu(vendors, CG_COUNT(vendors), vendor);
}

const char *cg_libvirt_vendor_from_qemu(const char *vendor)
{
	return from_qemu(vendors, CG_COUNT(vendors), vendor);
}
