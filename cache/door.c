// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The door of a database, and the file system's side of it. Never opens the database file
 * itself: closing any fd of it would drop the POSIX locks that SQLite holds in this
 * process.
 */
#include "cache/door.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cache/lock-file.h"

/* mkdir -p, for us alone. */
static int make_folders(char *path, struct cg_error *err)
{
	for (char *slash = path + strspn(path, "/");; slash++) {
		slash += strcspn(slash, "/");
		bool last = *slash == '\0';

		*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return cg_error_errno(err, "make the folder %s", path);
		if (last)
			return 0;
		*slash = '/';
	}
}

int cg_door_init(struct cg_door *door, const char *path, struct cg_error *err)
{
	cg_auto_free char *copy = strdup(path);

	*door = (struct cg_door){ .path = strdup(path), .fd = -1 };
	if (!copy || !door->path)
		return cg_error_errno(err, "open %s", path);
	door->fd = cg_lock_file_open(path);
	if (door->fd < 0 && errno == ENOTDIR)
		return cg_error_errno(err, "open %s", path);
	if (door->fd < 0 && errno == ENOENT) {
		if (make_folders(dirname(copy), err) < 0)
			return -1;
		door->fd = cg_lock_file_open(path);
	}
	return 0;
}

void cg_door_deinit(struct cg_door *door)
{
	if (door->fd >= 0)
		close(door->fd);
	free(door->path);
	*door = (struct cg_door){ .fd = -1 };
}

bool cg_door_enter(struct cg_door *door)
{
	/* Where nothing can be locked, nothing can be set aside either. */
	return door->fd < 0 || cg_lock_file_set(door->fd, CG_LOCK_FILE_DOOR, F_RDLCK) ||
	       errno != EAGAIN;
}

bool cg_door_own(struct cg_door *door)
{
	return cg_lock_file_set(door->fd, CG_LOCK_FILE_DOOR, F_WRLCK);
}

void cg_door_leave(struct cg_door *door)
{
	if (door->fd >= 0)
		(void)cg_lock_file_set(door->fd, CG_LOCK_FILE_DOOR, F_UNLCK);
}

/* What moves; -1 and errno when it can't. That there is nothing to move is fine. */
static int move(const char *path, const char *suffix, const char *tail)
{
	cg_auto_free char *from = NULL;
	cg_auto_free char *to = NULL;

	if (asprintf(&from, "%s%s", path, tail) < 0) {
		from = NULL;
		return -1;
	}
	if (asprintf(&to, "%s.%s%s", path, suffix, tail) < 0) {
		to = NULL;
		return -1;
	}
	if (unlink(to) < 0 && errno != ENOENT)
		return -1;
	return rename(from, to) < 0 && errno != ENOENT ? -1 : 0;
}

int cg_door_set_aside(struct cg_door *door, const char *suffix, struct cg_error *err)
{
	/*
	 * The database goes first. Killed after it, we leave a log without a database,
	 * which SQLite throws away; the other way round it would be a database without
	 * its log.
	 */
	static const char *const tails[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < CG_COUNT(tails); i++) {
		if (move(door->path, suffix, tails[i]) < 0)
			return cg_error_errno(err, "set %s%s aside as %s.%s", door->path,
					      tails[i], door->path, suffix);
	}
	return 0;
}

static bool can_write(const char *path)
{
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

int cg_door_obstacle(const struct cg_door *door)
{
	cg_auto_free char *copy = strdup(door->path);

	return copy && can_write(dirname(copy)) ? 0 : errno;
}

bool cg_door_is_static(const struct cg_door *door)
{
	cg_auto_free char *log = NULL;
	struct stat st;

	if (asprintf(&log, "%s-wal", door->path) < 0) {
		log = NULL;
		return false;
	}
	if (can_write(door->path) || !cg_door_obstacle(door))
		return false;
	return access(door->path, R_OK) == 0 && (stat(log, &st) < 0 || st.st_size == 0);
}
