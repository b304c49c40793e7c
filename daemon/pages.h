/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Long replies in pieces, for clients whose readers stop at some length: the text of a reply, cut
 * where a character ends. What was begun is kept for a while, so all pieces are of the same reply.
 */
#pragma once

#include "base/json.h"

#define CG_PAGE_MIN 1024

struct cg_pages;

struct cg_pages *cg_pages_new(void); /* NULL if memory is out */
struct cg_pages *cg_pages_free(struct cg_pages *pages);

/*
 * The first piece of @text, so short that the line with it has at most @bytes: { "page", "next" };
 * without "next" it was the last one. New reference.
 */
cg_must_check int cg_pages_first(struct cg_pages *pages, const char *text, size_t bytes,
				 json_t **out, struct cg_error *err);

/* The piece that an earlier one's "next" names. */
cg_must_check int cg_pages_next(struct cg_pages *pages, const char *cursor, json_t **out,
				struct cg_error *err);
