// SPDX-License-Identifier: LGPL-2.1-or-later
/* From what a command line would give to reasons against it. */
#include "lib/launch-verdict.h"

#include <stdio.h>
#include <string.h>

#include "host/boot.h"
#include "lib/cause.h"
#include "machine/catalogue.h"

static const char *host_of(const struct cg_question *q)
{
	return q->record ? cg_record_name(q->record) : NULL;
}

/* What this host's kernel says; nothing for another one, or where it doesn't count. */
static int read_boot(const struct cg_question *q, json_t **out, struct cg_error *err)
{
	if (q->record || strcmp(q->accel, "kvm") != 0)
		return 0;
	return cg_boot_read(out, cg_context_host_root(q->context), err);
}

static int blame_missing(const struct cg_question *q, const struct cg_featureset *missing,
			 struct cg_verdict *verdict, struct cg_error *err)
{
	const struct cg_vocabulary *vocabulary = q->emulator->vocabulary;
	cg_auto_json json_t *boot = NULL;

	if (cg_featureset_is_empty(missing))
		return 0;
	if (read_boot(q, &boot, err) < 0)
		return -1;
	cg_featureset_each(missing, i)
		cg_verdict_take(verdict,
				cg_cause_reason(q, boot,
						cg_vocabulary_name(vocabulary, i)));
	return 0;
}

static int blame_features(const struct cg_launch *launch, struct cg_verdict *verdict,
			  struct cg_error *err)
{
	const struct cg_question *q = &launch->question;
	const struct cg_prediction *p = &launch->prediction;
	const struct cg_vocabulary *vocabulary = q->emulator->vocabulary;
	struct cg_featureset untold = cg_question_untold(q, &p->removed);
	struct cg_featureset missing = cg_featureset_minus(&p->removed, &p->ignored);

	missing = cg_featureset_minus(&missing, &untold);
	if (blame_missing(q, &missing, verdict, err) < 0)
		return -1;
	cg_featureset_each(&untold, i)
		cg_verdict_add(verdict, CG_RECORD_UNTOLD,
			       cg_vocabulary_name(vocabulary, i), host_of(q), NULL);
	cg_featureset_each(&p->ignored, i)
		cg_verdict_add(verdict, CG_ADVISORY, cg_vocabulary_name(vocabulary, i),
			       NULL, "QEMU drops it without a word");
	return 0;
}

/* With nothing missing, a start has the last word. */
static void blame_start(const struct cg_launch *launch, struct cg_verdict *verdict)
{
	const struct cg_prediction *p = &launch->prediction;
	const struct cg_question *q = &launch->question;
	const json_t *blockers = json_object_get(p->model, "blockers"), *blocker;
	const char *words = p->why ? cg_json_text(p->why, "words") : NULL;
	size_t i;

	json_array_foreach(blockers, i, blocker)
		cg_verdict_add(verdict, CG_START_FAILED, NULL, host_of(q),
			       json_string_value(blocker));
	if (verdict->weights & 1u << CG_WEIGHT_BLOCK)
		return;
	if (p->why)
		cg_verdict_add(verdict, CG_START_FAILED, NULL, host_of(q),
			       words ? words : "it ended");
	else if (!p->has_effective)
		cg_verdict_add(verdict, CG_LAUNCH_UNREAD, NULL, NULL,
			       "this target doesn't tell what it takes away");
	else if (p->usable != CG_USABLE_YES && cg_featureset_is_empty(&p->removed))
		cg_verdict_add(verdict, CG_LAUNCH_UNREAD, NULL, NULL,
			       "it couldn't be found out whether it starts");
}

static void blame_rest(const struct cg_launch *launch, struct cg_verdict *verdict)
{
	cg_auto_json json_t *doubts = cg_launch_doubts(launch);
	const json_t *max = json_object_get(launch->machine, "cpu-max"), *doubt;
	const char *name = cg_json_text(launch->machine, "name");
	char text[96];
	size_t i;

	if (max &&
	    launch->arguments.topology.maxcpus > (uint64_t)json_integer_value(max)) {
		snprintf(text, sizeof(text), "%s has at most %lld",
			 cg_json_text(launch->machine, "name"),
			 (long long)json_integer_value(max));
		cg_verdict_add(verdict, CG_TOPOLOGY_MAXCPUS, NULL,
			       host_of(&launch->question), text);
	}
	if (json_is_true(json_object_get(launch->machine, "deprecated")))
		cg_verdict_add(verdict, CG_MACHINE_DEPRECATED, name,
			       host_of(&launch->question), NULL);
	json_array_foreach(doubts, i, doubt)
		cg_verdict_add(verdict, CG_LAUNCH_UNREAD, NULL, NULL,
			       json_string_value(doubt));
}

/* Why there is no answer about a CPU, as a reason; false if it is a failure of ours. */
static bool blame_error(const struct cg_launch *launch, const struct cg_error *why,
			struct cg_verdict *verdict)
{
	bool read = launch->arguments.machine, opened = launch->question.identity;
	const char *host = opened ? host_of(&launch->question) : NULL;

