/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One measurement per key at a time, between processes and between threads: an
 * open-file-description lock on one byte of CACHE.lock, where the byte is picked by the
 * key. The kernel drops it with the process, so a killed cpugate leaves nothing behind.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct cg_lock;

/*
 * Lock @key beside the cache file @cache_path; waits until @deadline (CG_E_TIMEOUT) or
 * until @cancel_fd (-1 for none) becomes readable (CG_E_CANCELLED). Not recursive: a
 * second lock on the same key waits for the first one, also in the same thread. Where no
 * lock file can be made (read-only or missing folder), *@out is NULL: measuring twice is
 * harmless, not measuring is not. The caller releases *@out.
 */
cg_must_check int cg_lock_take(struct cg_lock **out, const char *cache_path,
			       const char *key, int64_t deadline, int cancel_fd,
			       struct cg_error *err);

/*
 * The same without waiting, as an fd that a process may inherit, before or after: once it is
 * set, the lock lasts until the last copy is closed. CG_E_SYSTEM where no lock file can be
 * made. *@taken is false if somebody else has the key.
 */
cg_must_check int cg_lock_open(int *fd, const char *cache_path, struct cg_error *err);
cg_must_check int cg_lock_set(int fd, const char *key, bool *taken, struct cg_error *err);

/* The byte of CACHE.lock that is locked for it. */
off_t cg_lock_place(const char *key);

/* Has somebody got it now? False where nobody can lock anything. */
bool cg_lock_is_held(const char *cache_path, const char *key);
struct cg_lock *cg_lock_release(struct cg_lock *lock); /* takes NULL; returns NULL */

static inline void cg_lock_releasep(struct cg_lock **lock)
{
	cg_lock_release(*lock);
}
#define cg_auto_lock cg_cleanup(cg_lock_releasep)
