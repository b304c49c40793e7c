// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The prediction is made of nothing but cpugate's answer and cpumodels/visible.c.
 * Beside the features it covers what else CPUID says of a definition: vendor, levels,
 * family, model, stepping, model-id, phys-bits.
 */
#include "tests/guest/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define EDX_LM (1u << 29) /* of CPUID.80000001H */
#define EDX_MSR (1u << 5) /* of CPUID.01H */

struct comparison {
	const struct guest *guest;
	const json_t *answer, *properties;
	struct cg_visible visible;
	struct cg_featureset requested;
	bool same;
};

/* Every name that the table has; an emulator's own vocabulary is a part of it. */
static int all_names(struct cg_vocabulary **out, struct cg_error *err)
{
	const char *names[CG_FEATURES_MAX];
	size_t count, distinct = 0;
	const struct cg_leaf *leaf = cg_leaves(&count);

	for (; count > 0; count--, leaf++)
		if (!distinct || strcmp(names[distinct - 1], leaf->name) != 0)
			names[distinct++] = leaf->name;
	return cg_vocabulary_new(out, names, distinct, err);
}

static int get_set(struct cg_featureset *out, const struct comparison *c,
		   const struct cg_vocabulary *vocabulary, const char *which,
		   struct cg_error *err)
{
	const json_t *names = json_object_get(c->answer, which);
	size_t unknown;

	if (!json_is_array(names))
		return cg_error_set(err, CG_E_PARSE, "an answer without %s features",
				    which);
	*out = cg_vocabulary_set(vocabulary, names, &unknown);
	if (unknown)
		return cg_error_set(err, CG_E_UNKNOWN,
				    "%zu of the %s features are in no leaf", unknown,
				    which);
	return 0;
}

static void differ(struct comparison *c, char pass, const struct cg_leaf *at, bool seen)
{
	static const char *const when[] = { ['r'] = ", just after reset",
					    ['g'] = "",
					    ['x'] = ", once it was switched on or off" };
	char place[CG_LEAF_TEXT];

	c->same = false;
	printf("%c%s %s%s\n", seen ? '+' : '-', cg_leaves_print(at, place),
	       at->name ? at->name : "(no name)", when[(unsigned char)pass]);
}

/* The bits of one register that are not as predicted, by name. */
static void compare_bits(struct comparison *c, char pass, const struct cg_leaf *word,
			 uint32_t predicted, uint32_t seen)
{
	for (uint8_t bit = 0; bit < 32; bit++) {
		struct cg_leaf at = *word;
		size_t count;
		const struct cg_leaf *known = cg_leaves(&count);

		if (!((predicted ^ seen) >> bit & 1))
			continue;
		at.bit = bit;
		at.name = NULL;
		for (; count > 0; count--, known++)
			if (known->kind == at.kind && known->leaf == at.leaf &&
			    known->subleaf == at.subleaf && known->reg == at.reg &&
			    known->bit == at.bit)
				at.name = known->name;
		differ(c, pass, &at, seen >> bit & 1);
	}
}

/*
 * The dynamic bits that the firmware's changes change; SYSCALL goes with the mode
 * instead.
 */
static uint32_t switched(const struct comparison *c, const struct cg_leaf *word,
			 uint32_t dynamic)
{
	const uint32_t *parts = guest_leaf(c->guest, 'g', 0xd, 1);
	bool msrs = cg_visible_word(&c->visible, 1, 0, CG_EDX) & EDX_MSR;

	if (word->leaf == 0x80000001)
		return 0;
	if (word->leaf == 1 && word->reg == CG_EDX && !msrs)
		return 0; /* nothing to switch the APIC off with */
	if (word->leaf == 1 && word->reg == CG_ECX && !(parts && parts[CG_EAX]))
		return 0; /* as cpuid.S says */
	return dynamic;
}

/*
 * In its main pass the firmware is in long mode where there is one, with nothing
 * switched on or off, so that nothing is in doubt but SYSCALL of an Intel CPU without
 * long mode. After reset it may be otherwise with all that is dynamic. What the changes
 * change must be just that.
 */
