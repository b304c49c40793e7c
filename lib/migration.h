/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * May a guest go to a host? The verdict before anything happens, with all that speaks
 * against it.
 */
#pragma once

#include "lib/destination.h"

/* All borrowed. */
struct cg_migration {
	const struct cg_traveller *guest;
	struct cg_destination *to;
	struct cg_destination *from;     /* the guest's own host, or NULL */
	const struct cg_definition *cpu; /* to be started with; NULL for its own */
	const json_t *smp;               /* likewise: members of -machine smp.* */
};

struct cg_migration_answer {
	struct cg_verdict verdict;
	char *cpu; /* what it would be started with, NULL if it didn't come to that */
	const char *self; /* "ok", "failed", or NULL: nobody knows its own host */
};

/*
 * Blocks as cg_destination_offer() does. Fails for failures of ours only; the caller deinits
 * *out.
 */
cg_must_check int cg_migration_judge(struct cg_migration_answer *out,
				     const struct cg_migration *migration,
				     struct cg_error *err);
void cg_migration_answer_deinit(struct cg_migration_answer *answer);

/*
 * The algebra of it: what speaks against a guest at a host that offers that, and what it
 * would ask for beyond. Pure, but for causes in records.
 */
void cg_migration_compare(const struct cg_traveller *guest,
			  const struct cg_destination *to, const struct cg_offer *offer,
			  struct cg_verdict *verdict, struct cg_featureset *extra);

#define cg_auto_migration_answer cg_cleanup(cg_migration_answer_deinit)
