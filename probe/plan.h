/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What to measure next. */
#pragma once

#include "probe/round.h"

/*
 * Fill the round with what @needs lack and can be measured now: nothing, when all is known. Names of machine types in needs become
 * canonical; a need that nothing can be measured for fails. Doesn't start anything. -1 if nothing can be said of the emulator.
 */
cg_must_check int cg_plan(struct cg_round *round, struct cg_need *needs, size_t count,
			  struct cg_error *err);
