// SPDX-License-Identifier: LGPL-2.1-or-later
/* From arguments to facts: the way that all questions about an emulator go. */
#include "lib/question.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/recall.h"

#define LOCK_NS (120 * CG_S)

static int memo_get(void *data, const struct stat *st, bool *found, struct cg_digest *out,
		    struct cg_error *err)
{
	struct cg_question *q = data;

	return cg_store_get_file(q->store, st, found, out, err);
}

/* A digest that can't be kept is computed again the next time; that is no failure. */
static int memo_put(void *data, const struct stat *st, const struct cg_digest *digest,
		    struct cg_error *err)
{
	struct cg_question *q = data;

	if (cg_store_put_file(q->store, st, digest, err) < 0)
		return 0;
	return 0;
}

static void start_ahead(void *data, const char *path, const char *stamp)
{
	struct cg_question *q = data;
	struct cg_qmp_limits limits = cg_context_limits(q->context);
	const struct cg_host *host;
	struct cg_error ignored; /* it will be told when the host is wanted */

	/* Without KVM no question about it starts an emulator. */
	if (q->kvm_only &&
	    (cg_context_host(q->context, &host, &ignored) < 0 || !cg_host_has_kvm(host)))
		return;
	/* A cache in memory has been measured for already. */
	if (cg_store_state(q->store) != CG_STORE_READ_WRITE && cg_store_keeps(q->store))
		return;
	q->ahead = cg_ahead_start(path, cg_store_path(q->store), stamp, &limits);
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

static int pick_accel(struct cg_question *q, struct cg_context *context,
		      const json_t *args, struct cg_error *err)
{
	const char *accel = cg_json_text(args, "accel");

	if (accel && strcmp(accel, "tcg") != 0 && strcmp(accel, "kvm") != 0)
		return cg_error_set(err, CG_E_USAGE, "no accelerator %s: tcg or kvm",
				    accel);
	if ((!accel || strcmp(accel, "kvm") == 0) &&
	    cg_context_host(context, &q->host, err) < 0)
		return -1;
	q->accel = "tcg";
	if (accel)
		q->accel = strcmp(accel, "kvm") == 0 ? "kvm" : "tcg";
	else if (cg_host_has_kvm(q->host) && may_be_native(q->identity))
		q->accel = "kvm";
	q->both = !accel && strcmp(q->accel, "kvm") == 0;
	return 0;
}

/* In $PATH, by its name or its path. */
static bool is_installed(const char *name)
{
	cg_auto_json json_t *list = NULL;
	const json_t *path;
	size_t i;

	if (!strchr(name, '/'))
		return true;
	list = cg_identity_installed();
	json_array_foreach(list, i, path)
		if (strcmp(json_string_value(path), name) == 0)
			return true;
	return false;
}

static int open_identity(struct cg_question *q, struct cg_context *context,
			 const json_t *args, bool ahead, struct cg_error *err)
{
	bool notes = cg_context_takes_notes(context);
	cg_auto_places struct cg_places *places = notes ? cg_places_new() : NULL;
	struct cg_file_memo memo = { memo_get, memo_put, q, ahead ? start_ahead : NULL,
				     places };
	struct cg_qmp_limits limits = cg_context_limits(context);
	const char *name = cg_json_text(args, "emulator");

	if (notes && !places)
		return cg_error_errno(err, "emulator");
	cg_context_note(context, places);
	if (cg_context_is_guarded(context) && name && !is_installed(name))
		return cg_error_set(err, CG_E_REFUSED,
				    "%s isn't one of the emulators that are installed, "
				    "which anybody may ask about",
				    name);
	return cg_identity_open(&q->identity, name, &memo, &limits, err);
}

/* What was read of an emulator's facts, for the next question. */
struct parked {
	struct cg_identity *identity;
	struct cg_facts *facts; /* borrow the identity */
};

static void release(void *thing)
{
	struct parked *parked = thing;

	cg_facts_free(parked->facts);
	cg_identity_free(parked->identity);
	free(parked);
}

static void park(struct cg_question *q)
{
	struct parked *parked = calloc(1, sizeof(*parked));

	if (!parked)
		return;
	*parked = (struct parked){ q->identity, q->facts };
	cg_context_park(q->context, parked, release);
	q->identity = NULL;
	q->facts = NULL;
}

static bool is_same(const struct cg_identity *a, const struct cg_identity *b)
{
	return strcmp(cg_identity_path(a), cg_identity_path(b)) == 0 &&
	       strcmp(cg_identity_binary(a), cg_identity_binary(b)) == 0 &&
	       json_equal(cg_identity_parts(a), cg_identity_parts(b));
}

/* Facts of the emulator as it is now: those of the last question, if that was about the same. */
static int open_facts(struct cg_question *q, struct cg_error *err)
{
	struct parked *parked = cg_context_unpark(q->context);

	if (parked && is_same(parked->identity, q->identity)) {
		cg_identity_free(q->identity);
		q->identity = parked->identity;
		q->facts = parked->facts;
		free(parked);
		return 0;
	}
	if (parked)
		release(parked);
	return cg_facts_new(&q->facts, q->store, q->identity, err);
}

/* With all that it takes to measure. */
static int open_here(struct cg_question *q, struct cg_context *context,
		     const json_t *args, bool ahead, struct cg_error *err)
{
	const char *accel = cg_json_text(args, "accel");

	q->kvm_only = accel && strcmp(accel, "kvm") == 0;
	if (!accel || q->kvm_only)
		cg_context_expect_host(context);
	if (cg_context_store(context, &q->store, err) < 0 ||
	    open_identity(q, context, args, ahead, err) < 0 ||
	    pick_accel(q, context, args, err) < 0 || open_facts(q, err) < 0)
		return -1;
	q->prober = (struct cg_prober){ .store = q->store,
					.facts = q->facts,
					.identity = q->identity,
					.host = q->host,
					.limits = cg_context_limits(context),
					.lock_ns = LOCK_NS,
					.ahead = q->ahead,
					.progress = { tell, context } };
	return 0;
}

static int open_question(struct cg_question *out, struct cg_context *context,
			 const json_t *args, bool ahead, struct cg_error *err)
{
	cg_auto_question struct cg_question q = { .context = context };
	const char *machine = cg_json_text(args, "machine");

	if (machine && !(q.machine_argument = strdup(machine)))
		return cg_error_errno(err, "machine type");
	if ((cg_json_text(args, "record") ? cg_recall_open(&q, args, err)
					  : open_here(&q, context, args, ahead, err)) < 0)
		return -1;
	*out = q;
	q = (struct cg_question){ 0 };
	return 0;
}

int cg_question_open(struct cg_question *out, struct cg_context *context,
		     const json_t *args, struct cg_error *err)
{
	return open_question(out, context, args, true, err);
}

int cg_question_identify(struct cg_question *out, struct cg_context *context,
			 const json_t *args, struct cg_error *err)
{
	return open_question(out, context, args, false, err);
}

void cg_question_deinit(struct cg_question *question)
{
	const char *warning = question->facts ? cg_facts_warning(question->facts) : NULL;

	if (warning && question->context)
		cg_context_warn(question->context, warning);
	cg_ahead_free(question->ahead);
	if (question->facts && question->context && !question->record &&
	    cg_facts_are_kept(question->facts))
		park(question);
	cg_facts_free(question->facts);
	cg_identity_free(question->identity);
	cg_host_free(question->other_host);
	cg_record_free(question->record);
	free(question->machine_argument);
	*question = (struct cg_question){ 0 };
}

static int ensure(struct cg_question *question, enum cg_depth depth, bool unread,
		  const struct cg_definition *definition, struct cg_error *err)
{
	struct cg_need needs[2] = { { .depth = depth,
				      .unread = unread,
				      .accel = question->accel,
				      .machine = question->machine_argument,
				      .definition = definition } };
	size_t count = 1;

	if (question->record)
		return cg_recall_ensure(question, depth, definition, err);
	if (question->both && depth != CG_DEPTH_DEFINITION) {
		needs[1] = needs[0];
		needs[1].accel = "tcg";
		needs[1].unread = true;
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

int cg_question_ensure(struct cg_question *question, enum cg_depth depth,
		       const struct cg_definition *definition, struct cg_error *err)
{
	return ensure(question, depth, false, definition, err);
}

int cg_question_ensure_unread(struct cg_question *question, struct cg_error *err)
{
	return ensure(question, CG_DEPTH_MODELS, true, NULL, err);
}

int cg_question_sweep(struct cg_question *question, struct cg_error *err)
{
	cg_auto_free struct cg_need *needs = NULL;
	cg_auto_json json_t *machines = NULL;
	const json_t *machine;
	size_t count = 0, i;

	if (cg_facts_machines(question->facts, &machines, err) < 0)
		return -1;
	needs = calloc(json_array_size(machines) + 1, sizeof(*needs));
	if (!needs)
		return cg_error_errno(err, "plan");
	json_array_foreach(machines, i, machine)
		if (strcmp(cg_json_text(machine, "name"), "none") != 0)
			needs[count++] =
				(struct cg_need){ .depth = CG_DEPTH_SHEET,
						  .accel = question->accel,
						  .machine =
							  cg_json_text(machine, "name") };
	return cg_prober_ensure(&question->prober, needs, count, err);
}

/* That all a CPU can have is what "max" has is shown for s390x alone: see CG_MEASURE_MAX. */
static bool measures_by_max(const struct cg_emulator_facts *e)
{
	return e->measure == CG_MEASURE_MAX &&
	       strcmp(cg_json_text(e->about, "target"), "s390x") == 0;
}

const char *cg_question_honesty(const struct cg_question *question, bool contradicted)
{
	const struct cg_emulator_facts *e = question->emulator;
	bool shown = e->measure == CG_MEASURE_GLOBALS || measures_by_max(e);

	if (question->record && cg_record_is_foreign(question->record))
		return "partial";
	if (e->measure == CG_MEASURE_NONE && !e->vocabulary)
		return "names-only";
	return shown && !contradicted ? "exact" : "partial";
}

bool cg_question_is_enforced(const struct cg_question *question)
{
	if (question->record)
		return cg_record_is_enforced(question->record);
	return strcmp(question->accel, "kvm") != 0 ||
	       strcmp(cg_host_kvm_backend(question->host), "kvm_pvm") != 0;
}

struct cg_featureset cg_question_untold(const struct cg_question *question,
					const struct cg_featureset *missing)
{
	struct cg_featureset none = { 0 };

	if (!question->record)
		return none;
	return cg_featureset_and(missing, cg_record_untold(question->record));
}

const char *cg_question_source(const struct cg_question *question)
{
	if (question->record)
		return "record";
	return question->measured ? "measurement" : "cache";
}

json_t *cg_question_emulator(const struct cg_question *question)
{
	const json_t *about = question->emulator->about;

	return json_pack("{s:s, s:s, s:O, s:O, s:O}", "path",
			 cg_identity_path(question->identity), "sha256",
			 cg_identity_sha256(question->identity), "version",
			 json_object_get(about, "version"), "package",
			 json_object_get(about, "package"), "target",
			 json_object_get(about, "target"));
}
