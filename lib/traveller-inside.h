/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside travellers: what both ways to know one share. */
#pragma once

#include "lib/traveller.h"

void cg_traveller_doubt(struct cg_traveller *traveller, enum cg_reason reason,
			const char *detail);

/*
 * What it can find of what its vCPUs keep. The levels are those of a vCPU that runs, and
 * nothing follows any more; what isn't told of them hides nothing.
 */
void cg_traveller_hide(struct cg_traveller *traveller, bool pmu);

/* Doubt one that hasn't what every CPU has. */
void cg_traveller_check(struct cg_traveller *traveller);
