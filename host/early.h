/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A reading of the host that is begun before its result is wanted, on a thread of its own: KVM alone takes a quarter
 * of a millisecond where CPUID traps, in which the cache can be opened.
 */
#pragma once

#include "host/fingerprint.h"

struct cg_early;

/* Begin; @root as in cg_host_read(). NULL where it can't be done. */
struct cg_early *cg_early_start(const char *root);

/* What cg_host_read() says: now, if the thread hasn't begun yet, for whatever reason. Consumes @early. */
cg_must_check int cg_early_take(struct cg_early *early, struct cg_host **out,
				struct cg_error *err);

/* Nobody wants it any more. Doesn't wait. */
struct cg_early *cg_early_free(struct cg_early *early);