	if (why->code == CG_E_UNDECIDED ||
	    (why->code == CG_E_LIMIT && (opened || !read)) ||
	    (why->code == CG_E_TIMEOUT && opened))
		cg_verdict_add(verdict, CG_LAUNCH_UNREAD, NULL, NULL, why->msg);
	else if (why->code == CG_E_USAGE && (opened || !read))
		cg_verdict_add(verdict, CG_LAUNCH_REFUSED, NULL, NULL, why->msg);
	else if (why->code == CG_E_UNKNOWN && launch->has_machines && !launch->machine)
		cg_verdict_add(verdict, CG_MACHINE_ABSENT, why->msg, host, NULL);
	else if (why->code == CG_E_REFUSED || (why->code == CG_E_UNKNOWN && opened) ||
		 (why->code == CG_E_DIED && opened))
		cg_verdict_add(verdict, CG_START_FAILED, NULL, host, why->msg);
	else
		return false;
	return true;
}

static int judge_cpu(struct cg_launch *launch, struct cg_verdict *verdict,
		     struct cg_error *err)
{
	if (cg_launch_predict(launch, err) < 0 ||
	    blame_features(launch, verdict, err) < 0)
		return -1;
	blame_start(launch, verdict);
	return 0;
}

/* QEMU looks the model up, and that is all. */
static int judge_no_cpu(struct cg_launch *launch, struct cg_verdict *verdict,
			struct cg_error *err)
{
	struct cg_definition plain = { .model = launch->definition.model };
	const char *machine = cg_json_text(launch->machine, "name");
	char text[CG_MACHINE_NAME + 32];

	if (plain.model &&
	    cg_question_ensure(&launch->question, CG_DEPTH_DEFINITION, &plain, err) < 0)
		return -1;
	snprintf(text, sizeof(text), "%s has no vCPU", machine);
	cg_verdict_add(verdict, CG_ADVISORY, NULL, NULL, text);
	return 0;
}

static int judge(struct cg_launch *launch, struct cg_context *context, const json_t *args,
		 struct cg_verdict *verdict, struct cg_error *err)
{
	if (cg_launch_read(launch, args, err) < 0 ||
	    cg_launch_open(launch, context, args, err) < 0)
		return -1;
	if ((cg_launch_has_vcpus(launch) ? judge_cpu(launch, verdict, err)
					 : judge_no_cpu(launch, verdict, err)) < 0)
		return -1;
	blame_rest(launch, verdict);
	return 0;
}

int cg_launch_judge(struct cg_launch *launch, struct cg_context *context,
		    const json_t *args, struct cg_verdict *out, struct cg_error *err)
{
	if (judge(launch, context, args, out, err) < 0 && !blame_error(launch, err, out))
		return -1;
	return 0;
}

/* The reply. */

static json_t *vcpus_of(const struct cg_launch *launch)
{
	const struct cg_topology *t = &launch->arguments.topology;
	json_int_t any = cg_launch_has_vcpus(launch);

	return json_pack("{s:I, s:I}", "cpus", any * (json_int_t)t->cpus, "maxcpus",
			 any * (json_int_t)t->maxcpus);
}

static void describe_cpu(json_t *out, const struct cg_launch *launch)
{
	const struct cg_question *q = &launch->question;
	const struct cg_prediction *p = &launch->prediction;
	const struct cg_vocabulary *vocabulary = q->emulator->vocabulary;
	json_t *alias = json_object_get(p->model, "alias-of");

	json_object_set(out, "model", alias ? alias : json_object_get(p->model, "name"));
	if (p->has_effective) {
		json_object_set_new(out, "removed",
				    cg_vocabulary_list(vocabulary, &p->removed));
		json_object_set_new(out, "effective",
				    cg_vocabulary_list(vocabulary, &p->effective));
	}
	json_object_set_new(out, "enforced", json_boolean(cg_question_is_enforced(q)));
	json_object_set_new(out, "honesty",
			    json_string(cg_question_honesty(q, p->contradicted)));
	json_object_set_new(out, "from", json_string(cg_question_source(q)));
}

json_t *cg_launch_json(const struct cg_launch *launch, const struct cg_verdict *verdict)
{
	const struct cg_question *q = &launch->question;
	json_t *out = json_pack("{s:s, s:O*}", "verdict",
				cg_answer_word(cg_verdict_answer(verdict)), "reasons",
				verdict->reasons);
	cg_auto_free char *text = NULL;

	if (!launch->machine)
		return out;
	json_object_set_new(out, "emulator", cg_question_emulator(q));
	json_object_set(out, "machine", json_object_get(launch->machine, "name"));
	json_object_set_new(out, "accel", json_string(q->accel));
	json_object_set_new(out, "vcpus", vcpus_of(launch));
	text = launch->definition.model ? cg_definition_print(&launch->definition) : NULL;
	if (text)
		json_object_set_new(out, "definition", json_string(text));
	if (launch->prediction.model)
		describe_cpu(out, launch);
	return out;
}
