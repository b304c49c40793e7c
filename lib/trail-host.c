// SPDX-License-Identifier: LGPL-2.1-or-later
/* The stages of a host: what was read of it becomes words. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cpumodels/caution.h"
#include "cpumodels/switches.h"
#include "lib/microcode.h"
#include "lib/trail.h"

#define KVM_LEAVES 0x40000000
#define EXTENDED_LEAVES 0x80000000
#define CENTAUR_LEAVES 0xc0000000
#define CLEARCPUID "clearcpuid="
#define NOTHING "nothing is known of it"

static bool is_of_kvm(const struct cg_leaf *leaf)
{
	return leaf->kind == CG_LEAF_CPUID && leaf->leaf >= KVM_LEAVES &&
	       leaf->leaf < EXTENDED_LEAVES;
}

/* The leaves of other vendors' CPUs aren't read, as they aren't there elsewhere. */
static bool is_unread(const struct cg_leaf *leaf, const char *vendor)
{
	static const char *const others[] = { "GenuineIntel", "AuthenticAMD",
					      "HygonGenuine" };

	for (size_t i = 0; i < CG_COUNT(others); i++)
		if (vendor && strcmp(vendor, others[i]) == 0)
			return false;
	return leaf->leaf >= CENTAUR_LEAVES;
}

/* The feature in CPUID without which an MSR isn't there. */
static const struct cg_leaf *find_gate(const struct cg_leaf *leaf)
{
	size_t count;

	while (leaf && leaf->kind != CG_LEAF_CPUID) {
		const char *gate = cg_leaves_gate(leaf);

		leaf = gate ? cg_leaves_find(gate, &count) : NULL;
	}
	return leaf;
}

static void tell_bit(struct cg_trail *trail, enum cg_stage stage,
		     const struct cg_leaf *leaf, const struct cg_bit *bit)
{
	char place[CG_LEAF_TEXT], *wanted;

	if (trail->is_brief) {
		cg_trail_tell(trail, stage, bit->state, "%s", "");
		return;
	}
	wanted = strstr(cg_leaves_print(leaf, place), " = 0");

	if (wanted)
		*wanted = '\0';
	cg_trail_tell(trail, stage, bit->state, "%s is %d (0x%" PRIx64 ")", place,
		      (int)(bit->value >> leaf->bit & 1), bit->value);
}

static void tell_cpu(struct cg_trail *trail, const struct cg_leaf *leaf,
		     const struct cg_trail_host *host)
{
	const struct cg_leaf *gate = find_gate(leaf);
	struct cg_bit bit = { CG_UNKNOWN, 0 };
	char place[CG_LEAF_TEXT];

	if (gate && !is_unread(gate, host->vendor))
		bit = cg_bits_cpu(host->parts, gate);
	if (bit.state == CG_UNKNOWN)
		cg_trail_tell(trail, CG_STAGE_CPU, CG_UNKNOWN, NOTHING);
	else if (gate == leaf)
		tell_bit(trail, CG_STAGE_CPU, leaf, &bit);
	else if (bit.state == CG_ABSENT)
		cg_trail_tell(trail, CG_STAGE_CPU, CG_ABSENT,
			      "it comes with %s, and %s is 0", gate->name,
			      cg_leaves_print(gate, place));
	else
		cg_trail_tell(trail, CG_STAGE_CPU, CG_UNKNOWN,
			      "it has %s; the rest is in MSRs that only the kernel reads",
			      gate->name);
}

static void tell_microcode(struct cg_trail *trail, const struct cg_trail_host *host)
{
	const char *revision = cg_json_text(host->parts, "microcode");
	enum cg_state cpu = cg_trail_state(trail, CG_STAGE_CPU);
	const char *words = NULL;

	if (cpu == CG_ABSENT && host->vendor)
		words = cg_microcode_case(host->parts, host->vendor, trail->feature);
	if (!revision)
		cg_trail_tell(trail, CG_STAGE_MICROCODE, CG_UNKNOWN, NOTHING);
	else if (words)
		cg_trail_tell(trail, CG_STAGE_MICROCODE, CG_ABSENT, "%s (now %s)", words,
			      revision);
	else if (cpu == CG_PRESENT)
		cg_trail_tell(trail, CG_STAGE_MICROCODE, CG_PRESENT, "revision %s",
			      revision);
	else
		cg_trail_tell(trail, CG_STAGE_MICROCODE, CG_UNKNOWN,
			      "revision %s; not known to matter here", revision);
}

/* The kernel and its modules. */

static const json_t *list_of(const struct cg_trail_host *host, const char *name)
{
	return json_object_get(host->boot, name);
}

static bool takes_on_command_line(const struct cg_switch *sw, const char *word,
				  const char *feature)
{
	return sw->place != CG_SWITCH_MODULE && strcmp(sw->parameter, word) == 0 &&
	       cg_switch_takes(sw, feature);
}

