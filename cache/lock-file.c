// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The lock file. Open-file-description locks only: POSIX locks would be dropped by any
 * close() of the same file in this process and wouldn't keep two threads apart.
 */
#include "cache/lock-file.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"

int cg_lock_file_open(const char *cache_path)
{
	cg_auto_free char *path = NULL;
	int fd;

	if (asprintf(&path, "%s.lock", cache_path) < 0) {
		path = NULL;
		return -1;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS))
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd;
}

bool cg_lock_file_set(int fd, off_t at, short type)
{
	struct flock lock = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1
	};
	int rc;

	do {
		rc = fcntl(fd, F_OFD_SETLK, &lock);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0 && errno == EACCES) /* POSIX lets a lock in the way say either */
		errno = EAGAIN;
	return rc == 0;
}

bool cg_lock_file_is_held(int fd, off_t at)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1
	};

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
