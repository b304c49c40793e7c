/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that runs and is to go: what is known of it, whether it may, and its emulator, which
 * has it until it is told to end. Wherever it goes, it is brought back the same way.
 */
#pragma once

#include "emulator/guardian.h"
#include "lib/crossing.h"
#include "lib/migration.h"

struct cg_migrant {
	struct cg_context *context; /* borrowed */
	const json_t *args;         /* of the command; borrowed */
	struct cg_traveller guest;
	struct cg_migration_answer answer;
	struct cg_outgoing source;
	struct cg_guardian guardian;
	struct cg_transfer transfer;
	bool left;           /* the source has something of ours, or was told to begin */
	bool committed;      /* the destination was told to run */
	bool moved;          /* and does */
	bool ended;          /* the source's emulator, since it was told to */
	bool settled;        /* it didn't, and the guest is in the source again */
	struct cg_error why; /* of what failed */
};

#define CG_MIGRANT ((struct cg_migrant){ .guardian = CG_GUARDIAN })

void cg_migrant_deinit(struct cg_migrant *migrant);

#define CG_MIGRANT_SETTLE_NS (60 * CG_S) /* to be back */

/* "from" and "deadline" of the arguments; and the path of "from", if that was right. */
cg_must_check int cg_migrant_check(const json_t *args, struct cg_error *err);
const char *cg_migrant_socket(const json_t *args);

/*
 * May it go to @to, a record or "host", and be started there by @emulator (NULL for any) with
 * @smp as -smp has it (NULL: as it is)? Without @to, may it go at all? "contract" of the
 * arguments is what it must be, and what counts then. The answer has the reasons. Blocks
 * as cg_traveller_open() and cg_migration_judge() do.
 */
cg_must_check int cg_migrant_judge(struct cg_migrant *migrant, const char *to,
				   const char *emulator, const json_t *smp,
				   struct cg_error *err);

/* Connect to its emulator; then see to which capabilities both sides are to have. */
cg_must_check int cg_migrant_open(struct cg_migrant *migrant, struct cg_error *err);
cg_must_check int cg_migrant_prepare(struct cg_migrant *migrant, json_t **capabilities,
				     struct cg_error *err);

/*
 * From here on somebody else brings it back if we are killed, and ends @destination first, 0
 * for none. Then send it: to @uri, or through @fd if that is NULL; and wait until it is
 * complete and @arrived agrees. See cg_crossing.
 */
cg_must_check int cg_migrant_guard(struct cg_migrant *migrant, pid_t destination,
				   struct cg_error *err);
cg_must_check int cg_migrant_send(struct cg_migrant *migrant, const char *uri, int fd,
				  struct cg_error *err);
cg_must_check int cg_migrant_cross(struct cg_migrant *migrant,
				   int (*arrived)(void *data, bool *whole,
						  struct cg_error *err),
				   void *data, struct cg_error *err);

/*
 * Nothing brings it back from now on, but for us: the destination may be told to run it.
 * CG_E_REFUSED if somebody has already.
 */
cg_must_check int cg_migrant_commit(struct cg_migrant *migrant, struct cg_error *err);

/* It has moved: end its emulator, unless "keep-source". */
void cg_migrant_leave(struct cg_migrant *migrant);

/* It hasn't: bring it back, unless it may run at the destination. That is gone already. */
void cg_migrant_take_back(struct cg_migrant *migrant);

/* Is what failed nobody's fault but ours? Then it is an error rather than an answer. */
bool cg_migrant_is_ours(const struct cg_migrant *migrant);

/* Add "guest", "moved", "source", "failure" and "transfer" to a reply. */
void cg_migrant_describe(const struct cg_migrant *migrant, json_t *reply);

/*
 * What it has, for who receives it: { "target", "machine", "accel", "features", "scalars",
 * "topology" }. New reference.
 */
json_t *cg_migrant_papers(const struct cg_migrant *migrant);

#define cg_auto_migrant cg_cleanup(cg_migrant_deinit)
