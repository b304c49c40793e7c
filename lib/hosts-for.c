// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which of many hosts can take a guest with a certain CPU: a verdict for each, best
 * first.
 */
#include <stdio.h>
#include <string.h>

#include "lib/command.h"
#include "lib/judge.h"
#include "lib/parties.h"
#include "lib/subject.h"

static const char *const arguments[] = { "emulator", "machine", "accel",
					 "guest",    "records", NULL };

/* What a host says to it. */
struct answer {
	struct cg_verdict verdict;
	size_t missing, spare; /* features that it lacks; that it gives beyond */
};

struct question {
	struct cg_subject guest;
	struct cg_definition definition;
	char *text; /* of the definition, or what the guest that runs was called */
	struct cg_records records;
	struct cg_parties parties;
	const char *machine;
	struct answer *answers;
};

static void deinit(struct question *q)
{
	for (size_t i = 0; q->answers && i < q->records.count; i++)
		cg_verdict_deinit(&q->answers[i].verdict);
	free(q->answers);
	cg_parties_deinit(&q->parties);
	cg_records_deinit(&q->records);
	cg_definition_deinit(&q->definition);
	cg_subject_deinit(&q->guest);
	free(q->text);
}

static bool runs(const struct question *q)
{
	return q->guest.kind == CG_SUBJECT_GUEST;
}

static const char *host(const struct question *q, size_t i)
{
	return q->records.names[i];
}

static const struct cg_vocabulary *names(const struct question *q)
{
	return cg_joint_names(q->records.joint);
}

/* Features that no host's emulator knows are missing, too. */
static struct cg_party party_of_guest(const struct question *q, size_t i)
{
	const struct cg_subject *guest = &q->guest;
	struct cg_party out = { .phys_bits = guest->cpu.phys_bits };

	/* What a host's guests have of this isn't known, but only what it would give. */
	if (guest->cpu.vendor && *q->parties.items[i].vendor)
		snprintf(out.vendor, sizeof(out.vendor), "%.15s", guest->cpu.vendor);
	cg_featureset_each(&guest->features, f) {
		const char *name = cg_vocabulary_name(guest->words, f);
		size_t there = cg_vocabulary_find(names(q), name);

		if (there < CG_FEATURES_MAX)
			cg_featureset_add(&out.has, there);
		else
			cg_verdict_add(&q->answers[i].verdict, CG_MISSING_EMULATOR, name,
				       host(q, i), NULL);
	}
	return out;
}

static const char *failure_of(const struct question *q, size_t i)
{
	const json_t *why = NULL;

	(void)cg_record_start(q->records.items[i], q->machine, q->text, &why);
	return why ? cg_json_text(why, "words") : NULL;
}

static void judge(const struct question *q, size_t i)
{
	const struct cg_party *to = &q->parties.items[i];
	const struct cg_judge how = {
		.host = host(q, i),
		.names = names(q),
		.record = q->records.items[i],
		.machine = q->machine,
		.unknown = q->parties.unknown[i],
		.failure = runs(q) ? NULL : failure_of(q, i),
	};
	struct cg_party from =
		runs(q) && !(to->reasons & CG_REASON_BIT(CG_MACHINE_ABSENT))
			? party_of_guest(q, i)
			: *to;
	struct cg_gap gap = cg_gap_find(&from, to);
	struct cg_featureset spare =
		cg_featureset_minus(&q->records.supplies[i].gives, &from.has);

	cg_judge_tell(&how, &from, to, &q->answers[i].verdict);
	q->answers[i].missing =
		cg_featureset_count(&gap.missing) + cg_featureset_count(&gap.untold);
	q->answers[i].spare = cg_featureset_count(&spare);
}

static int judge_all(struct question *q, struct cg_error *err)
{
	q->answers = calloc(q->records.count, sizeof(*q->answers));
	if (!q->answers)
		return cg_error_errno(err, "%zu hosts", q->records.count);
	if (cg_parties_new(&q->parties, &q->records, runs(q) ? NULL : &q->definition,
			   err) < 0)
		return -1;
	for (size_t i = 0; i < q->records.count; i++)
		judge(q, i);
	return 0;
}

/* The reply. */

static int rank(enum cg_answer answer)
{
	return answer == CG_YES ? 0 : answer == CG_UNDECIDED ? 1 : 2;
}

/*
 * Those that have the least to spare first: the others can take guests that these
 * can't.
 */
static int by_fitness(const void *a, const void *b, void *data)
{
	const struct question *q = data;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct answer *x = &q->answers[i], *y = &q->answers[j];
	int m = rank(cg_verdict_answer(&x->verdict)),
	    n = rank(cg_verdict_answer(&y->verdict));

	if (m != n)
		return m - n;
	if (x->missing != y->missing)
		return x->missing < y->missing ? -1 : 1;
	if (x->spare != y->spare)
		return x->spare < y->spare ? -1 : 1;
	return strverscmp(q->records.names[i], q->records.names[j]);
}

static json_t *describe(const struct question *q, size_t i)
{
	const struct answer *a = &q->answers[i];
	enum cg_answer answer = cg_verdict_answer(&a->verdict);
	json_t *out = json_pack("{s:s, s:s}", "host", q->records.names[i], "verdict",
				cg_answer_word(answer));

	if (answer == CG_YES)
		json_object_set_new(out, "spare", json_integer((json_int_t)a->spare));
	if (a->verdict.reasons)
		json_object_set(out, "reasons", a->verdict.reasons);
	return out;
}