static void compare_word(struct comparison *c, const struct cg_leaf *word)
{
	uint32_t leaf = word->leaf, subleaf = word->subleaf;
	uint32_t predicted = cg_visible_word(&c->visible, leaf, subleaf, word->reg);
	uint32_t dynamic = cg_visible_dynamic(&c->visible, leaf, subleaf, word->reg);
	bool long_mode = cg_visible_word(&c->visible, 0x80000001, 0, CG_EDX) & EDX_LM;
	uint32_t sure = leaf == 0x80000001 && !long_mode ? ~dynamic : UINT32_MAX;
	const uint32_t *reset = guest_leaf(c->guest, 'r', leaf, subleaf);
	const uint32_t *usual = guest_leaf(c->guest, 'g', leaf, subleaf);
	const uint32_t *changed = guest_leaf(c->guest, 'x', leaf, subleaf);
	uint32_t seen = usual ? usual[word->reg] : 0;

	compare_bits(c, 'g', word, predicted & sure, seen & sure);
	if (reset)
		compare_bits(c, 'r', word, predicted & ~dynamic,
			     reset[word->reg] & ~dynamic);
	if (changed)
		compare_bits(c, 'x', word, seen ^ switched(c, word, dynamic),
			     changed[word->reg]);
}

static void compare_words(struct comparison *c)
{
	size_t count;
	const struct cg_leaf *leaves = cg_leaves(&count);

	for (size_t i = 0; i < count; i++) {
		bool before = false;

		for (size_t j = 0; j < i && !before; j++)
			before = leaves[j].kind == leaves[i].kind &&
				 leaves[j].leaf == leaves[i].leaf &&
				 leaves[j].subleaf == leaves[i].subleaf &&
				 leaves[j].reg == leaves[i].reg;
		if (!before && leaves[i].kind == CG_LEAF_CPUID)
			compare_word(c, &leaves[i]);
	}
}

/* Of XCR0; none without XSAVE. */
static uint32_t components(const struct cg_vocabulary *vocabulary,
			   const struct cg_featureset *features)
{
	static const struct {
		const char *feature;
		uint32_t bits;
	} parts[] = {
		{ "xsave", 0x3 },    { "avx", 0x4 },   { "mpx", 0x18 },
		{ "avx512f", 0xe0 }, { "pku", 0x200 }, { "amx-tile", 0x60000 },
	};
	uint32_t bits = 0;

	for (size_t i = 0; i < CG_COUNT(parts); i++) {
		size_t feature = cg_vocabulary_find(vocabulary, parts[i].feature);

		if (cg_featureset_has(features, feature))
			bits |= parts[i].bits;
	}
	return bits & 1 ? bits : 0;
}

/*
 * XCR0's bits have no names. QEMU derives them from what is requested; what an
 * accelerator then leaves is at least what the effective features need (TCG of 7.2
 * leaves all).
 */
static void compare_components(struct comparison *c)
{
	const struct cg_leaf word = { .kind = CG_LEAF_CPUID, .leaf = 0xd, .reg = CG_EAX };
	const uint32_t *reg = guest_leaf(c->guest, 'g', 0xd, 0);
	uint32_t least = components(c->visible.vocabulary, &c->visible.features);
	uint32_t most = components(c->visible.vocabulary, &c->requested);

	if (!reg)
		return;
	compare_bits(c, 'g', &word, least, reg[CG_EAX] & least);
	compare_bits(c, 'g', &word, 0, reg[CG_EAX] & ~most);
}

static void compare_number(struct comparison *c, const char *what, uint32_t predicted,
			   uint32_t seen)
{
	if (predicted == seen)
		return;
	c->same = false;
	printf("-%s %#x\n+%s %#x\n", what, predicted, what, seen);
}

static void compare_text(struct comparison *c, const char *what, const char *predicted,
			 const char *seen)
{
	if (strcmp(predicted, seen) == 0)
		return;
	c->same = false;
	printf("-%s '%s'\n+%s '%s'\n", what, predicted, what, seen);
}

static uint32_t number(const struct comparison *c, const char *name)
{
	uint64_t value = 0;

	(void)cg_json_uint(json_object_get(c->properties, name), &value);
	return (uint32_t)value;
}

/*
 * Family and model as CPUID.01H:EAX has them: what doesn't fit goes into the extended
 * fields.
 */
