// SPDX-License-Identifier: LGPL-2.1-or-later
/* Gathers facts, and says of each feature what they mean for it. */
#include "lib/inquiry.h"

#include <string.h>

#include "host/boot.h"
#include "machine/catalogue.h"

static bool is_kvm(const struct cg_question *q)
{
	return strcmp(q->accel, "kvm") == 0;
}

static int read_unsupported(const struct cg_question *q, bool *known,
			    struct cg_featureset *out, struct cg_error *err)
{
	return cg_facts_unsupported(q->facts, q->accel, q->machine, known, out, err);
}

static int fill(struct cg_inquiry *inquiry, struct cg_context *context,
		const json_t *args, struct cg_error *err)
{
	struct cg_question *q = &inquiry->question;

	if (cg_question_open(q, context, args, err) < 0 ||
	    cg_question_ensure(q, CG_DEPTH_MODELS, NULL, err) < 0 ||
	    read_unsupported(q, &inquiry->has_effective, &inquiry->unsupported, err) < 0)
		return -1;
	if (!is_kvm(q) || q->record)
		return 0;
	return cg_boot_read(&inquiry->boot, cg_context_host_root(context), err);
}

int cg_inquiry_open(struct cg_inquiry *out, struct cg_context *context,
		    const json_t *args, struct cg_error *err)
{
	cg_auto_inquiry struct cg_inquiry inquiry = { 0 };

	if (fill(&inquiry, context, args, err) < 0)
		return -1;
	*out = inquiry;
	inquiry = (struct cg_inquiry){ 0 };
	return 0;
}

void cg_inquiry_deinit(struct cg_inquiry *inquiry)
{
	cg_prediction_deinit(&inquiry->newer_prediction);
	cg_question_deinit(&inquiry->newer);
	cg_prediction_deinit(&inquiry->prediction);
	cg_question_deinit(&inquiry->question);
	json_decref(inquiry->boot);
	*inquiry = (struct cg_inquiry){ 0 };
}

/* The newest machine type of the family, if that is another one; NULL if there is none. */
static int find_newer(const struct cg_question *q, char out[static CG_MACHINE_NAME],
		      struct cg_error *err)
{
	cg_auto_json json_t *machines = NULL;
	char family[CG_MACHINE_NAME];
	const char *newest = NULL;
	int major, minor;

	out[0] = '\0';
	if (cg_facts_machines(q->facts, &machines, err) < 0)
		return -1;
	if (machines && cg_catalogue_split(q->machine, family, &major, &minor))
		newest = cg_catalogue_newest(machines, family);
	if (newest && strcmp(newest, q->machine) != 0)
		snprintf(out, CG_MACHINE_NAME, "%s", newest);
	return 0;
}

static int predict_newer(struct cg_inquiry *inquiry, const json_t *args,
			 const struct cg_definition *definition, struct cg_error *err)
{
	struct cg_question *q = &inquiry->newer;
	bool known;

	if (cg_question_open(q, inquiry->question.context, args, err) < 0 ||
	    cg_question_ensure(q, CG_DEPTH_DEFINITION, definition, err) < 0 ||
	    read_unsupported(q, &known, &inquiry->newer_unsupported, err) < 0)
		return -1;
	return cg_prediction_make(&inquiry->newer_prediction, q, q->accel, q->machine,
				  definition, err);
}

/* What can't be found out about the newer one is one thing less to tell. */
static int add_newer(struct cg_inquiry *inquiry, const json_t *args,
		     const struct cg_definition *definition, struct cg_error *err)
{
	cg_auto_json json_t *there = json_copy(cg_json_mutable(args));
	char machine[CG_MACHINE_NAME];
	struct cg_error why;

	if (find_newer(&inquiry->question, machine, err) < 0)
		return -1;
	if (!*machine)
		return 0;
	json_object_set_new(there, "machine", json_string(machine));
	if (predict_newer(inquiry, there, definition, &why) == 0)
		return 0;
	if (cg_error_is_final(&why)) {
		*err = why;
		return -1;
	}
	cg_prediction_deinit(&inquiry->newer_prediction);
	cg_question_deinit(&inquiry->newer);
	return 0;
}

