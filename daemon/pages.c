// SPDX-License-Identifier: LGPL-2.1-or-later
/* A cursor is the text's digest, where the piece begins, and how long it may be. */
#include "daemon/pages.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "daemon/limits.h"
#include "daemon/shelf.h"

#define ENVELOPE 256 /* bytes of a line besides the piece: id, cursor, names */

struct cg_pages {
	struct cg_shelf *shelf; /* texts by digest */
};

struct cg_pages *cg_pages_new(void)
{
	struct cg_pages *pages = calloc(1, sizeof(*pages));

	if (!pages)
		return NULL;
	pages->shelf = cg_shelf_new(CG_PAGES_BYTES, free);
	if (pages->shelf)
		return pages;
	free(pages);
	return NULL;
}

struct cg_pages *cg_pages_free(struct cg_pages *pages)
{
	if (pages)
		cg_shelf_free(pages->shelf);
	free(pages);
	return NULL;
}

/* How many bytes of @text fit into @room once they are written as a JSON string. */
static size_t piece_of(const char *text, size_t room)
{
	size_t len = 0, good = 0, used = 0;

	for (; text[len]; len++) {
		unsigned char c = (unsigned char)text[len];

		if ((c & 0xc0) != 0x80) /* no character goes on here */
			good = len;
		used += c == '"' || c == '\\' ? 2 : c < ' ' ? 6 : 1;
		if (used > room)
			return good;
	}
	return len;
}

static int cut(const char *text, const char *digest, size_t offset, size_t bytes,
	       json_t **out, struct cg_error *err)
{
	size_t len = piece_of(text + offset, bytes - ENVELOPE);
	json_t *page = json_stringn(text + offset, len);
	char cursor[CG_DIGEST_HEX + 48];

	snprintf(cursor, sizeof(cursor), "%s.%zu.%zu", digest, offset + len, bytes);
	*out = json_pack("{s:o, s:s*}", "page", page, "next",
			 text[offset + len] ? cursor : NULL);
	return *out ? 0 : cg_error_set(err, CG_E_SYSTEM, "no memory for a page");
}

int cg_pages_first(struct cg_pages *pages, const char *text, size_t bytes, json_t **out,
		   struct cg_error *err)
{
	char hex[CG_DIGEST_HEX];
	struct cg_digest digest;
	char *copy;

	if (bytes < CG_PAGE_MIN)
		return cg_error_set(err, CG_E_USAGE, "page-bytes: %d at least",
				    CG_PAGE_MIN);
	cg_digest_of(&digest, text, strlen(text));
	cg_digest_hex(&digest, hex);
	copy = strdup(text);
	if (!copy)
		return cg_error_errno(err, "pages");
	/* One that fits into one page, or is too long to be kept, is cut all the same. */
	(void)cg_shelf_put(pages->shelf, hex, strlen(hex), copy, strlen(text));
	return cut(text, hex, 0, bytes, out, err);
}

int cg_pages_next(struct cg_pages *pages, const char *cursor, json_t **out,
		  struct cg_error *err)
{
	char hex[CG_DIGEST_HEX] = "";
	size_t offset, bytes;
	const char *text;

	if (sscanf(cursor, "%64[0-9a-f].%zu.%zu", hex, &offset, &bytes) != 3 ||
	    bytes < CG_PAGE_MIN)
		return cg_error_set(err, CG_E_USAGE, "no page has the cursor %.100s",
				    cursor);
	text = cg_shelf_get(pages->shelf, hex, strlen(hex));
	if (!text || offset > strlen(text) ||
	    ((unsigned char)text[offset] & 0xc0) == 0x80)
		return cg_error_set(err, CG_E_UNKNOWN,
				    "the reply whose page %.100s is isn't kept any more: "
				    "ask again",
				    cursor);
	return cut(text, hex, offset, bytes, out, err);
}
