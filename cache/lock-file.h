/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CACHE.lock: one empty file beside the cache whose bytes are locks between processes.
 * Which byte means what is said here, so that two uses can't meet:
 *
 *   byte 0        the door (door.h): shared by all who have the cache open
 *   other bytes   one measurement each (lock.h), picked by the key's digest
 *
 * The file is never unlinked: who waits on an unlinked file waits for nobody.
 */
#pragma once

#include <fcntl.h>
#include <stdbool.h>

#define CG_LOCK_FILE_DOOR 0
#define CG_LOCK_FILE_FIRST_KEY 1

/*
 * Open the lock file of @cache_path, made with 0600 when missing; O_RDONLY where it can't
 * be written, which allows shared locks only. The caller closes the fd; -1 and errno on
 * failure.
 */
int cg_lock_file_open(const char *cache_path);

/*
 * Set the lock on byte @at to @type: F_RDLCK, F_WRLCK or F_UNLCK. Never waits: false and
 * errno EAGAIN when somebody else's lock is in the way, false and another errno when
 * there is no locking here. Goes with the last copy of the fd, so it also goes with the
 * process.
 */
bool cg_lock_file_set(int fd, off_t at, short type);

/* Would locking it for writing fail for somebody else's lock? Takes nothing. */
bool cg_lock_file_is_held(int fd, off_t at);
