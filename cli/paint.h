/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plain and coloured text on a terminal of a certain width. */
#pragma once

#include "cli/verb.h"

enum cg_paint {
	CG_PAINT_PLAIN,
	CG_PAINT_GOOD,
	CG_PAINT_BAD,
	CG_PAINT_DIM,
	CG_PAINT_HEAD
};

/* printf() of @text, padded to @columns, in a colour if the view has them. */
void cg_paint(const struct cg_view *view, enum cg_paint paint, const char *text,
	      int columns);

/*
 * The names of a JSON list on one line of at most @columns: "a b c ... (7)" if they don't fit. Into @out, which has @size bytes;
 * returns @out.
 */
char *cg_paint_list(const json_t *list, int columns, char *out, size_t size);

/* The names of a JSON list, wrapped to the view's width, each line indented by @indent. */
void cg_paint_wrapped(const struct cg_view *view, const json_t *list, int indent);

/* "3 s", "5 min", "2 h", "4 d": how long ago wall-clock second @then was. Returns @out. */
char *cg_paint_age(int64_t then, char *out, size_t size);

/*
 * "no: WORDS", and each of the reply's "reasons" on a line: code, feature, what to do. The same reason for many
 * features is one line.
 */
void cg_paint_verdict(const struct cg_view *view, const json_t *reply, const char *words);

/* The exit status that the "verdict" of a reply means. */
int cg_paint_verdict_status(const json_t *reply);

/* "qemu-system-x86_64 7.2.22   pc-i440fx-7.2   tcg ...": what the answer is about. */
cg_must_check int cg_paint_about(const struct cg_view *view, struct cg_error *err);
