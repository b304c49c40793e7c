/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What came out of trials, counted: in all, and for each machine type. */
#pragma once

#include "lib/trials.h"

struct cg_tally {
	json_t *total, *rows, *mismatches, *unstartable;
};

void cg_tally_begin(struct cg_tally *out, const struct cg_trials *trials);

/* One more with @name: "compared", "mismatched", "not-started" or "skipped". */
void cg_tally_count(struct cg_tally *tally, const struct cg_trials_item *item,
		    const char *name);

/* A prediction that didn't come true. Consumes @difference, an object that says how. */
void cg_tally_mismatch(struct cg_tally *tally, const struct cg_trials_item *item,
		       json_t *difference);

/* The reply. Empties the tally. */
json_t *cg_tally_take(struct cg_tally *tally, const struct cg_trials *trials);
void cg_tally_deinit(struct cg_tally *tally);

#define cg_auto_tally cg_cleanup(cg_tally_deinit)
