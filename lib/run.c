// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpugate run: the launch gate. A command line that can't give its guest the CPU that it asks
 * for starts nothing. One that can is started with the CPU spelled out and "enforce", held
 * before the first instruction, and read back; only a guest that is as promised goes on.
 *
 * It blocks until the emulator has ended, whose end is in the reply.
 */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "cache/lock.h"
#include "cpumodels/spelling.h"
#include "emulator/paused.h"
#include "gate/likeness.h"
#include "gate/words.h"
#include "lib/archive.h"
#include "lib/command.h"
#include "lib/launch-verdict.h"
#include "lib/spelled.h"
#include "lib/undertaking.h"

static const char *const arguments[] = { "argv",     "accel",         "name",
					 "contract", "allow-missing", NULL };

/* A guest with much memory takes its time before its emulator speaks. */
#define PATIENCE 60 /* times that of a probe */

struct run {
	struct cg_context *context;
	const json_t *args;
	json_t *words;          /* of the command line, as it is judged */
	json_t *allowed;        /* names that may be missing, or NULL */
	struct cg_contract old; /* that it is to hold to, if @bound */
	bool bound;
	struct cg_verdict verdict;
	struct cg_launch launch;
	struct cg_spelled spelled;
	struct cg_definition definition; /* the spelled one */
	struct cg_paused *paused;
	struct cg_guest guest;
	struct cg_contract contract; /* what it came to, once it was read back */
	int lock;                    /* on its name, or -1 */
	bool started, made;
	struct cg_child_end end;
};

static void deinit(struct run *r)
{
	cg_paused_free(r->paused);
	cg_closep(&r->lock);
	cg_contract_deinit(&r->contract);
	cg_guest_deinit(&r->guest);
	cg_definition_deinit(&r->definition);
	cg_spelled_deinit(&r->spelled);
	cg_launch_deinit(&r->launch);
	cg_verdict_deinit(&r->verdict);
	cg_contract_deinit(&r->old);
	json_decref(r->allowed);
	json_decref(r->words);
}

/* What is asked for. */

/* A name into a sorted list, once. */
static void insert(json_t *list, const char *name)
{
	size_t i = 0;
	int order = 1;

	for (; i < json_array_size(list); i++) {
		order = strcmp(json_string_value(json_array_get(list, i)), name);
		if (order >= 0)
			break;
	}
	if (order || i == json_array_size(list))
		json_array_insert_new(list, i, json_string(name));
}

/* "a,b" and "c": one list of canonical names. */
static int read_allowed(struct run *r, struct cg_error *err)
{
	const json_t *given = json_object_get(r->args, "allow-missing"), *item;
	size_t i;

	r->allowed = json_array();
	json_array_foreach(given, i, item) {
		cg_auto_free char *text =
			json_is_string(item) ? strdup(json_string_value(item)) : NULL;
		char *rest = text, *word, name[CG_NAME_MAX];

		if (!text)
			return cg_error_set(err, CG_E_USAGE,
					    "allow-missing is a list of features");
		while ((word = strsep(&rest, ",")))
			if (*word)
				insert(r->allowed, cg_spelling_canonical(word, name));
	}
	return 0;
}

static bool is_allowed(const struct run *r, const char *feature)
{
	const json_t *name;
	size_t i;

	json_array_foreach(r->allowed, i, name)
		if (strcmp(json_string_value(name), feature) == 0)
			return true;
	return false;
}

static int judge(struct run *r, struct cg_error *err)
{
	cg_auto_json json_t *args = json_pack("{s:O, s:O*}", "argv", r->words, "accel",
					      json_object_get(r->args, "accel"));

	cg_verdict_deinit(&r->verdict);
	r->verdict = (struct cg_verdict){ 0 };
	cg_launch_deinit(&r->launch);
	return cg_launch_judge(&r->launch, r->context, args, &r->verdict, err);
}

