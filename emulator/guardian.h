/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that does nothing, unless we are killed: then it does in our place what has to be
 * done. It is in a session of its own, so what is sent to our process group doesn't reach it.
 *
 * While a guest is on its way it ends the destination and brings the source back. While one is
 * held that the kernel won't end with us it ends that.
 */
#pragma once

#include "emulator/outgoing.h"

struct cg_guardian {
	pid_t pid;
	int pipe; /* what we say; its end says that we are gone */
	bool runs;
};

#define CG_GUARDIAN ((struct cg_guardian){ .pipe = -1 })

/*
 * For the guest in @source and the process @destination, which is to be there already; 0
 * for none.
 * Returns at once.
 */
cg_must_check int cg_guardian_start(struct cg_guardian *out,
				    const struct cg_outgoing *source, pid_t destination,
				    struct cg_error *err);

/*
 * For an emulator that leaves us to be a daemon: ended is who speaks on @monitor, our end of a
 * socketpair, whether it is there already or not.
 */
cg_must_check int cg_guardian_hold(struct cg_guardian *out, int monitor,
				   struct cg_error *err);

/* For the process @pid, our child. */
cg_must_check int cg_guardian_watch(struct cg_guardian *out, pid_t pid,
				    struct cg_error *err);

/* As if we were killed now; waits a little for what it does. */
void cg_guardian_let_act(struct cg_guardian *guardian);

/* Does the guest run in the source, as far as that goes? What it is brought back to. */
void cg_guardian_note(struct cg_guardian *guardian, bool runs);

/* From now on it does nothing whatever happens. Takes one that was never started. */
void cg_guardian_dismiss(struct cg_guardian *guardian);

/* The same, and it is gone when this returns. */
void cg_guardian_deinit(struct cg_guardian *guardian);

#define cg_auto_guardian cg_cleanup(cg_guardian_deinit)
