// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The store's file: what follows from what happens to it, and transactions. The other
 * files about facts come here through query.h. It keeps these rules:
 *
 *  - The file is never in the way of an answer. What is damaged is replaced when it is
 *    opened; what shows its damage later answers with misses until it is opened again.
 *  - Every failure goes through report().
 */
#include "cache/store.h"

#include <assert.h>
#include <string.h>

#include "cache/opening.h"
#include "cache/query.h"
#include "cache/schema.h"

enum transaction {
	NO_TRANSACTION,
	IN_TRANSACTION,
	FAILED_TRANSACTION, /* rolled back; whoever began it hasn't ended it yet */
};

/* A question asks by a handful of keys in turns, each a text of some kilobytes. */
#define KNOWN_KEYS 8
struct known_key {
	char *parts;
	struct cg_digest digest;
};

struct cg_store {
	struct cg_door door;
	struct cg_database database;
	struct stat file; /* as it was when it was opened */
	enum cg_store_state state;
	enum transaction transaction;
	bool in_memory; /* see cg_store_use_memory() */
	bool damaged;   /* set the file aside when closing */
	bool warned;
	struct cg_error warning;
	struct known_key known[KNOWN_KEYS]; /* the last ones that were asked for */
	size_t next_known;
};

static void warn(struct cg_store *store, const struct cg_error *why)
{
	if (!store->warned)
		store->warning = *why;
	store->warned = true;
}

/* The file can't be trusted any more: answer with misses until it is opened again. */
static void fall(struct cg_store *store, const struct cg_error *why)
{
	warn(store, why);
	cg_database_roll_back(&store->database);
	store->damaged = true;
	store->in_memory = false;
	store->state = CG_STORE_UNAVAILABLE;
}

/* What a failed statement leads to; 0 if the store can put up with it. */
static int report(struct cg_store *store, int rc, struct cg_error *err)
{
	struct cg_error why;

	if (!rc)
		return 0;
	(void)cg_database_explain(&store->database, rc, &why);
	if (why.code == CG_E_CORRUPT) {
		fall(store, &why);
		return 0;
	}
	/* Only the log's index can't be written. */
	if (cg_database_fault(rc) == CG_FAULT_READ_ONLY) {
		warn(store, &why);
		store->state = CG_STORE_READ_ONLY;
		return 0;
	}
	*err = why;
	return -1;
}

bool cg_store_keeps(const struct cg_store *store)
{
	return store->state == CG_STORE_READ_WRITE || store->in_memory;
}

static bool is_write(int sql)
{
	return sql >= CG_SQL_FIRST_WRITE ||
	       (sql >= CG_SQL_BEGIN && sql <= CG_SQL_ROLLBACK);
}

int cg_query_run(struct cg_store *store, const struct cg_query *query,
		 struct cg_error *err)
{
	if (!cg_store_keeps(store) &&
	    (store->state == CG_STORE_UNAVAILABLE || is_write(query->sql)))
		return 0;
	return report(store, cg_database_execute(&store->database, query), err);
}

int64_t cg_query_changes(const struct cg_store *store)
{
	return cg_store_keeps(store) ? cg_database_changes(&store->database) : 0;
}

int cg_store_open(struct cg_store **out, const char *path, struct cg_error *err)
{
	struct cg_store *store = calloc(1, sizeof(*store));
	struct cg_error why, aside = { 0 };
	bool usable = false;

	if (!store)
		return cg_error_errno(err, "open the cache %s", path);
	store->database = (struct cg_database){ .kind = &kind, .door = &store->door };
	if (cg_door_init(&store->door, path, &why) == 0)
		usable = cg_opening_settle(&store->database, &store->door, &why, &aside);
	if (!store->door.path) {
		cg_store_close(store);
		*err = why;
		return -1;
	}
	if (aside.code)
		warn(store, &aside);
	if (!usable) {
		store->state = CG_STORE_UNAVAILABLE;
		warn(store, &why);
	} else if (cg_database_is_read_only(&store->database)) {
		store->state = CG_STORE_READ_ONLY;
		(void)cg_database_explain(&store->database, cg_database_read_only(),
					  &why);
		warn(store, &why);
	}
	(void)!stat(store->door.path, &store->file);
	*out = store;
	return 0;
}

int cg_store_version(struct cg_store *store, uint64_t *out, struct cg_error *err)
{
	int64_t version = 0;
	struct cg_query query = { .sql = CG_SQL_DATA_VERSION,
				  .row = cg_row_take_int,
				  .data = &version };

	if (cg_query_run(store, &query, err) < 0)
		return -1;
	/* What others wrote, and what this connection did: both only grow. */
	*out = (uint64_t)(version + cg_database_all_changes(&store->database));
	return 0;
}

bool cg_store_is_current(const struct cg_store *store)
{
	struct stat now;

	return store->state == CG_STORE_READ_WRITE && stat(store->door.path, &now) == 0 &&
	       now.st_dev == store->file.st_dev && now.st_ino == store->file.st_ino;
}

/* A store in memory: empty, or what @file holds. */
static int fill_memory(struct cg_store *store, struct cg_database *file)
{
	/* Somebody may remember an id of the file that this one is there instead of. */
	static const char other_ids[] =
		"INSERT INTO sqlite_sequence (name, seq) VALUES"
		" ('blob', 1 << 40), ('key', 1 << 40), ('subject', 1 << 40)";
	struct cg_database *memory = &store->database;
	int64_t version;
	int rc = cg_database_connect(memory, CG_CONNECT_MEMORY, &version);

	if (rc)
		return rc;
	if (file)
		return cg_database_copy(file, memory);
	rc = cg_database_migrate(memory);
	return rc ? rc : cg_database_run_text(memory, other_ids);
}

