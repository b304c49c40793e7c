// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which of many hosts can take a guest with a certain CPU: a verdict for each, best
 * first.
 */
#include <stdio.h>
#include <string.h>

#include "cpumodels/request.h"
#include "lib/cause.h"
#include "lib/command.h"
#include "lib/subject.h"
#include "machine/catalogue.h"

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
	struct cg_gates gates;
	const char *machine;
	struct answer *answers;
	/*
	 * E doesn't depend on the host: what one record says holds for those that
	 * don't.
	 */
	bool has_model;
	struct cg_featureset model;
};

static void deinit(struct question *q)
{
	for (size_t i = 0; q->answers && i < q->records.count; i++)
		cg_verdict_deinit(&q->answers[i].verdict);
	free(q->answers);
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

/* What it asks for. */

static bool find_model(const struct question *q, size_t i, struct cg_featureset *out,
		       const json_t **scalars)
{
	return cg_records_expansion(&q->records, i, q->machine, q->definition.model, out,
				    scalars);
}

/* Exactly this definition, if the record holds it. */
static bool find_whole(const struct question *q, size_t i, struct cg_featureset *out)
{
	const json_t *scalars;

	return q->definition.count &&
	       cg_records_expansion(&q->records, i, q->machine, q->text, out, &scalars);
}

/* What it lacks. */

static void blame(const struct question *q, size_t i, const struct cg_featureset *missing)
{
	const struct cg_record *record = q->records.items[i];
	struct cg_featureset untold =
		cg_joint_map(q->records.joint, i, cg_record_untold(record));
	struct answer *a = &q->answers[i];

	cg_featureset_each(missing, f) {
		const char *name = cg_vocabulary_name(names(q), f);

		cg_verdict_add(&a->verdict,
			       cg_featureset_has(&untold, f)
				       ? CG_RECORD_UNTOLD
				       : cg_cause_find(record, name),
			       name, host(q, i), NULL);
	}
	a->missing = cg_featureset_count(missing);
}

/* It was tried there, and didn't start, though nothing is missing. */
static void blame_start(const struct question *q, size_t i)
{
	const json_t *why = NULL;
	const char *words;

	if (cg_record_start(q->records.items[i], q->machine, q->text, &why) !=
	    CG_RECORD_NOT_STARTED)
		return;
	words = cg_json_text(why, "words");
	cg_verdict_add(&q->answers[i].verdict, CG_START_FAILED, NULL, host(q, i),
		       words ? words : "it ended");
}

/* Names that the emulator would refuse. */
static struct cg_featureset unknown_names(const struct question *q, size_t i,
					  const struct cg_request *r)
{
	struct cg_featureset said = cg_featureset_or(&r->on, &r->off);

	return cg_featureset_minus(&said, &q->records.supplies[i].known);
}

static void judge_cpu(const struct question *q, size_t i,
		      const struct cg_featureset *model, const json_t *scalars)
{
	const struct cg_supply *supply = &q->records.supplies[i];
	struct answer *a = &q->answers[i];
	struct cg_featureset whole, wanted, missing, unknown, doubtful;
	struct cg_request r =
		cg_request_make(model, &q->definition, names(q), &q->gates, scalars);

	if (r.unknown)
		cg_verdict_add(&a->verdict, CG_NAME_UNKNOWN, r.unknown, host(q, i), NULL);
	if (find_whole(q, i, &whole)) {
		r.features = whole;
		r.perhaps = (struct cg_featureset){ 0 };
	}
	unknown = unknown_names(q, i, &r);
	wanted = cg_featureset_or(&r.features, &r.on);
	missing = cg_featureset_minus(&wanted, &supply->possible);
	missing = cg_featureset_or(&missing, &unknown);
	blame(q, i, &missing);
	doubtful = cg_featureset_and(&r.perhaps, &supply->known);
	doubtful = cg_featureset_minus(&doubtful, &supply->possible);
	cg_featureset_each(&doubtful, f)
		cg_verdict_add(&a->verdict, CG_RECORD_UNTOLD,
			       cg_vocabulary_name(names(q), f), host(q, i), NULL);
	wanted = cg_featureset_minus(&supply->gives, &r.features);
	a->spare = cg_featureset_count(&wanted);
	if (!a->missing)
		blame_start(q, i);
}

/* A guest that runs. */

/* Features that no host's emulator knows are missing, too. */
static struct cg_featureset find_guest(const struct question *q, size_t i)
{
	const struct cg_subject *guest = &q->guest;
	struct cg_featureset out = { 0 };

	cg_featureset_each(&guest->features, f) {
		const char *name = cg_vocabulary_name(guest->words, f);
		size_t there = cg_vocabulary_find(names(q), name);

		if (there < CG_FEATURES_MAX) {
			cg_featureset_add(&out, there);
			continue;
		}
		cg_verdict_add(&q->answers[i].verdict, CG_MISSING_EMULATOR, name,
			       host(q, i), NULL);
	}
	return out;
}

/* What can't change under it. */
static void judge_identity(const struct question *q, size_t i)
{
	const char *vendor = q->records.supplies[i].vendor;
	uint32_t bits = cg_records_phys_bits(&q->records, i);
	const struct cg_cpu *cpu = &q->guest.cpu;
	char text[64];

	if (vendor && cpu->vendor && strcmp(vendor, cpu->vendor) != 0) {
		snprintf(text, sizeof(text), "%.16s, not %.16s", cpu->vendor, vendor);
		cg_verdict_add(&q->answers[i].verdict, CG_IDENTITY_VENDOR, "vendor",
			       host(q, i), text);
	}
	if (bits && cpu->phys_bits > bits) {
		snprintf(text, sizeof(text), "%u, not %u", cpu->phys_bits, bits);
		cg_verdict_add(&q->answers[i].verdict, CG_WIDTH_PHYS_BITS, "phys-bits",
			       host(q, i), text);
	}
}

static void judge_guest(const struct question *q, size_t i)
{
	const struct cg_supply *supply = &q->records.supplies[i];
	struct cg_featureset has = find_guest(q, i);
	struct cg_featureset missing = cg_featureset_minus(&has, &supply->possible);
	struct cg_featureset spare = cg_featureset_minus(&supply->gives, &has);

	judge_identity(q, i);
	blame(q, i, &missing);
	q->answers[i].spare = cg_featureset_count(&spare);
}

static void judge(const struct question *q, size_t i)
{
	struct answer *a = &q->answers[i];
	struct cg_featureset model = q->model;
	const json_t *machines = cg_record_machines(q->records.items[i]);
	const json_t *scalars = NULL;

	if (!cg_records_has_machine(&q->records, i, q->machine)) {
		cg_verdict_add(&a->verdict, CG_MACHINE_ABSENT, q->machine, host(q, i),
			       NULL);
		return;
	}
	if (json_is_true(json_object_get(cg_catalogue_find(machines, q->machine),
					 "deprecated")))
		cg_verdict_add(&a->verdict, CG_MACHINE_DEPRECATED, q->machine, host(q, i),
			       NULL);
	if (runs(q))
		judge_guest(q, i);
	else if (!cg_records_has_model(&q->records, i, q->definition.model))
		cg_verdict_add(&a->verdict, CG_NAME_UNKNOWN, q->definition.model,
			       host(q, i), NULL);
	else if (find_model(q, i, &model, &scalars) || q->has_model)
		judge_cpu(q, i, &model, scalars);
	else
		cg_verdict_add(&a->verdict, CG_RECORD_ABSENT, q->definition.model,
			       host(q, i), NULL);
}

/* E doesn't depend on the host. */
static int find_definition(struct question *q, struct cg_error *err)
{
	const json_t *scalars = NULL;
	bool known = false;

	q->gates = cg_gates_of(names(q));
	for (size_t i = 0; i < q->records.count && !q->has_model; i++) {
		known |= cg_records_has_model(&q->records, i, q->definition.model);
		q->has_model = find_model(q, i, &q->model, &scalars);
	}
	if (!known)
		return cg_error_set(err, CG_E_UNKNOWN, "no host has a CPU model %s",
				    q->definition.model);
	return cg_records_check_names(&q->records, &q->definition, scalars, err);
}

static int judge_all(struct question *q, struct cg_error *err)
{
	q->answers = calloc(q->records.count, sizeof(*q->answers));
	if (!q->answers)
		return cg_error_errno(err, "%zu hosts", q->records.count);
	if (!runs(q) && find_definition(q, err) < 0)
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
