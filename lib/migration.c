// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a guest and a host to a verdict. */
#include "lib/migration.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "cpumodels/advisory.h"
#include "cpumodels/leaves.h"
#include "cpumodels/xsave.h"
#include "machine/catalogue.h"

#define DIES_COUNT 10000 /* QEMU 10.0: see cpumodels/visible.h */
#define TSC_PPM 250      /* what KVM takes for the same, as NTP corrects it */

/* What is asked, while it is answered. */
struct judging {
	const struct cg_migration *m;
	struct cg_destination *to;
	struct cg_verdict *verdict;
};

static const char *host_of(const struct cg_destination *d)
{
	return d->is_here ? NULL : d->name;
}

static void add(const struct judging *j, enum cg_reason reason, const char *feature,
		const char *detail)
{
	cg_verdict_add(j->verdict, reason, feature, host_of(j->to), detail);
}

static void add_pair(const struct judging *j, enum cg_reason reason, const char *feature,
		     const char *from, const char *to)
{
	char text[256];

	snprintf(text, sizeof(text), "%.100s, not %.100s", from, to);
	add(j, reason, feature, text);
}

/* What its CPU comes to nothing without. False if there is nothing to ask it for. */
static bool judge_kinds(const struct judging *j)
{
	const struct cg_traveller *g = j->m->guest;
	const struct cg_destination *d = j->to;

	if (!g->words)
		return false;
	if (d->target && strcmp(g->target, d->target) != 0) {
		add_pair(j, CG_TARGET_DIFFERS, NULL, g->target, d->target);
		return false;
	}
	if (strcmp(g->accel, d->accel) != 0) {
		add_pair(j, CG_ACCEL_DIFFERS, NULL, g->accel, d->accel);
		return false;
	}
	if (!d->machine) {
		add(j, CG_MACHINE_ABSENT, g->machine, NULL);
		return false;
	}
	if (strcmp(g->machine, d->machine) != 0)
		add_pair(j, CG_MACHINE_DIFFERS, NULL, g->machine, d->machine);
	if (!d->names)
		add(j, CG_GUEST_UNREAD, NULL, "what the emulator there knows");
	return d->names;
}

/* vCPUs. */

/* Before machine types 6.2 several vCPUs are several packages, since then cores. */
static bool sockets_first(const char *machine)
{
	char family[CG_MACHINE_NAME];
	int major, minor;

	return cg_catalogue_split(machine, family, &major, &minor) &&
	       major * 1000 + minor < 6002;
}

static void print_topology(const struct cg_topology *t, char *out, size_t size)
{
	snprintf(out, size, "%llu of %llu, %llu dies, %llu cores, %llu threads",
		 (unsigned long long)t->cpus, (unsigned long long)t->maxcpus,
		 (unsigned long long)t->dies * t->modules * t->others,
		 (unsigned long long)t->cores, (unsigned long long)t->threads);
}

static int judge_smp(const struct judging *j, struct cg_error *err)
{
	const struct cg_traveller *g = j->m->guest;
	struct cg_topology t;
	char from[96], to[96];

	if (!j->m->smp)
		return 0;
	if (g->exact ? cg_topology_resolve(&t, j->m->smp, sockets_first(j->to->machine),
					   err) < 0
		     : cg_topology_read(&t, j->m->smp, err) < 0)
		return -1;
	if (!cg_topology_equal(&g->topology, &t)) {
		print_topology(&g->topology, from, sizeof(from));
		print_topology(&t, to, sizeof(to));
		add_pair(j, CG_TOPOLOGY_CPUS, NULL, from, to);
	} else if (!g->exact && json_object_get(j->m->smp, "sockets")) {
		add(j, CG_GUEST_UNREAD, NULL, "in how many packages its vCPUs are");
	}
	return 0;
}

