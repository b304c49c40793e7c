// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a command line to a guest that is there and doesn't run. */
#include "lib/held.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "cache/lock.h"
#include "gate/likeness.h"
#include "gate/platform.h"
#include "gate/words.h"
#include "lib/archive.h"
#include "lib/undertaking.h"

/* A guest with much memory takes its time before its emulator speaks. */
#define PATIENCE 60        /* times that of a probe */
#define END_NS (10 * CG_S) /* to be gone after SIGKILL */

void cg_held_deinit(struct cg_held *h)
{
	cg_paused_free(h->paused);
	cg_tap_look_away(&h->look);
	cg_closep(&h->lock);
	cg_contract_deinit(&h->contract);
	cg_guest_deinit(&h->guest);
	cg_definition_deinit(&h->definition);
	cg_spelled_deinit(&h->spelled);
	cg_launch_deinit(&h->launch);
	cg_verdict_deinit(&h->verdict);
	cg_contract_deinit(&h->old);
	json_decref(h->allowed);
	json_decref(h->words);
	*h = CG_HELD;
}

static int judge(struct cg_held *h, struct cg_error *err)
{
	cg_auto_json json_t *args =
		json_pack("{s:O, s:s*}", "argv", h->words, "accel", h->accel);

	cg_verdict_deinit(&h->verdict);
	h->verdict = (struct cg_verdict){ 0 };
	cg_launch_deinit(&h->launch);
	return cg_launch_judge(&h->launch, h->context, args, &h->verdict, err);
}

/* The words with another CPU, and perhaps another machine type. */
static int rewrite(struct cg_held *h, const char *machine, const char *cpu,
		   struct cg_error *err)
{
	json_t *words = cg_words_replace(h->words, &h->launch.arguments, machine, cpu);

