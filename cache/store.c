// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The store's file: opening, setting aside, statements, transactions. The only file that
 * knows SQLite; the others of cache/ come here through query.h. It keeps these rules:
 *
 *  - The file is never in the way of an answer. What is damaged is replaced when it is
 *    opened; what shows its damage later answers with misses until it is opened again.
 *  - Only who has the door alone renames the file, and only with no connection to it.
 *  - Every statement goes through execute(), every failure through report().
 */
#include "cache/store.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cache/door.h"
#include "cache/query.h"
#include "cache/schema.h"

#define BUSY_MS 5000
#define DOOR_WAIT (1 * CG_S)

/* Bytes that the log keeps when it has been written back; none are left after a close. */
#define LOG_LIMIT "1048576"

/* In a log: a crash of the machine may cost the newest facts, never the file. */
#define SYNCHRONOUS "PRAGMA synchronous = NORMAL"

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
	sqlite3 *db;
	sqlite3_stmt *prepared[CG_SQL_STATEMENTS]; /* on first use */
	enum cg_store_state state;
	enum transaction transaction;
	bool in_memory; /* see cg_store_use_memory() */
	bool damaged;   /* set the file aside when closing */
	bool warned;
	struct cg_error warning;
	struct known_key known[KNOWN_KEYS]; /* the last ones that were asked for */
	size_t next_known;
};

struct cg_row {
	sqlite3_stmt *statement;
};

int64_t cg_row_int(const struct cg_row *row, int column)
{
	return sqlite3_column_int64(row->statement, column);
}

const char *cg_row_text(const struct cg_row *row, int column)
{
	return (const char *)sqlite3_column_text(row->statement, column);
}

enum cg_step cg_row_lacks_text(const struct cg_row *row)
{
	int code = sqlite3_errcode(sqlite3_db_handle(row->statement));

	return (code & 0xff) == SQLITE_NOMEM ? CG_STEP_NO_MEMORY : CG_STEP_DAMAGED;
}

bool cg_row_digest(const struct cg_row *row, int column, struct cg_digest *out)
{
	const void *bytes = sqlite3_column_blob(row->statement, column);

	if (!bytes || sqlite3_column_bytes(row->statement, column) != CG_DIGEST_SIZE)
		return false;
	memcpy(out->bytes, bytes, CG_DIGEST_SIZE);
	return true;
}

enum cg_step cg_row_take_int(const struct cg_row *row, void *data)
{
	*(int64_t *)data = cg_row_int(row, 0);
	return CG_STEP_ON;
}

static int bind(sqlite3_stmt *statement, const struct cg_arg *args)
{
	int rc = SQLITE_OK;

	for (int i = 0; i < CG_MAX_ARGS && rc == SQLITE_OK; i++) {
		switch (args[i].type) {
		case CG_ARG_INT:
			rc = sqlite3_bind_int64(statement, i + 1, args[i].number);
			break;
		case CG_ARG_TEXT: /* NULL binds NULL */
			rc = sqlite3_bind_text(statement, i + 1, args[i].data, -1,
					       SQLITE_STATIC);
			break;
		case CG_ARG_DIGEST:
			rc = sqlite3_bind_blob(statement, i + 1, args[i].data,
					       CG_DIGEST_SIZE, SQLITE_STATIC);
			break;
		case CG_ARG_END:
			return SQLITE_OK;
		}
	}
	return rc;
}

static int prepare(struct cg_store *store, enum cg_sql sql)
{
	if (store->prepared[sql])
		return SQLITE_OK;
	return sqlite3_prepare_v3(store->db, statements[sql], -1,
				  SQLITE_PREPARE_PERSISTENT, &store->prepared[sql], NULL);
}

