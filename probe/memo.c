// SPDX-License-Identifier: LGPL-2.1-or-later
/* A hash table of fixed size with one lock. A digest is its own hash. */
#include "probe/memo.h"

#include <pthread.h>
#include <string.h>

#define SLOTS 16384 /* four times the replies of the largest sweep seen */
#define MOST (SLOTS * 3 / 4)

struct slot {
	struct cg_digest reply;
	struct cg_expansion expansion; /* without scalars: free */
};

struct cg_memo {
	pthread_mutex_t lock;
	size_t used;
	struct slot slots[SLOTS];
};

struct cg_memo *cg_memo_new(void)
{
	struct cg_memo *memo = calloc(1, sizeof(*memo));

	if (memo)
		pthread_mutex_init(&memo->lock, NULL);
	return memo;
}

struct cg_memo *cg_memo_free(struct cg_memo *memo)
{
	if (!memo)
		return NULL;
	for (size_t i = 0; i < SLOTS; i++)
		json_decref(memo->slots[i].expansion.scalars);
	pthread_mutex_destroy(&memo->lock);
	free(memo);
	return NULL;
}

/* The slot of a reply, or the free one where it would go. There always is a free one. */
static struct slot *find(struct cg_memo *memo, const struct cg_digest *reply)
{
	size_t at;

	memcpy(&at, reply->bytes, sizeof(at));
	for (at %= SLOTS;; at = (at + 1) % SLOTS) {
		struct slot *slot = &memo->slots[at];

		if (!slot->expansion.scalars ||
		    memcmp(&slot->reply, reply, sizeof(*reply)) == 0)
			return slot;
	}
}

bool cg_memo_get(struct cg_memo *memo, const struct cg_digest *reply,
		 struct cg_expansion *out)
{
	const struct slot *slot;
	bool found;

	pthread_mutex_lock(&memo->lock);
	slot = find(memo, reply);
	found = slot->expansion.scalars != NULL;
	if (found) {
		*out = slot->expansion;
		json_incref(out->scalars);
	}
	pthread_mutex_unlock(&memo->lock);
	return found;
}

void cg_memo_put(struct cg_memo *memo, const struct cg_digest *reply,
		 const struct cg_expansion *expansion)
{
	struct slot *slot;

	pthread_mutex_lock(&memo->lock);
	slot = find(memo, reply);
	if (!slot->expansion.scalars && memo->used < MOST) {
		slot->reply = *reply;
		slot->expansion = *expansion;
		json_incref(slot->expansion.scalars);
		memo->used++;
	}
	pthread_mutex_unlock(&memo->lock);
}
