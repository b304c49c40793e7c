// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A contract becomes a command line, which is judged as any other; what that one would give is
 * then held against what was promised.
 */
#include "lib/revival.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "cpumodels/gates.h"
#include "lib/cause.h"

/* -smp of a topology. What isn't said QEMU computes, as it did before. */
static json_t *smp_of(const struct cg_topology *t)
{
	const struct {
		const char *name;
		uint64_t count;
	} parts[] = {
		{ "dies", t->dies },       { "clusters", t->others },
		{ "modules", t->modules }, { "cores", t->cores },
		{ "threads", t->threads },
	};
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(512);
	struct cg_error err;

	if (cg_buffer_printf(&text, &err, "cpus=%" PRIu64 ",maxcpus=%" PRIu64, t->cpus,
			     t->maxcpus) < 0)
		return NULL;
	for (size_t i = 0; i < CG_COUNT(parts); i++)
		if (parts[i].count != 1 &&
		    cg_buffer_printf(&text, &err, ",%s=%" PRIu64, parts[i].name,
				     parts[i].count) < 0)
			return NULL;
	return json_string(text.data);
}

/* What the user's own configuration says isn't part of a contract. */
static json_t *words_of(const struct cg_contract *c, const json_t *args, const char *cpu)
{
	const char *emulator = cg_json_text(args, "emulator");
	cg_auto_free char *usual = NULL;

	if (asprintf(&usual, "qemu-system-%s", c->target) < 0) {
		usual = NULL;
		return NULL;
	}
	return json_pack("[s, s, s, s, s, s, s, s, s, o]", emulator ? emulator : usual,
			 "-no-user-config", "-machine", c->machine, "-accel", c->accel,
			 "-cpu", cpu, "-smp", smp_of(&c->topology));
}

static int judge(struct cg_revival *r, struct cg_context *context, const json_t *args,
		 const struct cg_contract *c, const char *cpu, struct cg_error *err)
{
	cg_auto_json json_t *asked = NULL;

	cg_verdict_deinit(&r->verdict);
	r->verdict = (struct cg_verdict){ 0 };
	cg_launch_deinit(&r->launch);
	json_decref(r->words);
	r->words = words_of(c, args, cpu);
	asked = json_pack("{s:O*, s:s, s:O*}", "argv", r->words, "accel", c->accel,
			  "record", json_object_get(args, "record"));
	if (!r->words || !asked)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a command line");
	return cg_launch_judge(&r->launch, context, asked, &r->verdict, err);
}

static const struct cg_vocabulary *names_of(const struct cg_revival *r)
{
	return r->launch.question.emulator->vocabulary;
}

/* Without those that come with the topology, which contracts don't name either. */
static struct cg_featureset found_features(const struct cg_revival *r,
					   const struct cg_contract *c)
{
	static const char *const of_threads[] = { "ht", "cmp-legacy" };
	struct cg_gates gates = cg_gates_of(names_of(r));
	struct cg_featureset out =
		cg_gates_close(&gates, &r->launch.prediction.effective);

	for (size_t i = 0; c->topology.maxcpus > 1 && i < CG_COUNT(of_threads); i++) {
		size_t f = cg_vocabulary_find(names_of(r), of_threads[i]);

		if (f < CG_FEATURES_MAX)
			cg_featureset_remove(&out, f);
	}
	return out;
}

/* Is there a CPU to compare with? */
static bool is_predicted(const struct cg_revival *r)
{
	return r->launch.prediction.model && r->launch.prediction.has_effective;
}

/* What was promised by a name that the emulator doesn't know can't be had from it. */
static void blame_unknown(struct cg_revival *r, const struct cg_contract *c,
			  const char *host)
{
	const json_t *name;
	size_t i;

	json_array_foreach(c->features, i, name)
		if (cg_vocabulary_find(names_of(r), json_string_value(name)) ==
		    CG_FEATURES_MAX)
			cg_verdict_add(&r->verdict, CG_MISSING_EMULATOR,
				       json_string_value(name), host, NULL);
}

/* What the command line asks for and can't have was blamed before. */
static void compare_features(struct cg_revival *r, const struct cg_contract *c,
			     const char *host)
{
	struct cg_featureset found = found_features(r, c), missing;
	size_t unknown;

	missing = cg_vocabulary_set(names_of(r), c->features, &unknown);
	missing = cg_featureset_minus(&missing, &found);
	missing = cg_featureset_minus(&missing, &r->launch.prediction.removed);
	cg_featureset_each(&missing, i)
		cg_verdict_add(&r->verdict, CG_MISSING_VMM,
			       cg_vocabulary_name(names_of(r), i), host, NULL);
	if (unknown)
		blame_unknown(r, c, host);
}

