/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each side takes of what the other one says, as in lib/migrate-away.h. Nobody is
 * trusted: what isn't of that form is CG_E_PROTOCOL, and a no is CG_E_REFUSED. Pure.
 */
#pragma once

#include <stdbool.h>

#include "gate/contract.h"

#define CG_ACCORD_VERSION 1

/* Where the guest comes to. */

/*
 * A guest that is the contract's, from a cpugate that speaks as we do. *@capabilities, a new
 * reference, is what both emulators are to have on: texts, none of which leaves no way back.
 */
cg_must_check int cg_accord_take_hello(const json_t *hello,
				       const struct cg_contract *contract,
				       json_t **capabilities, struct cg_error *err);

/* The second connection: of the same one, if it knows the token. */
cg_must_check int cg_accord_take_stream(const json_t *said, const char *token,
					struct cg_error *err);

/* It is given away, to be run or not. */
cg_must_check int cg_accord_take_run(const json_t *said, bool *run, struct cg_error *err);

/* Where it comes from. */

/* Not a no: "refused" or "failed", with their words. */
cg_must_check int cg_accord_take_answer(const json_t *said, struct cg_error *err);

/* *@token is a new reference. */
cg_must_check int cg_accord_take_ready(const json_t *said, json_t **token,
				       struct cg_error *err);

/* It is there for good; with the CPU that was promised? */
cg_must_check int cg_accord_take_end(const json_t *said, bool *same,
				     struct cg_error *err);
