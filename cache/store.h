/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The capability cache: one SQLite file of facts. A fact is what was measured (its text,
 * kept once per content) under a key (canonical JSON whose members are the named parts
 * that the fact depends on), of a kind, about a name. The store knows nothing of QEMU or
 * CPUs; it only knows that a fact is true for as long as every part of its key is the
 * same, which is why nothing expires by time, and why it can tell which part changed.
 *
 * The file is never in the way of an answer. When it turns out to be damaged while it is
 * used, the call is a miss or does nothing, the store is CG_STORE_UNAVAILABLE from then
 * on with a warning, and the file is set aside when the store is closed and nobody else
 * has it open. It isn't begun anew under a caller who may hold ids of the old one. What
 * fails for other reasons (full disk, I/O error, 5 s of somebody else's writing) is an
 * error that names the file.
 *
 * One store per thread. Blocking: file system, and up to 5 s for another writer.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/error.h"

struct cg_store;

/*
 * How the store could be opened; a store that can't keep anything still answers, with
 * misses.
 */
enum cg_store_state {
	CG_STORE_READ_WRITE,
	CG_STORE_READ_ONLY,   /* the file can be read but not written */
	CG_STORE_UNAVAILABLE, /* nothing can be kept: see cg_store_warning() */
};

/*
 * Open @path (created with its folder, 0700, when missing). A file that is damaged or was
 * written by a newer version is set aside as PATH.corrupt or PATH.newer and a new one is
 * begun; a database of another program is left alone. Never fails because of the file:
 * then the store is read-only or unavailable and says why in cg_store_warning(). -1 only
 * when memory is out.
 */
cg_must_check int cg_store_open(struct cg_store **out, const char *path,
				struct cg_error *err);
struct cg_store *cg_store_close(struct cg_store *store); /* takes NULL; returns NULL */

/*
 * Go on in memory where the file can't be written: a copy of what can be read of it,
 * which takes what is put and has it for as long as the store is open. Nothing changes
 * for who asks the state or reads the warning, nor for a store that can be written. Not
 * within a transaction. -1 when memory is out.
 */
cg_must_check int cg_store_use_memory(struct cg_store *store, struct cg_error *err);

/* The same for a store that turned out not to be: a write has failed (full disk ...). */
cg_must_check int cg_store_give_up(struct cg_store *store, struct cg_error *err);

/* Is what is put there to be found afterwards, in the file or in memory? */
bool cg_store_keeps(const struct cg_store *store);

enum cg_store_state cg_store_state(const struct cg_store *store);
const char *cg_store_path(const struct cg_store *store);    /* borrowed */
const char *cg_store_warning(const struct cg_store *store); /* or NULL; borrowed */

/*
 * A number that is another one when anything was written to the file, by whomever, since it
 * was asked last. For who keeps what was read.
 */
cg_must_check int cg_store_version(struct cg_store *store, uint64_t *out,
				   struct cg_error *err);

/*
 * Is it still what a store that is opened now would be? Not if the file was deleted or
 * replaced under it, and not if it can't be written: that may have been mended.
 */
bool cg_store_is_current(const struct cg_store *store);

/*
 * A key: canonical JSON text of an object. Its row is made on first use by
 * cg_store_put(); looking one up never writes. 0 in *@id when the store has no such key.
 * An id is never given to another key, not even after a prune.
 */
cg_must_check int cg_store_find_key(struct cg_store *store, const char *parts,
				    int64_t *id, struct cg_error *err);

/* The text of a fact; *@out is NULL on a miss. The caller frees it. */
cg_must_check int cg_store_get(struct cg_store *store, const char *kind,
			       const char *parts, const char *name, char **out,
			       struct cg_error *err);

/* Is there such a fact? Its text isn't read: damage in that shows when it is. */
cg_must_check int cg_store_has(struct cg_store *store, const char *kind,
			       const char *parts, const char *name, bool *found,
			       struct cg_error *err);

/*
 * Put a fact, replacing an older one of the same kind, key and name; @now is wall-clock
 * seconds. The replaced text stays for history until pruned; the same text again is only
 * a newer date. In a read-only or unavailable store: does nothing. A failing write (full
 * disk ...) is an error that leaves the store as it was before the transaction; after it,
 * further writes and the commit of the same transaction fail too.
 */
cg_must_check int cg_store_put(struct cg_store *store, const char *kind,
			       const char *parts, const char *name, const char *text,
			       int64_t now, struct cg_error *err);

/*
 * Everything between begin and commit becomes visible at once or not at all. They don't
 * nest. After a commit that failed there is nothing left to roll back.
 */
cg_must_check int cg_store_begin(struct cg_store *store, struct cg_error *err);
cg_must_check int cg_store_commit(struct cg_store *store, struct cg_error *err);
void cg_store_rollback(struct cg_store *store); /* harmless outside a transaction */

/*
 * Forget the facts of @kind under the key, one @name or (NULL) all; what they replaced
 * stays.
 */
cg_must_check int cg_store_forget(struct cg_store *store, const char *kind,
				  const char *parts, const char *name,
				  struct cg_error *err);

/*
 * Content-addressed text on its own, for facts that are made of shared pieces: put
 * returns the id to refer to it by (0 in a store that keeps nothing), get the text (NULL
 * if there is none; the caller frees it). An id is never given to another text, not even
 * after a prune.
 *
 * The text of a fact or a piece refers to a piece by a JSON integer equal to its id,
 * anywhere in it: that is how a prune knows what is still needed. Put the pieces and the
 * fact that refers to them in one transaction, or a prune may come in between.
 */
cg_must_check int cg_store_put_blob(struct cg_store *store, const char *text, int64_t *id,
				    struct cg_error *err);
cg_must_check int cg_store_get_blob(struct cg_store *store, int64_t id, char **out,
				    struct cg_error *err);

/*
 * The memo of file digests. A digest is known for exactly the (device, inode, size,
 * mtime, ctime) that it was computed under. Times have the grain of a clock tick: don't
 * put a file that changed within the last seconds, for it may change again without
 * showing it.
 */
cg_must_check int cg_store_get_file(struct cg_store *store, const struct stat *st,
				    bool *found, struct cg_digest *out,
				    struct cg_error *err);
cg_must_check int cg_store_put_file(struct cg_store *store, const struct stat *st,
				    const struct cg_digest *digest, struct cg_error *err);

/* One row of cg_store_each_fact(): all borrowed for the length of the call. */
struct cg_store_fact {
	const char *kind;
	const char *parts; /* of the key */
	const char *name;
	int64_t measured; /* wall-clock seconds */
	int64_t replaced; /* 0 for the fact that answers today */
	int64_t bytes;    /* length of its text */
};

/*
 * Walk facts of @kind (NULL for all), newest first; with @history also those that have
 * been replaced. @fn returns true to go on. Must not write to the store.
 */
cg_must_check int
cg_store_each_fact(struct cg_store *store, const char *kind, bool history,
		   bool (*fn)(const struct cg_store_fact *fact, void *data), void *data,
		   struct cg_error *err);

/*
 * Forget everything that was measured under keys for which @keep returns false, all
 * replaced facts, and text that nothing refers to any more; give the space back. *@facts
 * says how many facts went, replaced ones included. All of it or, on failure, nothing.
 */
cg_must_check int cg_store_prune(struct cg_store *store,
				 bool (*keep)(const char *parts, void *data), void *data,
				 int64_t *facts, struct cg_error *err);

static inline void cg_store_closep(struct cg_store **store)
{
	cg_store_close(*store);
}
#define cg_auto_store cg_cleanup(cg_store_closep)
