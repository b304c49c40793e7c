// SPDX-License-Identifier: LGPL-2.1-or-later
/* From arguments to facts: the way that all questions about an emulator go. */
#include "lib/question.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define LOCK_NS (120 * CG_S)

static int memo_get(void *data, const struct stat *st, bool *found, struct cg_digest *out,
		    struct cg_error *err)
{
	return cg_store_get_file(data, st, found, out, err);
}

/* A digest that can't be kept is computed again the next time; that is no failure. */
static int memo_put(void *data, const struct stat *st, const struct cg_digest *digest,
		    struct cg_error *err)
{
	if (cg_store_put_file(data, st, digest, err) < 0)
		return 0;
	return 0;
}

/* Could this emulator use this host's KVM? Its target isn't known before it was asked, its name is. */
static bool may_be_native(const struct cg_identity *identity)
{
	static const char *const x86[] = { "x86_64", "i386", "amd64", "kvm" };
	const char *name = strrchr(cg_identity_binary(identity), '/');
	struct utsname uts;
	size_t len;

	uname(&uts);
	len = strlen(uts.machine);
	if (strlen(name) > len && strcmp(name + strlen(name) - len, uts.machine) == 0)
		return true;
	for (size_t i = 0; i < CG_COUNT(x86) && strcmp(uts.machine, "x86_64") == 0; i++) {
		len = strlen(x86[i]);
		if (strlen(name) > len && strcmp(name + strlen(name) - len, x86[i]) == 0)
			return true;
	}
	return !strstr(name, "qemu-system-"); /* any name of somebody's own */
}

static void tell(void *data, size_t done, size_t total, const char *what)
{
	cg_context_tell(data, done, total, what);
}

static int pick_accel(struct cg_question *q, struct cg_context *context, const json_t *args,
		      struct cg_error *err)
{
	const char *accel = cg_json_text(args, "accel");

	if (accel && strcmp(accel, "tcg") != 0 && strcmp(accel, "kvm") != 0)
		return cg_error_set(err, CG_E_USAGE, "no accelerator %s: tcg or kvm", accel);
	if ((!accel || strcmp(accel, "kvm") == 0) && cg_context_host(context, &q->host, err) < 0)
		return -1;
	q->accel = "tcg";
	if (accel)
		q->accel = strcmp(accel, "kvm") == 0 ? "kvm" : "tcg";
	else if (cg_host_has_kvm(q->host) && may_be_native(q->identity))
		q->accel = "kvm";
	q->both = !accel && strcmp(q->accel, "kvm") == 0;
	return 0;
}

static int open_identity(struct cg_question *q, struct cg_context *context, const json_t *args,
			 struct cg_error *err)
{
	struct cg_file_memo memo = { memo_get, memo_put, q->store };
	struct cg_qmp_limits limits = cg_context_limits(context);

	return cg_identity_open(&q->identity, cg_json_text(args, "emulator"), &memo, &limits, err);
}

int cg_question_open(struct cg_question *out, struct cg_context *context, const json_t *args,
		     struct cg_error *err)
{
	cg_auto_question struct cg_question q = { 0 };
	const char *machine = cg_json_text(args, "machine");

	if (cg_context_store(context, &q.store, err) < 0 ||
	    open_identity(&q, context, args, err) < 0 || pick_accel(&q, context, args, err) < 0 ||
	    cg_facts_new(&q.facts, q.store, q.identity, err) < 0)
		return -1;
	if (machine && !(q.machine_argument = strdup(machine)))
		return cg_error_errno(err, "machine type");
	q.prober = (struct cg_prober){ .store = q.store,
				       .facts = q.facts,
				       .identity = q.identity,
				       .host = q.host,
				       .limits = cg_context_limits(context),
				       .lock_ns = LOCK_NS,
				       .progress = { tell, context } };
	q.context = context;
	*out = q;
	q = (struct cg_question){ 0 };
	return 0;
}

void cg_question_deinit(struct cg_question *question)
{
	const char *warning = question->facts ? cg_facts_warning(question->facts) : NULL;

	if (warning && question->context)
		cg_context_warn(question->context, warning);
	cg_facts_free(question->facts);
	cg_identity_free(question->identity);
	free(question->machine_argument);
	*question = (struct cg_question){ 0 };
}

int cg_question_ensure(struct cg_question *question, enum cg_depth depth,
		       const struct cg_definition *definition, struct cg_error *err)
{
	struct cg_need needs[2] = { { .depth = depth,
				      .accel = question->accel,
				      .machine = question->machine_argument,
				      .definition = definition } };
	size_t count = 1;

	if (question->both && depth != CG_DEPTH_DEFINITION) {
		needs[1] = needs[0];
		needs[1].accel = "tcg";
		count = 2;
	}
	if (cg_prober_ensure(&question->prober, needs, count, err) < 0)
		return -1;
	question->measured |= needs[0].measured;
	if (needs[0].failed) {
		*err = needs[0].err;
		return -1;
	}
	question->machine = needs[0].machine;
	if (needs[0].measured && cg_facts_put_path(question->facts, err) < 0)
		return -1;
	return cg_facts_emulator(question->facts, &question->emulator, err);
}

const char *cg_question_honesty(const struct cg_question *question, bool contradicted)
{
	const struct cg_emulator_facts *e = question->emulator;

	if (e->measure != CG_MEASURE_NONE)
		return contradicted ? "partial" : "exact";
	return e->vocabulary ? "partial" : "names-only";
}

bool cg_question_is_enforced(const struct cg_question *question)
{
	return strcmp(question->accel, "kvm") != 0 ||
	       strcmp(cg_host_kvm_backend(question->host), "kvm_pvm") != 0;
}

json_t *cg_question_emulator(const struct cg_question *question)
{
	const json_t *about = question->emulator->about;

	return json_pack("{s:s, s:s, s:O, s:O, s:O}", "path", cg_identity_path(question->identity),
			 "sha256", cg_identity_sha256(question->identity), "version",
			 json_object_get(about, "version"), "package",
			 json_object_get(about, "package"), "target",
			 json_object_get(about, "target"));
}
