/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One client: its connection, what it sent, what it hasn't read yet, how patient we are
 * with it. What its messages mean is its owner's business.
 */
#pragma once

#include "base/buffer.h"
#include "base/loop.h"
#include "daemon/framing.h"
#include "daemon/rights.h"

struct cg_peer;

/* Who a peer belongs to. */
struct cg_peer_owner {
	/* A message; @text has a NUL behind it and may be changed. */
	void (*take)(void *data, struct cg_peer *peer, char *text, size_t len);
	/* Something that is no message was passed over. */
	void (*complain)(void *data, struct cg_peer *peer, enum cg_frame why);
	/* It is closed, for the reason in @why (NULL: it wished so); about to be freed. */
	void (*lose)(void *data, struct cg_peer *peer, const char *why);
	void *data;
	size_t *input;    /* bytes of incomplete messages of all peers */
	int64_t patience; /* for a message that was begun, and for reading answers */
};

/* Consumes @fd, also on failure. */
cg_must_check int cg_peer_new(struct cg_peer **out, int fd, struct cg_loop *loop,
			      const struct cg_peer_owner *owner, struct cg_error *err);

/* Say nothing more, hear nothing more. The owner isn't told. */
struct cg_peer *cg_peer_free(struct cg_peer *peer);

/*
 * Where lines for it are put together; cg_peer_flush() sends them, now as far as it takes them,
 * the rest when it reads.
 */
struct cg_buffer *cg_peer_out(struct cg_peer *peer);
void cg_peer_flush(struct cg_peer *peer);

const struct cg_rights *cg_peer_rights(const struct cg_peer *peer);

/* It has spoken as it should: there is no hurry any more. */
void cg_peer_greet(struct cg_peer *peer);
bool cg_peer_is_greeted(const struct cg_peer *peer);

/* One more question of it waits, or one less: with many it isn't read. */
void cg_peer_wait(struct cg_peer *peer, int more);
size_t cg_peer_waiting(const struct cg_peer *peer);

/* What the owner has for it: the list of all peers. */
struct cg_peer *cg_peer_next(const struct cg_peer *peer);
void cg_peer_link(struct cg_peer **list, struct cg_peer *peer);
void cg_peer_unlink(struct cg_peer **list, struct cg_peer *peer);