/* The last word on the command line that takes the feature, or NULL. */
static const char *find_word(struct cg_trail *trail, const struct cg_trail_host *host)
{
	const char *found = NULL;
	const json_t *item;
	size_t count, i;
	const struct cg_switch *switches = cg_switches(&count);

	json_array_foreach(list_of(host, "parameters"), i, item) {
		const char *word = json_string_value(item);

		if (strncmp(word, CLEARCPUID, strlen(CLEARCPUID)) == 0 &&
		    cg_switch_clears(word + strlen(CLEARCPUID), trail->feature))
			found = word;
		for (size_t s = 0; s < count; s++)
			if (takes_on_command_line(&switches[s], word, trail->feature)) {
				found = word;
				trail->is_hidden = switches[s].place == CG_SWITCH_CPU;
			}
	}
	return found;
}

/* Linux has names of its own for mitigations, set whichever way the CPU does them. */
static bool has_flag(const struct cg_trail *trail, const struct cg_trail_host *host)
{
	const json_t *item;
	size_t i;

	if (cg_caution_is_mitigation(trail->feature))
		return false;
	json_array_foreach(list_of(host, "flags"), i, item)
		if (cg_switch_is_name(json_string_value(item), json_string_length(item),
				      trail->feature))
			return true;
	return false;
}

static void tell_kernel(struct cg_trail *trail, const struct cg_trail_host *host)
{
	const char *release =
		cg_json_text(json_object_get(host->parts, "kernel"), "release");
	const char *word = find_word(trail, host);

	if (word) {
		trail->parameter = word;
		cg_trail_tell(trail, CG_STAGE_KERNEL, CG_ABSENT,
			      "%s on its command line switches it off", word);
	} else if (cg_trail_state(trail, CG_STAGE_CPU) == CG_PRESENT &&
		   has_flag(trail, host)) {
		cg_trail_tell(trail, CG_STAGE_KERNEL, CG_PRESENT,
			      "among the flags in /proc/cpuinfo");
	} else if (release) {
		cg_trail_tell(trail, CG_STAGE_KERNEL, CG_UNKNOWN,
			      "nothing shows that Linux %s takes it away", release);
	} else {
		cg_trail_tell(trail, CG_STAGE_KERNEL, CG_UNKNOWN, NOTHING);
	}
}

static void tell_kvm(struct cg_trail *trail, const struct cg_leaf *leaf,
		     const struct cg_trail_host *host)
{
	struct cg_bit bit = cg_bits_kvm(host->parts, leaf);
	const char *access = cg_json_text(host->parts, "kvm-access");

	if (bit.state != CG_UNKNOWN)
		tell_bit(trail, CG_STAGE_KVM, leaf, &bit);
	else if (access && strcmp(access, "yes") != 0)
		cg_trail_tell(trail, CG_STAGE_KVM, CG_UNKNOWN, "/dev/kvm: %s", access);
	else
		cg_trail_tell(trail, CG_STAGE_KVM, CG_UNKNOWN, NOTHING);
}

static bool is_off(const char *value)
{
	return value && (strcmp(value, "N") == 0 || strcmp(value, "0") == 0);
}

static void tell_parameter(struct cg_trail *trail, const struct cg_trail_host *host)
{
	const json_t *values = json_object_get(host->parts, "kvm-parameters");
	size_t count;
	const struct cg_switch *sw = cg_switches(&count), *last = sw + count;

	for (; sw < last; sw++) {
		const char *value = cg_json_text(values, sw->parameter);

		if (sw->place != CG_SWITCH_MODULE || !is_off(value) ||
		    !cg_switch_takes(sw, trail->feature))
			continue;
		trail->parameter = sw->parameter;
		cg_trail_tell(trail, CG_STAGE_PARAMETER, CG_ABSENT, "%s is %s",
			      sw->parameter, value);
		return;
	}
	if (json_object_size(values))
		cg_trail_tell(trail, CG_STAGE_PARAMETER, CG_PRESENT,
			      "none that is known switches it off");
	else
		cg_trail_tell(trail, CG_STAGE_PARAMETER, CG_UNKNOWN, NOTHING);
}

/* All places count; the first that isn't there tells. */
static const struct cg_leaf *find_worst(const struct cg_trail *trail, const json_t *parts)
{
	for (size_t i = 0; i < trail->place_count && trail->place_count > 1; i++)
		if (cg_bits_kvm(parts, &trail->places[i]).state == CG_ABSENT)
			return &trail->places[i];
	return trail->places;
}

void cg_trail_tell_host(struct cg_trail *trail, const struct cg_trail_host *host)
{
	const struct cg_leaf *leaf = find_worst(trail, host->parts);

	if (!is_of_kvm(leaf)) {
		tell_cpu(trail, leaf, host);
		tell_microcode(trail, host);
		tell_kernel(trail, host);
	}
	tell_kvm(trail, leaf, host);
	if (!trail->is_brief || cg_trail_state(trail, CG_STAGE_CPU) != CG_ABSENT)
		tell_parameter(trail, host);
}
