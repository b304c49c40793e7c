// SPDX-License-Identifier: LGPL-2.1-or-later
/* A guest by its contract, which has been checked for its form, and says two things twice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpumodels/xsave.h"
#include "lib/traveller-inside.h"

/* What its CPU says of a feature by name. */
static struct cg_featureset named(const struct cg_traveller *t, bool wanted)
{
	struct cg_featureset out = { 0 };
	bool on;

	for (size_t i = 0; i < t->cpu.count; i++) {
		size_t f = cg_vocabulary_find(t->words, t->cpu.overrides[i].name);

		if (f < CG_FEATURES_MAX &&
		    cg_definition_bool(t->cpu.overrides[i].value, &on) && on == wanted)
			cg_featureset_add(&out, f);
	}
	return out;
}

static void contradict(struct cg_traveller *t, const struct cg_featureset *features,
		       const char *how)
{
	char text[256];

	if (cg_featureset_is_empty(features))
		return;
	snprintf(text, sizeof(text), "%s is %s in its CPU's definition",
		 cg_vocabulary_name(t->words, cg_featureset_next(features, 0)), how);
	cg_traveller_doubt(t, CG_GUEST_INCONSISTENT, text);
}

/* Its definition and what it says that the guest has must be the same guest. */
static void check_definition(struct cg_traveller *t)
{
	struct cg_featureset threads = cg_traveller_of_threads(t->words);
	struct cg_featureset on = named(t, true), off = named(t, false), wrong;

	wrong = cg_featureset_and(&t->features, &off);
	wrong = cg_featureset_minus(&wrong, &threads);
	contradict(t, &wrong, "off");
	wrong = cg_featureset_minus(&t->features, &on);
	wrong = cg_featureset_minus(&wrong, &threads);
	t->spelled = cg_featureset_is_empty(&wrong);
}

/* Is it a feature that TCG takes and drops? */
static bool is_dropped(const struct cg_traveller *t, const char *feature)
{
	return strcmp(t->accel, "tcg") == 0 && strncmp(feature, "kvm", 3) == 0;
}

/* What is on in the definition the guest has, or it may do without. */
static void check_names(struct cg_traveller *t)
{
	bool on;
	size_t count;

	for (size_t i = 0; i < t->cpu.count; i++) {
		const struct cg_override *o = &t->cpu.overrides[i];
		char text[256];

		if (!cg_definition_bool(o->value, &on) || !on ||
		    cg_vocabulary_find(t->words, o->name) < CG_FEATURES_MAX ||
		    !cg_leaves_find(o->name, &count) ||
		    cg_json_lists(t->contract.allowed, o->name) || is_dropped(t, o->name))
			continue;
		snprintf(text, sizeof(text),
			 "%.64s is on in its CPU's definition, and it doesn't have it",
			 o->name);
		cg_traveller_doubt(t, CG_GUEST_INCONSISTENT, text);
	}
}

/* A number that the definition sets is the guest's. */
static void check_scalars(struct cg_traveller *t)
{
	const char *name;
	json_t *value;
	char text[256];

	cg_json_each(t->contract.scalars, name, value) {
		const struct cg_override *o = cg_definition_find(&t->cpu, name);
		uint64_t number = 0;
		bool same = !o ||
			    (json_is_string(value)
				     ? strcmp(o->value, json_string_value(value)) == 0
				     : cg_json_uint(value, &number) &&
					       strtoull(o->value, NULL, 0) == number);

		if (same)
			continue;
		snprintf(text, sizeof(text), "%s is %.64s in its CPU's definition", name,
			 o->value);
		cg_traveller_doubt(t, CG_GUEST_INCONSISTENT, text);
	}
}

static bool has_pmu(const struct cg_traveller *t)
{
	const struct cg_override *pmu = cg_definition_find(&t->cpu, "pmu");
	bool on;

	if (pmu)
		return cg_definition_bool(pmu->value, &on) && on;
	return strcmp(t->cpu.model, "host") == 0 || strcmp(t->cpu.model, "max") == 0;
}

static bool is_whole(const struct cg_topology *t)
{
	return t->maxcpus == t->dies * t->modules * t->cores * t->threads * t->others;
}

/* What QEMU would find out by itself: a guest whose TSC is said never to change. */
static void check_tsc(struct cg_traveller *t)
{
	if (strcmp(t->accel, "kvm") == 0 &&
	    cg_vocabulary_has(t->words, &t->features, "invtsc") &&
	    !cg_definition_find(&t->cpu, "tsc-frequency"))
		cg_traveller_doubt(t, CG_MIGRATION_BLOCKED,
				   "invtsc without a tsc-frequency keeps it on its host");
}

