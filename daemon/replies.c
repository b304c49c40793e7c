// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keys are messages with the id cut out, and a byte in its place that no message has. So
 * clients that write the same question in two ways have two entries, and none has to be
 * parsed to be found.
 */
#include "daemon/replies.h"

#include <string.h>

#include "daemon/limits.h"
#include "daemon/shelf.h"

#define KEY_BYTES 65536 /* longer questions aren't kept */

struct reply {
	uint64_t generation;
	struct cg_ground *grounds[CG_REPLY_PLACES];
	size_t count, len;
	char text[];
};

struct cg_replies {
	struct cg_shelf *shelf;
	struct cg_grounds *grounds;
	char key[KEY_BYTES + 1]; /* the last one that was made */
};

static void forget_basis(struct cg_reply_basis *basis)
{
	for (size_t i = 0; i < basis->count; i++)
		cg_places_free(basis->places[i]);
	basis->count = 0;
}

static void release(void *thing)
{
	struct reply *reply = thing;

	for (size_t i = 0; i < reply->count; i++)
		cg_ground_free(reply->grounds[i]);
	free(reply);
}

struct cg_replies *cg_replies_new(struct cg_grounds *grounds)
{
	struct cg_replies *replies = calloc(1, sizeof(*replies));

	if (!replies)
		return NULL;
	replies->grounds = grounds;
	replies->shelf = cg_shelf_new(CG_MEMO_BYTES, release);
	if (replies->shelf)
		return replies;
	free(replies);
	return NULL;
}

struct cg_replies *cg_replies_free(struct cg_replies *replies)
{
	if (replies)
		cg_shelf_free(replies->shelf);
	free(replies);
	return NULL;
}

/* Its length; 0 for a message that is too long. */
static size_t make_key(struct cg_replies *replies, const char *message, size_t len,
		       struct cg_span id)
{
	size_t before = id.text ? (size_t)(id.text - message) : len;
	size_t after = len - before - id.len;

	if (before + after >= KEY_BYTES)
		return 0;
	memcpy(replies->key, message, before);
	replies->key[before] = '\1';
	memcpy(replies->key + before + 1, message + before + id.len, after);
	return before + 1 + after;
}

static bool holds(const struct reply *reply, uint64_t generation)
{
	if (reply->generation != generation)
		return false;
	for (size_t i = 0; i < reply->count; i++)
		if (!reply->grounds[i] || !cg_ground_holds(reply->grounds[i]))
			return false;
	return true;
}

bool cg_replies_find(struct cg_replies *replies, const char *message, size_t len,
		     struct cg_span id, uint64_t generation, struct cg_span *out)
{
	size_t size = make_key(replies, message, len, id);
	struct reply *reply = size ? cg_shelf_get(replies->shelf, replies->key, size)
				   : NULL;

	if (!reply)
		return false;
	if (!holds(reply, generation)) {
		cg_shelf_remove(replies->shelf, replies->key, size);
		return false;
	}
	*out = (struct cg_span){ reply->text, reply->len };
	return true;
}

void cg_replies_put(struct cg_replies *replies, const char *message, size_t len,
		    struct cg_span id, struct cg_reply_basis *basis, struct cg_span text)
{
	size_t size = make_key(replies, message, len, id);
	struct reply *reply = NULL;

	for (size_t i = 0; i < basis->count; i++)
		if (!cg_places_are_settled(basis->places[i]))
			size = 0;
	if (size)
		reply = malloc(sizeof(*reply) + text.len);
	if (!reply) {
		forget_basis(basis);
		return;
	}
	reply->generation = basis->generation;
	reply->count = basis->count;
	for (size_t i = 0; i < basis->count; i++)
		reply->grounds[i] = cg_grounds_take(replies->grounds, basis->places[i]);
	basis->count = 0;
	reply->len = text.len;
	memcpy(reply->text, text.text, text.len);
	(void)cg_shelf_put(replies->shelf, replies->key, size, reply,
			   sizeof(*reply) + text.len);
}
