/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who holds a lock on a byte of a file: the kernel says so in /proc/PID/fdinfo. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * Does an open file of process @pid hold a lock that begins at byte @at of the file with the
 * inode @ino? False also if this user may not know. @root is for tests: NULL for the real one.
 */
bool cg_holder_is(const char *root, pid_t pid, ino_t ino, off_t at);