/*
 * QEMU makes them of what its CPU asked for. With "enforce" that is what it has, and where all of
 * that is spelled out it is known; else it may have asked for more.
 */
static void take_xsave(struct cg_traveller *t)
{
	t->has_xsave = true;
	t->xsave_exact = t->spelled && cg_definition_is_on(&t->cpu, "enforce");
	t->xsave = t->xsave_exact ? cg_xsave_of_definition(&t->cpu)
				  : cg_xsave_of_features(t->words, &t->features);
}

static int take_contract(struct cg_traveller *t, struct cg_error *err)
{
	const struct cg_contract *c = &t->contract;
	size_t unknown;

	if (cg_definition_parse(&t->cpu, c->cpu, err) < 0 ||
	    cg_vocabulary_from_json(&t->own, c->features, err) < 0)
		return -1;
	t->target = c->target;
	t->machine = c->machine;
	t->accel = c->accel;
	t->version = cg_json_text(json_object_get(c->made, "emulator"), "version");
	t->kernel = cg_json_text(c->made, "kernel");
	t->words = t->own;
	t->features = cg_vocabulary_set(t->own, c->features, &unknown);
	t->topology = c->topology;
	t->exact = is_whole(&c->topology);
	cg_cpu_take_scalars(&t->numbers, c->scalars);
	check_definition(t);
	check_names(t);
	check_scalars(t);
	check_tsc(t);
	take_xsave(t);
	cg_traveller_hide(t, has_pmu(t));
	cg_traveller_check(t);
	return 0;
}

int cg_traveller_take(struct cg_traveller *out, struct cg_contract *contract,
		      const char *text, struct cg_error *err)
{
	cg_auto_traveller struct cg_traveller t = { .contract = *contract };

	*contract = (struct cg_contract){ 0 };
	t.text = strdup(text);
	if (!t.text)
		return cg_error_errno(err, "%s", text);
	if (take_contract(&t, err) < 0)
		return cg_error_prefix(err, "%s", text);
	*out = t;
	t = (struct cg_traveller){ 0 };
	return 0;
}

/* Features of the one that the other doesn't have. */
static void compare_features(const struct cg_traveller *one,
			     const struct cg_traveller *other, const char *how,
			     struct cg_verdict *verdict)
{
	struct cg_featureset threads = cg_traveller_of_threads(one->words);
	struct cg_featureset all = cg_featureset_minus(&one->features, &threads);
	char text[160];

	cg_featureset_each(&all, f) {
		const char *name = cg_vocabulary_name(one->words, f);

		if (cg_vocabulary_has(other->words, &other->features, name))
			continue;
		snprintf(text, sizeof(text), "%.64s is %s its contract", name, how);
		cg_verdict_add(verdict, CG_GUEST_INCONSISTENT, NULL, NULL, text);
	}
}

static void compare_number(const char *name, uint64_t has, uint64_t promised,
			   struct cg_verdict *verdict)
{
	char text[160];

	if (!promised || has == promised)
		return;
	snprintf(text, sizeof(text), "%s is %llu, and %llu in its contract", name,
		 (unsigned long long)has, (unsigned long long)promised);
	cg_verdict_add(verdict, CG_GUEST_INCONSISTENT, NULL, NULL, text);
}

void cg_traveller_compare(const struct cg_traveller *guest,
			  const struct cg_traveller *promised, struct cg_verdict *verdict)
{
	const struct cg_cpu *a = &guest->numbers, *b = &promised->numbers;

	compare_features(guest, promised, "not in", verdict);
	compare_features(promised, guest, "only in", verdict);
	if (a->vendor && b->vendor && strcmp(a->vendor, b->vendor) != 0)
		cg_verdict_add(verdict, CG_IDENTITY_VENDOR, NULL, NULL, b->vendor);
	compare_number("family", a->family, b->family, verdict);
	compare_number("model", a->model, b->model, verdict);
	compare_number("stepping", a->stepping, b->stepping, verdict);
	compare_number("level", a->level, b->level, verdict);
	compare_number("xlevel", a->xlevel, b->xlevel, verdict);
	compare_number("phys-bits", a->phys_bits, b->phys_bits, verdict);
	if (strcmp(guest->machine, promised->machine) != 0)
		cg_verdict_add(verdict, CG_MACHINE_DIFFERS, NULL, NULL,
			       promised->machine);
}
