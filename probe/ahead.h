/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first start of an emulator that nothing is known about, while it is still being hashed: hashing takes about as long as
 * that start. What it says is used only if the hash then turns out to be new as well. It holds the emulator's lock, so of
 * several processes one does it.
 */
#pragma once

#include "cache/lock.h"
#include "probe/session.h"

struct cg_ahead;

/*
 * Doesn't block. NULL if another process has the lock, or if there is no thread or memory for it: then it is started later as
 * usual. @lock_path and @stamp: as for cg_lock_take().
 */
struct cg_ahead *cg_ahead_start(const char *binary, const char *lock_path,
				const char *stamp, const struct cg_qmp_limits *limits);

/* The lock that it holds, for the caller to go on with; NULL if it has been taken over already. */
struct cg_lock *cg_ahead_take_lock(struct cg_ahead *ahead);

/* As cg_session_run() would have returned; to be called once. Blocks until it is through. */
cg_must_check int cg_ahead_take(struct cg_ahead *ahead, struct cg_session_result *out,
				struct cg_error *err);

/* Blocks until it is through, which limits.cancel_fd can speed up. Takes NULL; returns NULL. */
struct cg_ahead *cg_ahead_free(struct cg_ahead *ahead);

/* The accelerators of an emulator's first start: with KVM only if it can't do TCG. */
#define CG_AHEAD_ACCEL "tcg:kvm"
#define CG_AHEAD_MACHINE "none"