/* Bind, step through all rows, reset. An SQLite code, never ROW or DONE. */
static int execute(struct cg_store *store, const struct cg_query *query)
{
	static const int codes[] = {
		[CG_STEP_ON] = SQLITE_ROW,
		[CG_STEP_STOP] = SQLITE_DONE,
		[CG_STEP_DAMAGED] = SQLITE_CORRUPT,
		[CG_STEP_NO_MEMORY] = SQLITE_NOMEM,
	};
	int rc = prepare(store, query->sql);
	sqlite3_stmt *statement = store->prepared[query->sql];
	struct cg_row row = { .statement = statement };

	if (rc == SQLITE_OK)
		rc = bind(statement, query->args);
	if (rc == SQLITE_OK)
		rc = SQLITE_ROW;
	while (rc == SQLITE_ROW) {
		rc = sqlite3_step(statement);
		if (rc == SQLITE_ROW && query->row)
			rc = codes[query->row(&row, query->data)];
	}
	sqlite3_reset(statement); /* takes NULL; says again what step said */
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* SQLite's words for @rc, which may also be a row function's. */
static const char *words(const struct cg_store *store, int rc)
{
	return sqlite3_extended_errcode(store->db) == rc ? sqlite3_errmsg(store->db)
							 : sqlite3_errstr(rc);
}

static void warn(struct cg_store *store, const struct cg_error *why)
{
	if (!store->warned)
		store->warning = *why;
	store->warned = true;
}

static void roll_back(struct cg_store *store)
{
	struct cg_query query = { .sql = CG_SQL_ROLLBACK };

	/* A full disk or an I/O error may have made SQLite do it itself. */
	if (store->db && !sqlite3_get_autocommit(store->db))
		(void)execute(store, &query);
}

/* Fill @err with what @rc means; returns -1. */
static int explain(const struct cg_store *store, int rc, struct cg_error *err)
{
	const char *path = store->door.path;

	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CONSTRAINT: /* we looked before we added: an index is wrong */
	case SQLITE_ERROR: /* our SQL is fixed, so it is the tables that don't fit it */
		return cg_error_set(err, CG_E_CORRUPT, "the cache %s is damaged (%s)",
				    path, words(store, rc));
	case SQLITE_READONLY:
		return cg_error_set(err, CG_E_SYSTEM, "the cache %s can only be read",
				    path);
	case SQLITE_BUSY:
		return cg_error_set(err, CG_E_TIMEOUT,
				    "the cache %s is busy: another process has been"
				    " writing for %d s",
				    path, BUSY_MS / 1000);
	case SQLITE_FULL:
		errno = ENOSPC;
		break;
	case SQLITE_NOMEM:
		errno = ENOMEM;
		break;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		errno = sqlite3_system_errno(store->db);
		/* What it can't make, SQLite tries to read: "missing" is no news then. */
		if (errno == ENOENT)
			errno = cg_door_obstacle(&store->door) ?: ENOENT;
		break;
	default:
		errno = 0;
	}
	if (errno)
		return cg_error_errno(err, "the cache %s can't be used", path);
	return cg_error_set(err, CG_E_SYSTEM, "the cache %s can't be used: %s", path,
			    words(store, rc));
}

/* The file can't be trusted any more: answer with misses until it is opened again. */
static void fall(struct cg_store *store, const struct cg_error *why)
{
	warn(store, why);
	roll_back(store);
	store->damaged = true;
	store->in_memory = false;
	store->state = CG_STORE_UNAVAILABLE;
}