/* How many vCPUs a package has, as CPUID tells it, counts dies since QEMU 10.0. */
static void judge_dies(const struct judging *j)
{
	const struct cg_topology *t = &j->m->guest->topology;
	int from = cg_advisory_version(j->m->guest->version);
	int to = cg_advisory_version(j->to->version);

	if (t->dies * t->modules == 1)
		return;
	if (!from || !to)
		add(j, CG_GUEST_UNREAD, NULL, "which emulator counts its dies");
	else if ((from >= DIES_COUNT) != (to >= DIES_COUNT))
		add(j, CG_TOPOLOGY_CPUS, NULL,
		    "only one of the two emulators counts dies in CPUID, as QEMU does since 10.0");
}

static void judge_maxcpus(const struct judging *j)
{
	const json_t *info = cg_catalogue_find(j->to->machines, j->to->machine);
	uint64_t max;
	char text[96];

	if (!cg_json_uint(json_object_get(info, "cpu-max"), &max) ||
	    j->m->guest->topology.maxcpus <= max)
		return;
	snprintf(text, sizeof(text), "%.40s has at most %llu", j->to->machine,
		 (unsigned long long)max);
	add(j, CG_TOPOLOGY_MAXCPUS, NULL, text);
}

/* Time. */

/* In Hz, by CPUID leaf 15H: a crystal's frequency and the ratio of the TSC to it. */
static uint64_t host_tsc(const json_t *parts)
{
	static const char *const keys[] = { "0x15.eax", "0x15.ebx", "0x15.ecx" };
	const json_t *types = json_object_get(parts, "cpuid");
	const json_t *first =
		json_object_iter_value(json_object_iter(cg_json_mutable(types)));
	uint64_t value[CG_COUNT(keys)];

	for (size_t i = 0; i < CG_COUNT(keys); i++) {
		const char *text = cg_json_text(first, keys[i]);

		value[i] = text ? strtoull(text, NULL, 16) : 0;
	}
	return value[0] ? value[2] * value[1] / value[0] : 0;
}

static bool is_near(uint64_t a, uint64_t b)
{
	uint64_t apart = a > b ? a - b : b - a;

	return apart <= b / 1000000 * TSC_PPM;
}

/* KVM_CAP_TSC_CONTROL */
static bool scales_tsc(const json_t *parts)
{
	const json_t *capabilities = json_object_get(parts, "kvm-capabilities");

	return json_integer_value(json_object_get(capabilities, "60")) > 0;
}

/* A frequency that was chosen is what the guest gets, or it doesn't start. */
static void judge_chosen_tsc(const struct judging *j, uint64_t hz)
{
	uint64_t here = host_tsc(j->to->parts);
	char from[32], to[32];

	if (!j->to->parts || scales_tsc(j->to->parts))
		return;
	if (!here) {
		add(j, CG_RECORD_UNTOLD, "tsc-frequency", NULL);
		return;
	}
	if (is_near(hz, here))
		return;
	snprintf(from, sizeof(from), "%llu kHz", (unsigned long long)hz / 1000);
	snprintf(to, sizeof(to), "%llu kHz", (unsigned long long)here / 1000);
	add_pair(j, CG_TIME_TSC, "tsc-frequency", from, to);
}

/* Two that were chosen have to be the same, or the guest ends when it arrives. */
static void judge_tsc(const struct judging *j, const struct cg_definition *cpu)
{
	const struct cg_override *chosen = cg_definition_find(cpu, "tsc-frequency");
	uint64_t has = j->m->guest->numbers.tsc_frequency;
	uint64_t hz = chosen ? strtoull(chosen->value, NULL, 0) : 0;
	char from[32], to[32];

	if (!hz)
		return;
	if (has && has / 1000 != hz / 1000) {
		snprintf(from, sizeof(from), "%llu kHz", (unsigned long long)has / 1000);
		snprintf(to, sizeof(to), "%llu kHz", (unsigned long long)hz / 1000);
		add_pair(j, CG_TIME_TSC, "tsc-frequency", from, to);
	} else {
		judge_chosen_tsc(j, hz);
	}
}

/* The CPU. */

static bool has_feature(const struct cg_traveller *g, const char *name)
{
	return cg_vocabulary_has(g->words, &g->features, name);
}

