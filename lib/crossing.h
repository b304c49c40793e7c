/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest on its way: watched until all of it is on the other side, or it won't come. */
#pragma once

#include "emulator/outgoing.h"
#include "lib/context.h"

#define CG_CROSSING_SECONDS 3600 /* unless the user says otherwise */
#define CG_CROSSING_STALL_NS (60 * CG_S)

struct cg_crossing {
	struct cg_context *context;
	struct cg_outgoing *outgoing;
	int64_t deadline;
	/* Is all of it there? Asked again and again; fails when it won't come. */
	int (*arrived)(void *data, bool *whole, struct cg_error *err);
	void *data;
};

/* A number of seconds that a user gave, or NULL: CG_E_USAGE; and the deadline that it is. */
cg_must_check int cg_crossing_check(const json_t *seconds, struct cg_error *err);
int64_t cg_crossing_deadline(const json_t *seconds);

/*
 * Wait for its end and tell how far it is. CG_E_REFUSED if the emulator says that it failed,
 * CG_E_TIMEOUT if nothing comes through or it takes too long, CG_E_CANCELLED.
 */
cg_must_check int cg_crossing_watch(const struct cg_crossing *crossing,
				    struct cg_transfer *out, struct cg_error *err);
