// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of reasons, and what they add up to. */
#include "cpumodels/reason.h"

#include <string.h>

#include "base/buffer.h"
#include "base/json.h"

#define WORDS_MAX 65536

/* In words and remedies, %f is the feature, %h the host and %d the detail. */
static const struct {
	const char *code;
	enum cg_weight weight;
	const char *words, *remedy;
} table[CG_REASONS] = {
	[CG_MISSING_HOST] = { "missing.host", CG_WEIGHT_BLOCK,
			      "the CPU of %h doesn't have %f",
			      "give the guest a CPU without %f" },
	[CG_MISSING_MICROCODE] = { "missing.microcode", CG_WEIGHT_BLOCK,
				   "the microcode of %h doesn't give %f",
				   "update the microcode of %h" },
	[CG_MISSING_KERNEL] = { "missing.kernel-filter", CG_WEIGHT_BLOCK,
				"the CPU of %h has %f, its KVM doesn't offer it",
				"use a kernel on %h that offers %f, or a CPU without it" },
	[CG_MISSING_PARAMETER] = { "missing.module-param", CG_WEIGHT_BLOCK,
				   "a parameter on %h switches %f off",
				   "change the parameter of KVM or the kernel on %h" },
	[CG_MISSING_VMM] = { "missing.vmm", CG_WEIGHT_BLOCK,
			     "the emulator of %h doesn't implement %f",
			     "use a newer emulator on %h, or a CPU without %f" },
	[CG_MISSING_EMULATOR] = { "missing.emulator", CG_WEIGHT_BLOCK,
				  "the emulator of %h doesn't know %f",
				  "use an emulator on %h that knows %f" },
	[CG_MISSING_UNSUPPORTED] = { "missing.unsupported", CG_WEIGHT_BLOCK,
				     "%f can't be had on %h",
				     "give the guest a CPU without %f" },
	[CG_MISSING_DEFINITION] = { "missing.definition", CG_WEIGHT_BLOCK,
				    "%f isn't in the CPU that it would get on %h",
				    "start it there with %f=on" },
	[CG_EXTRA_VMM] = { "extra.vmm", CG_WEIGHT_BLOCK, "%h would add %f",
			   "start it there with %f=off" },
	[CG_NAME_UNKNOWN] = { "name.unknown", CG_WEIGHT_BLOCK, "%f isn't known on %h",
			      "check the spelling, or use a newer emulator" },
	[CG_MODEL_NONE] = { "model.none", CG_WEIGHT_BLOCK,
			    "no CPU model runs on all of these hosts%d",
			    "leave a host out, or split them into groups" },
	[CG_IDENTITY_VENDOR] = { "identity.vendor", CG_WEIGHT_BLOCK, "another vendor: %d",
				 "stay with one vendor, or set vendor= for the guest" },
	[CG_IDENTITY_MODEL] = { "identity.model", CG_WEIGHT_BLOCK, "another %f: %d",
				NULL },
	[CG_WIDTH_LEVEL] = { "width.level", CG_WEIGHT_BLOCK, "another %f: %d",
			     "set %f= to the smaller one" },
	[CG_WIDTH_PHYS_BITS] = { "width.phys-bits", CG_WEIGHT_BLOCK,
				 "addresses of another width: %d",
				 "set phys-bits= to the smaller one" },
	[CG_WIDTH_GUEST_PHYS_BITS] = { "width.guest-phys-bits", CG_WEIGHT_BLOCK,
				       "guest addresses of another width: %d",
				       "set guest-phys-bits= to the smaller one" },
	[CG_WIDTH_XSAVE] = { "width.xsave", CG_WEIGHT_BLOCK, "another XSAVE area: %d",
			     "stay with what it was started with, or start it anew" },
	[CG_TIME_TSC] = { "time.tsc", CG_WEIGHT_BLOCK, "another TSC frequency: %d",
			  "set tsc-frequency= where the host can scale it" },
	[CG_TOPOLOGY_MAXCPUS] = { "topology.maxcpus", CG_WEIGHT_BLOCK,
				  "too many vCPUs for %h: %d", "use fewer vCPUs" },
	[CG_TOPOLOGY_CPUS] = { "topology.cpus", CG_WEIGHT_BLOCK,
			       "other vCPUs than the guest has: %d",
			       "start it there with the same -smp" },
	[CG_TARGET_DIFFERS] = { "target.differs", CG_WEIGHT_BLOCK,
				"an emulator of other guests: %d",
				"use the emulator of the guest's kind" },
	[CG_ACCEL_DIFFERS] = { "accel.differs", CG_WEIGHT_BLOCK,
			       "another accelerator: %d",
			       "start it there under the same one" },
	[CG_MACHINE_ABSENT] = { "machine.absent", CG_WEIGHT_BLOCK,
				"the emulator of %h has no machine type %f",
				"use a machine type that all of them have" },
	[CG_MACHINE_DIFFERS] = { "machine.differs", CG_WEIGHT_BLOCK,
				 "another machine type: %d",
				 "start it there with the machine type that it has" },
	[CG_MACHINE_DEPRECATED] = { "machine.deprecated", CG_WEIGHT_NOTE,
				    "machine type %f is deprecated on %h",
				    "choose a newer machine type" },
	[CG_MIGRATION_BLOCKED] = { "migration.blocked", CG_WEIGHT_BLOCK,
				   "the guest can't be moved: %d", NULL },
	[CG_GUEST_UNREAD] = { "guest.unread", CG_WEIGHT_DOUBT,
			      "it isn't known of the guest: %d", NULL },
	[CG_GUEST_UNEVEN] = { "guest.uneven", CG_WEIGHT_BLOCK,
			      "its vCPUs aren't alike: %d",
			      "restart it, or unplug what isn't like the others" },
	[CG_GUEST_INCONSISTENT] = { "guest.inconsistent", CG_WEIGHT_OVERRULES,
				    "what is said of the guest contradicts itself: %d",
				    NULL },
	[CG_START_FAILED] = { "start.failed", CG_WEIGHT_BLOCK,
			      "the emulator of %h doesn't start with it: %d", NULL },
	[CG_LAUNCH_REFUSED] = { "launch.refused", CG_WEIGHT_BLOCK,
				"no guest starts with this command line: %d", NULL },
	[CG_LAUNCH_UNREAD] = { "launch.unread", CG_WEIGHT_DOUBT, "can't be told: %d",
			       NULL },
	[CG_LAUNCH_DIFFERS] = { "launch.differs", CG_WEIGHT_BLOCK,
				"a vCPU has another %f than promised: %d", NULL },
	[CG_ACCEPT_ONLY] = { "accept-only", CG_WEIGHT_NOTE,
			     "%f is fine for a guest that comes to %h, not for one that "
			     "starts there",
			     NULL },
	[CG_ADVISORY] = { "advisory", CG_WEIGHT_NOTE, "%d", NULL },
	[CG_ADVISORY_EMULATOR] = { "advisory.emulator", CG_WEIGHT_NOTE, "%d",
				   "try it with a guest that doesn't matter" },
	[CG_ADVISORY_HT] = { "advisory.ht", CG_WEIGHT_NOTE, "%d", NULL },
	[CG_ADVISORY_PDCM] = { "advisory.pdcm", CG_WEIGHT_NOTE, "%d", NULL },
	[CG_ADVISORY_MPX] = { "advisory.mpx", CG_WEIGHT_NOTE, "%d", NULL },
	[CG_ADVISORY_PKRU] = { "advisory.pkru", CG_WEIGHT_NOTE, "%d", NULL },
	[CG_ADVISORY_ARCH_CAPABILITIES] = { "advisory.arch-capabilities", CG_WEIGHT_NOTE,
					    "%d", NULL },
	[CG_RECORD_STALE] = { "record.stale", CG_WEIGHT_DOUBT,
			      "%h isn't what it was when it was recorded: %d",
			      "record %h again" },
	[CG_RECORD_ABSENT] = { "record.absent", CG_WEIGHT_DOUBT,
			       "nothing is known of %f on %h",
			       "record %h with that machine type" },
	[CG_RECORD_UNTOLD] = { "record.untold", CG_WEIGHT_DOUBT,
			       "the record of %h says nothing about %f",
			       "record %h with cpugate record" },
	[CG_RECORD_SELF_INCONSISTENT] = { "record.self-inconsistent", CG_WEIGHT_OVERRULES,
					  "%h says that its own guest can't run there",
					  "record %h again" },
};