/* How a difference in a scalar is called. */
static enum cg_reason reason_of(const char *scalar)
{
	static const struct {
		const char *name;
		enum cg_reason reason;
	} table[] = {
		{ "vendor", CG_IDENTITY_VENDOR }, { "level", CG_WIDTH_LEVEL },
		{ "xlevel", CG_WIDTH_LEVEL },     { "phys-bits", CG_WIDTH_PHYS_BITS },
		{ "tsc-frequency", CG_TIME_TSC },
	};

	for (size_t i = 0; i < CG_COUNT(table); i++)
		if (strcmp(table[i].name, scalar) == 0)
			return table[i].reason;
	return CG_IDENTITY_MODEL;
}

/* 0, "" and UINT32_MAX are for QEMU to fill in when it starts. */
static bool is_open(const json_t *predicted)
{
	uint64_t number;

	if (json_is_string(predicted) && !cg_json_is_big(predicted))
		return !*json_string_value(predicted);
	return !cg_json_uint(predicted, &number) || !number || number == UINT32_MAX;
}

/* A model or stepping of 0 is what it says, unless nobody chose a family. */
static bool is_chosen(const char *name, const json_t *all)
{
	const json_t *value = json_object_get(all, name);

	if (strcmp(name, "model") == 0 || strcmp(name, "stepping") == 0)
		return json_is_integer(value) && !is_open(json_object_get(all, "family"));
	return value && !is_open(value);
}

static void compare_scalars(struct cg_revival *r, const struct cg_contract *c,
			    const char *host)
{
	const json_t *all = r->launch.prediction.expansion.scalars, *promised;
	const char *name;

	cg_json_each(c->scalars, name, promised) {
		const json_t *found = json_object_get(all, name);
		cg_auto_free char *was = cg_json_canonical(promised), *is = NULL;
		char words[128];

		if (!is_chosen(name, all) || json_equal(found, promised))
			continue;
		is = cg_json_canonical(found);
		snprintf(words, sizeof(words), "%.40s, and %.40s was promised",
			 is ? is : "", was ? was : "");
		cg_verdict_add(&r->verdict, reason_of(name), name, host, words);
	}
}

/* The definition with what nobody promised switched off; NULL if there is nothing to do. */
static int do_without(struct cg_revival *r, const struct cg_contract *c, char **out,
		      struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(2 * CG_DEFINITION_TEXT);
	struct cg_featureset promised, extra = found_features(r, c);
	size_t unknown;

	promised = cg_vocabulary_set(names_of(r), c->features, &unknown);
	extra = cg_featureset_minus(&extra, &promised);
	json_decref(r->switched_off);
	r->switched_off = cg_vocabulary_list(names_of(r), &extra);
	if (cg_featureset_is_empty(&extra))
		return 0;
	if (cg_buffer_printf(&text, err, "%s", c->cpu) < 0)
		return -1;
	cg_featureset_each(&extra, i)
		if (cg_buffer_printf(&text, err, ",%s=off",
				     cg_vocabulary_name(names_of(r), i)) < 0)
			return -1;
	*out = cg_take(text.data);
	return 0;
}

int cg_revival_judge(struct cg_revival *out, struct cg_context *context,
		     const json_t *args, const struct cg_contract *contract,
		     struct cg_error *err)
{
	const struct cg_record *record;
	cg_auto_free char *less = NULL;
	const char *host;

	*out = (struct cg_revival){ 0 };
	if (judge(out, context, args, contract, contract->cpu, err) < 0)
		return -1;
	if (is_predicted(out) && do_without(out, contract, &less, err) < 0)
		return -1;
	if (less && judge(out, context, args, contract, less, err) < 0)
		return -1;
	if (!is_predicted(out))
		return 0;
	record = out->launch.question.record;
	host = record ? cg_record_name(record) : NULL;
	compare_features(out, contract, host);
	compare_scalars(out, contract, host);
	return 0;
}

void cg_revival_deinit(struct cg_revival *revival)
{
	cg_verdict_deinit(&revival->verdict);
	cg_launch_deinit(&revival->launch);
	json_decref(revival->switched_off);
	json_decref(revival->words);
	*revival = (struct cg_revival){ 0 };
}

json_t *cg_revival_json(const struct cg_revival *revival)
{
	json_t *out = cg_launch_json(&revival->launch, &revival->verdict);

	if (json_array_size(revival->switched_off))
		json_object_set(out, "switched-off", revival->switched_off);
	return out;
}
