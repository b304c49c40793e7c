/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CPU models that a guest could have on all of some hosts: named ones that each
 * emulator knows, that mean the same to each, and keep meaning it. Aliases, deprecated
 * models and those made of the host aren't among them.
 */
#pragma once

#include "cpumodels/baseline.h"
#include "lib/records.h"

/* Borrows from the records, whose machine type has been chosen. */
struct cg_candidates {
	struct cg_candidate *items;
	const json_t **scalars; /* of each */
	size_t count;
};

cg_must_check int cg_candidates_find(struct cg_candidates *out,
				     const struct cg_records *records,
				     struct cg_error *err);
void cg_candidates_deinit(struct cg_candidates *candidates);

#define cg_auto_candidates cg_cleanup(cg_candidates_deinit)
