// SPDX-License-Identifier: LGPL-2.1-or-later
/* Several stages become one cause, and what is to be done about it. */
#include "lib/trail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

void cg_trail_tell(struct cg_trail *trail, enum cg_stage stage, enum cg_state state,
		   const char *format, ...)
{
	va_list args;

	trail->stages[stage].told = true;
	trail->stages[stage].state = state;
	if (trail->is_brief)
		return;
	va_start(args, format);
	vsnprintf(trail->stages[stage].words, CG_TRAIL_WORDS, format, args);
	va_end(args);
}

enum cg_state cg_trail_state(const struct cg_trail *trail, enum cg_stage stage)
{
	return trail->stages[stage].told ? trail->stages[stage].state : CG_UNKNOWN;
}

void cg_trail_begin(struct cg_trail *out, const char *feature, bool has_cpuid,
		    const struct cg_trail_host *host)
{
	*out = (struct cg_trail){ .feature = feature,
				  .is_brief = host && host->is_brief };
	if (has_cpuid)
		out->places = cg_leaves_find(feature, &out->place_count);
	if (!host) {
		cg_trail_tell(out, CG_STAGE_TCG, CG_UNKNOWN, "it wasn't asked");
		return;
	}
	if (out->places) /* else nobody knows where to look */
		cg_trail_tell_host(out, host);
}

/* What QEMU itself adds to what KVM offers, if it is told to. */
static const char *find_option(const struct cg_trail *trail)
{
	static const struct {
		const char *feature, *option;
	} options[] = {
		{ "kvm-msi-ext-dest-id", "-machine kernel-irqchip=split" },
		{ "monitor", "-overcommit cpu-pm=on" },
	};

	for (size_t i = 0; i < CG_COUNT(options); i++)
		if (strcmp(options[i].feature, trail->feature) == 0 &&
		    trail->stages[CG_STAGE_KVM].told &&
		    cg_trail_state(trail, CG_STAGE_CPU) != CG_ABSENT)
			return options[i].option;
	return NULL;
}

static enum cg_reason cause_in_host(const struct cg_trail *trail)
{
	enum cg_state cpu = cg_trail_state(trail, CG_STAGE_CPU);

	if (trail->parameter && (cpu != CG_ABSENT || trail->is_hidden))
		return CG_MISSING_PARAMETER;
	if (cg_trail_state(trail, CG_STAGE_MICROCODE) == CG_ABSENT)
		return CG_MISSING_MICROCODE;
	if (cpu == CG_ABSENT)
		return CG_MISSING_HOST;
	if (cg_trail_state(trail, CG_STAGE_KVM) != CG_ABSENT)
		return CG_MISSING_UNSUPPORTED;
	/* Of an MSR nobody but the kernel knows what the CPU has. */
	return cpu == CG_PRESENT || !trail->stages[CG_STAGE_CPU].told
		       ? CG_MISSING_KERNEL
		       : CG_MISSING_UNSUPPORTED;
}

enum cg_reason cg_trail_cause(const struct cg_trail *trail)
{
	bool offered = cg_trail_state(trail, CG_STAGE_KVM) == CG_PRESENT;
	enum cg_reason reason = CG_MISSING_UNSUPPORTED;

	/* Another machine type shows that all else is there. */
	if (cg_trail_state(trail, CG_STAGE_MACHINE) == CG_ABSENT || find_option(trail))
		return CG_MISSING_VMM;
	if (!offered && trail->stages[CG_STAGE_KVM].told)
		reason = cause_in_host(trail);
	if (reason != CG_MISSING_UNSUPPORTED)
		return reason;
	if (trail->is_unknown)
		return CG_MISSING_EMULATOR;
	return offered || trail->stages[CG_STAGE_TCG].told ? CG_MISSING_VMM
							   : CG_MISSING_UNSUPPORTED;
}

/* Better than what the table can say of it in general. */
static json_t *sharpen_remedy(const struct cg_trail *trail, enum cg_reason reason,
			      const char *host)
{
	const char *name = trail->parameter;

	if (reason == CG_MISSING_PARAMETER && strchr(name, '.'))
		return json_sprintf("load %.*s on %s with %s=1", (int)strcspn(name, "."),
				    name, host, strchr(name, '.') + 1);
	if (reason == CG_MISSING_PARAMETER)
		return json_sprintf("start the kernel of %s without %s", host, name);
	if (reason == CG_MISSING_VMM && trail->newest)
		return json_sprintf("use machine type %s", trail->newest);
	if (reason == CG_MISSING_VMM && find_option(trail))
		return json_sprintf("start QEMU with %s", find_option(trail));
	return NULL;
}

static json_t *sharpen_words(const struct cg_trail *trail, enum cg_reason reason,
			     const char *feature, const char *host)
{
	if (reason == CG_MISSING_PARAMETER)
		return json_sprintf("%s on %s switches %s off", trail->parameter, host,
				    feature);
	if (reason == CG_MISSING_KERNEL && !trail->stages[CG_STAGE_CPU].told)
		return json_sprintf("the KVM of %s doesn't offer %s", host, feature);
	if (reason == CG_MISSING_VMM && (trail->newest || find_option(trail)))
		return json_sprintf("%s isn't switched on", feature);
	return NULL;
}

json_t *cg_trail_reason(const struct cg_trail *trail, const char *feature,
			const char *host)
{
	enum cg_reason reason = cg_trail_cause(trail);
	json_t *out = cg_reason_json(reason, feature, host, NULL);
	const char *name = host ? host : "this host";
	json_t *words = sharpen_words(trail, reason, feature, name);
	json_t *remedy = sharpen_remedy(trail, reason, name);

	if (words)
		json_object_set_new(out, "words", words);
	if (remedy)
		json_object_set_new(out, "remedy", remedy);
	return out;
}

json_t *cg_trail_stages(const struct cg_trail *trail)
{
	static const char *const names[CG_STAGES] = {
		"cpu",       "microcode", "kernel",  "kvm",
		"parameter", "tcg",       "machine", "emulator",
	};
	json_t *list = json_array();

	for (enum cg_stage i = 0; i < CG_STAGES; i++)
		if (trail->stages[i].told)
			json_array_append_new(list,
					      json_pack("{s:s, s:s, s:s}", "stage",
							names[i], "state",
							cg_state_word(
								trail->stages[i].state),
							"words", trail->stages[i].words));
	return list;
}

json_t *cg_trail_places(const struct cg_trail *trail)
{
	char text[CG_LEAF_TEXT];
	json_t *list = json_array();

	for (size_t i = 0; i < trail->place_count; i++)
		json_array_append_new(list, json_string(cg_leaves_print(&trail->places[i],
									text)));
	return list;
}