static struct cg_party party_of(const struct cg_traveller *guest,
				const struct cg_destination *to,
				struct cg_verdict *verdict)
{
	struct cg_party out = {
		.family = guest->numbers.family,
		.model = guest->numbers.model,
		.stepping = guest->numbers.stepping,
		.level = guest->numbers.level,
		.xlevel = guest->numbers.xlevel,
		.phys_bits = guest->numbers.phys_bits,
		.fixed = true,
	};

	snprintf(out.vendor, sizeof(out.vendor), "%s", guest->vcpu.vendor);
	cg_featureset_each(&guest->features, f) {
		const char *name = cg_vocabulary_name(guest->words, f);
		size_t there = cg_vocabulary_find(to->names, name);

		if (there < CG_FEATURES_MAX)
			cg_featureset_add(&out.has, there);
		else
			cg_verdict_add(verdict, CG_MISSING_EMULATOR, name, host_of(to),
				       NULL);
	}
	return out;
}

/* Under KVM, what its addresses are wider than the host's by is memory that isn't there. */
static void compare_width(const struct cg_traveller *guest,
			  const struct cg_destination *to, struct cg_verdict *verdict)
{
	uint32_t bits = cg_destination_phys_bits(to);
	char text[64];

	if (!bits || guest->numbers.phys_bits <= bits)
		return;
	snprintf(text, sizeof(text), "%u, and the host has %u", guest->numbers.phys_bits,
		 bits);
	cg_verdict_add(verdict, CG_WIDTH_PHYS_BITS, "phys-bits", host_of(to), text);
}

/*
 * They follow from what was asked for, in some versions even if it isn't got: so a guest may
 * have parts that nothing of its CPU speaks of, and gets them only where it asks for too much
 * again.
 */
static void compare_xsave(const struct cg_traveller *guest,
			  const struct cg_destination *to, const struct cg_offer *offer,
			  struct cg_verdict *verdict)
{
	uint64_t has = guest->xsave & CG_XSAVE_PARTS, got, asked;
	char text[64];

	if (!guest->has_xsave || !has_feature(guest, "xsave") || !offer->party.fixed)
		return;
	got = cg_xsave_of_features(to->names, &offer->party.gives);
	asked = cg_xsave_of_features(to->names, &offer->party.has);
	if (has == got && has == asked)
		return;
	snprintf(text, sizeof(text), "parts 0x%llx, not 0x%llx", (unsigned long long)has,
		 (unsigned long long)got);
	if (!guest->xsave_exact)
		cg_verdict_add(verdict, CG_GUEST_UNREAD, "xsave", NULL,
			       "the parts of its XSAVE area");
	else if (has != got && has != asked)
		cg_verdict_add(verdict, CG_WIDTH_XSAVE, "xsave", host_of(to), text);
	else
		cg_verdict_add(verdict, CG_LAUNCH_UNREAD, "xsave", host_of(to),
			       "which parts its XSAVE area gets of what can't be had");
}

void cg_migration_compare(const struct cg_traveller *guest,
			  const struct cg_destination *to, const struct cg_offer *offer,
			  struct cg_verdict *verdict, struct cg_featureset *extra)
{
	struct cg_party from = party_of(guest, to, verdict);

	*extra = cg_featureset_minus(&offer->party.has, &from.has);
	if (cg_traveller_threads(guest) > 1) {
		struct cg_featureset threads = cg_traveller_of_threads(to->names);

		*extra = cg_featureset_minus(extra, &threads);
	}
	compare_xsave(guest, to, offer, verdict);
	cg_judge_tell(&offer->judge, &from, &offer->party, verdict);
	compare_width(guest, to, verdict);
	if (offer->doubtful)
		cg_verdict_add(verdict, CG_LAUNCH_UNREAD, NULL, NULL, offer->failure);
}

/*
 * Its own CPU as that emulator takes it: without names that it doesn't know and that are
 * off, and with @off off as well.
 */
