/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files and folders by path, watched with inotify: whatever makes the path lead to
 * something else, or to something with other contents or rights, is noticed. So each
 * folder and symbolic link on the way is watched too, for the next name.
 *
 * A file's contents, rights and name are watched; of a folder, also those of what is in
 * it; of a device, only rights and name, as writing to it is what it is for. What isn't
 * there yet is noticed when it comes. What happened shortly before a path was added may be told, too.
 *
 * inotify doesn't tell of what another computer does to a network file system, of writing
 * through a mapping before the file is closed, and of a file system that is mounted over a
 * path. The kernel's own doings in sysfs aren't told either, only what programs write there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

#define CG_PATHS 1024 /* at most so many */

struct cg_paths;

/* Fails if the user has as many inotify instances as are allowed. */
cg_must_check int cg_paths_new(struct cg_paths **out, struct cg_error *err);
struct cg_paths *cg_paths_free(struct cg_paths *paths); /* takes NULL; returns NULL */

/* Readable when there is something to drain. Owned by @paths. */
int cg_paths_fd(const struct cg_paths *paths);

/*
 * Watch @path, which is absolute and copied. @tag is the caller's; the same path with the
 * same tag is one. A path that can't be watched to its end is no failure: see
 * cg_paths_are_blind(). CG_E_LIMIT if there are too many.
 */
cg_must_check int cg_paths_add(struct cg_paths *paths, const char *path, unsigned tag,
			       struct cg_error *err);
void cg_paths_remove(struct cg_paths *paths, const char *path, unsigned tag);
size_t cg_paths_count(const struct cg_paths *paths);

/*
 * Take what the kernel has to tell, without waiting. True if it had to leave out
 * something: then everything counts as changed.
 */
bool cg_paths_drain(struct cg_paths *paths);

/* Follow all paths anew: what leads elsewhere than before, or is changed, counts. */
void cg_paths_look(struct cg_paths *paths);

/* Everything counts as changed. */
void cg_paths_suspect(struct cg_paths *paths);

/*
 * The next path that has changed since it was told last, and its tag; NULL if there is
 * none. Borrowed, until it is removed.
 */
const char *cg_paths_next(struct cg_paths *paths, unsigned *tag);

/* Is there a path of which a part can't be watched (rights, limits of the kernel)? */
bool cg_paths_are_blind(const struct cg_paths *paths);

static inline void cg_paths_freep(struct cg_paths **paths)
{
	cg_paths_free(*paths);
}
#define cg_auto_paths cg_cleanup(cg_paths_freep)
