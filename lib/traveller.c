// SPDX-License-Identifier: LGPL-2.1-or-later
/* Two ways to know a guest, and what must be right of both. */
#include "lib/traveller-inside.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "lib/archive.h"

#define MONITOR "qmp:"

/* Where CPUID leaves begin that aren't the CPU's first ones. */
#define HYPERVISOR_LEAVES 0x40000000
#define EXTENDED_LEAVES 0x80000000
#define CENTAUR_LEAVES 0xc0000000

uint64_t cg_traveller_threads(const struct cg_traveller *t)
{
	const struct cg_topology *p = &t->topology;

	/* Of a topology that QEMU completes, all may be in one package. */
	return t->exact ? p->threads * p->cores * p->dies * p->modules : p->maxcpus;
}

struct cg_featureset cg_traveller_of_threads(const struct cg_vocabulary *names)
{
	static const char *const of_threads[] = { "ht", "cmp-legacy" };
	struct cg_featureset out = { 0 };

	for (size_t i = 0; i < CG_COUNT(of_threads); i++) {
		size_t f = cg_vocabulary_find(names, of_threads[i]);

		if (f < CG_FEATURES_MAX)
			cg_featureset_add(&out, f);
	}
	return out;
}

void cg_traveller_doubt(struct cg_traveller *t, enum cg_reason reason, const char *detail)
{
	cg_verdict_add(&t->doubts, reason, NULL, NULL, detail);
}

static uint32_t number_or(const json_t *numbers, const char *name, uint32_t without)
{
	uint64_t value;

	return cg_json_uint(json_object_get(numbers, name), &value) && value <= UINT32_MAX
		       ? (uint32_t)value
		       : without;
}

/*
 * What it can find of what its vCPUs keep. The levels are those of a vCPU that runs, and
 * nothing follows any more; what isn't told of them hides nothing.
 */
void cg_traveller_hide(struct cg_traveller *t, bool pmu)
{
	const json_t *numbers = t->departure.numbers;
	struct cg_featureset threads = cg_traveller_of_threads(t->words);
	struct cg_visible visible;

	t->vcpu = (struct cg_vcpu){
		.level = t->numbers.level ? t->numbers.level : UINT32_MAX,
		.xlevel = t->numbers.xlevel ? t->numbers.xlevel : UINT32_MAX,
		.level_func7 = number_or(numbers, "level-func7", UINT32_MAX),
		.xlevel2 = number_or(numbers, "xlevel2", UINT32_MAX),
		.pmu = pmu,
		.threads = 1,
	};
	snprintf(t->vcpu.vendor, sizeof(t->vcpu.vendor), "%.12s",
		 t->numbers.vendor ? t->numbers.vendor : "");
	visible = cg_visible(t->words, &t->features, &t->vcpu);
	t->features = visible.features;
	if (cg_traveller_threads(t) > 1)
		t->features = cg_featureset_minus(&t->features, &threads);
}

/* Whoever has a CPU has these. */
void cg_traveller_check(struct cg_traveller *t)
{
	const struct cg_cpu *n = &t->numbers;

	if (!n->vendor || !*n->vendor)
		cg_traveller_doubt(t, CG_GUEST_UNREAD, "the vendor of its CPU");
	if (!n->has_signature || !n->family)
		cg_traveller_doubt(t, CG_GUEST_UNREAD, "the family of its CPU");
	if (!n->level || !n->phys_bits)
		cg_traveller_doubt(t, CG_GUEST_UNREAD,
				   "the level of its CPU, or the width of addresses");
	if (n->level >= HYPERVISOR_LEAVES ||
	    (n->xlevel && (n->xlevel < EXTENDED_LEAVES || n->xlevel >= CENTAUR_LEAVES)))
		cg_traveller_doubt(t, CG_GUEST_INCONSISTENT, "a level that no CPU has");
	if (cg_featureset_is_empty(&t->features))
		cg_traveller_doubt(t, CG_GUEST_INCONSISTENT, "a CPU without any feature");
}

/* A guest that runs. */