int cg_inquiry_predict(struct cg_inquiry *inquiry, const json_t *args,
		       const struct cg_definition *definition, struct cg_error *err)
{
	struct cg_question *q = &inquiry->question;

	if (cg_question_ensure(q, CG_DEPTH_DEFINITION, definition, err) < 0 ||
	    cg_prediction_make(&inquiry->prediction, q, q->accel, q->machine, definition,
			       err) < 0)
		return -1;
	return add_newer(inquiry, args, definition, err);
}

const char *cg_inquiry_fullest(const struct cg_inquiry *inquiry)
{
	return is_kvm(&inquiry->question) ? "host" : "max";
}

const char *cg_inquiry_host(const struct cg_inquiry *inquiry)
{
	const struct cg_record *record = inquiry->question.record;

	return record ? cg_record_name(record) : NULL;
}

bool cg_inquiry_has_cpuid(const struct cg_inquiry *inquiry)
{
	const char *target = cg_json_text(inquiry->question.emulator->about, "target");

	/* Who tells of a host alone tells of an x86 one. */
	return !cg_inquiry_has_emulator(inquiry) || strcmp(target, "x86_64") == 0 ||
	       strcmp(target, "i386") == 0;
}

bool cg_inquiry_has_emulator(const struct cg_inquiry *inquiry)
{
	return *cg_json_text(inquiry->question.emulator->about, "version") != '\0';
}

static size_t number_of(const struct cg_inquiry *inquiry, const char *feature)
{
	return cg_vocabulary_find(inquiry->question.emulator->vocabulary, feature);
}

/* Without KVM its own features are dropped in silence, so that U doesn't name them. */
static bool is_missing(const struct cg_inquiry *inquiry, size_t f)
{
	const char *name = cg_vocabulary_name(inquiry->question.emulator->vocabulary, f);

	return cg_featureset_has(&inquiry->unsupported, f) ||
	       (!is_kvm(&inquiry->question) && strncmp(name, "kvm", strlen("kvm")) == 0);
}

static bool is_untold(const struct cg_inquiry *inquiry, size_t f)
{
	struct cg_featureset one = { 0 };

	cg_featureset_add(&one, f);
	one = cg_question_untold(&inquiry->question, &one);
	return !cg_featureset_is_empty(&one);
}

enum cg_answer cg_inquiry_answer(const struct cg_inquiry *inquiry, const char *feature)
{
	size_t f = number_of(inquiry, feature);

	if (f == CG_FEATURES_MAX)
		return cg_inquiry_has_emulator(inquiry) ? CG_NO : CG_UNDECIDED;
	if (!inquiry->has_effective || is_untold(inquiry, f))
		return CG_UNDECIDED;
	return is_missing(inquiry, f) ? CG_NO : CG_YES;
}

/* The machine type: it is known by the newest one of its family. */
static void tell_machine(const struct cg_inquiry *i, size_t f, struct cg_trail *trail)
{
	const char *machine = i->question.machine, *newest = i->newer.machine;
	const char *model = i->prediction.text;
	bool missing = is_missing(i, f);
	bool here = i->prediction.model &&
		    cg_featureset_has(&i->prediction.expansion.features, f);
	bool there = newest &&
		     cg_featureset_has(&i->newer_prediction.expansion.features, f);

	if (newest && cg_featureset_has(&i->unsupported, f) &&
	    !cg_featureset_has(&i->newer_unsupported, f)) {
		trail->newest = newest;
		cg_trail_tell(trail, CG_STAGE_MACHINE, CG_ABSENT,
			      "%s can give it, %s can't", newest, machine);
	} else if (here) {
		cg_trail_tell(trail, CG_STAGE_MACHINE, CG_PRESENT, "%s on %s asks for it",
			      model, machine);
	} else if (there) {
		cg_trail_tell(trail, CG_STAGE_MACHINE, missing ? CG_UNKNOWN : CG_ABSENT,
			      "%s asks for it on %s, on %s %s", model, newest, machine,
			      missing ? "it doesn't" : "only if it is named");
	} else if (i->prediction.model) {
		cg_trail_tell(trail, CG_STAGE_MACHINE, CG_UNKNOWN,
			      "%s on %s doesn't ask for it%s", model,
			      newest ? newest : machine,
			      missing ? "" : " unless it is named");
	}
}

