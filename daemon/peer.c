// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A connection never blocks: what can't be sent waits in a buffer, and who doesn't read is
 * read no more. There is one deadline at a time: for the first command, for the rest of a
 * message, or for reading what we said.
 */
#include "daemon/peer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/limits.h"

struct cg_peer {
	int fd;
	struct cg_source *source;
	struct cg_peer_owner owner;
	struct cg_rights rights;
	struct cg_framing framing;
	struct cg_buffer out;
	size_t sent;    /* of it */
	size_t counted; /* of ours in owner.input */
	size_t waiting;
	int64_t since; /* when it was accepted, or began a message, or stopped to read */
	bool greeted, more;
	bool closed; /* it says nothing more, but may still read */
	bool broken; /* it doesn't read any more, either */
	bool lost;   /* the owner was told */
	struct cg_peer *previous, *next;
};

static void react(void *data, unsigned ready);
static int64_t deadline(const struct cg_peer *peer);

int cg_peer_new(struct cg_peer **out, int fd, struct cg_loop *loop,
		const struct cg_peer_owner *owner, struct cg_error *err)
{
	struct cg_peer *peer = calloc(1, sizeof(*peer));

	if (!peer) {
		close(fd);
		return cg_error_errno(err, "client");
	}
	peer->fd = fd;
	peer->owner = *owner;
	peer->out = CG_BUFFER(CG_OUTPUT_MAX);
	cg_framing_init(&peer->framing, CG_MESSAGE_MAX);
	if (cg_rights_read(&peer->rights, fd, err) < 0 ||
	    cg_loop_add(loop, &peer->source, fd, EPOLLIN, react, peer, err) < 0) {
		cg_peer_free(peer);
		return -1;
	}
	peer->since = cg_clock_now();
	cg_source_at(peer->source, deadline(peer));
	*out = peer;
	return 0;
}

struct cg_peer *cg_peer_free(struct cg_peer *peer)
{
	if (!peer)
		return NULL;
	*peer->owner.input -= peer->counted;
	cg_source_remove(peer->source);
	close(peer->fd);
	cg_framing_deinit(&peer->framing);
	cg_buffer_deinit(&peer->out);
	free(peer);
	return NULL;
}

/* The owner frees it. */
static void lose(struct cg_peer *peer, const char *why)
{
	if (peer->lost)
		return;
	peer->lost = true;
	peer->owner.lose(peer->owner.data, peer, why);
}

static size_t unread(const struct cg_peer *peer)
{
	return peer->out.len - peer->sent;
}

/* May it say more? */
static bool is_heard(const struct cg_peer *peer)
{
	return !peer->broken && unread(peer) <= CG_OUTPUT_PAUSE &&
	       peer->waiting < CG_QUESTIONS_MAX;
}

/* It has said all and heard all. */
static bool is_done(const struct cg_peer *peer)
{
	return peer->broken ||
	       (peer->closed && !peer->more && !peer->waiting && !unread(peer));
}

/* What it keeps us waiting for. */
static int64_t deadline(const struct cg_peer *peer)
{
	if (is_done(peer) || (peer->more && is_heard(peer)))
		return 0; /* nothing: it is the next one's turn first */
	if (unread(peer) || (cg_framing_is_begun(&peer->framing) && !peer->waiting))
		return peer->since + peer->owner.patience;
	if (peer->greeted)
		return CG_NO_DEADLINE;
	return peer->since + CG_GREETING_FACTOR * peer->owner.patience;
}

static void settle(struct cg_peer *peer)
{
	bool reads = is_heard(peer) && !peer->closed;

	cg_source_want(peer->source, (reads ? (unsigned)EPOLLIN : 0) |
					     (unread(peer) ? (unsigned)EPOLLOUT : 0));
	cg_source_at(peer->source, deadline(peer));
}

/* Sending. */

/* -1 if the connection has ended. */
static int push(struct cg_peer *peer)
{
	while (unread(peer)) {
		ssize_t put = send(peer->fd, peer->out.data + peer->sent, unread(peer),
				   MSG_NOSIGNAL | MSG_DONTWAIT);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return errno == EAGAIN ? 0 : -1;
		peer->sent += (size_t)put;
		peer->since = cg_clock_now();
	}
	peer->sent = peer->out.len = 0;
	if (peer->out.size > CG_OUTPUT_PAUSE)
		cg_buffer_deinit(&peer->out);
	return 0;
}

struct cg_buffer *cg_peer_out(struct cg_peer *peer)
{
	/* Where there is much, what was read needn't be kept. */
	if (peer->sent > CG_OUTPUT_PAUSE) {
		cg_buffer_drop(&peer->out, peer->sent);
		peer->sent = 0;
	}
	return &peer->out;
}