/* Its model as it is, with what the guest has on and what it has not off. */
static int spell(struct cg_traveller *t, struct cg_error *err)
{
	static const char *const scalars[] = { "vendor", "family", "model",    "stepping",
					       "level",  "xlevel", "phys-bits" };
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(4 * CG_DEFINITION_TEXT);
	struct cg_featureset all = cg_featureset_or(&t->features, &t->departure.model);

	if (cg_buffer_printf(&text, err, "%s", t->guest.model) < 0)
		return -1;
	cg_featureset_each(&all, f)
		if (cg_buffer_printf(&text, err, ",%s=%s",
				     cg_vocabulary_name(t->words, f),
				     cg_featureset_has(&t->features, f) ? "on" : "off") <
		    0)
			return -1;
	for (size_t i = 0; i < CG_COUNT(scalars); i++) {
		const json_t *value = json_object_get(t->guest.scalars, scalars[i]);

		if (!value || (json_is_string(value) && !*json_string_value(value)))
			continue;
		if (json_is_string(value) && strpbrk(json_string_value(value), ",= "))
			continue;
		/* Without long mode nobody may choose it. */
		if (strcmp(scalars[i], "phys-bits") == 0 &&
		    !cg_vocabulary_has(t->words, &t->features, "lm"))
			continue;
		if (strcmp(scalars[i], "level") == 0 &&
		    (t->topology.dies > 1 || t->topology.modules > 1))
			continue; /* it rises by itself */
		if (json_is_string(value)
			    ? cg_buffer_printf(&text, err, ",%s=%s", scalars[i],
					       json_string_value(value)) < 0
			    : cg_buffer_printf(&text, err, ",%s=%lld", scalars[i],
					       (long long)json_integer_value(value)) < 0)
			return -1;
	}
	if (json_is_true(json_object_get(t->departure.numbers, "pmu")) &&
	    cg_buffer_printf(&text, err, ",pmu=on") < 0)
		return -1;
	t->spelled = true;
	return cg_definition_parse(&t->cpu, text.data, err);
}

static int take_topology(struct cg_traveller *t, struct cg_error *err)
{
	uint64_t vcpus = t->guest.vcpus;

	if (!t->departure.smp) {
		t->topology = (struct cg_topology){ vcpus, vcpus, 1, 1, 1, 1, 1 };
		if (vcpus > 1)
			cg_traveller_doubt(t, CG_GUEST_UNREAD,
					   "how its vCPUs are arranged");
		return 0;
	}
	if (cg_topology_from_machine(&t->topology, t->departure.smp, err) < 0)
		return -1;
	t->exact = true;
	if (vcpus > t->topology.maxcpus)
		cg_traveller_doubt(t, CG_GUEST_INCONSISTENT,
				   "more vCPUs than its machine has room for");
	t->topology.cpus = vcpus;
	return 0;
}

static int take_guest(struct cg_traveller *t, struct cg_error *err)
{
	const json_t *blocker;
	size_t i;

	t->target = cg_json_text(t->guest.about, "target");
	t->version = cg_json_text(t->guest.about, "version");
	t->machine = t->guest.machine;
	t->accel = t->guest.accel;
	t->words = t->guest.vocabulary;
	t->features = t->guest.features;
	t->has_xsave = t->xsave_exact = t->departure.has_xsave;
	t->xsave = t->departure.xsave;
	cg_cpu_take_scalars(&t->numbers, t->guest.scalars);
	if (take_topology(t, err) < 0)
		return -1;
	json_array_foreach(t->departure.blockers, i, blocker)
		cg_traveller_doubt(t, CG_MIGRATION_BLOCKED, json_string_value(blocker));
	cg_traveller_hide(t, json_is_true(json_object_get(t->departure.numbers, "pmu")));
	cg_traveller_check(t);
	return spell(t, err);
}

/* What was said and can't be believed, or wasn't said in time, is no answer of anybody's. */
static bool is_doubt(const struct cg_error *err)
{
	return err->code == CG_E_UNDECIDED || err->code == CG_E_LIMIT;
}

static int read_guest(struct cg_traveller *t, struct cg_context *context,
		      struct cg_error *err)
{
	const char *socket = t->text + strlen(MONITOR);
	struct cg_qmp_limits limits = cg_context_limits(context);

	if (cg_guest_read(&t->guest, socket, &limits, err) < 0) {
		if (!is_doubt(err))
			return -1;
		cg_traveller_doubt(t, CG_GUEST_UNREAD, err->msg);
		return 0;
	}
	if (cg_departure_read(&t->departure, socket, t->guest.vocabulary, t->guest.model,
			      &limits, err) < 0)
		return -1;
	return take_guest(t, err);
}

/* Both. */

int cg_traveller_open(struct cg_traveller *out, struct cg_context *context,
		      const char *text, struct cg_error *err)
{
	cg_auto_contract struct cg_contract contract = { 0 };
	cg_auto_traveller struct cg_traveller t = { 0 };

	if (strncmp(text, MONITOR, strlen(MONITOR)) != 0)
		return cg_archive_get(context, text, &contract, err) < 0
			       ? -1
			       : cg_traveller_take(out, &contract, text, err);
	t.text = strdup(text);
	if (!t.text)
		return cg_error_errno(err, "%s", text);
	if (read_guest(&t, context, err) < 0)
		return -1;
	*out = t;
	t = (struct cg_traveller){ 0 };
	return 0;
}

void cg_traveller_deinit(struct cg_traveller *t)
{
	cg_verdict_deinit(&t->doubts);
	cg_definition_deinit(&t->cpu);
	cg_vocabulary_free(t->own);
	cg_departure_deinit(&t->departure);
	cg_guest_deinit(&t->guest);
	cg_contract_deinit(&t->contract);
	free(t->text);
	*t = (struct cg_traveller){ 0 };
}