/* What a failed statement leads to; 0 if the store can put up with it. */
static int report(struct cg_store *store, int rc, struct cg_error *err)
{
	struct cg_error why;

	if (rc == SQLITE_OK)
		return 0;
	(void)explain(store, rc, &why);
	if (why.code == CG_E_CORRUPT) {
		fall(store, &why);
		return 0;
	}
	if ((rc & 0xff) == SQLITE_READONLY) { /* only the log's index can't be written */
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

int cg_query_run(struct cg_store *store, const struct cg_query *query,
		 struct cg_error *err)
{
	if (!cg_store_keeps(store) &&
	    (store->state == CG_STORE_UNAVAILABLE || query->sql >= CG_SQL_FIRST_WRITE))
		return 0;
	return report(store, execute(store, query), err);
}

int64_t cg_query_changes(const struct cg_store *store)
{
	return cg_store_keeps(store) ? sqlite3_changes64(store->db) : 0;
}

static void finalize(struct cg_store *store)
{
	for (size_t i = 0; i < CG_SQL_STATEMENTS; i++) {
		sqlite3_finalize(store->prepared[i]);
		store->prepared[i] = NULL;
	}
}

static void disconnect(struct cg_store *store)
{
	finalize(store);
	sqlite3_close(store->db);
	store->db = NULL;
}

static int read_version(struct cg_store *store, int64_t *version)
{
	struct cg_query query = { .sql = CG_SQL_VERSION,
				  .row = cg_row_take_int,
				  .data = version };

	return execute(store, &query);
}

static int connect_to(struct cg_store *store, const char *name, int flags,
		      int64_t *version)
{
	int keep_log = 1, rc;

	disconnect(store);
	rc = sqlite3_open_v2(name, &store->db,
			     flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
				     SQLITE_OPEN_EXRESCODE,
			     NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_busy_timeout(store->db, BUSY_MS);
	/*
	 * Making and unlinking the log and its index would be most of what an answer
	 * costs.
	 */
	sqlite3_file_control(store->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep_log);
	rc = sqlite3_exec(store->db,
			  SYNCHRONOUS "; PRAGMA journal_size_limit = " LOG_LIMIT, NULL,
			  NULL, NULL);
	return rc == SQLITE_OK ? read_version(store, version) : rc;
}

/* The URI of a file that nobody writes, so SQLite needs neither locks nor a log. */
static char *static_uri(const char *path)
{
	static const char prefix[] = "file:", suffix[] = "?immutable=1";
	char *uri = malloc(sizeof(prefix) + 3 * strlen(path) + sizeof(suffix));
	char *at = uri;

	if (!uri)
		return NULL;
	at = stpcpy(at, prefix);
	for (; *path; path++) {
		if (strchr("%?#", *path))
			at += sprintf(at, "%%%02X", (unsigned char)*path);
		else
			*at++ = *path;
	}
	strcpy(at, suffix);
	return uri;
}

static int look(struct cg_store *store, int64_t *version)
{
	const int create = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	const int read = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
	int rc = connect_to(store, store->door.path, create, version);
	cg_auto_free char *uri = NULL;

	if ((rc & 0xff) != SQLITE_CANTOPEN && (rc & 0xff) != SQLITE_READONLY)
		return rc;
	/*
	 * Perhaps only because the log can't be made. Should somebody else be able to
	 * write after all, we may read a mixture of old and new pages: since text is
	 * checked against its digest and ids are never given twice, that makes misses or
	 * visible damage.
	 */
	if (!cg_door_is_static(&store->door))
		return rc;
	uri = static_uri(store->door.path);
	return uri ? connect_to(store, uri, read, version) : SQLITE_NOMEM;
}

static int run_text(struct cg_store *store, const char *sql)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL);
}

/* From @version of the schema to ours, all of it or nothing. */
static int migrate_from(struct cg_store *store, int64_t version)
{
	struct cg_query begin = { .sql = CG_SQL_BEGIN };
	struct cg_query commit = { .sql = CG_SQL_COMMIT };
	char set_version[64];
	int rc = execute(store, &begin);

	snprintf(set_version, sizeof(set_version), "PRAGMA user_version = %d",
		 KNOWN_VERSION);
	for (; rc == SQLITE_OK && version < KNOWN_VERSION; version++)
		rc = run_text(store, migrations[version]);
	if (rc == SQLITE_OK)
		rc = run_text(store, set_version);
	if (rc == SQLITE_OK)
		rc = execute(store, &commit);
	if (rc != SQLITE_OK)
		roll_back(store);
	return rc;
}

/*
 * A new file needn't wait for the disk, for there is nothing in it yet. Killed in the
 * middle, we leave a file that is still empty, or a log that makes it complete. A machine
 * that loses power can leave anything, which is then found to be damaged.
 */
static int make_schema(struct cg_store *store)
{
	int rc = run_text(store, "PRAGMA synchronous = OFF;"
				 "PRAGMA auto_vacuum = INCREMENTAL;"
				 "PRAGMA journal_mode = WAL");

	if (rc == SQLITE_OK)
		rc = migrate_from(store, 0);
	if (rc == SQLITE_OK)
		rc = run_text(store, "PRAGMA wal_checkpoint(TRUNCATE); " SYNCHRONOUS);
	return rc;
}

/* From the file's version to ours. */
static int migrate(struct cg_store *store)
{
	int64_t version = 0;
	int rc = read_version(store, &version);

	if (rc == SQLITE_OK && sqlite3_db_readonly(store->db, "main"))
		rc = SQLITE_READONLY;
	if (rc == SQLITE_OK)
		rc = version ? migrate_from(store, version) : make_schema(store);
	return rc == SQLITE_OK ? prepare(store, CG_SQL_GET_FACT) : rc;
}

/* A database with tables, but not with our mark: somebody else's. */
static bool is_foreign(struct cg_store *store)
{
	int64_t tables = 0, application = 0;
	struct cg_query count = { .sql = CG_SQL_COUNT_TABLES,
				  .row = cg_row_take_int,
				  .data = &tables };
	struct cg_query mark = { .sql = CG_SQL_APPLICATION,
				 .row = cg_row_take_int,
				 .data = &application };

	return execute(store, &count) == SQLITE_OK &&
	       execute(store, &mark) == SQLITE_OK && tables > 0 &&
	       application != APPLICATION_ID;
}

enum finding {
	USABLE,
	OLDER, /* or empty; connected, for migrate() */
	DAMAGED,
	NEWER,
	USELESS, /* can't be opened, or is not ours to set aside */
};

/* Open the file, and say in @why what is wrong with it. */
static enum finding examine(struct cg_store *store, struct cg_error *why)
{
	int64_t version = KNOWN_VERSION;
	int rc = look(store, &version);
	bool foreign = version != KNOWN_VERSION && is_foreign(store);

	if (rc == SQLITE_OK && version < 0)
		rc = SQLITE_CORRUPT;
	/* Fails where our tables are missing; the first answer needs it anyway. */
	if (rc == SQLITE_OK && version == KNOWN_VERSION)
		rc = prepare(store, CG_SQL_GET_FACT);
	if (foreign || (rc == SQLITE_ERROR && is_foreign(store))) {
		(void)cg_error_set(why, CG_E_USAGE,
				   "%s is another program's database: it is left alone",
				   store->door.path);
		return USELESS;
	}
	if (rc != SQLITE_OK) {
		(void)explain(store, rc, why);
		return why->code == CG_E_CORRUPT ? DAMAGED : USELESS;
	}
	if (version > KNOWN_VERSION) {
		(void)cg_error_set(why, CG_E_NEWER,
				   "the cache %s was written by a newer version (its"
				   " schema is %d, this version knows %d)",
				   store->door.path, (int)version, KNOWN_VERSION);
		return NEWER;
	}
	if (version < KNOWN_VERSION) {
		(void)cg_error_set(why, CG_E_TIMEOUT,
				   "the cache %s cannot be made: its folder is read-only,"
				   " or others still use one that was removed",
				   store->door.path);
		return OLDER;
	}
	return USABLE;
}

/* Bring an older or empty file up to date. Only for who has the door alone. */
static enum finding update(struct cg_store *store, struct cg_error *why)
{
	int rc = migrate(store);

	if (rc == SQLITE_OK)
		return USABLE;
	(void)explain(store, rc, why);
	return USELESS;
}

/* Set the file aside and begin a new one. Only for who has the door alone. */
static enum finding replace(struct cg_store *store, enum finding finding,
			    struct cg_error *why)
{
	const char *suffix = finding == NEWER ? "newer" : "corrupt";
	struct cg_error warning;

	disconnect(store);
	if (cg_door_set_aside(&store->door, suffix, why) < 0)
		return USELESS;
	(void)cg_error_set(&warning, why->code,
			   "%s; it is kept as %s.%s, and a new one was begun", why->msg,
			   store->door.path, suffix);
	finding = examine(store, why);
	if (finding == OLDER)
		finding = update(store, why);
	if (finding == USABLE)
		warn(store, &warning);
	return finding;
}

/* One try of settle(). True when there is nothing to wait for. */
static bool try_to_settle(struct cg_store *store, enum finding *finding,
			  struct cg_error *why)
{
	bool retry;

	*finding = USELESS;
	if (!cg_door_enter(&store->door)) {
		(void)cg_error_set(why, CG_E_TIMEOUT, "the cache %s is being made",
				   store->door.path);
		return false;
	}
	*finding = examine(store, why);
	if (*finding == USABLE || *finding == USELESS)
		return true;
	if (cg_door_own(&store->door)) {
		*finding = *finding == OLDER ? update(store, why)
					     : replace(store, *finding, why);
		(void)cg_door_enter(&store->door);
		return true;
	}
	/* If others are in the door for the same reason, one of us must leave. */
	retry = errno == EAGAIN;
	disconnect(store);
	cg_door_leave(&store->door);
	*finding = USELESS;
	return !retry;
}

/* Open what there is, or begin a new file, together with whoever else is doing it now. */
static enum finding settle(struct cg_store *store, struct cg_error *why)
{
	int64_t deadline = cg_clock_in(DOOR_WAIT);
	enum finding finding = USELESS;
	struct pollfd none = { .fd = -1 };

	for (int ms = 1; !try_to_settle(store, &finding, why);
	     ms = ms < 16 ? 2 * ms : ms) {
		if (cg_clock_left_ms(deadline) == 0)
			break;
		/* Not all for equally long, or they would meet again. */
		(void)poll(&none, 1,
			   1 + (int)((uint64_t)cg_clock_now() / 64 % (uint64_t)ms));
	}
	return finding;
}

int cg_store_open(struct cg_store **out, const char *path, struct cg_error *err)
{
	struct cg_store *store = calloc(1, sizeof(*store));
	enum finding finding = USELESS;
	struct cg_error why;

	if (!store)
		return cg_error_errno(err, "open the cache %s", path);
	if (cg_door_init(&store->door, path, &why) == 0)
		finding = settle(store, &why);
	if (!store->door.path) {
		cg_store_close(store);
		*err = why;
		return -1;
	}
	if (finding != USABLE) {
		disconnect(store);
		store->state = CG_STORE_UNAVAILABLE;
		warn(store, &why);
	} else if (sqlite3_db_readonly(store->db, "main")) {
		store->state = CG_STORE_READ_ONLY;
		(void)explain(store, SQLITE_READONLY, &why);
		warn(store, &why);
	}
	*out = store;
	return 0;
}

static int copy_database(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int rc = backup ? sqlite3_backup_step(backup, -1) : SQLITE_NOMEM;

	sqlite3_backup_finish(backup);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Connect to a store in memory: empty, or what @file holds. */
static int connect_to_memory(struct cg_store *store, sqlite3 *file)
{
	/* Somebody may remember an id of the file that this one is there instead of. */
	static const char other_ids[] =
		"INSERT INTO sqlite_sequence (name, seq) VALUES"
		" ('blob', 1 << 40), ('key', 1 << 40), ('subject', 1 << 40)";
	int64_t version;
	int rc = connect_to(store, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			    &version);

	if (rc != SQLITE_OK)
		return rc;
	if (file)
		return copy_database(file, store->db);
	rc = migrate(store);
	return rc == SQLITE_OK ? sqlite3_exec(store->db, other_ids, NULL, NULL, NULL)
			       : rc;
}

int cg_store_use_memory(struct cg_store *store, struct cg_error *err)
{
	sqlite3 *file = NULL;
	int rc;

	assert(store->transaction == NO_TRANSACTION);
	if (cg_store_keeps(store))
		return 0;
	finalize(store);
	if (store->state == CG_STORE_READ_ONLY)
		file = cg_take(store->db);
	rc = connect_to_memory(store, file);
	if (rc != SQLITE_OK && file) /* it can't even be read */
		rc = connect_to_memory(store, NULL);
	sqlite3_close(file);
	store->in_memory = rc == SQLITE_OK;
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
	roll_back(store);
	disconnect(store);
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
		sqlite3_get_autocommit(store->db));
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
		roll_back(store);
		return -1;
	}
	return 0;
}

void cg_store_rollback(struct cg_store *store)
{
	roll_back(store);
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
		roll_back(store);
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
