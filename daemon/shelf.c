// SPDX-License-Identifier: LGPL-2.1-or-later
/* A hash table of chains, and one list from the newest use to the oldest. */
#include "daemon/shelf.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#define BUCKETS 4096
#define OVERHEAD 128 /* bytes of an item besides key and thing */

struct item {
	struct item *chain;         /* in its bucket */
	struct item *newer, *older; /* by use */
	uint64_t hash;
	void *thing;
	size_t bytes, len;
	char key[];
};

struct cg_shelf {
	struct item *buckets[BUCKETS];
	struct item *newest, *oldest;
	size_t bytes, limit;
	uint64_t seed; /* clients choose keys, so they mustn't know where they end up */
	void (*release)(void *thing);
};

struct cg_shelf *cg_shelf_new(size_t limit, void (*release)(void *thing))
{
	struct cg_shelf *shelf = calloc(1, sizeof(*shelf));

	if (!shelf)
		return NULL;
	shelf->limit = limit;
	shelf->release = release;
	if (getrandom(&shelf->seed, sizeof(shelf->seed), GRND_NONBLOCK) < 0)
		shelf->seed = (uintptr_t)shelf;
	return shelf;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)(a ^ UINT64_C(0x9e3779b97f4a7c15)) *
			      (b ^ UINT64_C(0xbf58476d1ce4e5b9));

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_of(const struct cg_shelf *shelf, const char *key, size_t len)
{
	uint64_t hash = shelf->seed ^ len, word;

	for (; len >= sizeof(word); key += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, key, sizeof(word));
		hash = mix(hash, word ^ shelf->seed);
	}
	word = 0;
	memcpy(&word, key, len);
	return mix(mix(hash, word), shelf->seed);
}

static struct item **find(struct cg_shelf *shelf, const void *key, size_t len,
			  uint64_t hash)
{
	struct item **link = &shelf->buckets[hash % BUCKETS];

	while (*link && ((*link)->hash != hash || (*link)->len != len ||
			 memcmp((*link)->key, key, len) != 0))
		link = &(*link)->chain;
	return link;
}

static void leave_order(struct cg_shelf *shelf, struct item *item)
{
	*(item->newer ? &item->newer->older : &shelf->newest) = item->older;
	*(item->older ? &item->older->newer : &shelf->oldest) = item->newer;
}

static void become_newest(struct cg_shelf *shelf, struct item *item)
{
	item->newer = NULL;
	item->older = shelf->newest;
	*(shelf->newest ? &shelf->newest->newer : &shelf->oldest) = item;
	shelf->newest = item;
}

static void drop(struct cg_shelf *shelf, struct item **link)
{
	struct item *item = *link;

	*link = item->chain;
	leave_order(shelf, item);
	shelf->bytes -= item->bytes;
	shelf->release(item->thing);
	free(item);
}

void *cg_shelf_get(struct cg_shelf *shelf, const void *key, size_t len)
{
	struct item *item = *find(shelf, key, len, hash_of(shelf, key, len));

	if (!item)
		return NULL;
	if (item != shelf->newest) {
		leave_order(shelf, item);
		become_newest(shelf, item);
	}
	return item->thing;
}

void cg_shelf_remove(struct cg_shelf *shelf, const void *key, size_t len)
{
	struct item **link = find(shelf, key, len, hash_of(shelf, key, len));

	if (*link)
		drop(shelf, link);
}

static void drop_oldest(struct cg_shelf *shelf)
{
	struct item *item = shelf->oldest;

	drop(shelf, find(shelf, item->key, item->len, item->hash));
}

bool cg_shelf_put(struct cg_shelf *shelf, const void *key, size_t len, void *thing,
		  size_t bytes)
{
	struct item *item = NULL;

	cg_shelf_remove(shelf, key, len);
	bytes += len + OVERHEAD;
	if (bytes <= shelf->limit / 4)
		item = malloc(sizeof(*item) + len);
	if (!item) {
		shelf->release(thing);
		return false;
	}
	*item = (struct item){ .hash = hash_of(shelf, key, len),
			       .thing = thing,
			       .bytes = bytes,
			       .len = len };
	memcpy(item->key, key, len);
	while (shelf->oldest && shelf->bytes + bytes > shelf->limit)
		drop_oldest(shelf);
	item->chain = shelf->buckets[item->hash % BUCKETS];
	shelf->buckets[item->hash % BUCKETS] = item;
	become_newest(shelf, item);
	shelf->bytes += bytes;
	return true;
}

void cg_shelf_clear(struct cg_shelf *shelf)
{
	while (shelf->oldest)
		drop_oldest(shelf);
}

struct cg_shelf *cg_shelf_free(struct cg_shelf *shelf)
{
	if (shelf)
		cg_shelf_clear(shelf);
	free(shelf);
	return NULL;
}

size_t cg_shelf_bytes(const struct cg_shelf *shelf)
{
	return shelf->bytes;
}
