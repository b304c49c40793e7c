/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * May a guest that runs on one host go to another? A host is what its guests have and what
 * it takes. Plain values over one vocabulary, without padding: hosts whose values are the
 * same byte for byte are of one kind. Pure.
 */
#pragma once

#include "cpumodels/featureset.h"
#include "cpumodels/reason.h"

/* Numbers that are 0 and a vendor that is "" aren't known, or don't count. */
struct cg_party {
	struct cg_featureset has;      /* a guest that was started there */
	struct cg_featureset possible; /* what is to be had there by name */
	struct cg_featureset gives;    /* if @fixed, what its definition gives there */
	struct cg_featureset untold;   /* it may be possible: nobody says */
	struct cg_featureset doubtful; /* nobody says, and any guest needs it */
	struct cg_featureset refused;  /* its emulator doesn't take the name */
	char vendor[16];
	uint32_t family, model, stepping, level, xlevel;
	uint32_t phys_bits;
	uint64_t reasons; /* a bit for each that holds for every guest there */
	/*
	 * Guests are made of one definition everywhere, so another width or number can't
	 * be set right by asking for it.
	 */
	uint64_t fixed;
};

#define CG_REASON_BIT(reason) (UINT64_C(1) << (reason))

/* What stands between two of them, each kind by itself. */
struct cg_gap {
	uint64_t reasons;             /* a bit for each, but for the causes of @missing */
	struct cg_featureset missing; /* they can't be had at @to, each for its own cause */
	struct cg_featureset untold; /* nobody says */
	struct cg_featureset lost;   /* the definition doesn't give them there */
	struct cg_featureset extra;  /* it gives them there, and the guest hasn't them */
};

/* The same in few words, for many of them. */
struct cg_passage {
	uint64_t reasons;              /* a bit for each */
	struct cg_featureset features; /* those that the reasons are about */
};

struct cg_gap cg_gap_find(const struct cg_party *from, const struct cg_party *to);

/*
 * @causes: of each feature that guests may have and that isn't possible at @to, why it
 * isn't.
 */
struct cg_passage cg_passage_find(const struct cg_party *from, const struct cg_party *to,
				  const enum cg_reason causes[static CG_FEATURES_MAX]);

/*
 * The same when it is known what @from says to its own guest (@self). If it would refuse
 * that, nothing it says can be trusted: undecided, whoever @to is.
 */
struct cg_passage cg_passage_check(const struct cg_passage *self,
				   const struct cg_passage *passage);

enum cg_answer cg_passage_answer(const struct cg_passage *passage);
