/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where messages begin and end in the bytes of a client. A message is a JSON object; clients may
 * send several in one line, one in several lines, or one byte at a time. Only braces,
 * brackets and strings are looked at: whether it is good JSON is the parser's business.
 *
 * After what can't be the beginning of an object, an object that is too long or too deep, and
 * an unexpected control character, the rest of the line is passed over. A control character or the byte 0xFF,
 * which no JSON has, ends whatever was begun, a string too, as with QEMU: so a client
 * gets back to a known state.
 */
#pragma once

#include <stdbool.h>

#include "base/buffer.h"

#define CG_FRAME_DEPTH 1024 /* QEMU's */

struct cg_framing {
	struct cg_buffer in;
	size_t start;   /* of what wasn't given away yet */
	size_t scanned; /* up to here */
	size_t depth;
	bool in_string, escaped, begun;
	bool skipping; /* to the end of the line */
	bool held;     /* a NUL stands behind the last message in place of @saved */
	char saved;
};

enum cg_frame {
	CG_FRAME_NONE,    /* it takes more bytes */
	CG_FRAME_MESSAGE, /* *text has *len bytes */
	CG_FRAME_GARBAGE, /* something was passed over */
	CG_FRAME_DEEP,    /* the same, because it was nested too deeply */
	CG_FRAME_LONG,    /* the same, because it was too long */
};

/* Messages of at most @limit bytes. cg_framing_deinit() when done. */
void cg_framing_init(struct cg_framing *framing, size_t limit);
void cg_framing_deinit(struct cg_framing *framing);

#define CG_FRAME_READ 65536 /* at once, at most */

/* Take bytes. Call cg_framing_next() until it says CG_FRAME_NONE before the next ones. */
cg_must_check int cg_framing_put(struct cg_framing *framing, const char *bytes,
				 size_t len, struct cg_error *err);

/* What comes next. @text is borrowed, and has a NUL behind it, until the next call of any. */
enum cg_frame cg_framing_next(struct cg_framing *framing, char **text, size_t *len);

/* Is there the beginning of a message? */
bool cg_framing_is_begun(const struct cg_framing *framing);
