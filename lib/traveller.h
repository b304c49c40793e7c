/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that is to run somewhere else: what it has, from a contract or from itself. It is
 * somebody else's word, so what in it contradicts itself is a reason against every answer.
 */
#pragma once

#include "cpumodels/compare.h"
#include "cpumodels/definition.h"
#include "cpumodels/leaves.h"
#include "cpumodels/reason.h"
#include "cpumodels/visible.h"
#include "gate/contract.h"
#include "lib/context.h"
#include "probe/departure.h"
#include "probe/guest.h"

struct cg_traveller {
	char *text; /* as the user named it */
	/* Borrowed; the kernel may be NULL, and the version. */
	const char *target, *machine, *accel, *version, *kernel;
	const struct cg_vocabulary *words;
	struct cg_featureset features; /* that it can find, but for those of threads */
	struct cg_vcpu vcpu;
	struct cg_cpu numbers;    /* its features don't count */
	struct cg_definition cpu; /* its own, spelled out */
	bool spelled; /* all that it has is named there, so that nothing may be added */
	/*
	 * The parts of its XSAVE area, if they are known. Not exact: there may be more than
	 * its features say.
	 */
	bool has_xsave, xsave_exact;
	uint64_t xsave;
	struct cg_topology topology;
	bool exact; /* the topology is whole: QEMU has nothing to compute of it */
	struct cg_verdict doubts; /* reasons that hold wherever it goes */

	struct cg_guest guest;
	struct cg_departure departure;
	struct cg_contract contract;
	struct cg_vocabulary *own;
};

/*
 * By a name as users have it: "qmp:SOCKET" for a guest that runs, else a
 * contract's file, its name or its UUID.
 * Blocks on the file or monitor, with limits. CG_E_PROTOCOL and others for a monitor that
 * isn't QEMU's; what can't be read of a guest otherwise is a doubt.
 */
cg_must_check int cg_traveller_open(struct cg_traveller *out, struct cg_context *context,
				    const char *text, struct cg_error *err);

/* From a contract that was read already; consumes it. */
cg_must_check int cg_traveller_take(struct cg_traveller *out,
				    struct cg_contract *contract, const char *text,
				    struct cg_error *err);
void cg_traveller_deinit(struct cg_traveller *traveller);

/* A reason for everything in which a guest isn't what was promised of it. */
void cg_traveller_compare(const struct cg_traveller *guest,
			  const struct cg_traveller *promised,
			  struct cg_verdict *verdict);

/* Threads in a package, which QEMU makes features of. */
uint64_t cg_traveller_threads(const struct cg_traveller *traveller);

/* Those features; a guest of several threads has them wherever it is. Over @names. */
struct cg_featureset cg_traveller_of_threads(const struct cg_vocabulary *names);

#define cg_auto_traveller cg_cleanup(cg_traveller_deinit)
