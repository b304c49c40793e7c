/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small files of the kernel's, found below an open folder: the root, or a folder that
 * looks like it in tests. Paths are relative ("proc/sys/kernel/version"). Nothing here
 * fails for what isn't there: that is a value, with errno for those who want to say
 * why.
 */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"

/* The folder that stands for "/"; NULL for the real one. The caller closes *@out. */
cg_must_check int cg_tree_open(int *out, const char *root, struct cg_error *err);

/*
 * The first @size bytes of a file, in one read(): the kernel hands over its small files
 * whole. Returns the number of bytes, or -1 with errno.
 */
ssize_t cg_tree_read(int dir, const char *path, void *buf, size_t size);

/*
 * The same as one line of text without the white space at its end; what isn't printable
 * ASCII becomes '?', so that it can always go into JSON. False with errno, and "" in
 * @buf.
 */
bool cg_tree_text(int dir, const char *path, char *buf, size_t size);

/* Is there such a file or folder? */
bool cg_tree_has(int dir, const char *path);

/* Names in a folder that begin with @prefix, in the same order everywhere. */
struct cg_names {
	struct dirent **entry;
	size_t n;
};

/*
 * Hidden ones are left out. Returns 1, or 0 with no names if the folder can't be read,
 * or -1 if memory is out. The caller frees them.
 */
cg_must_check int cg_names_read(struct cg_names *out, int dir, const char *path,
				const char *prefix);
void cg_names_free(struct cg_names *names);
#define cg_auto_names cg_cleanup(cg_names_free)

/* What an errno means for access: "missing", "permission denied" ... Static. */
const char *cg_tree_why(int sys_errno);