static int adapt(struct cg_definition *out, const struct cg_traveller *guest,
		 const struct cg_destination *to, const struct cg_featureset *off,
		 struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(4 * CG_DEFINITION_TEXT);
	const struct cg_definition *cpu = &guest->cpu;
	size_t count;
	bool on;

	if (cg_buffer_printf(&text, err, "%s", cpu->model) < 0)
		return -1;
	for (size_t i = 0; i < cpu->count; i++) {
		const struct cg_override *o = &cpu->overrides[i];
		bool is_off = cg_definition_bool(o->value, &on) && !on;

		if (is_off && cg_leaves_find(o->name, &count) &&
		    cg_vocabulary_find(to->names, o->name) == CG_FEATURES_MAX)
			continue;
		if (cg_buffer_printf(&text, err, ",%s=%s", o->name, o->value) < 0)
			return -1;
	}
	cg_featureset_each(off, f)
		if (cg_buffer_printf(&text, err, ",%s=off",
				     cg_vocabulary_name(to->names, f)) < 0)
			return -1;
	return cg_definition_parse(out, text.data, err);
}

/* With "enforce" nothing is taken away in silence: it doesn't start. */
static void check_enforced(struct cg_offer *offer, const struct cg_definition *cpu,
			   const struct cg_destination *to)
{
	struct cg_party *party = &offer->party;
	struct cg_featureset lacking = cg_featureset_minus(&party->has, &party->possible);

	if (!cg_definition_is_on(cpu, "enforce") || !party->fixed ||
	    cg_featureset_is_empty(&lacking) ||
	    party->reasons & CG_REASON_BIT(CG_START_FAILED))
		return;
	party->reasons |= CG_REASON_BIT(CG_START_FAILED);
	snprintf(offer->failure, sizeof(offer->failure), "%s can't be had",
		 cg_vocabulary_name(to->names, cg_featureset_next(&lacking, 0)));
}

static int offer_to(struct cg_offer *out, struct cg_destination *to,
		    const struct cg_traveller *guest, const struct cg_definition *cpu,
		    struct cg_error *err)
{
	if (cg_destination_offer(out, to, guest, cpu, err) < 0)
		return -1;
	check_enforced(out, cpu, to);
	return 0;
}

/*
 * With its own CPU. What the host would add to it, or may add behind what it has on, is switched
 * off, and it is asked again.
 */
static int offer_own(struct cg_offer *out, struct cg_definition *cpu,
		     const struct cg_traveller *guest, struct cg_destination *to,
		     struct cg_verdict *verdict, struct cg_error *err)
{
	cg_auto_verdict struct cg_verdict first = { 0 };
	cg_auto_definition struct cg_definition better = { 0 };
	const struct cg_featureset none = { 0 };
	struct cg_featureset extra;

	if (adapt(cpu, guest, to, &none, err) < 0 ||
	    offer_to(out, to, guest, cpu, err) < 0)
		return -1;
	cg_migration_compare(guest, to, out, &first, &extra);
	extra = cg_featureset_or(&extra, &out->party.doubtful);
	if (!guest->spelled || cg_featureset_is_empty(&extra)) {
		cg_verdict_join(verdict, &first);
		return 0;
	}
	if (adapt(&better, guest, to, &extra, err) < 0 ||
	    offer_to(out, to, guest, &better, err) < 0)
		return -1;
	cg_migration_compare(guest, to, out, verdict, &extra);
	cg_definition_deinit(cpu);
	*cpu = better;
	better = (struct cg_definition){ 0 };
	return 0;
}

/*
 * A contract says on which host and by which emulator it was made. If that is where the guest
 * would go, it is its own host.
 */
static bool is_own_host(const struct cg_traveller *guest, const struct cg_destination *to)
{
	const json_t *made = guest->contract.made;
	const char *sha256 = cg_json_text(json_object_get(made, "emulator"), "sha256");
	const char *host = cg_json_text(made, "host");

	if (!sha256 || !to->sha256 || strcmp(sha256, to->sha256) != 0)
		return false;
	return strcmp(guest->accel, "tcg") == 0 ||
	       (host && to->fingerprint && strcmp(host, to->fingerprint) == 0);
}

