/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that runs, held against what it was promised and against what this host could give
 * it today. Nothing of it is changed or stopped.
 */
#pragma once

#include "lib/archive.h"
#include "lib/prospect.h"

struct cg_inspection {
	char *socket;
	struct cg_guest guest;
	struct cg_contract contract; /* what it was promised, if @promised */
	bool promised;
	/* Where it isn't what was promised, or its vCPUs aren't alike. */
	struct cg_verdict itself;
	/* Could one like it be started here today, and come here as it runs? */
	struct cg_prospect prospect;
	/*
	 * What it would have if it were started afresh here, and what else is to be had here
	 * that a guest's kernel defends itself with: lists. NULL if nobody can tell.
	 */
	json_t *lacks, *mitigations;
};

/*
 * Of the guest behind the monitor at @socket. @args may have "emulator", and "contract": a
 * name, UUID or file; otherwise the contract of @name counts, which it was started under (NULL
 * if that isn't known), or of the name or UUID that it tells itself. Blocks on the monitor, with
 * limits, and as long as measuring takes. The caller deinits *out.
 */
cg_must_check int cg_inspection_make(struct cg_inspection *out,
				     struct cg_context *context, const json_t *args,
				     const char *socket, const char *name,
				     struct cg_error *err);
void cg_inspection_deinit(struct cg_inspection *inspection);

/* "no" if it isn't what it should be or couldn't be started again; new reference. */
json_t *cg_inspection_json(const struct cg_inspection *inspection);

#define cg_auto_inspection cg_cleanup(cg_inspection_deinit)