/* The words with another CPU, and perhaps another machine type. */
static int rewrite(struct run *r, const char *machine, const char *cpu,
		   struct cg_error *err)
{
	json_t *words = cg_words_replace(r->words, &r->launch.arguments, machine, cpu);

	if (!words)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a command line");
	json_decref(r->words);
	r->words = words;
	return 0;
}

/* A contract. */

static int refuse(struct cg_error *err, const char *what, const char *promised,
		  const char *given)
{
	return cg_error_set(err, CG_E_USAGE,
			    "the contract is for %s %.60s, the command line for %.60s",
			    what, promised, given);
}

static int check_topology(const struct run *r, struct cg_error *err)
{
	const struct cg_topology *a = &r->old.topology,
				 *b = &r->launch.arguments.topology;
	char promised[32], given[32];

	if (memcmp(a, b, sizeof(*a)) == 0)
		return 0;
	snprintf(promised, sizeof(promised), "%llu of %llu", (unsigned long long)a->cpus,
		 (unsigned long long)a->maxcpus);
	snprintf(given, sizeof(given), "%llu of %llu", (unsigned long long)b->cpus,
		 (unsigned long long)b->maxcpus);
	return strcmp(promised, given) != 0
		       ? refuse(err, "vCPUs:", promised, given)
		       : cg_error_set(err, CG_E_USAGE,
				      "the contract and the command line arrange vCPUs "
				      "in sockets, dies, cores and threads differently");
}

/* What the contract says stands in for what the command line says of the CPU. */
static int bind_to_contract(struct run *r, struct cg_error *err)
{
	cg_auto_launch struct cg_launch given = { 0 };
	cg_auto_json json_t *args = json_pack("{s:O}", "argv", r->words);
	const char *path = cg_json_text(r->args, "contract");

	if (!path)
		return 0;
	if (cg_archive_get(r->context, path, &r->old, err) < 0 ||
	    cg_launch_read(&given, args, err) < 0)
		return -1;
	r->bound = true;
	r->launch = given;
	given = (struct cg_launch){ 0 };
	return check_topology(r, err) < 0 ? -1
					  : rewrite(r, r->old.machine, r->old.cpu, err);
}

static int check_contract(const struct run *r, struct cg_error *err)
{
	const struct cg_question *q = &r->launch.question;

	if (!r->bound || !r->launch.machine)
		return 0;
	if (strcmp(q->accel, r->old.accel) != 0)
		return refuse(err, "accelerator", r->old.accel, q->accel);
	if (strcmp(cg_json_text(q->emulator->about, "target"), r->old.target) != 0)
		return refuse(err, "target", r->old.target,
			      cg_json_text(q->emulator->about, "target"));
	return 0;
}

static struct cg_likeness promise_of(const struct run *r)
{
	const struct cg_topology *t = &r->launch.arguments.topology;

	return (struct cg_likeness){
		.vocabulary = r->launch.question.emulator->vocabulary,
		.features = r->launch.prediction.effective,
		.hidden = r->launch.prediction.hidden,
		.definition = &r->definition,
		.threads = t->maxcpus > 1,
	};
}

/* What may be missing, and is; and what came with a newer emulator and nobody promised. */
static struct cg_featureset unwanted(const struct run *r)
{
	const struct cg_vocabulary *names = r->launch.question.emulator->vocabulary;
	const struct cg_prediction *p = &r->launch.prediction;
	struct cg_featureset out = { 0 }, promised;
	struct cg_likeness likeness = promise_of(r);
	size_t unknown;

	cg_featureset_each(&p->removed, i)
		if (is_allowed(r, cg_vocabulary_name(names, i)))
			cg_featureset_add(&out, i);
	if (!r->bound)
		return out;
	promised = cg_vocabulary_set(names, r->old.features, &unknown);
	likeness.features = cg_likeness_findable(&likeness, &p->effective);
	promised = cg_featureset_minus(&likeness.features, &promised);
	return cg_featureset_or(&out, &promised);
}