/* Would its own host take it back? If not, what is known of it is wrong. */
static int check_self(const struct cg_migration *m, struct cg_migration_answer *out,
		      struct cg_error *err)
{
	cg_auto_verdict struct cg_verdict verdict = { 0 };
	cg_auto_definition struct cg_definition cpu = { 0 };
	struct cg_destination *d = !m->from && is_own_host(m->guest, m->to) ? m->to
									    : m->from;
	struct judging j = { m, d, &verdict };
	struct cg_offer offer;

	if (!d)
		return 0;
	if (judge_kinds(&j) && offer_own(&offer, &cpu, m->guest, d, &verdict, err) < 0)
		return -1;
	out->self = cg_verdict_answer(&verdict) == CG_NO ? "failed" : "ok";
	if (cg_verdict_answer(&verdict) == CG_NO)
		cg_verdict_add(&out->verdict, CG_RECORD_SELF_INCONSISTENT, NULL,
			       host_of(d), NULL);
	return 0;
}

/* Breakages. */

static void advise(const struct judging *j, const struct cg_definition *cpu)
{
	const struct cg_traveller *g = j->m->guest;
	const struct cg_departing departing = {
		.kvm = strcmp(g->accel, "kvm") == 0,
		.amd = strcmp(g->vcpu.vendor, "AuthenticAMD") == 0,
		.pku = has_feature(g, "pku"),
		.mpx = has_feature(g, "mpx"),
		.pdcm = cg_definition_is_on(&g->cpu, "pdcm") || has_feature(g, "pdcm"),
		.pmu = cg_definition_is_on(cpu, "pmu"),
		.arch_capabilities = has_feature(g, "arch-capabilities"),
		.threads = cg_traveller_threads(g),
		.from_emulator = cg_advisory_version(g->version),
		.to_emulator = cg_advisory_version(j->to->version),
		.from_kernel = cg_advisory_version(g->kernel),
		.to_kernel = cg_advisory_version(j->to->kernel),
	};

	cg_advisories_add(j->verdict, &departing, host_of(j->to));
}

/* Of its own CPU nothing may be taken away in silence, whatever was forgotten here. */
static char *print_enforced(const struct cg_definition *cpu, bool as_given)
{
	cg_auto_free char *text = cg_definition_print(cpu);
	char *out;

	if (!text || as_given || cg_definition_find(cpu, "enforce"))
		return cg_take(text);
	return asprintf(&out, "%s,enforce=on", text) < 0 ? NULL : out;
}

static int judge_cpu(const struct judging *j, struct cg_migration_answer *out,
		     struct cg_error *err)
{
	cg_auto_definition struct cg_definition own = { 0 };
	const struct cg_definition *cpu = j->m->cpu ? j->m->cpu : &own;
	struct cg_featureset extra;
	struct cg_offer offer;

	if (j->m->cpu) {
		if (offer_to(&offer, j->to, j->m->guest, cpu, err) < 0)
			return -1;
		cg_migration_compare(j->m->guest, j->to, &offer, j->verdict, &extra);
	} else if (offer_own(&offer, &own, j->m->guest, j->to, j->verdict, err) < 0) {
		return -1;
	}
	out->cpu = print_enforced(cpu, j->m->cpu != NULL);
	judge_tsc(j, cpu);
	advise(j, cpu);
	return 0;
}

int cg_migration_judge(struct cg_migration_answer *out, const struct cg_migration *m,
		       struct cg_error *err)
{
	cg_auto_migration_answer struct cg_migration_answer answer = { 0 };
	struct judging j = { m, m->to, &answer.verdict };

	cg_verdict_join(&answer.verdict, &m->guest->doubts);
	if (judge_kinds(&j)) {
		judge_maxcpus(&j);
		judge_dies(&j);
		if (judge_smp(&j, err) < 0 || judge_cpu(&j, &answer, err) < 0 ||
		    check_self(m, &answer, err) < 0)
			return -1;
	}
	*out = answer;
	answer = (struct cg_migration_answer){ 0 };
	return 0;
}

void cg_migration_answer_deinit(struct cg_migration_answer *answer)
{
	cg_verdict_deinit(&answer->verdict);
	free(answer->cpu);
	*answer = (struct cg_migration_answer){ 0 };
}
