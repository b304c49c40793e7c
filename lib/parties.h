/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosts as their records tell of them, on the machine type that was chosen for them, as
 * those who send and take guests.
 */
#pragma once

#include "cpumodels/definition.h"
#include "cpumodels/passage.h"
#include "lib/records.h"

struct cg_parties {
	struct cg_party *items; /* one for each host */
	/*
	 * Of each: the model or override that its emulator doesn't know, borrowed; NULL if
	 * it knows all.
	 */
	const char **unknown;
	char *text; /* of the definition, in its one form; NULL without */
};

/*
 * With a @definition, guests have what that asks for; with NULL, those of each host have
 * all that it gives, but for what would tie them to it. Borrows both. CG_E_UNKNOWN for
 * names that no host knows.
 */
cg_must_check int cg_parties_new(struct cg_parties *out, const struct cg_records *records,
				 const struct cg_definition *definition,
				 struct cg_error *err);

/*
 * What no guest of theirs has isn't asked for, and hosts don't differ by it: without it
 * those are the same byte for byte that are of one kind.
 */
void cg_parties_forget_spare(struct cg_parties *parties, size_t count);
void cg_parties_deinit(struct cg_parties *parties);

#define cg_auto_parties cg_cleanup(cg_parties_deinit)
