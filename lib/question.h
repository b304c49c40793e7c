/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A question about one emulator: its arguments resolved to an identity, an accelerator
 * and a machine type, with the facts that answer it at hand.
 */
#pragma once

#include "formats/record.h"
#include "lib/context.h"
#include "probe/prober.h"

struct cg_question {
	struct cg_context *context;
	struct cg_record *
		record; /* that answers, or NULL: see lib/recall.h; then there is no store */
	struct cg_host *other_host; /* that the record is of, or NULL */
	struct cg_store *store;
	struct cg_identity *identity;
	const struct cg_host *host; /* NULL if KVM isn't in question */
	struct cg_facts *facts;
	struct cg_ahead *ahead; /* of the prober */
	struct cg_prober prober;
	const char *accel;   /* the accelerator that the answer is about */
	const char *machine; /* the canonical name, once cg_question_ensure() has run */
	bool both; /* no accelerator was named: what is measured is measured for both */
	bool kvm_only; /* it was, and without KVM nothing is measured */
	bool measured; /* something was started for the answer */
	const struct cg_emulator_facts *emulator;
	char *machine_argument;
};

/*
 * From the common arguments: finds out what the emulator is; starts it only if it is a
 * script.
 */
cg_must_check int cg_question_identify(struct cg_question *out,
				       struct cg_context *context, const json_t *args,
				       struct cg_error *err);

/*
 * The same for a question that is going to be asked: an emulator that the cache has never
 * seen is started while it is being hashed (probe/ahead.h). cg_question_ensure() is to
 * follow.
 */
cg_must_check int cg_question_open(struct cg_question *out, struct cg_context *context,
				   const json_t *args, struct cg_error *err);
void cg_question_deinit(struct cg_question *question);

/*
 * Make sure that what @depth says is known about the question's machine type, from the
 * cache or by measuring. @definition for CG_DEPTH_DEFINITION. What fails for the
 * accelerator that isn't asked about fails in silence.
 */
cg_must_check int cg_question_ensure(struct cg_question *question, enum cg_depth depth,
				     const struct cg_definition *definition,
				     struct cg_error *err);

/* The same for CG_DEPTH_MODELS where the models aren't going to be read: that they are there is enough. */
cg_must_check int cg_question_ensure_unread(struct cg_question *question,
					    struct cg_error *err);

/*
 * All models of every machine type but "none", which no guest has, as far as that takes
 * no vCPU. A machine type that can't be measured stays unknown.
 */
cg_must_check int cg_question_sweep(struct cg_question *question, struct cg_error *err);

/* "exact", "partial", "names-only" or "none": how much can be said for this target. */
const char *cg_question_honesty(const struct cg_question *question, bool contradicted);

/*
 * Does this accelerator make the guest see what QEMU says it sees? kvm_pvm doesn't: it
 * runs guests without hardware virtualisation and shows them the host's CPUID leaves 1, 7
 * and 0xD as they are.
 */
bool cg_question_is_enforced(const struct cg_question *question);

/*
 * The part of a set that is only missing because nobody said that it is there: empty
 * unless a record answers that is made of what others tell of a host.
 */
struct cg_featureset cg_question_untold(const struct cg_question *question,
					const struct cg_featureset *missing);

/* Where the answer is from: "measurement", "cache" or "record". */
const char *cg_question_source(const struct cg_question *question);

/* { "path", "sha256", "version", "package", "target" }: new reference. */
json_t *cg_question_emulator(const struct cg_question *question);

#define cg_auto_question cg_cleanup(cg_question_deinit)