static uint32_t signature(uint32_t family, uint32_t model, uint32_t stepping)
{
	uint32_t extended = family > 0xf ? family - 0xf : 0;

	return extended << 20 | (model >> 4) << 16 | (family - extended) << 8 |
	       (model & 0xf) << 4 | stepping;
}

static void compare_identity(struct comparison *c)
{
	const struct cg_vcpu *vcpu = &c->visible.vcpu;
	const uint32_t *zero = guest_leaf(c->guest, 'g', 0, 0);
	const uint32_t *one = guest_leaf(c->guest, 'g', 1, 0);
	const uint32_t *seven = guest_leaf(c->guest, 'g', 7, 0);
	uint32_t version =
		signature(number(c, "family"), number(c, "model"), number(c, "stepping"));
	char vendor[CG_VENDOR_TEXT] = "";

	if (zero) {
		memcpy(vendor, &zero[CG_EBX], 4);
		memcpy(vendor + 4, &zero[CG_EDX], 4);
		memcpy(vendor + 8, &zero[CG_ECX], 4);
		compare_number(c, "level", vcpu->level, zero[CG_EAX]);
	}
	compare_text(c, "vendor", vcpu->vendor, vendor);
	if (seven)
		compare_number(c, "level-func7", vcpu->level_func7, seven[CG_EAX]);
	if (!one)
		return;
	if (version) /* else QEMU chooses when the vCPU starts: "max" */
		compare_number(c, "family, model, stepping", version, one[CG_EAX]);
	compare_number(c, "threads in a package", vcpu->threads > 1 ? vcpu->threads : 0,
		       one[CG_EBX] >> 16 & 0xff);
}

static void compare_extended(struct comparison *c)
{
	const uint32_t *first = guest_leaf(c->guest, 'g', 0x80000000, 0);
	const uint32_t *width = guest_leaf(c->guest, 'g', 0x80000008, 0);
	const char *name = cg_json_text(c->properties, "model-id");
	bool long_mode = cg_visible_word(&c->visible, 0x80000001, 0, CG_EDX) & EDX_LM;
	uint32_t wanted = number(c, "phys-bits");
	char seen[49] = "";

	compare_number(c, "xlevel", c->visible.vcpu.xlevel, first ? first[CG_EAX] : 0);
	if (width && long_mode) /* else 32 or 36, QEMU's choice */
		compare_number(c, "phys-bits", wanted ? wanted : 40,
			       width[CG_EAX] & 0xff);
	for (uint32_t i = 0; i < 3; i++) {
		const uint32_t *part = guest_leaf(c->guest, 'g', 0x80000002 + i, 0);

		if (!part)
			return;
		memcpy(seen + 16 * i, part, 16);
	}
	compare_text(c, "model-id", name ? name : "", seen);
}

/* QEMU's major version, of the answer. */
static unsigned long major(const json_t *answer)
{
	const char *version =
		cg_json_text(json_object_get(answer, "emulator"), "version");

	return version ? strtoul(version, NULL, 10) : 0;
}

int compare(bool *same, const struct guest *guest, const json_t *answer,
	    const struct cg_vcpu *topology, struct cg_error *err)
{
	cg_auto_vocabulary struct cg_vocabulary *vocabulary = NULL;
	struct comparison c = {
		.guest = guest,
		.answer = answer,
		.properties = json_object_get(answer, "properties"),
		.same = true,
	};
	struct cg_featureset effective;
	struct cg_vcpu vcpu;

	if (all_names(&vocabulary, err) < 0 ||
	    get_set(&effective, &c, vocabulary, "effective", err) < 0 ||
	    get_set(&c.requested, &c, vocabulary, "requested", err) < 0 ||
	    cg_vcpu_from_json(&vcpu, c.properties, err) < 0)
		return -1;
	vcpu.threads = topology->threads;
	vcpu.dies = topology->dies;
	vcpu.shows_apic = topology->shows_apic;
	vcpu.threads_first = major(answer) >= 10;
	c.visible = cg_visible(vocabulary, &effective, &vcpu);
	compare_words(&c);
	compare_components(&c);
	compare_identity(&c);
	compare_extended(&c);
	*same = c.same;
	return 0;
}
