// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a guest sees. Every rule here was measured, with the guest of tests/guest. */
#include "cpumodels/visible.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"

/*
 * CPUID.80000001H:EDX as AMD repeats CPUID.01H:EDX: FPU to APIC, MTRR to PSE36, MMX,
 * FXSR.
 */
#define ALIASES 0x0183f3ff

#define LEVEL_OF_DIES 0x1f

#define INTEL "GenuineIntel"
#define AMD "AuthenticAMD"

#define EDX1_APIC (1u << 9)
#define ECX1_OSXSAVE (1u << 27)
#define ECX7_OSPKE (1u << 4)
#define EDX80000001_SYSCALL (1u << 11)

static int get(const json_t *properties, const char *name, uint32_t *out,
	       struct cg_error *err)
{
	uint64_t value;

	if (!cg_json_uint(json_object_get(properties, name), &value) ||
	    value > UINT32_MAX)
		return cg_error_set(err, CG_E_PROTOCOL, "a CPU without %s", name);
	*out = (uint32_t)value;
	return 0;
}

static bool is_vendor(const struct cg_vcpu *vcpu, const char *vendor)
{
	return strcmp(vcpu->vendor, vendor) == 0;
}

static bool is_on(const json_t *properties, const char *name)
{
	return json_is_true(json_object_get(properties, name));
}

int cg_vcpu_from_json(struct cg_vcpu *out, const json_t *properties, struct cg_error *err)
{
	const char *vendor = cg_json_text(properties, "vendor");
	struct cg_vcpu vcpu = { .pmu = is_on(properties, "pmu"), .threads = 1 };
	bool automatic = is_on(properties, "full-cpuid-auto-level");
	uint32_t min_level, min_xlevel;

	if (!vendor || strlen(vendor) >= sizeof(vcpu.vendor))
		return cg_error_set(err, CG_E_PROTOCOL, "a CPU without vendor");
	strcpy(vcpu.vendor, vendor);
	if (get(properties, "level", &vcpu.level, err) < 0 ||
	    get(properties, "min-level", &min_level, err) < 0 ||
	    get(properties, "level-func7", &vcpu.level_func7, err) < 0 ||
	    get(properties, "xlevel", &vcpu.xlevel, err) < 0 ||
	    get(properties, "min-xlevel", &min_xlevel, err) < 0 ||
	    get(properties, "xlevel2", &vcpu.xlevel2, err) < 0)
		return -1;
	/* A level that was chosen and is just the least that is needed looks the same. */
	vcpu.xlevel_follows = automatic && vcpu.xlevel == min_xlevel;
	vcpu.level_follows =
		automatic && vcpu.level == min_level &&
		(is_vendor(&vcpu, INTEL) || !is_on(properties, "x-vendor-cpuid-only"));
	*out = vcpu;
	return 0;
}

static void set(struct cg_visible *v, const char *name, bool there)
{
	size_t feature = cg_vocabulary_find(v->vocabulary, name);

	if (feature == CG_FEATURES_MAX)
		return;
	if (there)
		cg_featureset_add(&v->features, feature);
	else
		cg_featureset_remove(&v->features, feature);
}

static bool has(const struct cg_visible *v, const char *name)
{
	size_t feature = cg_vocabulary_find(v->vocabulary, name);

	return feature < CG_FEATURES_MAX && cg_featureset_has(&v->features, feature);
}

/* The hypervisor's own leaves have no level: whoever looks there knows what to expect. */
static bool has_leaf(const struct cg_vcpu *vcpu, uint32_t leaf, uint32_t subleaf)
{
	if (leaf >= 0xc0000000)
		return leaf <= vcpu->xlevel2;
	if (leaf >= 0x80000000)
		return leaf <= vcpu->xlevel;
	if (leaf >= 0x40000000)
		return true;
	return leaf <= vcpu->level && (leaf != 7 || subleaf <= vcpu->level_func7);
}

