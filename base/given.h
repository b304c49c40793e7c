/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the names of files mean where somebody else names them. A daemon mustn't open what
 * its clients name: they may not read it, or mean another file. They give it the contents
 * instead, and for as long as one's question is answered, only those files exist.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct cg_buffer;

struct cg_given {
	/*
	 * The contents of the file @name: borrowed for as long as the question lasts. 0 if it is
	 * there, an errno of why not otherwise, and -1 if it wasn't given.
	 */
	int (*text)(void *data, const char *name, const char **text, size_t *len);
	/* What was read from it before (struct cg_record): borrowed; NULL if nothing was. */
	void *(*record)(void *data, const char *name);
	/* What was read from it: to keep a reference, if there is room. */
	void (*keep)(void *data, const char *name, void *record);
	void *data;
};

/*
 * From now on, on this thread, files are those of @given (borrowed); NULL for those of the
 * file system.
 */
void cg_given_use(const struct cg_given *given);
const struct cg_given *cg_given_now(void);

/* Is there a file @name, or a directory for all that matters? As stat() would say it. */
bool cg_given_has(const char *name);

/* All of @name's contents into @out. Only where files are given. */
cg_must_check int cg_given_read(struct cg_buffer *out, const char *name,
				struct cg_error *err);
