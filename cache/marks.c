// SPDX-License-Identifier: LGPL-2.1-or-later
/* The marking half of mark and sweep; the store sweeps. No I/O. */
#include "cache/marks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 64
#define DIGITS "0123456789"

/*
 * What may stand before and after an integer in JSON; with '"', for ids that are member
 * names.
 */
#define BEFORE "[{,:\" \t\r\n"
#define AFTER "]},:\" \t\r\n"

static int grow(struct cg_marks *marks)
{
	size_t size = marks->size ? 2 * marks->size : FIRST_SIZE;
	struct cg_marked_id *all = reallocarray(marks->all, size, sizeof(*all));
	size_t *todo;

	if (!all)
		return -1;
	marks->all = all;
	todo = reallocarray(marks->todo, size, sizeof(*todo));
	if (!todo)
		return -1;
	marks->todo = todo;
	marks->size = size;
	return 0;
}

int cg_marks_add(struct cg_marks *marks, int64_t id)
{
	if (marks->count == marks->size && grow(marks) < 0)
		return -1;
	marks->all[marks->count++] = (struct cg_marked_id){ .id = id };
	return 0;
}

void cg_marks_deinit(struct cg_marks *marks)
{
	free(marks->all);
	free(marks->todo);
	*marks = (struct cg_marks){ 0 };
}

static int compare(const void *a, const void *b)
{
	int64_t x = ((const struct cg_marked_id *)a)->id;
	int64_t y = ((const struct cg_marked_id *)b)->id;

	return (x > y) - (x < y);
}

void cg_marks_set(struct cg_marks *marks, int64_t id)
{
	struct cg_marked_id key = { .id = id };
	struct cg_marked_id *found;

	if (!marks->count)
		return;
	found = bsearch(&key, marks->all, marks->count, sizeof(key), compare);
	if (!found || found->marked)
		return;
	found->marked = true;
	marks->todo[marks->waiting++] = (size_t)(found - marks->all);
}

void cg_marks_set_from(struct cg_marks *marks, const char *text)
{
	const char *at = text + strcspn(text, DIGITS);

	for (size_t len; *at; at += len + strcspn(at + len, DIGITS)) {
		len = strspn(at, DIGITS);
		/*
		 * Hexadecimal digits and version numbers are full of digits that are no
		 * ids.
		 */
		if ((at > text && !strchr(BEFORE, at[-1])) || !strchr(AFTER, at[len]))
			continue;
		errno = 0;
		long long id = strtoll(at, NULL, 10);
		if (errno == 0)
			cg_marks_set(marks, id);
	}
}

bool cg_marks_next(struct cg_marks *marks, int64_t *id)
{
	if (!marks->waiting)
		return false;
	*id = marks->all[marks->todo[--marks->waiting]].id;
	return true;
}
