/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that is about to leave its emulator, which somebody else started: over its monitor,
 * which stays ours until it is closed. Whatever becomes of the journey, the guest can be
 * brought to run here again, for as long as it was told nothing else.
 */
#pragma once

#include "emulator/qmp.h"

struct cg_outgoing {
	char *path; /* of the monitor's socket */
	struct cg_qmp_limits limits;
	struct cg_qmp *qmp; /* NULL once it was lost */
	pid_t pid;          /* the emulator's, 0 if the kernel doesn't say */
	bool runs;   /* the guest did, when it was last seen before its last stop */
	bool marked; /* there is a token in it (emulator/token.h) ... */
	bool taken;  /* ... which we have taken */
};

/* How far it is. */
struct cg_transfer {
	enum {
		CG_TRANSFER_NONE,
		CG_TRANSFER_GOING,
		CG_TRANSFER_DONE,
		CG_TRANSFER_FAILED
	} stage;
	uint64_t total, remaining, transferred; /* bytes */
	double mbps;
	int64_t downtime_ms, total_ms; /* expected, and when it is done what they were */
	char why[160];                 /* it failed */
};

/*
 * Connect. CG_E_REFUSED for a guest that can't leave: it is leaving already, hasn't come yet,
 * has ended. Nothing of it is changed. Not interrupted by the cancel_fd of @limits, since
 * what was begun is to be ended.
 */
cg_must_check int cg_outgoing_open(struct cg_outgoing *out, const char *path,
				   const struct cg_qmp_limits *limits,
				   struct cg_error *err);
void cg_outgoing_close(struct cg_outgoing *o);

/* May a guest leave, or come, with this capability on? Some leave no way back. */
bool cg_outgoing_may_have(const char *capability);

/*
 * Have the other side acknowledge what it got ("return-path"). *@capabilities is the list of
 * those that both sides are to have on, which the caller owns. CG_E_REFUSED if there is one
 * that leaves no way back.
 */
cg_must_check int cg_outgoing_prepare(struct cg_outgoing *o, json_t **capabilities,
				      struct cg_error *err);

/*
 * From here on it shows that the guest wasn't given away, until cg_outgoing_take(): after that
 * it is ours to be run somewhere else, and nobody brings it back here. CG_E_REFUSED: somebody
 * has.
 */
cg_must_check int cg_outgoing_mark(struct cg_outgoing *o, struct cg_error *err);
cg_must_check int cg_outgoing_take(struct cg_outgoing *o, struct cg_error *err);

/*
 * Connect to one that somebody else began to move and left behind: *@stands if the guest
 * does, since it has left; @marked and @runs are as the token in it says.
 */
cg_must_check int cg_outgoing_find(struct cg_outgoing *out, const char *path,
				   const struct cg_qmp_limits *limits, bool *stands,
				   struct cg_error *err);

/*
 * Begin. @fd is a connected socket that it gets, if @uri is NULL; the caller may close it
 * then.
 */
cg_must_check int cg_outgoing_start(struct cg_outgoing *o, const char *uri, int fd,
				    struct cg_error *err);
cg_must_check int cg_outgoing_look(struct cg_outgoing *o, struct cg_transfer *out,
				   struct cg_error *err);

/*
 * Whatever happened, the guest is to be here and as it was: what goes on is cancelled, and if
 * it ran it runs again when this returns 0. Connects anew if it has to, and
 * blocks until @deadline at most. The other side must be gone. -1 means that it couldn't be seen to run.
 */
cg_must_check int cg_outgoing_settle(struct cg_outgoing *o, int64_t deadline,
				     struct cg_error *err);

/* End the emulator, whose guest is somewhere else, and wait for that until @deadline. */
cg_must_check int cg_outgoing_end(struct cg_outgoing *o, int64_t deadline,
				  struct cg_error *err);

#define cg_auto_outgoing cg_cleanup(cg_outgoing_close)