void cg_peer_flush(struct cg_peer *peer)
{
	bool was_behind = peer->sent > 0;

	if (!was_behind)
		peer->since = cg_clock_now();
	if (push(peer) < 0)
		peer->broken = true; /* which the loop will tell */
	settle(peer);
}

/* Hearing. */

/* Messages that came, as many as fit in its turn. False if it was lost meanwhile. */
static void take_messages(struct cg_peer *peer)
{
	enum cg_frame frame = CG_FRAME_MESSAGE;
	char *text;
	size_t len;

	for (int i = 0; i < CG_MESSAGES_IN_ROW && is_heard(peer) && !peer->lost; i++) {
		frame = cg_framing_next(&peer->framing, &text, &len);
		if (frame == CG_FRAME_NONE)
			break;
		if (frame == CG_FRAME_MESSAGE)
			peer->owner.take(peer->owner.data, peer, text, len);
		else
			peer->owner.complain(peer->owner.data, peer, frame);
	}
	peer->more = frame != CG_FRAME_NONE;
}

/* Bytes of messages that aren't complete, of all clients together. */
static bool count_input(struct cg_peer *peer)
{
	*peer->owner.input -= peer->counted;
	peer->counted = peer->framing.in.len;
	*peer->owner.input += peer->counted;
	return peer->counted <= CG_FRAME_READ || *peer->owner.input <= CG_INPUT_MAX;
}

/* Why it has to go, "" if it left, NULL if it stays. */
static const char *hear(struct cg_peer *peer)
{
	static char bytes[CG_FRAME_READ]; /* one thread, one client at a time */
	bool begun = cg_framing_is_begun(&peer->framing);
	struct cg_error err;
	ssize_t got = recv(peer->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return NULL;
	if (got < 0)
		return "";
	if (got == 0) {
		peer->closed = true;
		return NULL;
	}
	if (cg_framing_put(&peer->framing, bytes, (size_t)got, &err) < 0)
		return "no memory for what it says";
	if (!begun && !unread(peer) && peer->greeted)
		peer->since = cg_clock_now();
	if (!count_input(peer))
		return "all clients together have begun to say too much";
	return NULL;
}

/* The time that it had is over. */
static const char *overdue(const struct cg_peer *peer)
{
	int64_t now = cg_clock_now();

	if (deadline(peer) > now)
		return NULL;
	if (unread(peer))
		return "it doesn't read its answers";
	return peer->greeted ? "it began a message and didn't end it"
			     : "it didn't begin with qmp_capabilities";
}

static void react(void *data, unsigned ready)
{
	struct cg_peer *peer = data;
	bool its_turn = is_heard(peer) && peer->more;
	const char *why = NULL;

	/* With both directions closed, nobody is there to read what we say. */
	peer->broken |= (ready & (EPOLLHUP | EPOLLERR)) != 0 || push(peer) < 0;
	if (ready & EPOLLIN && !peer->more && is_heard(peer))
		why = hear(peer);
	if (!why && is_heard(peer))
		take_messages(peer);
	if (!why && ready & CG_LOOP_DUE && !is_done(peer) && !its_turn)
		why = overdue(peer);
	(void)count_input(peer);
	peer->broken |= push(peer) < 0;
	if (why || is_done(peer))
		lose(peer, why && *why ? why : NULL);
	else
		settle(peer);
}

/* The rest. */

const struct cg_rights *cg_peer_rights(const struct cg_peer *peer)
{
	return &peer->rights;
}

void cg_peer_greet(struct cg_peer *peer)
{
	peer->greeted = true;
}

bool cg_peer_is_greeted(const struct cg_peer *peer)
{
	return peer->greeted;
}

void cg_peer_wait(struct cg_peer *peer, int more)
{
	peer->waiting += (size_t)more;
}

size_t cg_peer_waiting(const struct cg_peer *peer)
{
	return peer->waiting;
}

struct cg_peer *cg_peer_next(const struct cg_peer *peer)
{
	return peer->next;
}

void cg_peer_link(struct cg_peer **list, struct cg_peer *peer)
{
	peer->next = *list;
	if (*list)
		(*list)->previous = peer;
	*list = peer;
}

void cg_peer_unlink(struct cg_peer **list, struct cg_peer *peer)
{
	if (peer->previous)
		peer->previous->next = peer->next;
	else
		*list = peer->next;
	if (peer->next)
		peer->next->previous = peer->previous;
}
