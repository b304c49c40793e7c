/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may replace a database file. Renaming a database that somebody has open lets two of
 * them write to each other's write-ahead log, so everybody with an open store stands in
 * the door (a shared lock) and only who has the door alone may set the file aside.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct cg_door {
	char *path; /* of the database */
	int fd;     /* of the lock file; -1 where there can be none */
};

/*
 * The door of the database at @path, whose folder is made (0700, parents too) when
 * missing. Where the folder exists but no lock file can be had, the door stands open and
 * nobody ever has it alone. Blocks on the file system only. cg_door_deinit() when done,
 * also after -1.
 */
cg_must_check int cg_door_init(struct cg_door *door, const char *path,
			       struct cg_error *err);
void cg_door_deinit(struct cg_door *door);

/*
 * Stand in the door; also steps back from having it alone. False while somebody else
 * does.
 */
bool cg_door_enter(struct cg_door *door);

/*
 * Have the door alone; nobody can have entered in between if we stood in it. Never waits:
 * false and errno EAGAIN if others stand in it, another errno if it can't be locked.
 */
bool cg_door_own(struct cg_door *door);

void cg_door_leave(struct cg_door *door);

/*
 * Rename the database to PATH.@suffix, its log with it; an older PATH.@suffix is
 * replaced. Only for who has the door alone and the database closed.
 */
cg_must_check int cg_door_set_aside(struct cg_door *door, const char *suffix,
				    struct cg_error *err);

/*
 * True if we can read the database, but neither it nor its folder can be written by us,
 * and no log waits to be written back: what is in the file is then all there is.
 */
bool cg_door_is_static(const struct cg_door *door);

/* Why nothing can be made in the database's folder, as an errno; 0 if it can be. */
int cg_door_obstacle(const struct cg_door *door);
