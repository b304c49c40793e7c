/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ids, and which of them are still needed: the marking half of mark and sweep.
 *
 * A text refers to a blob by a JSON integer, the blob's id, anywhere in it. Which
 * integers of a text are meant so is not known here, so all that could be are taken: a
 * blob may be kept for nothing, but none is lost.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cg_marked_id {
	int64_t id;
	bool marked;
};

/* All zeros is empty. */
struct cg_marks {
	struct cg_marked_id *all; /* by ascending id */
	size_t *todo; /* indices of marked ones that cg_marks_next() hasn't given */
	size_t count, size, waiting;
};

/* Add an id larger than all before; -1 and errno only if memory is out. */
int cg_marks_add(struct cg_marks *marks, int64_t id);
void cg_marks_deinit(struct cg_marks *marks);

/* Mark an id; one that was not added does nothing. */
void cg_marks_set(struct cg_marks *marks, int64_t id);

/* Mark all that @text refers to. */
void cg_marks_set_from(struct cg_marks *marks, const char *text);

/*
 * A marked id that was not given before, whose own text is to be marked; false if none is
 * left.
 */
bool cg_marks_next(struct cg_marks *marks, int64_t *id);
