/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that a command line asks for: judged, started with the CPU spelled out and "enforce",
 * held before its first instruction and read back. Who holds it decides what comes then.
 */
#pragma once

#include "emulator/paused.h"
#include "gate/contract.h"
#include "host/tap.h"
#include "lib/launch-verdict.h"
#include "lib/spelled.h"
#include "probe/guest.h"

struct cg_held {
	/* Filled by the owner. */
	struct cg_context *context; /* borrowed */
	const char *who;            /* the verb, for messages; static text */
	json_t *words;              /* of the command line, as it is judged */
	json_t *allowed;            /* sorted names that may be missing, or NULL */
	const char *name;  /* to call it by, if the user chose one; borrowed, or NULL */
	const char *accel; /* likewise: instead of what the words say */
	struct cg_contract old; /* that it is to hold to, if @bound */
	bool bound;
	bool moves; /* the guest is there: what of the words doesn't fit it is a no */
	/* How far it came. */
	struct cg_verdict verdict;
	struct cg_launch launch;
	struct cg_spelled spelled;
	struct cg_definition definition; /* the spelled one */
	struct cg_paused *paused;
	struct cg_guest guest;
	struct cg_tap_look look; /* begun as soon as its network devices are known */
	struct cg_tap tap;
	bool behind_tap, asked_tap, has_tap; /* has a device there; @tap is known */
	struct cg_contract contract;         /* what it came to, once it was read back */
	int lock;                            /* fd of the lock on its name, or -1 */
	bool started, made;
};

#define CG_HELD ((struct cg_held){ .lock = -1, .look = CG_TAP_LOOK })

void cg_held_deinit(struct cg_held *held);

/*
 * What @old says stands in for what the words say of machine type and CPU; @bound is to be
 * set. CG_E_USAGE for other vCPUs than the words ask for.
 */
cg_must_check int cg_held_bind(struct cg_held *held, struct cg_error *err);

/*
 * What would the guest get? The verdict has what speaks against it. Features that may be
 * missing and are, and such that a contract doesn't have, are switched off. Starts no guest;
 * blocks for as long as measuring takes.
 */
cg_must_check int cg_held_judge(struct cg_held *held, struct cg_error *err);

/* Does nothing speak against it, and is there enough to compare a guest with? */
bool cg_held_may_start(const struct cg_held *held);

/* The name that its contract is kept under; NULL if there is none. */
const char *cg_held_name(const struct cg_held *held);

/*
 * One guest of a name at a time: the emulator itself holds the lock for as long as it lives.
 * The state file is opened now, so that what is wrong with it shows before anything starts.
 * CG_E_REFUSED if the name is taken; with @later that is no error: cg_held_claim_again()
 * takes the lock when whoever had it is gone.
 */
cg_must_check int cg_held_claim(struct cg_held *held, bool later, struct cg_error *err);
cg_must_check int cg_held_claim_again(struct cg_held *held, bool *taken,
				      struct cg_error *err);

/*
 * Start it and read it back: the verdict gets what differs. *@ended if it ended by itself,
 * having said why: then that is the answer. The caller ends it (cg_held_deinit()) or lets
 * it go.
 */
cg_must_check int cg_held_start(struct cg_held *held, bool *ended, struct cg_error *err);

/*
 * The same reading once more, of a guest that has come into it since and may run. If it isn't
 * as promised or can't be read, the user is warned.
 */
bool cg_held_is_same(struct cg_held *held);

/* Does nothing speak against it? */
bool cg_held_is_open(const struct cg_held *held);

/* Its contract is on the disk when this returns, if it has a name. */
cg_must_check int cg_held_keep(struct cg_held *held, struct cg_error *err);

/* End it, if it wasn't let go; waits for it. */
void cg_held_end(struct cg_held *held);

/* "verdict", "reasons", what was asked for, "started" and "contract". New reference. */
json_t *cg_held_json(const struct cg_held *held);

/* { "status" } or { "signal" }: how an emulator ended. New reference. */
json_t *cg_held_end_json(const struct cg_child_end *end);

#define cg_auto_held cg_cleanup(cg_held_deinit)
