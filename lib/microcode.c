// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The cases, from Intel's guidance on side channels and on TSX, and from what Linux says
 * of AMD's CPUs.
 */
#include "lib/microcode.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "lib/bits.h"

#define INTEL "GenuineIntel"
#define AMD "AuthenticAMD"
#define BROUGHT "updates bring it to CPUs like this one"

/* Not a feature with a name, but the bit that says that microcode has disabled TSX. */
static const struct cg_leaf always_abort = {
	"rtm-always-abort", CG_LEAF_CPUID, 7, 0, CG_EDX, 11
};

struct cpu {
	const json_t *parts;
	unsigned int family;
};

static bool has(const struct cpu *cpu, const char *feature)
{
	size_t count;
	const struct cg_leaf *leaf = cg_leaves_find(feature, &count);
	struct cg_bit bit = leaf->kind == CG_LEAF_CPUID ? cg_bits_cpu(cpu->parts, leaf)
							: cg_bits_kvm(cpu->parts, leaf);

	return bit.state == CG_PRESENT;
}

static bool has_no_tsx(const struct cpu *cpu)
{
	return cg_bits_cpu(cpu->parts, &always_abort).state == CG_PRESENT;
}

/* AVX came with the oldest generation that was updated throughout. */
static bool needs_it(const struct cpu *cpu)
{
	return has(cpu, "avx");
}

static bool needs_ssbd(const struct cpu *cpu)
{
	return has(cpu, "avx") && !has(cpu, "ssb-no");
}

static bool needs_flush(const struct cpu *cpu)
{
	return has(cpu, "avx") && !has(cpu, "rdctl-no");
}

static bool needs_clear(const struct cpu *cpu)
{
	return has(cpu, "avx") && !has(cpu, "mds-no");
}

static bool is_zen(const struct cpu *cpu)
{
	return cpu->family == 0x17;
}

static bool is_zen5(const struct cpu *cpu)
{
	return cpu->family == 0x1a;
}

static const struct {
	const char *vendor, *feature;
	bool (*applies)(const struct cpu *cpu);
	const char *words;
} cases[] = {
	{ INTEL, "hle", has_no_tsx, "it makes every transaction abort, and hides TSX" },
	{ INTEL, "rtm", has_no_tsx, "it makes every transaction abort, and hides TSX" },
	{ INTEL, "spec-ctrl", needs_it, BROUGHT },
	{ INTEL, "stibp", needs_it, BROUGHT },
	{ INTEL, "ssbd", needs_ssbd, BROUGHT },
	{ INTEL, "flush-l1d", needs_flush, BROUGHT },
	{ INTEL, "md-clear", needs_clear, BROUGHT },
	{ AMD, "ibpb", is_zen, BROUGHT },
	{ AMD, "rdseed", is_zen5, "it is switched off until an update mends it" },
};

/* CPUID.01H:EAX; the highest family has a second field for more. */
static unsigned int family_of(const json_t *parts)
{
	const json_t *types = json_object_get(parts, "cpuid");
	const json_t *first =
		json_object_iter_value(json_object_iter(cg_json_mutable(types)));
	const char *text = cg_json_text(first, "0x1.eax");
	unsigned long eax = text ? strtoul(text, NULL, 16) : 0;
	unsigned int family = eax >> 8 & 0xf;

	return family == 0xf ? family + (eax >> 20 & 0xff) : family;
}

const char *cg_microcode_case(const json_t *parts, const char *vendor,
			      const char *feature)
{
	struct cpu cpu = { parts, family_of(parts) };

	for (size_t i = 0; i < CG_COUNT(cases); i++)
		if (strcmp(cases[i].feature, feature) == 0 &&
		    strcmp(cases[i].vendor, vendor) == 0)
			return !has(&cpu, "hypervisor") && cases[i].applies(&cpu)
				       ? cases[i].words
				       : NULL;
	return NULL;
}
