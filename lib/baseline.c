// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The CPU that guests should have so that they can run on all of some hosts, what that
 * costs, and whose fault it is.
 */
#include <stdio.h>
#include <string.h>

#include "lib/cause.h"
#include "lib/choice.h"
#include "lib/command.h"

static const char *const arguments[] = { "emulator", "machine",   "accel", "records",
					 "named",    "nested",    "level", "cross-vendor",
					 "without",  "partition", NULL };

struct question {
	struct cg_baseline_options options;
	size_t groups; /* of a partition; 0: none asked for */
	struct cg_records records;
	struct cg_choice choice;
	json_t *warnings;
};

static void deinit(struct question *q)
{
	cg_choice_deinit(&q->choice);
	cg_records_deinit(&q->records);
	json_decref(q->warnings);
}

/* The question. */

static int read_options(struct question *q, const json_t *args, struct cg_error *err)
{
	const char *level = cg_json_text(args, "level");
	const json_t *groups = json_object_get(args, "partition");

	q->options = (struct cg_baseline_options){
		.named = json_is_true(json_object_get(args, "named")),
		.nested = json_is_true(json_object_get(args, "nested")),
		.cross_vendor = json_is_true(json_object_get(args, "cross-vendor")),
	};
	if (level && !(q->options.level = cg_level_find(level)))
		return cg_error_set(err, CG_E_USAGE,
				    "no level %s: x86-64-v1, x86-64-v2, x86-64-v3 or "
				    "x86-64-v4",
				    level);
	if (groups && json_integer_value(groups) < 1)
		return cg_error_set(err, CG_E_USAGE, "a partition into how many groups?");
	q->groups = (size_t)json_integer_value(groups);
	return 0;
}

/* By its name, or by the file that it was given as. */
static bool is_left_out(const struct cg_records *r, const json_t *list, size_t i,
			const json_t *without)
{
	return cg_json_lists(without, r->names[i]) ||
	       cg_json_lists(without, json_string_value(json_array_get(list, i)));
}

/* A name that isn't there is a slip, and would change nothing without a word. */
static int check_left_out(const struct cg_records *r, const json_t *list,
			  const json_t *without, struct cg_error *err)
{
	const json_t *name;
	size_t i;

	json_array_foreach(without, i, name) {
		cg_auto_json json_t *one = json_pack("[O]", name);
		bool known = false;

		for (size_t at = 0; at < r->count; at++)
			known |= is_left_out(r, list, at, one);
		if (!known)
			return cg_error_set(err, CG_E_UNKNOWN, "no host %s to leave out",
					    json_is_string(name) ? json_string_value(name)
								 : "");
	}
	return 0;
}

/* Without the hosts that are left out. */
static json_t *remaining(const struct cg_records *r, const json_t *list,
			 const json_t *without)
{
	json_t *rest = json_array();

	for (size_t i = 0; i < r->count; i++)
		if (!is_left_out(r, list, i, without))
			json_array_append(rest, json_array_get(list, i));
	return rest;
}

static int open_records(struct question *q, struct cg_context *context,
			const json_t *args, struct cg_error *err)
{
	const json_t *list = json_object_get(args, "records");
	const json_t *without = json_object_get(args, "without");
	cg_auto_json json_t *rest = NULL;

	if (cg_records_open(&q->records, context, args, list, err) < 0)
		return -1;
	if (!json_array_size(without))
		return 0;
	if (check_left_out(&q->records, list, without, err) < 0)
		return -1;
	rest = remaining(&q->records, list, without);
	cg_records_deinit(&q->records);
	return cg_records_open(&q->records, context, args, rest, err);
}

/* Warnings. */

static void warn(struct question *q, const char *what, const json_t *names,
		 const char *consequence)
{
	size_t count = json_array_size(names), i;
	const json_t *name;
	char text[1024];
	size_t len;

	if (!count)
		return;
	len = (size_t)snprintf(text, sizeof(text), "%s", what);
	json_array_foreach(names, i, name)
		if (len < sizeof(text) / 2)
			len += (size_t)snprintf(text + len, sizeof(text) - len, " %s",
						json_string_value(name));
		else
			break;
	if (i < count)
		len += (size_t)snprintf(text + len, sizeof(text) - len, " ... (%zu)",
					count);
	snprintf(text + len, sizeof(text) - len, "%s", consequence);
	json_array_append_new(q->warnings, json_string(text));
}