int cg_store_use_memory(struct cg_store *store, struct cg_error *err)
{
	struct cg_database file = { 0 };
	int rc;

	assert(store->transaction == NO_TRANSACTION);
	if (cg_store_keeps(store))
		return 0;
	if (store->state == CG_STORE_READ_ONLY) {
		file = store->database;
		store->database =
			(struct cg_database){ .kind = &kind, .door = &store->door };
	}
	rc = fill_memory(store, file.connection ? &file : NULL);
	if (rc && file.connection) /* it can't even be read */
		rc = fill_memory(store, NULL);
	cg_database_disconnect(&file);
	store->in_memory = rc == 0;
	if (!store->in_memory)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a cache");
	return 0;
}

int cg_store_give_up(struct cg_store *store, struct cg_error *err)
{
	if (store->state == CG_STORE_READ_WRITE)
		store->state = CG_STORE_READ_ONLY;
	return cg_store_use_memory(store, err);
}

struct cg_store *cg_store_close(struct cg_store *store)
{
	struct cg_error ignored;

	if (!store)
		return NULL;
	cg_database_roll_back(&store->database);
	cg_database_disconnect(&store->database);
	/* If others have it open, whoever meets the damage next will try again. */
	if (store->damaged && cg_door_own(&store->door))
		(void)!cg_door_set_aside(&store->door, "corrupt", &ignored);
	cg_door_deinit(&store->door);
	for (size_t i = 0; i < KNOWN_KEYS; i++)
		free(store->known[i].parts);
	free(store);
	return NULL;
}

enum cg_store_state cg_store_state(const struct cg_store *store)
{
	return store->state;
}

const char *cg_store_path(const struct cg_store *store)
{
	return store->door.path;
}

const char *cg_store_warning(const struct cg_store *store)
{
	return store->warned ? store->warning.msg : NULL;
}

int cg_store_begin(struct cg_store *store, struct cg_error *err)
{
	struct cg_query query = { .sql = CG_SQL_BEGIN };

	assert(store->transaction == NO_TRANSACTION);
	if (cg_query_run(store, &query, err) < 0)
		return -1;
	store->transaction = IN_TRANSACTION;
	return 0;
}

/* SQLite ends a transaction by itself after some failures, also of reading. */
static bool has_lost_transaction(const struct cg_store *store)
{
	return store->transaction == FAILED_TRANSACTION ||
	       (store->transaction == IN_TRANSACTION && cg_store_keeps(store) &&
		!cg_database_in_transaction(&store->database));
}

static int failed_before(const struct cg_store *store, struct cg_error *err)
{
	return cg_error_set(err, CG_E_SYSTEM,
			    "the cache %s was not changed: an earlier write of the same"
			    " transaction failed",
			    store->door.path);
}

int cg_store_commit(struct cg_store *store, struct cg_error *err)
{
	struct cg_query query = { .sql = CG_SQL_COMMIT };
	bool lost = has_lost_transaction(store);

	assert(store->transaction != NO_TRANSACTION);
	store->transaction = NO_TRANSACTION;
	if (lost)
		return failed_before(store, err);
	if (cg_query_run(store, &query, err) < 0) {
		cg_database_roll_back(&store->database);
		return -1;
	}
	return 0;
}

void cg_store_rollback(struct cg_store *store)
{
	cg_database_roll_back(&store->database);
	store->transaction = NO_TRANSACTION;
}

int cg_query_start(struct cg_store *store, bool *own, struct cg_error *err)
{
	if (has_lost_transaction(store))
		return failed_before(store, err);
	*own = store->transaction == NO_TRANSACTION;
	return *own ? cg_store_begin(store, err) : 0;
}

int cg_query_finish(struct cg_store *store, bool own, int result, struct cg_error *err)
{
	if (result < 0) {
		cg_database_roll_back(&store->database);
		store->transaction = own ? NO_TRANSACTION : FAILED_TRANSACTION;
		return -1;
	}
	return own ? cg_store_commit(store, err) : 0;
}

int cg_query_write(struct cg_store *store, const struct cg_query *query,
		   struct cg_error *err)
{
	bool own;

	if (cg_query_start(store, &own, err) < 0)
		return -1;
	return cg_query_finish(store, own, cg_query_run(store, query, err), err);
}

static const struct known_key *find_known(const struct cg_store *store, const char *parts)
{
	for (size_t i = 0; i < KNOWN_KEYS; i++)
		if (store->known[i].parts && strcmp(store->known[i].parts, parts) == 0)
			return &store->known[i];
	return NULL;
}

int cg_query_parts(struct cg_store *store, const char *parts,
		   const struct cg_digest **out, struct cg_error *err)
{
	const struct known_key *known = find_known(store, parts);
	struct known_key *key = &store->known[store->next_known];
	char *copy;

	if (!known) {
		copy = strdup(parts);
		if (!copy)
			return cg_error_errno(err, "the cache %s can't be used",
					      store->door.path);
		free(key->parts);
		key->parts = copy;
		cg_digest_of(&key->digest, parts, strlen(parts));
		store->next_known = (store->next_known + 1) % KNOWN_KEYS;
		known = key;
	}
	*out = &known->digest;
	return 0;
}