const char *cg_reason_code(enum cg_reason reason)
{
	return table[reason].code;
}

enum cg_weight cg_reason_weight(enum cg_reason reason)
{
	return table[reason].weight;
}

enum cg_reason cg_reason_find(const char *code)
{
	enum cg_reason reason = 0;

	while (reason < CG_REASONS && strcmp(table[reason].code, code) != 0)
		reason++;
	return reason;
}

/* A template with its places filled: a JSON string. */
static json_t *fill(const char *template, const char *feature, const char *host,
		    const char *detail)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(WORDS_MAX);
	const char *next;
	struct cg_error err;

	for (; (next = strchr(template, '%')); template = next + 2) {
		const char *value = next[1] == 'f'   ? feature
				    : next[1] == 'h' ? (host ? host : "this host")
						     : detail;

		value = value ? value : "it";
		if (cg_buffer_put(&text, template, (size_t)(next - template), &err) < 0 ||
		    cg_buffer_put(&text, value, strlen(value), &err) < 0)
			return NULL;
	}
	if (cg_buffer_put(&text, template, strlen(template), &err) < 0)
		return NULL;
	return json_stringn(text.data, text.len);
}

json_t *cg_reason_json(enum cg_reason reason, const char *feature, const char *host,
		       const char *detail)
{
	const char *remedy = table[reason].remedy;

	return json_pack("{s:s, s:s*, s:s*, s:o, s:o*}", "code", table[reason].code,
			 "feature", feature, "host", host, "words",
			 fill(table[reason].words, feature, host, detail), "remedy",
			 remedy ? fill(remedy, feature, host, detail) : NULL);
}

