/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers that were given, by the text of the question but for its id: as long as nothing
 * that they depend on has changed, they are given again without being worked out.
 */
#pragma once

#include "daemon/grounds.h"
#include "daemon/protocol.h"

struct cg_replies;

/* @grounds is borrowed. NULL if memory is out. */
struct cg_replies *cg_replies_new(struct cg_grounds *grounds);
struct cg_replies *cg_replies_free(struct cg_replies *replies);

#define CG_REPLY_PLACES 4

/* What a reply depends on. */
struct cg_reply_basis {
	uint64_t generation; /* of the context */
	struct cg_places *places[CG_REPLY_PLACES];
	size_t count;
};

/*
 * The reply to a message whose id is @id, as it is known at @generation; its text is borrowed until the next
 * put. False if there is none, or none that still holds.
 */
bool cg_replies_find(struct cg_replies *replies, const char *message, size_t len,
		     struct cg_span id, uint64_t generation, struct cg_span *out);

/* Consumes the places, also where it isn't kept. */
void cg_replies_put(struct cg_replies *replies, const char *message, size_t len,
		    struct cg_span id, struct cg_reply_basis *basis,
		    struct cg_span reply);