/* Can any of them? */
static const char *sum(const struct question *q)
{
	int best = rank(CG_NO);

	for (size_t i = 0; i < q->records.count; i++) {
		int r = rank(cg_verdict_answer(&q->answers[i].verdict));

		best = r < best ? r : best;
	}
	return cg_answer_word(best == 0 ? CG_YES : best == 1 ? CG_UNDECIDED : CG_NO);
}

static int reply_of(struct question *q, json_t **reply, struct cg_error *err)
{
	cg_auto_free size_t *order = calloc(q->records.count, sizeof(*order));
	json_t *hosts = json_array();

	if (!order)
		return cg_error_errno(err, "%zu hosts", q->records.count);
	for (size_t i = 0; i < q->records.count; i++)
		order[i] = i;
	qsort_r(order, q->records.count, sizeof(*order), by_fitness, q);
	for (size_t i = 0; i < q->records.count; i++)
		json_array_append_new(hosts, describe(q, order[i]));
	*reply = json_pack("{s:s, s:s, s:s, s:s, s:o}", "verdict", sum(q), "guest",
			   q->text, "machine", q->machine, "accel",
			   cg_record_accel(q->records.items[0]), "hosts", hosts);
	return 0;
}

/* host and max are what their host is, so one host's mean nothing to another. */
static bool is_of_host(const char *model)
{
	return strcmp(model, "host") == 0 || strcmp(model, "max") == 0;
}

/* The one form of a definition, wherever it is from. */
static int take_definition(struct question *q, struct cg_error *err)
{
	cg_auto_free char *text = cg_definition_print(&q->guest.definition);

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a definition");
	if (is_of_host(q->guest.definition.model))
		return cg_error_set(err, CG_E_USAGE,
				    "%s is another CPU on every host: name a model",
				    q->guest.definition.model);
	q->text = cg_take(text);
	return cg_definition_parse(&q->definition, q->text, err);
}

static int read_guest(struct question *q, struct cg_context *context, const json_t *args,
		      struct cg_error *err)
{
	const char *guest = cg_json_text(args, "guest");

	if (!guest)
		return cg_error_set(err, CG_E_USAGE, "hosts-for: which CPU definition?");
	if (cg_subject_read(&q->guest, context, guest, err) < 0)
		return -1;
	if (q->guest.kind == CG_SUBJECT_HOST)
		return cg_error_set(err, CG_E_USAGE,
				    "%s is a host, and not a guest's CPU", guest);
	if (!runs(q))
		return take_definition(q, err);
	q->text = strdup(guest);
	return q->text ? 0 : cg_error_errno(err, "%s", guest);
}

/* What the guest says of itself goes where the user said nothing. */
static json_t *complete(const struct question *q, const json_t *args)
{
	json_t *out = json_copy(cg_json_mutable(args));

	if (q->guest.machine && !json_object_get(out, "machine"))
		json_object_set_new(out, "machine", json_string(q->guest.machine));
	if (q->guest.accel && !json_object_get(out, "accel"))
		json_object_set_new(out, "accel", json_string(q->guest.accel));
	return out;
}

static int check_kinds(const struct question *q, const json_t *args, struct cg_error *err)
{
	const struct cg_record *first = q->records.items[0];
	const char *target = cg_json_text(cg_record_about(first), "target");
	const char *accel = cg_json_text(args, "accel");

	if (q->guest.target && target && strcmp(q->guest.target, target) != 0)
		return cg_error_set(err, CG_E_USAGE, "%s is about %s, %s about %s",
				    q->guest.text, q->guest.target, host(q, 0), target);
	if (q->guest.accel && strcmp(accel, cg_record_accel(first)) != 0)
		return cg_error_set(err, CG_E_USAGE,
				    "%s is about %s, %s about %s: a guest runs under one "
				    "accelerator",
				    q->guest.text, accel, host(q, 0),
				    cg_record_accel(first));
	return 0;
}

static int answer(struct question *q, struct cg_context *context, const json_t *args,
		  json_t **reply, struct cg_error *err)
{
	cg_auto_verdict struct cg_verdict absent = { 0 };
	bool common;

	if (cg_records_open(&q->records, context, args, json_object_get(args, "records"),
			    err) < 0 ||
	    check_kinds(q, args, err) < 0 ||
	    cg_records_find_machine(&q->records, cg_json_text(args, "machine"),
				    &q->machine, &common, &absent, err) < 0 ||
	    cg_records_use_machine(&q->records, q->machine, err) < 0 ||
	    judge_all(q, err) < 0)
		return -1;
	return reply_of(q, reply, err);
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_cleanup(deinit) struct question q = { 0 };
	cg_auto_json json_t *completed = NULL;

	if (read_guest(&q, context, args, err) < 0)
		return -1;
	completed = complete(&q, args);
	return answer(&q, context, completed, reply, err);
}

const struct cg_command cg_command_hosts_for = {
	"hosts-for", arguments, run, CG_COMMAND_READS | CG_COMMAND_QUICK | CG_COMMAND_PURE
};
