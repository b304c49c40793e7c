/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files that remembered replies stand on: places (emulator/places.h), each set of them
 * once however many replies need it, and watched. As long as nothing was told of them, only
 * the files themselves are looked at; else all of it.
 */
#pragma once

#include <stdint.h>

#include "emulator/places.h"
#include "host/watch.h"

struct cg_grounds;
struct cg_ground;

/* @watch is borrowed, and may be NULL. NULL if memory is out. */
struct cg_grounds *cg_grounds_new(struct cg_watch *watch);
struct cg_grounds *
cg_grounds_free(struct cg_grounds *grounds); /* when no ground is left */

/* The watch has told of paths, or isn't to be trusted any more (@blind). */
void cg_grounds_told(struct cg_grounds *grounds, bool blind);

/*
 * Was something added to the watch since it was asked last? Then the watch may not see
 * everything any more, which it says when it is drained.
 */
bool cg_grounds_are_new(struct cg_grounds *grounds);

/* The ground of such places, which are consumed: another user of it. NULL if memory is out. */
struct cg_ground *cg_grounds_take(struct cg_grounds *grounds, struct cg_places *places);
struct cg_ground *cg_ground_free(struct cg_ground *ground); /* takes NULL; returns NULL */

bool cg_ground_holds(struct cg_ground *ground);

/* Watch places, or no longer, for somebody else. False if not all of them can be. */
bool cg_grounds_watch(struct cg_grounds *grounds, const struct cg_places *places,
		      bool on);
