/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host that the cache remembers: another one, or this one as it was before. */
#pragma once

#include "probe/facts.h"

#define CG_PAST_SHORT 8 /* digits of a fingerprint, for people */

/*
 * The host that @prefix names: "now", or how its fingerprint begins. *@out is NULL for
 * @now, this host as it is. A host that is known, but not with this emulator, isn't an
 * error: *@missing says so then. The caller owns both, which must be NULL before.
 * CG_E_UNKNOWN for a host that nobody knows, CG_E_USAGE for a prefix of several.
 */
cg_must_check int cg_past_host(struct cg_host **out, char **missing,
			       struct cg_facts *facts, const struct cg_host *now,
			       const char *prefix, struct cg_error *err);

/* The same by age: "0" is now, "1" what this emulator was measured on before that. */
cg_must_check int cg_past_generation(struct cg_host **out, char **missing,
				     struct cg_facts *facts, const struct cg_host *now,
				     const char *generation, struct cg_error *err);
