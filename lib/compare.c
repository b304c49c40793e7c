// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which of two CPUs can do more, in QEMU's words: a subset runs wherever the other does.
 * A host stands for all that it can give.
 */
#include <stdio.h>
#include <string.h>

#include "lib/cause.h"
#include "lib/command.h"
#include "lib/virsh.h"

static const char *const arguments[] = { "emulator", "machine", "accel",      "record",
					 "a",        "b",       "like-virsh", NULL };

struct question {
	struct cg_subject sides[2];
	struct cg_joint *joint;
	struct cg_cpu cpus[2];
	struct cg_comparison comparison;
};

static void deinit(struct question *q)
{
	cg_joint_free(q->joint);
	cg_subjects_deinit(q->sides);
}

static const struct cg_vocabulary *names(const struct question *q)
{
	return cg_joint_names(q->joint);
}

static bool has_threads(const struct question *q)
{
	return q->sides[0].guest.vcpus > 1 || q->sides[1].guest.vcpus > 1;
}

static int join(struct question *q, struct cg_error *err)
{
	const struct cg_vocabulary *words[2] = { q->sides[0].words, q->sides[1].words };

	if (cg_joint_new(&q->joint, words, 2, err) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		q->cpus[i] = q->sides[i].cpu;
		q->cpus[i].features = cg_joint_map(q->joint, i, &q->sides[i].features);
		if (has_threads(q))
			q->cpus[i].features =
				cg_subject_without_threads(names(q),
							   &q->cpus[i].features);
	}
	q->comparison = cg_compare(&q->cpus[0], &q->cpus[1]);
	return 0;
}

/* Reasons, for what A has and B hasn't. */

static const struct cg_record *record_of(const struct cg_subject *side)
{
	return side->kind == CG_SUBJECT_HOST ? side->records.items[0] : NULL;
}

static void blame_feature(const struct question *q, size_t feature,
			  struct cg_verdict *verdict)
{
	const struct cg_record *record = record_of(&q->sides[1]);
	const char *name = cg_vocabulary_name(names(q), feature);
	size_t own = cg_vocabulary_find(q->sides[1].words, name);

	if (!record)
		cg_verdict_add(verdict, CG_MISSING_UNSUPPORTED, name, q->sides[1].text,
			       NULL);
	else if (own < CG_FEATURES_MAX &&
		 cg_featureset_has(cg_record_untold(record), own))
		cg_verdict_add(verdict, CG_RECORD_UNTOLD, name,
			       q->sides[1].records.names[0], NULL);
	else
		cg_verdict_add(verdict, cg_cause_find(record, name), name,
			       q->sides[1].records.names[0], NULL);
}

static enum cg_reason reason_of(enum cg_property property)
{
	switch (property) {
	case CG_PROPERTY_VENDOR:
		return CG_IDENTITY_VENDOR;
	case CG_PROPERTY_LEVEL:
	case CG_PROPERTY_XLEVEL:
		return CG_WIDTH_LEVEL;
	case CG_PROPERTY_PHYS_BITS:
		return CG_WIDTH_PHYS_BITS;
	case CG_PROPERTY_TSC_FREQUENCY:
		return CG_TIME_TSC;
	default:
		return CG_IDENTITY_MODEL;
	}
}

static uint64_t value_of(const struct cg_cpu *cpu, enum cg_property property)
{
	const uint64_t values[CG_PROPERTIES] = {
		[CG_PROPERTY_FAMILY] = cpu->family,
		[CG_PROPERTY_MODEL] = cpu->model,
		[CG_PROPERTY_STEPPING] = cpu->stepping,
		[CG_PROPERTY_LEVEL] = cpu->level,
		[CG_PROPERTY_XLEVEL] = cpu->xlevel,
		[CG_PROPERTY_PHYS_BITS] = cpu->phys_bits,
		[CG_PROPERTY_TSC_FREQUENCY] = cpu->tsc_frequency,
	};

	return values[property];
}