static void warn_of_mitigations(struct question *q, const struct cg_losses *losses)
{
	struct cg_featureset all = { 0 };
	cg_auto_json json_t *names = NULL;

	for (size_t i = 0; i < losses->count; i++)
		all = cg_featureset_or(&all, &losses->items[i].features);
	all = cg_featureset_and(&all, &q->choice.fleet.cautions.mitigations);
	names = cg_vocabulary_list(q->choice.fleet.names, &all);
	warn(q, "guests can't defend themselves with", names,
	     ", which some of the hosts give");
}

static void warn_of_records(struct question *q)
{
	cg_auto_json json_t *partial = json_array(), *open = json_array(),
			    *failing = json_array();
	const struct cg_records *r = &q->records;

	for (size_t i = 0; i < r->count; i++) {
		bool kvm = strcmp(cg_record_accel(r->items[i]), "kvm") == 0;

		if (strcmp(cg_record_honesty(r->items[i]), "exact") != 0)
			json_array_append_new(partial, json_string(r->names[i]));
		else if (kvm && !cg_record_is_enforced(r->items[i]))
			json_array_append_new(open, json_string(r->names[i]));
		if (r->failures[i])
			json_array_append_new(failing, json_string(r->names[i]));
	}
	warn(q, "what these records don't tell is taken for missing:", partial, "");
	warn(q, "KVM doesn't mask CPUID, so a guest may see more, on", open, "");
	warn(q,
	     "no CPU starts that has all there is, so features kept in MSRs are "
	     "taken for missing, on",
	     failing, "");
}

/* Yes, or no with reasons. */

static int say_yes(struct question *q, const struct cg_baseline *b, json_t *out,
		   struct cg_error *err)
{
	cg_auto_losses struct cg_losses losses = { 0 };

	if (cg_choice_check(&q->choice, b, NULL, err) < 0 ||
	    cg_choice_describe(&q->choice, b, NULL, out, err) < 0 ||
	    cg_losses_find(&losses, &q->choice.fleet, b, &q->options, err) < 0)
		return -1;
	json_object_set_new(out, "libvirt", cg_choice_libvirt(&q->choice, b));
	json_object_set_new(out, "effective",
			    cg_vocabulary_list(q->choice.fleet.names, &b->effective));
	json_object_set(out, "properties",
			cg_json_mutable(q->choice.candidates.scalars[b->candidate]));
	json_object_set_new(out, "lost", cg_choice_lost(&q->choice, &losses));
	json_object_set_new(out, "left-out", cg_choice_left_out(&q->choice, b));
	warn_of_mitigations(q, &losses);
	return cg_choice_put_gain(&q->choice, b, out, err);
}

/* One reason for each vendor, with the first host that has it. */
static void blame_vendors(const struct question *q, struct cg_verdict *verdict)
{
	cg_auto_json json_t *counts = json_object();

	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < q->records.count; i++) {
			const char *vendor = q->records.supplies[i].vendor;
			const json_t *count = vendor ? json_object_get(counts, vendor)
						     : NULL;
			char text[64];

			if (!vendor || (round && !count))
				continue;
			if (!round) {
				json_object_set_new(counts, vendor,
						    json_integer(
							    json_integer_value(count) +
							    1));
				continue;
			}
			snprintf(text, sizeof(text), "%s (%lld of the hosts)", vendor,
				 (long long)json_integer_value(count));
			cg_verdict_add(verdict, CG_IDENTITY_VENDOR, "vendor",
				       q->records.names[i], text);
			json_object_del(counts, vendor);
		}
}

/* Each feature, and each host that lacks it. */
static void blame_level(const struct question *q, const struct cg_baseline *b,
			struct cg_verdict *verdict)
{
	const char *unknown;

	(void)cg_level_features(q->options.level, q->choice.fleet.names, &unknown);
	if (unknown)
		cg_verdict_add(verdict, CG_MISSING_EMULATOR, unknown, NULL, NULL);
	for (size_t i = 0; i < q->records.count; i++)
		cg_featureset_each(&b->lacking, f)
			if (!cg_featureset_has(&q->records.supplies[i].possible, f))
				cg_verdict_add(
					verdict,
					cg_cause_find(q->records.items[i],
						      cg_vocabulary_name(
							      q->choice.fleet.names, f)),
					cg_vocabulary_name(q->choice.fleet.names, f),
					q->records.names[i], NULL);
}

