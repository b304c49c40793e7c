/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CPU of a guest that runs, or is about to, in an emulator that somebody else started:
 * read over its monitor, without changing or stopping anything. It is what the guest has,
 * whatever anybody asked for. For x86, whose vCPUs name all of their features.
 */
#pragma once

#include "base/json.h"
#include "cpumodels/vocabulary.h"
#include "emulator/qmp.h"

#define CG_GUEST_VCPUS 8192
#define CG_GUEST_ODD 64
#define CG_GUEST_NS (60 * CG_S) /* for all vCPUs together */

struct cg_guest {
	json_t *about;     /* its emulator: { "version", "package", "target" } */
	char *machine;     /* machine type */
	const char *accel; /* "kvm" or "tcg"; static text */
	char *model;       /* CPU model that its vCPUs are made of */
	size_t vcpus;      /* all of them with the same CPU; but see @odd */
	const struct cg_vocabulary *vocabulary; /* its emulator's */
	struct cg_vocabulary *own;              /* where it wasn't known before */
	struct cg_featureset features;
	json_t *scalars; /* vendor, family, model, stepping, level, widths, TSC frequency */
	/* Of cg_guest_survey() only. */
	char *name, *uuid; /* NULL if it has none */
	/*
	 * vCPUs that aren't like the first: a list of { "vcpu" (its number), "missing" and
	 * "extra" (lists of features), "scalars" (those that are other ones) }.
	 */
	json_t *odd;
};

/*
 * By the socket of its monitor. Blocks, for CG_GUEST_NS at most. The caller deinits *out.
 * CG_E_UNDECIDED if there is no vCPU, another target, or one vCPU isn't like the others;
 * else see cg_monitor_connect().
 */
cg_must_check int cg_guest_read(struct cg_guest *out, const char *socket,
				const struct cg_qmp_limits *limits, struct cg_error *err);
/*
 * The same, but a guest whose vCPUs aren't alike is told of and not refused: then @features and
 * @scalars are those of the first. Of more than CG_GUEST_ODD of them the first are in the list.
 */
cg_must_check int cg_guest_survey(struct cg_guest *out, const char *socket,
				  const struct cg_qmp_limits *limits,
				  struct cg_error *err);

/* What who started a guest knows of it. All borrowed; the vocabulary must outlive the guest. */
struct cg_guest_known {
	json_t *about;
	const char *machine, *model;
	const struct cg_vocabulary *vocabulary;
};

/*
 * The same over a monitor that is connected, of a guest that may not have begun to run:
 * quicker, for what is known isn't asked, nor are features that no guest can find, because
 * what they belong to isn't there (cpumodels/gates.h).
 */
cg_must_check int cg_guest_take(struct cg_guest *out, struct cg_qmp *qmp,
				const struct cg_guest_known *known, struct cg_error *err);
void cg_guest_deinit(struct cg_guest *guest);

#define cg_auto_guest cg_cleanup(cg_guest_deinit)