/* A gate may have a gate: vmx-ept-1gb, vmx-ept, vmx-secondary-ctls, vmx. */
static bool is_reachable(const struct cg_visible *v, const char *name)
{
	size_t count;
	const struct cg_leaf *leaf = cg_leaves_find(name, &count);
	const char *gate;

	if (!leaf)
		return true;
	if (leaf->kind == CG_LEAF_CPUID && !has_leaf(&v->vcpu, leaf->leaf, leaf->subleaf))
		return false;
	gate = cg_leaves_gate(leaf);
	if (!gate || cg_vocabulary_find(v->vocabulary, gate) == CG_FEATURES_MAX)
		return true;
	return has(v, gate) && is_reachable(v, gate);
}

/* Who has no cmp-legacy: Linux ignores threads where it is set. */
static bool counts_as_intel(const struct cg_vcpu *vcpu)
{
	return is_vendor(vcpu, INTEL) ||
	       (vcpu->threads_first &&
		(is_vendor(vcpu, "CentaurHauls") || is_vendor(vcpu, "  Shanghai  ")));
}

static void show_threads(struct cg_visible *v)
{
	struct cg_vcpu *vcpu = &v->vcpu;

	set(v, "ht", true);
	if (counts_as_intel(vcpu))
		return;
	set(v, "cmp-legacy", true);
	if (vcpu->threads_first && vcpu->xlevel_follows && vcpu->xlevel < 0x80000001)
		vcpu->xlevel = 0x80000001;
}

struct cg_visible cg_visible(const struct cg_vocabulary *vocabulary,
			     const struct cg_featureset *effective,
			     const struct cg_vcpu *vcpu)
{
	struct cg_visible v = {
		.vocabulary = vocabulary,
		.vcpu = *vcpu,
		.features = *effective,
	};
	struct cg_featureset hidden = { 0 };

	if (vcpu->dies && vcpu->level_follows && vcpu->level < LEVEL_OF_DIES)
		v.vcpu.level = LEVEL_OF_DIES;
	if (vcpu->threads > 1)
		show_threads(&v);
	if (!vcpu->pmu)
		set(&v, "pdcm", false);
	/* In what is returned it means that only KVM shows it. */
	v.vcpu.shows_apic &= !has(&v, "apic");
	if (v.vcpu.shows_apic)
		set(&v, "apic", true);
	cg_featureset_each(&v.features, i)
		if (!is_reachable(&v, cg_vocabulary_name(vocabulary, i)))
			cg_featureset_add(&hidden, i);
	v.features = cg_featureset_minus(&v.features, &hidden);
	return v;
}

static bool is_word(const struct cg_leaf *at, uint32_t leaf, uint32_t subleaf,
		    enum cg_register reg)
{
	return at->kind == CG_LEAF_CPUID && at->leaf == leaf && at->subleaf == subleaf &&
	       at->reg == reg;
}

static uint32_t aliases(const struct cg_vcpu *vcpu)
{
	return vcpu->shows_apic ? ALIASES & ~EDX1_APIC : ALIASES;
}

uint32_t cg_visible_word(const struct cg_visible *visible, uint32_t leaf,
			 uint32_t subleaf, enum cg_register reg)
{
	const struct cg_leaf *at;
	uint32_t word = 0;
	size_t count;

	at = cg_leaves(&count);
	for (const struct cg_leaf *end = at + count; at < end; at++)
		if (is_word(at, leaf, subleaf, reg) && has(visible, at->name))
			word |= 1u << at->bit;
	if (leaf == 0x80000001 && reg == CG_EDX && has_leaf(&visible->vcpu, leaf, 0) &&
	    is_vendor(&visible->vcpu, AMD))
		word |= cg_visible_word(visible, 1, 0, CG_EDX) & aliases(&visible->vcpu);
	return word;
}

uint32_t cg_visible_dynamic(const struct cg_visible *visible, uint32_t leaf,
			    uint32_t subleaf, enum cg_register reg)
{
	if (leaf == 1 && reg == CG_ECX && has(visible, "xsave"))
		return ECX1_OSXSAVE;
	if (leaf == 1 && reg == CG_EDX && has(visible, "apic"))
		return EDX1_APIC;
	if (leaf == 7 && subleaf == 0 && reg == CG_ECX && has(visible, "pku"))
		return ECX7_OSPKE;
	if (leaf == 0x80000001 && reg == CG_EDX && has(visible, "syscall") &&
	    is_vendor(&visible->vcpu, INTEL))
		return EDX80000001_SYSCALL;
	return 0;
}
