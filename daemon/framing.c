// SPDX-License-Identifier: LGPL-2.1-or-later
/* A scanner that remembers depth and strings from one read to the next. */
#include "daemon/framing.h"

#include <string.h>

#define KEPT (4 * CG_FRAME_READ) /* bytes of room that stay when a message is gone */

void cg_framing_init(struct cg_framing *framing, size_t limit)
{
	*framing = (struct cg_framing){ .in = CG_BUFFER(limit + 2 * CG_FRAME_READ) };
}

void cg_framing_deinit(struct cg_framing *framing)
{
	cg_buffer_deinit(&framing->in);
}

/* What is known of the message that was begun; the next one begins here. */
static void begin_anew(struct cg_framing *framing)
{
	framing->depth = 0;
	framing->in_string = framing->escaped = framing->begun = false;
}

int cg_framing_put(struct cg_framing *framing, const char *bytes, size_t len,
		   struct cg_error *err)
{
	/* Only now, so that giving a message away costs nothing. */
	if (framing->start) {
		cg_buffer_drop(&framing->in, framing->start);
		framing->scanned -= framing->start;
		framing->start = 0;
	}
	if (!framing->in.len && framing->in.size > KEPT)
		cg_buffer_deinit(&framing->in);
	return cg_buffer_put(&framing->in, bytes, len, err);
}

static bool is_blank(unsigned char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* No byte of any JSON text. */
static bool is_foreign(unsigned char byte)
{
	return byte >= 0xfe || (byte < ' ' && !is_blank(byte));
}

/* Pass over what was scanned, and what is left of the line if @line. */
static enum cg_frame reject(struct cg_framing *framing, enum cg_frame why, bool line)
{
	framing->start = framing->scanned;
	framing->skipping = line;
	begin_anew(framing);
	return why;
}

/* In a string: its end? */
static void scan_string(struct cg_framing *framing, unsigned char byte)
{
	if (framing->escaped)
		framing->escaped = false;
	else if (byte == '\\')
		framing->escaped = true;
	else if (byte == '"')
		framing->in_string = false;
}

/* Between messages: the beginning of one, or of something else. */
static enum cg_frame scan_between(struct cg_framing *framing, unsigned char byte)
{
	if (is_blank(byte)) {
		framing->start = framing->scanned;
		return CG_FRAME_NONE;
	}
	if (byte != '{')
		return reject(framing, CG_FRAME_GARBAGE, true);
	framing->start = framing->scanned - 1;
	framing->begun = true;
	framing->depth = 1;
	return CG_FRAME_NONE;
}

/* In a message, outside of strings. */
static enum cg_frame scan_inside(struct cg_framing *framing, unsigned char byte)
{
	if (byte == '"')
		framing->in_string = true;
	else if (byte == '{' || byte == '[')
		framing->depth++;
	else if (byte == '}' || byte == ']')
		framing->depth--;
	if (framing->depth > CG_FRAME_DEPTH)
		return reject(framing, CG_FRAME_DEEP, true);
	return framing->depth ? CG_FRAME_NONE : CG_FRAME_MESSAGE;
}

static enum cg_frame scan(struct cg_framing *framing, unsigned char byte)
{
	if (framing->skipping) {
		framing->start = framing->scanned;
		framing->skipping = byte != '\n' && !is_foreign(byte);
		return CG_FRAME_NONE;
	}
	if (is_foreign(byte))
		return reject(framing, CG_FRAME_GARBAGE, false);
	if (!framing->begun)
		return scan_between(framing, byte);
	if (framing->in_string) {
		scan_string(framing, byte);
		return CG_FRAME_NONE;
	}
	return scan_inside(framing, byte);
}

static size_t limit_of(const struct cg_framing *framing)
{
	return framing->in.limit - 2 * CG_FRAME_READ;
}

enum cg_frame cg_framing_next(struct cg_framing *framing, char **text, size_t *len)
{
	enum cg_frame found = CG_FRAME_NONE;

	if (framing->held) { /* the byte behind the last message has its place again */
		framing->in.data[framing->start] = framing->saved;
		framing->held = false;
	}
	while (framing->scanned < framing->in.len && found == CG_FRAME_NONE) {
		found = scan(framing,
			     (unsigned char)framing->in.data[framing->scanned++]);
		if ((found == CG_FRAME_NONE || found == CG_FRAME_MESSAGE) &&
		    framing->scanned - framing->start > limit_of(framing))
			found = reject(framing, CG_FRAME_LONG, true);
	}
	if (found != CG_FRAME_MESSAGE)
		return found;
	*text = framing->in.data + framing->start;
	*len = framing->scanned - framing->start;
	begin_anew(framing);
	framing->start = framing->scanned;
	framing->saved = framing->in.data[framing->start];
	framing->in.data[framing->start] = '\0';
	framing->held = true;
	return found;
}

bool cg_framing_is_begun(const struct cg_framing *framing)
{
	return framing->begun;
}
