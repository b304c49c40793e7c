/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Things by key that may be forgotten: when they are too many bytes altogether, what nobody
 * asked for longest goes first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

struct cg_shelf;

/* At most @limit bytes as their owners count them; @release frees a thing. NULL if memory is out. */
struct cg_shelf *cg_shelf_new(size_t limit, void (*release)(void *thing));
struct cg_shelf *cg_shelf_free(struct cg_shelf *shelf); /* takes NULL; returns NULL */

/* The thing under a key of @len bytes, or NULL. Borrowed until the shelf is changed. */
void *cg_shelf_get(struct cg_shelf *shelf, const void *key, size_t len);

/*
 * Put a thing of @bytes there in place of what was, and consume it. What is larger than a quarter of the
 * shelf isn't kept: then it is released, and false returned.
 */
bool cg_shelf_put(struct cg_shelf *shelf, const void *key, size_t len, void *thing,
		  size_t bytes);
void cg_shelf_remove(struct cg_shelf *shelf, const void *key, size_t len);
void cg_shelf_clear(struct cg_shelf *shelf);

size_t cg_shelf_bytes(const struct cg_shelf *shelf);