	if (!words)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a command line");
	json_decref(h->words);
	h->words = words;
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

static int check_topology(const struct cg_held *h, struct cg_error *err)
{
	const struct cg_topology *a = &h->old.topology,
				 *b = &h->launch.arguments.topology;
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

int cg_held_bind(struct cg_held *h, struct cg_error *err)
{
	cg_auto_launch struct cg_launch given = { 0 };
	cg_auto_json json_t *args = json_pack("{s:O}", "argv", h->words);

	if (cg_launch_read(&given, args, err) < 0)
		return -1;
	h->launch = given;
	given = (struct cg_launch){ 0 };
	return check_topology(h, err) < 0 ? -1
					  : rewrite(h, h->old.machine, h->old.cpu, err);
}

static void refuse_accel(struct cg_held *h, const char *accel)
{
	char text[64];

	snprintf(text, sizeof(text), "%.16s, not %.16s", h->old.accel, accel);
	cg_verdict_add(&h->verdict, CG_ACCEL_DIFFERS, NULL, NULL, text);
}

static int check_contract(struct cg_held *h, struct cg_error *err)
{
	const struct cg_question *q = &h->launch.question;
	bool same;

	if (!h->bound || !h->launch.machine)
		return 0;
	same = strcmp(q->accel, h->old.accel) == 0;
	if (!same && h->moves)
		refuse_accel(h, q->accel);
	else if (!same)
		return refuse(err, "accelerator", h->old.accel, q->accel);
	if (strcmp(cg_json_text(q->emulator->about, "target"), h->old.target) != 0)
		return refuse(err, "target", h->old.target,
			      cg_json_text(q->emulator->about, "target"));
	return 0;
}

static struct cg_likeness promise_of(const struct cg_held *h)
{
	const struct cg_topology *t = &h->launch.arguments.topology;

	return (struct cg_likeness){
		.vocabulary = h->launch.question.emulator->vocabulary,
		.features = h->launch.prediction.effective,
		.hidden = h->launch.prediction.hidden,
		.definition = &h->definition,
		.threads = t->maxcpus > 1,
	};
}

/* What may be missing, and is; and what came with a newer emulator and nobody promised. */
static struct cg_featureset unwanted(const struct cg_held *h)
{
	const struct cg_vocabulary *names = h->launch.question.emulator->vocabulary;
	const struct cg_prediction *p = &h->launch.prediction;
	struct cg_featureset out = { 0 }, promised;
	struct cg_likeness likeness = promise_of(h);
	size_t unknown;

	cg_featureset_each(&p->removed, i)
		if (cg_json_lists(h->allowed, cg_vocabulary_name(names, i)))
			cg_featureset_add(&out, i);
	if (!h->bound)
		return out;
	promised = cg_vocabulary_set(names, h->old.features, &unknown);
	likeness.features = cg_likeness_findable(&likeness, &p->effective);
	promised = cg_featureset_minus(&likeness.features, &promised);
	return cg_featureset_or(&out, &promised);
}

static int do_without(struct cg_held *h, struct cg_error *err)
{
	const struct cg_prediction *p = &h->launch.prediction;
	struct cg_buffer text = CG_BUFFER(2 * CG_DEFINITION_TEXT);
	struct cg_featureset off;
	int ret;

	if (!p->model || !p->has_effective)
		return 0;
	off = unwanted(h);
	if (cg_featureset_is_empty(&off))
		return 0;
	ret = cg_buffer_printf(&text, err, "%s", p->text);
	cg_featureset_each(&off, i)
		if (ret == 0)
			ret = cg_buffer_printf(
				&text, err, ",%s=off",
				cg_vocabulary_name(h->launch.question.emulator->vocabulary,
						   i));
	if (ret == 0)
		ret = rewrite(h, h->launch.question.machine, text.data, err);
	cg_buffer_deinit(&text);
	return ret < 0 ? -1 : judge(h, err);
}

/* The guest. */

const char *cg_held_name(const struct cg_held *h)
{
	const struct cg_arguments *a = &h->launch.arguments;

	if (h->name)
		return h->name;
	if (h->bound && h->old.name)
		return h->old.name;
	return a->name ? a->name : a->uuid;
}

/* A UUID is one guest's: better said before anything starts. */
static int check_uuid(const struct cg_held *h, struct cg_contracts *contracts,
		      struct cg_error *err)
{
	const char *name = cg_held_name(h), *uuid = h->launch.arguments.uuid;
	cg_auto_free char *owner = NULL;

	if (uuid && cg_contracts_owner(contracts, uuid, &owner, err) < 0)
		return -1;
	if (!owner || strcmp(owner, name) == 0)
		return 0;
	if (strcasecmp(name, uuid) == 0)
		return cg_error_set(err, CG_E_USAGE,
				    "%s: the guest has no name, and its UUID %s is that of "
				    "%.80s: start it with --name %.80s, or forget that "
				    "contract first",
				    h->who, uuid, owner, owner);
	return cg_error_set(err, CG_E_USAGE,
			    "%s: %.80s can't have the UUID %s, which is that of %.80s: "
			    "give it another one, or forget the contract of %.80s first",
			    h->who, name, uuid, owner, owner);
}

int cg_held_claim(struct cg_held *h, bool later, struct cg_error *err)
{
	struct cg_contracts *contracts;
	const char *name = cg_held_name(h);
	bool taken;

	if (!name)
		return 0;
	if (!cg_contract_is_name(name))
		return cg_error_set(err, CG_E_USAGE,
				    "%s: no contract can have the name %.80s: give it "
				    "one with --name",
				    h->who, name);
	if (cg_context_contracts(h->context, &contracts, err) < 0 ||
	    cg_contracts_check_writable(contracts, err) < 0 ||
	    check_uuid(h, contracts, err) < 0 ||
	    cg_lock_open(&h->lock, cg_contracts_path(contracts), err) < 0 ||
	    cg_held_claim_again(h, &taken, err) < 0)
		return -1;
	return taken || later
		       ? 0
		       : cg_error_set(err, CG_E_REFUSED,
				      "%.80s runs already, or is just being started",
				      name);
}

int cg_held_claim_again(struct cg_held *h, bool *taken, struct cg_error *err)
{
	*taken = true;
	return h->lock < 0 ? 0 : cg_lock_set(h->lock, cg_held_name(h), taken, err);
}

/* A contract's features that aren't there, or that it doesn't name. */
static void compare_contract(struct cg_held *h, const struct cg_likeness *likeness,
			     const struct cg_featureset *found)
{
	struct cg_likeness old = *likeness;
	size_t unknown;

	old.features = cg_vocabulary_set(likeness->vocabulary, h->old.features, &unknown);
	cg_likeness_check(&old, found, h->old.scalars, &h->verdict);
}

/* Read what there is; the verdict says what is wrong with it. */
static int read_back(struct cg_held *h, struct cg_error *err)
{
	struct cg_likeness likeness = promise_of(h);
	struct cg_undertaking u = { .launch = &h->launch,
				    .guest = &h->guest,
				    .definition = h->bound ? h->old.definition
							   : h->spelled.brief,
				    .cpu = h->bound ? h->old.cpu : h->spelled.full,
				    .name = cg_held_name(h),
				    .allowed = h->bound ? h->old.allowed : h->allowed,
				    .behind_tap = h->behind_tap };
	struct cg_guest_known known = {
		.about = h->launch.question.emulator->about,
		.machine = h->launch.question.machine,
		.model = h->spelled.model,
		.vocabulary = likeness.vocabulary,
	};

	if (cg_guest_take(&h->guest, cg_paused_qmp(h->paused), &known, err) < 0)
		return -1;
	cg_likeness_check(&likeness, &h->guest.features, h->guest.scalars, &h->verdict);
	if (strcmp(h->guest.accel, h->launch.question.accel) != 0)
		cg_verdict_add(&h->verdict, CG_LAUNCH_DIFFERS, "accel", NULL,
			       h->guest.accel);
	if (h->bound)
		compare_contract(h, &likeness, &h->guest.features);
	u.features = cg_likeness_findable(&likeness, &h->guest.features);
	if (h->behind_tap && !h->asked_tap)
		h->has_tap = cg_tap_seen(&h->look, &h->tap);
	h->asked_tap = true;
	u.tap = h->has_tap ? &h->tap : NULL;
	h->made = cg_undertaking_write(&h->contract, &u, h->context, err) == 0;
	return h->made ? 0 : -1;
}

static int hold(struct cg_held *h, struct cg_error *err)
{
	struct cg_qmp_limits limits = cg_context_limits(h->context);
	const char *path = cg_identity_path(h->launch.question.identity);
	const struct cg_arguments *a = &h->launch.arguments;
	enum cg_paused_escape escape = a->daemonize    ? CG_PAUSED_DAEMONIZES
				       : a->other_user ? CG_PAUSED_CHANGES_USER
						       : CG_PAUSED_STAYS;

	limits.reply_ns *= PATIENCE;
	if (cg_spelled_make(&h->spelled, &h->launch, err) < 0 ||
	    cg_definition_parse(&h->definition, h->spelled.full, err) < 0 ||
	    rewrite(h, h->launch.question.machine, h->spelled.full, err) < 0)
		return -1;
	h->behind_tap = cg_platform_has_tap(h->words);
	if (h->behind_tap)
		cg_tap_look(&h->look);
	if (cg_paused_start(&h->paused, path, h->words, h->lock, escape, err) < 0)
		return -1;
	h->started = true;
	return cg_paused_connect(h->paused, &limits, err) < 0 ? -1 : read_back(h, err);
}

int cg_held_start(struct cg_held *h, bool *ended, struct cg_error *err)
{
	*ended = false;
	if (hold(h, err) == 0)
		return 0;
	*ended = h->started && err->code == CG_E_DIED;
	return *ended ? 0 : -1;
}

bool cg_held_is_same(struct cg_held *h)
{
	struct cg_error why;

	cg_guest_deinit(&h->guest);
	cg_contract_deinit(&h->contract);
	h->made = false;
	if (read_back(h, &why) == 0 && cg_held_is_open(h))
		return true;
	if (h->made)
		(void)cg_error_set(
			&why, CG_E_REFUSED,
			"the guest runs, and not with the CPU that was promised");
	cg_context_warn(h->context, why.msg);
	return false;
}

bool cg_held_is_open(const struct cg_held *h)
{
	return cg_verdict_answer(&h->verdict) != CG_NO;
}

/* A doubt is cleared by reading the guest. */
bool cg_held_may_start(const struct cg_held *h)
{
	return cg_held_is_open(h) && h->launch.prediction.has_effective;
}

int cg_held_judge(struct cg_held *h, struct cg_error *err)
{
	if (judge(h, err) < 0 || do_without(h, err) < 0 || check_contract(h, err) < 0)
		return -1;
	if (h->launch.arguments.preconfig)
		return cg_error_set(err, CG_E_USAGE,
				    "%s: -preconfig: there are no vCPUs to look at",
				    h->who);
	if (h->launch.machine && !cg_launch_has_vcpus(&h->launch))
		return cg_error_set(err, CG_E_USAGE, "%s: %s has no vCPU to look at",
				    h->who, cg_json_text(h->launch.machine, "name"));
	return 0;
}

int cg_held_keep(struct cg_held *h, struct cg_error *err)
{
	return cg_held_name(h) ? cg_archive_keep(h->context, &h->contract, err) : 0;
}

void cg_held_end(struct cg_held *h)
{
	if (h->paused)
		cg_paused_end(h->paused, cg_clock_in(END_NS));
	h->paused = cg_paused_free(h->paused);
}

/* The reply. */

json_t *cg_held_end_json(const struct cg_child_end *end)
{
	return end->signal ? json_pack("{s:i}", "signal", end->signal)
			   : json_pack("{s:i}", "status", end->status);
}

json_t *cg_held_json(const struct cg_held *h)
{
	json_t *out = cg_launch_json(&h->launch, &h->verdict);

	json_object_set_new(out, "started", json_boolean(h->started));
	if (h->made)
		json_object_set_new(out, "contract", cg_contract_json(&h->contract));
	return out;
}
