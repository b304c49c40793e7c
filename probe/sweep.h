/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many machine types at once, by the shortcut where it can be trusted. */
#pragma once

#include "probe/prober.h"

/* How a machine type was measured, as the facts and cpugate(1) say it. */
#define CG_WAY_STARTED "started"
#define CG_WAY_SHORTCUT "shortcut"

/*
 * For those of @needs that want whole sheets of many pc and q35 machine types: start two of them, take
 * the rest by the shortcut if it gives for these two what they really said, and keep the results. What can't be had or trusted is
 * left alone, to be started. Called with the emulator's lock held. -1 for what would stop any measurement.
 */
cg_must_check int cg_sweep_by_shortcut(struct cg_prober *prober, struct cg_need *needs,
				       size_t count, struct cg_memo *memo, struct cg_error *err);