static int do_without(struct run *r, struct cg_error *err)
{
	const struct cg_prediction *p = &r->launch.prediction;
	struct cg_buffer text = CG_BUFFER(2 * CG_DEFINITION_TEXT);
	struct cg_featureset off;
	int ret;

	if (!p->model || !p->has_effective)
		return 0;
	off = unwanted(r);
	if (cg_featureset_is_empty(&off))
		return 0;
	ret = cg_buffer_printf(&text, err, "%s", p->text);
	cg_featureset_each(&off, i)
		if (ret == 0)
			ret = cg_buffer_printf(
				&text, err, ",%s=off",
				cg_vocabulary_name(r->launch.question.emulator->vocabulary,
						   i));
	if (ret == 0)
		ret = rewrite(r, r->launch.question.machine, text.data, err);
	cg_buffer_deinit(&text);
	return ret < 0 ? -1 : judge(r, err);
}

/* The guest. */

/* The name that its contract is kept under; NULL if the user gave it none. */
static const char *name_of(const struct run *r)
{
	const char *name = cg_json_text(r->args, "name");
	const struct cg_arguments *a = &r->launch.arguments;

	if (name)
		return name;
	if (r->bound && r->old.name)
		return r->old.name;
	return a->name ? a->name : a->uuid;
}

/*
 * One guest of a name at a time: the emulator itself holds the lock for as long as it lives.
 * The state file is opened now, so that what is wrong with it shows before anything starts.
 */
static int claim_name(struct run *r, struct cg_error *err)
{
	struct cg_contracts *contracts;
	const char *name = name_of(r);

	if (!name)
		return 0;
	if (!cg_contract_is_name(name))
		return cg_error_set(err, CG_E_USAGE,
				    "run: no contract can have the name %.80s: give it "
				    "one with --name",
				    name);
	if (cg_context_contracts(r->context, &contracts, err) < 0 ||
	    cg_lock_try(&r->lock, cg_contracts_path(contracts), name, err) < 0)
		return -1;
	return r->lock >= 0 ? 0
			    : cg_error_set(err, CG_E_REFUSED,
					   "%.80s runs already, or is just being started",
					   name);
}

/* A contract's features that aren't there, or that it doesn't name. */
static void compare_contract(struct run *r, const struct cg_likeness *likeness,
			     const struct cg_featureset *found)
{
	struct cg_likeness old = *likeness;
	size_t unknown;

	old.features = cg_vocabulary_set(likeness->vocabulary, r->old.features, &unknown);
	cg_likeness_check(&old, found, r->old.scalars, &r->verdict);
}

/* Read what there is; the verdict says what is wrong with it. */
static int read_back(struct run *r, struct cg_error *err)
{
	struct cg_likeness likeness = promise_of(r);
	struct cg_undertaking u = { .launch = &r->launch,
				    .guest = &r->guest,
				    .definition = r->bound ? r->old.definition
							   : r->spelled.brief,
				    .cpu = r->bound ? r->old.cpu : r->spelled.full,
				    .name = name_of(r),
				    .allowed = r->bound ? r->old.allowed : r->allowed };

	struct cg_guest_known known = {
		.about = r->launch.question.emulator->about,
		.machine = r->launch.question.machine,
		.model = r->spelled.model,
		.vocabulary = likeness.vocabulary,
	};

	if (cg_guest_take(&r->guest, cg_paused_qmp(r->paused), &known, err) < 0)
		return -1;
	cg_likeness_check(&likeness, &r->guest.features, r->guest.scalars, &r->verdict);
	if (strcmp(r->guest.accel, r->launch.question.accel) != 0)
		cg_verdict_add(&r->verdict, CG_LAUNCH_DIFFERS, "accel", NULL,
			       r->guest.accel);
	if (r->bound)
		compare_contract(r, &likeness, &r->guest.features);
	u.features = cg_likeness_findable(&likeness, &r->guest.features);
	r->made = cg_undertaking_write(&r->contract, &u, r->context, err) == 0;
	return r->made ? 0 : -1;
}