static void say_no(const struct question *q, const struct cg_baseline *b,
		   struct cg_verdict *verdict)
{
	if (b->end == CG_BASELINE_VENDORS)
		blame_vendors(q, verdict);
	else if (b->end == CG_BASELINE_BELOW_LEVEL)
		blame_level(q, b, verdict);
	else if (q->choice.candidates.count)
		cg_verdict_add(verdict, CG_MODEL_NONE, NULL, NULL,
			       q->options.named ? " as it is" : "");
	else
		cg_verdict_add(verdict, CG_RECORD_ABSENT, q->records.machine,
			       q->records.names[0], NULL);
}

/* Where this host is among them, QEMU itself has the last word. */
static int prove(struct cg_context *context, const json_t *args, const json_t *out,
		 struct cg_verdict *verdict, struct cg_error *err)
{
	cg_auto_json json_t *question = NULL, *reply = NULL;
	const char *definition = cg_json_text(out, "definition");
	const json_t *end;

	if (!definition || !cg_json_lists(json_object_get(args, "records"), "host") ||
	    cg_json_lists(json_object_get(args, "without"), "host"))
		return 0;
	question = json_pack("{s:s, s:O, s:O, s:O*}", "definition", definition, "machine",
			     json_object_get(out, "machine"), "accel",
			     json_object_get(out, "accel"), "emulator",
			     json_object_get(args, "emulator"));
	if (cg_command_run(context, "expand", question, &reply, err) < 0)
		return -1;
	if (!json_is_false(json_object_get(reply, "usable")))
		return 0;
	end = json_object_get(reply, "not-startable");
	cg_verdict_add(verdict, CG_START_FAILED, NULL, "this host",
		       cg_json_text(end, "words"));
	return 0;
}

static int answer(struct question *q, json_t *out, struct cg_verdict *verdict,
		  struct cg_error *err)
{
	struct cg_baseline b;

	if (cg_choice_open(&q->choice, &q->records, &q->options, err) < 0)
		return -1;
	json_object_set_new(out, "machine", json_string(q->records.machine));
	json_object_set_new(out, "classes",
			    json_integer((json_int_t)q->choice.fleet.class_count));
	warn_of_records(q);
	b = cg_choice_make(&q->choice, NULL);
	if (b.end != CG_BASELINE_FOUND)
		say_no(q, &b, verdict);
	else if (say_yes(q, &b, out, err) < 0)
		return -1;
	if (!q->groups)
		return 0;
	return cg_choice_put_partition(&q->choice, q->groups, out, err);
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_cleanup(deinit) struct question q = { .warnings = json_array() };
	cg_auto_verdict struct cg_verdict verdict = { 0 };
	cg_auto_json json_t *out = json_object();
	const char *machine;
	bool common;

	if (read_options(&q, args, err) < 0 || open_records(&q, context, args, err) < 0 ||
	    cg_records_find_machine(&q.records, cg_json_text(args, "machine"), &machine,
				    &common, &verdict, err) < 0 ||
	    (common && cg_records_use_machine(&q.records, machine, err) < 0))
		return -1;
	json_object_set_new(out, "verdict", json_null());
	json_object_set_new(out, "accel",
			    json_string(cg_record_accel(q.records.items[0])));
	json_object_set_new(out, "hosts", json_integer((json_int_t)q.records.count));
	if (common && (answer(&q, out, &verdict, err) < 0 ||
		       prove(context, args, out, &verdict, err) < 0))
		return -1;
	json_object_set_new(out, "verdict",
			    json_string(cg_answer_word(cg_verdict_answer(&verdict))));
	if (verdict.reasons)
		json_object_set(out, "reasons", verdict.reasons);
	json_object_set(out, "warnings", q.warnings);
	*reply = cg_take(out);
	return 0;
}

const struct cg_command cg_command_baseline = {
	"baseline", arguments, run, CG_COMMAND_READS | CG_COMMAND_QUICK | CG_COMMAND_PURE
};
