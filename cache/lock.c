// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Locks on keys. A lock is an fd of the lock file with one byte locked. Waiting is
 * polling: the kernel can wait for such a lock, but then neither a deadline nor a cancel
 * could end it.
 */
#include "cache/lock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "cache/lock-file.h"

#define FIRST_WAIT_MS 1
#define LONGEST_WAIT_MS 20

struct cg_lock {
	int fd;
};

/* Any offset from the first key's to the largest; equal keys have equal ones. */
off_t cg_lock_place(const char *key)
{
	struct cg_digest digest;
	uint64_t bits = 0;

	cg_digest_of(&digest, key, strlen(key));
	for (size_t i = 0; i < sizeof(bits); i++)
		bits = bits << 8 | digest.bytes[i];
	bits &= INT64_MAX;
	return (off_t)(bits < CG_LOCK_FILE_FIRST_KEY ? CG_LOCK_FILE_FIRST_KEY : bits);
}

/* Sleep for @ms, less if the deadline is nearer; -1 if waiting is over. */
static int wait_a_little(int ms, int64_t deadline, int cancel_fd, struct cg_error *err)
{
	struct pollfd cancel = { .fd = cancel_fd, .events = POLLIN };
	int left = cg_clock_left_ms(deadline);

	if (left == 0)
		return cg_error_set(err, CG_E_TIMEOUT,
				    "another cpugate is still measuring the same thing");
	if (left > 0 && left < ms)
		ms = left;
	/*
	 * Whatever poll() reports is an end: also a cancel fd whose other side is gone.
	 */
	if (poll(&cancel, 1, ms) > 0)
		return cg_error_set(
			err, CG_E_CANCELLED,
			"cancelled while another cpugate was measuring the same thing");
	return 0;
}

int cg_lock_take(struct cg_lock **out, const char *cache_path, const char *key,
		 int64_t deadline, int cancel_fd, struct cg_error *err)
{
	cg_auto_close int fd = cg_lock_file_open(cache_path);
	struct cg_lock *lock;
	int ms = FIRST_WAIT_MS;
	off_t at = cg_lock_place(key);

	while (fd >= 0 && !cg_lock_file_set(fd, at, F_WRLCK)) {
		if (errno != EAGAIN) {
			/* No locking on this file system, or no right to it. */
			close(cg_take_fd(&fd));
			break;
		}
		if (wait_a_little(ms, deadline, cancel_fd, err) < 0)
			return -1;
		ms = ms * 2 < LONGEST_WAIT_MS ? ms * 2 : LONGEST_WAIT_MS;
	}
	if (fd < 0) {
		*out = NULL;
		return 0;
	}
	lock = malloc(sizeof(*lock));
	if (!lock)
		return cg_error_errno(err, "lock %s", cache_path);
	lock->fd = cg_take_fd(&fd);
	*out = lock;
	return 0;
}

int cg_lock_open(int *fd, const char *cache_path, struct cg_error *err)
{
	int file = cg_lock_file_open(cache_path);

	if (file < 0)
		return cg_error_errno(err, "%s.lock", cache_path);
	*fd = file;
	return 0;
}

int cg_lock_set(int fd, const char *key, bool *taken, struct cg_error *err)
{
	*taken = cg_lock_file_set(fd, cg_lock_place(key), F_WRLCK);
	return *taken || errno == EAGAIN ? 0 : cg_error_errno(err, "lock of %s", key);
}

bool cg_lock_is_held(const char *cache_path, const char *key)
{
	cg_auto_close int file = cg_lock_file_open(cache_path);

	return file >= 0 && cg_lock_file_is_held(file, cg_lock_place(key));
}

struct cg_lock *cg_lock_release(struct cg_lock *lock)
{
	if (lock) {
		close(lock->fd);
		free(lock);
	}
	return NULL;
}
