/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What questions share: the cache, this host, limits. Opened on first use, so that a question that doesn't
 * need one doesn't pay for it. One context per thread.
 */
#pragma once

#include "cache/contracts.h"
#include "cache/store.h"
#include "emulator/places.h"
#include "emulator/qmp.h"
#include "host/fingerprint.h"

struct cg_context;

/* Told while a long measurement goes on: @done of @total starts, the last of them for @what. */
typedef void cg_context_progress(void *data, size_t done, size_t total, const char *what);

struct cg_context_options {
	cg_context_progress *progress; /* NULL for none */
	void *progress_data;
	const char *cache_path; /* NULL: cg_context_default_cache() */
	const char *state_path; /* NULL: cg_context_default_state() */
	int cancel_fd; /* readable to stop what is going on (a signalfd, say); -1 for never */
	const char *host_root; /* for tests: see cg_host_read(); NULL for the real one */
	/* Answer from what is known or not at all: CG_E_UNMEASURED. See cg_qmp_limits. */
	bool at_once;
	bool notes; /* what emulators depend on is noted, for cg_context_noted() */
	/* Start only emulators that are installed: whoever asks isn't trusted with others. */
	bool guarded;
};

/*
 * $CPUGATE_REPLY_TIMEOUT is how many milliseconds an emulator may take for one reply.
 * CG_E_USAGE if it isn't a number of them.
 */
cg_must_check int cg_context_new(struct cg_context **out,
				 const struct cg_context_options *options,
				 struct cg_error *err);
struct cg_context *cg_context_free(struct cg_context *context);

/* All borrowed from the context. */
cg_must_check int cg_context_store(struct cg_context *context, struct cg_store **out,
				   struct cg_error *err);
/* Contracts: they are opened when they are first asked for, and then for good. */
cg_must_check int cg_context_contracts(struct cg_context *context,
				       struct cg_contracts **out, struct cg_error *err);

/*
 * For who waits for long: what was put goes from the log into the file. It is opened again when
 * it is asked for.
 */
void cg_context_close_contracts(struct cg_context *context);

/* It will be asked for the host: by then it may have been read, beside what else is to be done. */
void cg_context_expect_host(struct cg_context *context);
/* A question begins: what was expected by one that failed is too old for it. */
void cg_context_expect_nothing(struct cg_context *context);
cg_must_check int cg_context_host(struct cg_context *context, const struct cg_host **out,
				  struct cg_error *err);
/* As cg_host_kernel(), without reading the whole host for it. Borrowed. */
cg_must_check int cg_context_kernel(struct cg_context *context, const char **out,
				    struct cg_error *err);
bool cg_context_is_guarded(const struct cg_context *context);
bool cg_context_takes_notes(const struct cg_context *context);
const char *cg_context_host_root(const struct cg_context *context); /* may be NULL */
struct cg_qmp_limits cg_context_limits(const struct cg_context *context);

/*
 * For a context that lives long. A question reads the host once and keeps facts in memory, so
 * before the next one, when time has passed:
 * cg_context_check_host() where the host may have changed: reads it again if it was read;
 * cg_context_refresh() always: it notices that the cache has other contents, or is another
 * file. A few microseconds.
 */
cg_must_check int cg_context_check_host(struct cg_context *context, bool *changed,
					struct cg_error *err);
cg_must_check int cg_context_refresh(struct cg_context *context, struct cg_error *err);

/*
 * A number that is another one whenever answers may have become other ones: after both of the
 * above, if they found something, and after whatever was written to the cache. It doesn't
 * cover emulators: for those, cg_context_noted() takes the places that questions looked at
 * since it was called last. The caller frees each; more than @room are left out.
 */
uint64_t cg_context_generation(const struct cg_context *context);
void cg_context_note(struct cg_context *context, struct cg_places *places);
size_t cg_context_noted(struct cg_context *context, struct cg_places **out, size_t room);

/*
 * One thing that a question leaves for the next one, which is often about the same emulator. Parking consumes it and frees what was
 * there before; taking it back leaves the place empty and returns NULL if it is.
 */
void cg_context_park(struct cg_context *context, void *thing,
		     void (*release)(void *thing));
void *cg_context_unpark(struct cg_context *context);

void cg_context_tell(struct cg_context *context, size_t done, size_t total,
		     const char *what);

/*
 * Sentences that the user should see once, such as a cache that can't be written: add one, unless it is known already; and the
 * JSON list of all. Borrowed.
 */
void cg_context_warn(struct cg_context *context, const char *warning);
json_t *cg_context_warnings(struct cg_context *context);

/*
 * $CPUGATE_CACHE, else $XDG_CACHE_HOME/cpugate/cache.db, else ~/.cache/cpugate/cache.db, else
 * /var/cache/cpugate/cache.db. The caller frees it.
 */
char *cg_context_default_cache(void);

/*
 * $CPUGATE_STATE, else $XDG_STATE_HOME/cpugate/state.db, else ~/.local/state/cpugate/state.db,
 * else /var/lib/cpugate/state.db. The caller frees it.
 */
char *cg_context_default_state(void);

/* The one of this context. Borrowed; nothing is opened for it. */
const char *cg_context_state_path(const struct cg_context *context);

static inline void cg_context_freep(struct cg_context **context)
{
	cg_context_free(*context);
}
#define cg_auto_context cg_cleanup(cg_context_freep)
