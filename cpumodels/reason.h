/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why not: reasons with stable codes, and the verdict that follows from them. Codes are
 * interface: scripts match them, the manual lists them, and they never change their
 * meaning. Words are for people and may.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/cleanup.h"

enum cg_reason {
	CG_MISSING_HOST,        /* the CPU doesn't have it */
	CG_MISSING_MICROCODE,   /* microcode took it away, or doesn't give it yet */
	CG_MISSING_KERNEL,      /* the CPU has it, KVM doesn't offer it */
	CG_MISSING_PARAMETER,   /* switched off by a module or kernel parameter */
	CG_MISSING_VMM,         /* the emulator or its machine type doesn't do it */
	CG_MISSING_EMULATOR,    /* the emulator doesn't know the name */
	CG_MISSING_UNSUPPORTED, /* can't be had; what we have doesn't tell why */
	CG_MISSING_DEFINITION, /* it could be had; what it is started with doesn't ask for it */
	CG_EXTRA_VMM,
	CG_NAME_UNKNOWN,
	CG_MODEL_NONE, /* no CPU model will do */
	CG_IDENTITY_VENDOR,
	CG_IDENTITY_MODEL,
	CG_WIDTH_LEVEL,
	CG_WIDTH_PHYS_BITS,
	CG_WIDTH_GUEST_PHYS_BITS,
	CG_WIDTH_XSAVE,
	CG_TIME_TSC,
	CG_TOPOLOGY_MAXCPUS,
	CG_TOPOLOGY_CPUS,
	CG_TARGET_DIFFERS,
	CG_ACCEL_DIFFERS,
	CG_MACHINE_ABSENT,
	CG_MACHINE_DIFFERS,
	CG_MACHINE_DEPRECATED,
	CG_MIGRATION_BLOCKED,  /* the emulator that runs the guest says so */
	CG_GUEST_UNREAD,       /* something about the guest that isn't known */
	CG_GUEST_UNEVEN,       /* its vCPUs aren't alike */
	CG_GUEST_INCONSISTENT, /* what is said of the guest contradicts itself */
	CG_START_FAILED,   /* nothing is missing, and yet the emulator refused to start */
	CG_LAUNCH_REFUSED, /* the emulator doesn't take the command line */
	CG_LAUNCH_UNREAD,  /* something about it that isn't looked at */
	CG_LAUNCH_DIFFERS, /* a vCPU that was made isn't what it was to be */
	CG_ACCEPT_ONLY,
	CG_ADVISORY,
	CG_ADVISORY_EMULATOR, /* these are in cpumodels/advisory.h */
	CG_ADVISORY_HT,
	CG_ADVISORY_PDCM,
	CG_ADVISORY_MPX,
	CG_ADVISORY_PKRU,
	CG_ADVISORY_ARCH_CAPABILITIES,
	CG_RECORD_STALE,
	CG_RECORD_ABSENT,
	CG_RECORD_UNTOLD, /* the record says nothing about it */
	CG_RECORD_SELF_INCONSISTENT,
	CG_REASONS
};

/* What one reason does to a verdict. */
enum cg_weight {
	CG_WEIGHT_NOTE,      /* nothing */
	CG_WEIGHT_DOUBT,     /* a yes becomes undecided */
	CG_WEIGHT_BLOCK,     /* it is no */
	CG_WEIGHT_OVERRULES, /* even a no can't be trusted: undecided */
};

const char *cg_reason_code(enum cg_reason reason); /* "missing.host" */
enum cg_weight cg_reason_weight(enum cg_reason reason);

/* The reason of a code, or CG_REASONS. */
enum cg_reason cg_reason_find(const char *code);

/*
 * { "code", "feature" (if @feature is given: a feature or other property), "host" (if
 * given), "words", "remedy" (if there is one) }. @detail goes into the words: a number,
 * a cause. New reference.
 */
json_t *cg_reason_json(enum cg_reason reason, const char *feature, const char *host,
		       const char *detail);

enum cg_answer { CG_YES, CG_NO, CG_UNDECIDED };

/* Starts as { 0 }, which is a yes without reasons. */
struct cg_verdict {
	unsigned int weights; /* a bit for each weight that was seen */
	json_t *reasons;      /* NULL until there is one */
};

void cg_verdict_add(struct cg_verdict *verdict, enum cg_reason reason,
		    const char *feature, const char *host, const char *detail);

/* The same for a reason that is made already, by cg_reason_json(). Consumes it. */
void cg_verdict_take(struct cg_verdict *verdict, json_t *reason);
/* Add the reasons of another one: each is there once. */
void cg_verdict_join(struct cg_verdict *verdict, const struct cg_verdict *other);
enum cg_answer cg_verdict_answer(const struct cg_verdict *verdict);
void cg_verdict_deinit(struct cg_verdict *verdict);

const char *cg_answer_word(enum cg_answer answer); /* "yes", "no" or "undecided" */

/*
 * Of a list of objects with a "verdict" the worst: no before undecided before yes, which is
 * also that of an empty list. Static.
 */
const char *cg_answer_worst(const json_t *list);

#define cg_auto_verdict cg_cleanup(cg_verdict_deinit)