static void add(struct cg_verdict *verdict, enum cg_reason reason, json_t *json)
{
	verdict->weights |= 1u << table[reason].weight;
	if (!verdict->reasons)
		verdict->reasons = json_array();
	json_array_append_new(verdict->reasons, json);
}

void cg_verdict_add(struct cg_verdict *verdict, enum cg_reason reason,
		    const char *feature, const char *host, const char *detail)
{
	add(verdict, reason, cg_reason_json(reason, feature, host, detail));
}

void cg_verdict_take(struct cg_verdict *verdict, json_t *reason)
{
	const char *code = json_string_value(json_object_get(reason, "code"));

	add(verdict, cg_reason_find(code), reason);
}

static bool has(const json_t *reasons, const json_t *reason)
{
	const json_t *one;
	size_t i;

	json_array_foreach(reasons, i, one)
		if (json_equal(one, reason))
			return true;
	return false;
}

void cg_verdict_join(struct cg_verdict *verdict, const struct cg_verdict *other)
{
	json_t *reason;
	size_t i;

	verdict->weights |= other->weights;
	if (!other->reasons)
		return;
	if (!verdict->reasons)
		verdict->reasons = json_array();
	json_array_foreach(other->reasons, i, reason)
		if (!has(verdict->reasons, reason))
			json_array_append(verdict->reasons, reason);
}

enum cg_answer cg_verdict_answer(const struct cg_verdict *verdict)
{
	if (verdict->weights & 1u << CG_WEIGHT_OVERRULES)
		return CG_UNDECIDED;
	if (verdict->weights & 1u << CG_WEIGHT_BLOCK)
		return CG_NO;
	return verdict->weights & 1u << CG_WEIGHT_DOUBT ? CG_UNDECIDED : CG_YES;
}

void cg_verdict_deinit(struct cg_verdict *verdict)
{
	json_decref(verdict->reasons);
	*verdict = (struct cg_verdict){ 0 };
}

const char *cg_answer_word(enum cg_answer answer)
{
	static const char *const words[] = { "yes", "no", "undecided" };

	return words[answer];
}

const char *cg_answer_worst(const json_t *list)
{
	enum cg_answer worst = CG_YES;
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *verdict = cg_json_text(item, "verdict");

		if (strcmp(verdict, cg_answer_word(CG_NO)) == 0)
			return cg_answer_word(CG_NO);
		if (strcmp(verdict, cg_answer_word(CG_YES)) != 0)
			worst = CG_UNDECIDED;
	}
	return cg_answer_word(worst);
}