static int hold(struct run *r, struct cg_error *err)
{
	struct cg_qmp_limits limits = cg_context_limits(r->context);
	const char *path = cg_identity_path(r->launch.question.identity);

	limits.reply_ns *= PATIENCE;
	if (cg_spelled_make(&r->spelled, &r->launch, err) < 0 ||
	    cg_definition_parse(&r->definition, r->spelled.full, err) < 0 ||
	    rewrite(r, r->launch.question.machine, r->spelled.full, err) < 0 ||
	    cg_paused_start(&r->paused, path, r->words, r->lock, err) < 0)
		return -1;
	r->started = true;
	return cg_paused_connect(r->paused, &limits, err) < 0 ? -1 : read_back(r, err);
}

/* 1 if it ended by itself, having said why: then that is the answer. */
static int hold_or_end(struct run *r, struct cg_error *err)
{
	if (hold(r, err) == 0)
		return 0;
	return r->started && err->code == CG_E_DIED ? 1 : -1;
}

static bool is_open(const struct run *r)
{
	return cg_verdict_answer(&r->verdict) != CG_NO;
}

/* First it is written down, then the guest runs. */
static int open_gate(struct run *r, struct cg_error *err)
{
	if (name_of(r) && cg_archive_keep(r->context, &r->contract, err) < 0)
		return -1;
	return cg_paused_let_go(r->paused, r->launch.arguments.paused, err);
}

static int start(struct run *r, struct cg_error *err)
{
	int signals = cg_context_limits(r->context).cancel_fd;
	int ended = hold_or_end(r, err);

	if (ended < 0 || (!ended && !is_open(r)))
		return ended;
	if (!ended && open_gate(r, err) < 0)
		return -1;
	return cg_paused_attend(r->paused, signals, &r->end, err);
}

/* The reply. */

static json_t *end_of(const struct cg_child_end *end)
{
	return end->signal ? json_pack("{s:i}", "signal", end->signal)
			   : json_pack("{s:i}", "status", end->status);
}

static json_t *describe(const struct run *r)
{
	json_t *out = cg_launch_json(&r->launch, &r->verdict);
	bool open = r->started && is_open(r);

	json_object_set_new(out, "started", json_boolean(r->started));
	if (r->made)
		json_object_set_new(out, "contract", cg_contract_json(&r->contract));
	if (open)
		json_object_set_new(out, "end", end_of(&r->end));
	return out;
}

/* Is there enough to likeness anything? A doubt is cleared by reading the guest. */
static bool may_start(const struct run *r)
{
	return is_open(r) && r->launch.prediction.has_effective;
}

static int go(struct run *r, struct cg_error *err)
{
	if (read_allowed(r, err) < 0 || bind_to_contract(r, err) < 0 ||
	    judge(r, err) < 0 || do_without(r, err) < 0 || check_contract(r, err) < 0)
		return -1;
	if (r->launch.arguments.preconfig)
		return cg_error_set(err, CG_E_USAGE,
				    "run: -preconfig: there are no vCPUs to look at");
	if (r->launch.machine && !cg_launch_has_vcpus(&r->launch))
		return cg_error_set(err, CG_E_USAGE, "run: %s has no vCPU to look at",
				    cg_json_text(r->launch.machine, "name"));
	if (!may_start(r))
		return 0;
	return claim_name(r, err) < 0 ? -1 : start(r, err);
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_cleanup(
		deinit) struct run r = { .context = context, .args = args, .lock = -1 };

	if (!json_array_size(json_object_get(args, "argv")))
		return cg_error_set(err, CG_E_USAGE, "run: -- QEMU ARGUMENT...");
	r.words = json_incref(json_object_get(args, "argv"));
	if (go(&r, err) < 0)
		return -1;
	*reply = describe(&r);
	return 0;
}

const struct cg_command cg_command_run_guest = { "run", arguments, run, CG_COMMAND_OWN };