static void tell_emulator(const struct cg_inquiry *i, const char *feature, size_t f,
			  struct cg_trail *trail)
{
	const char *version = cg_json_text(i->question.emulator->about, "version");
	enum cg_answer answer = cg_inquiry_answer(i, feature);
	enum cg_state before = cg_trail_state(trail, CG_STAGE_KVM);
	enum cg_state state = CG_PRESENT;
	const char *words = "knows the name";

	if (!*version) {
		cg_trail_tell(trail, CG_STAGE_EMULATOR, CG_UNKNOWN,
			      "nothing is known of it");
		return;
	}
	if (f == CG_FEATURES_MAX) {
		trail->is_unknown = true;
		state = CG_ABSENT;
		words = "doesn't know the name";
	} else if (answer == CG_NO && before == CG_PRESENT) {
		state = CG_ABSENT;
		words = "knows it and doesn't pass it on";
	} else if (answer == CG_YES && before == CG_ABSENT) {
		words = "adds it";
	}
	cg_trail_tell(trail, CG_STAGE_EMULATOR, state, "QEMU %s %s", version, words);
}

static void tell_tcg(const struct cg_inquiry *i, const char *feature,
		     struct cg_trail *trail)
{
	const char *version = cg_json_text(i->question.emulator->about, "version");
	enum cg_answer answer = cg_inquiry_answer(i, feature);

	if (answer == CG_YES)
		cg_trail_tell(trail, CG_STAGE_TCG, CG_PRESENT, "QEMU %s emulates it",
			      version);
	else if (answer == CG_NO)
		cg_trail_tell(trail, CG_STAGE_TCG, CG_ABSENT,
			      "QEMU %s doesn't emulate it", version);
}

void cg_inquiry_trail(const struct cg_inquiry *inquiry, const char *feature,
		      struct cg_trail *out)
{
	const struct cg_question *q = &inquiry->question;
	struct cg_trail_host host = { .boot = inquiry->boot };
	size_t f = number_of(inquiry, feature);

	if (q->host) {
		host.parts = cg_host_parts(q->host);
		host.vendor = cg_host_vendor(q->host);
	}
	cg_trail_begin(out, feature, cg_inquiry_has_cpuid(inquiry),
		       is_kvm(q) ? &host : NULL);
	if (f < CG_FEATURES_MAX)
		tell_machine(inquiry, f, out);
	tell_emulator(inquiry, feature, f, out);
	if (out->stages[CG_STAGE_TCG].told)
		tell_tcg(inquiry, feature, out);
}

json_t *cg_inquiry_reason(const struct cg_inquiry *inquiry, const char *feature,
			  const char *words)
{
	const char *host = cg_inquiry_host(inquiry);
	size_t f = number_of(inquiry, feature);
	struct cg_trail trail;

	if (f < CG_FEATURES_MAX ? is_untold(inquiry, f)
				: !cg_inquiry_has_emulator(inquiry))
		return cg_reason_json(CG_RECORD_UNTOLD, words, host, NULL);
	if (cg_inquiry_answer(inquiry, feature) != CG_NO)
		return NULL;
	cg_inquiry_trail(inquiry, feature, &trail);
	return cg_trail_reason(&trail, words, host);
}