/* Only what keeps A from running where B does: a smaller number on A's side doesn't. */
static bool is_to_blame(const struct question *q, enum cg_property property)
{
	bool features = !cg_featureset_is_empty(&q->comparison.only_a) ||
			!cg_featureset_is_empty(&q->comparison.only_b);

	if (!(q->comparison.properties & 1u << property))
		return false;
	if (property == CG_PROPERTY_FAMILY || property == CG_PROPERTY_MODEL ||
	    property == CG_PROPERTY_STEPPING)
		return !features && q->comparison.order == CG_INCOMPATIBLE;
	return property == CG_PROPERTY_VENDOR || property == CG_PROPERTY_TSC_FREQUENCY ||
	       value_of(&q->cpus[0], property) > value_of(&q->cpus[1], property);
}

static void blame_property(const struct question *q, enum cg_property property,
			   struct cg_verdict *verdict)
{
	char text[128];

	if (property == CG_PROPERTY_VENDOR)
		snprintf(text, sizeof(text), "%s, not %s", q->cpus[0].vendor,
			 q->cpus[1].vendor);
	else
		snprintf(text, sizeof(text), "%llu, not %llu",
			 (unsigned long long)value_of(&q->cpus[0], property),
			 (unsigned long long)value_of(&q->cpus[1], property));
	cg_verdict_add(verdict, reason_of(property), cg_property_name(property), NULL,
		       text);
}

static void judge(const struct question *q, struct cg_verdict *verdict)
{
	for (enum cg_property p = 0; p < CG_PROPERTIES; p++)
		if (is_to_blame(q, p))
			blame_property(q, p, verdict);
	cg_featureset_each(&q->comparison.only_a, i)
		blame_feature(q, i, verdict);
}

/* What one side's emulator doesn't know can't be there for that reason alone. */
static json_t *unknown_to(const struct question *q, size_t side,
			  const struct cg_featureset *others)
{
	struct cg_featureset known = cg_joint_known(q->joint, side);
	struct cg_featureset unknown = cg_featureset_minus(others, &known);

	if (q->sides[side].kind == CG_SUBJECT_DEFINITION)
		return json_array();
	return cg_vocabulary_list(names(q), &unknown);
}

static json_t *describe(const struct question *q)
{
	const struct cg_comparison *c = &q->comparison;
	cg_auto_verdict struct cg_verdict verdict = { 0 };

	judge(q, &verdict);
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:O*}", "verdict",
			 cg_answer_word(cg_verdict_answer(&verdict)), "result",
			 cg_order_word(c->order), "a", cg_subject_json(&q->sides[0]), "b",
			 cg_subject_json(&q->sides[1]), "only-a",
			 cg_vocabulary_list(names(q), &c->only_a), "only-b",
			 cg_vocabulary_list(names(q), &c->only_b), "unknown-to-a",
			 unknown_to(q, 0, &c->only_b), "unknown-to-b",
			 unknown_to(q, 1, &c->only_a), "responsible-properties",
			 cg_compare_responsible(c, names(q)), "reasons", verdict.reasons);
}

static int add_virsh(const struct question *q, struct cg_context *context,
		     const json_t *args, json_t *out, struct cg_error *err)
{
	cg_auto_json json_t *model = NULL;

	if (cg_subject_libvirt(&q->sides[0]) &&
	    cg_subject_look_up(q->sides, q->sides[0].definition.model, context, args,
			       &model, err) < 0)
		return -1;
	json_object_set_new(out, "virsh",
			    cg_virsh_compare(q->sides, q->joint, q->cpus, model));
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_cleanup(deinit) struct question q = { 0 };
	cg_auto_json json_t *out = NULL;

	if (cg_subjects_open(q.sides, context, args, err) < 0 || join(&q, err) < 0)
		return -1;
	out = describe(&q);
	if (json_is_true(json_object_get(args, "like-virsh")) &&
	    add_virsh(&q, context, args, out, err) < 0)
		return -1;
	*reply = cg_take(out);
	return 0;
}

const struct cg_command cg_command_compare = {
	"compare", arguments, run, CG_COMMAND_READS | CG_COMMAND_QUICK | CG_COMMAND_PURE
};
