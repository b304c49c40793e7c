/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting for many things at once, on one thread. A source is something to wait for: a
 * descriptor, a point in time, or both. What is due is told by calling its function, one
 * after the other; a function that takes long keeps all others waiting.
 */
#pragma once

#include <stdbool.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/error.h"

struct cg_loop;
struct cg_source;

#define CG_LOOP_DUE (1u << 30) /* beside EPOLLIN and the like: its time has come */

/* @ready: what it is called for. May change, add and remove sources, its own included. */
typedef void cg_source_fn(void *data, unsigned ready);

cg_must_check int cg_loop_new(struct cg_loop **out, struct cg_error *err);
struct cg_loop *cg_loop_free(struct cg_loop *loop); /* and what is left; takes NULL */

/*
 * Wait for @events (EPOLLIN, EPOLLOUT; errors and hang-ups are always told) of @fd, which
 * stays the caller's and must outlive the source; -1 for time alone. The loop owns *@out. It has no
 * deadline yet.
 */
cg_must_check int cg_loop_add(struct cg_loop *loop, struct cg_source **out, int fd,
			      unsigned events, cg_source_fn *fn, void *data,
			      struct cg_error *err);

/* Other events than before; 0 to hear only of errors. */
void cg_source_want(struct cg_source *source, unsigned events);

/*
 * When it is due, which it is once: then there is no deadline any more. CG_NO_DEADLINE
 * takes it back.
 */
void cg_source_at(struct cg_source *source, int64_t deadline);

/* Forget it; nothing is told of it any more. Takes NULL; returns NULL. */
struct cg_source *cg_source_remove(struct cg_source *source);

/* Wait and tell until cg_loop_stop() was called. -1 only if waiting itself fails. */
cg_must_check int cg_loop_run(struct cg_loop *loop, struct cg_error *err);
void cg_loop_stop(struct cg_loop *loop);

/* One round: wait until @deadline at most, tell what is due. For tests. */
cg_must_check int cg_loop_once(struct cg_loop *loop, int64_t deadline,
			       struct cg_error *err);

static inline void cg_loop_freep(struct cg_loop **loop)
{
	cg_loop_free(*loop);
}
#define cg_auto_loop cg_cleanup(cg_loop_freep)
