/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of a guest at a host, asked as lib/migration.h asks it: may it come there as it
 * runs, and could one like it be started there?
 */
#pragma once

#include "lib/migration.h"

struct cg_prospect {
	struct cg_verdict start, move;
};

/* Blocks as long as measuring takes; the caller deinits *out. */
cg_must_check int cg_prospect_judge(struct cg_prospect *out,
				    const struct cg_traveller *guest,
				    struct cg_destination *to, struct cg_error *err);
void cg_prospect_deinit(struct cg_prospect *prospect);

/* { "verdict", "reasons" (if there are any) }: new reference. */
json_t *cg_prospect_verdict_json(const struct cg_verdict *verdict);

#define cg_auto_prospect cg_cleanup(cg_prospect_deinit)
