/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A sweep by twins. A version of pc (pc-i440fx-X) and of q35 (pc-q35-X) take what they change in CPUs from the same list
 * (pc_compat_X in hw/i386/pc.c), so the sheet of one is the other's. Nobody promises that either: it is trusted after
 * two pairs were measured in full and agreed in every property, and each further twin is still started, says itself which models it
 * has and what each lacks, and expands some of them to be compared: others for each, so that together they try every model.
 */
#pragma once

#include "probe/sweep.h"

/* The machine type whose sheet this one may share, if that one is wanted as well; else NULL. */
const char *cg_twins_leader(const struct cg_sweep *sweep, const char *machine);

/* Once leaders and samples are measured: see cg_compat_take(). */
cg_must_check int cg_twins_take(struct cg_sweep *sweep, struct cg_error *err);
