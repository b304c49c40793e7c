/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files and folders that were looked at to find out what an emulator is, each with what
 * stat() said: as long as that is the same, so is the answer. What wasn't there counts
 * too. Shared by reference; one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/cleanup.h"

struct cg_places;

struct cg_places *cg_places_new(void);                      /* NULL if memory is out */
struct cg_places *cg_places_ref(struct cg_places *places);  /* takes NULL */
struct cg_places *cg_places_free(struct cg_places *places); /* takes NULL; returns NULL */

/*
 * Note @path as it is now, once however often it is noted. A symbolic link is noted as
 * such and by what it leads to. If memory is out, the places never hold again. Takes NULL.
 */
void cg_places_note(struct cg_places *places, const char *path);

/* There is something that can't be noted: the places never hold. Takes NULL. */
void cg_places_spoil(struct cg_places *places);

/* Is everything as it was noted? A few system calls for each place. */
bool cg_places_hold(const struct cg_places *places);

/* The same of those that are regular files only: of the rest one must have been told. */
bool cg_places_files_hold(const struct cg_places *places);

/* Are they the same places, as they were noted? */
bool cg_places_are_same(const struct cg_places *a, const struct cg_places *b);

/*
 * Did all of it last change long enough ago that another change would show? Times of
 * files have the grain of a clock tick, and whoever copies a file sets them.
 */
bool cg_places_are_settled(const struct cg_places *places);

/* The paths, for who watches them. Borrowed. */
size_t cg_places_count(const struct cg_places *places);
const char *cg_places_path(const struct cg_places *places, size_t i);

static inline void cg_places_freep(struct cg_places **places)
{
	cg_places_free(*places);
}
#define cg_auto_places cg_cleanup(cg_places_freep)
