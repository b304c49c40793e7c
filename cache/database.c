// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The only file that knows SQLite. Every statement goes through cg_database_execute(),
 * every failure through cg_database_explain().
 */
#include "cache/database.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define BUSY_MS 5000

static const char *const common[CG_SQL_OWN] = {
	[CG_SQL_VERSION] = "PRAGMA user_version",
	[CG_SQL_APPLICATION] = "PRAGMA application_id",
	[CG_SQL_COUNT_TABLES] = "SELECT count(*) FROM sqlite_schema",
	/*
	 * Taking the write lock at once: a reader that becomes a writer may find it too
	 * late.
	 */
	[CG_SQL_BEGIN] = "BEGIN IMMEDIATE",
	[CG_SQL_COMMIT] = "COMMIT",
	[CG_SQL_ROLLBACK] = "ROLLBACK",
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

int cg_database_prepare(struct cg_database *db, int sql)
{
	assert(sql < db->kind->statement_count);
	if (db->prepared[sql])
		return SQLITE_OK;
	return sqlite3_prepare_v3(db->connection,
				  sql < CG_SQL_OWN ? common[sql]
						   : db->kind->statements[sql],
				  -1, SQLITE_PREPARE_PERSISTENT, &db->prepared[sql],
				  NULL);
}

/* Bind, step through all rows, reset. An SQLite code, never ROW or DONE. */
int cg_database_execute(struct cg_database *db, const struct cg_query *query)
{
	static const int codes[] = {
		[CG_STEP_ON] = SQLITE_ROW,
		[CG_STEP_STOP] = SQLITE_DONE,
		[CG_STEP_DAMAGED] = SQLITE_CORRUPT,
		[CG_STEP_NO_MEMORY] = SQLITE_NOMEM,
	};
	int rc = cg_database_prepare(db, query->sql);
	sqlite3_stmt *statement = db->prepared[query->sql];
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

int cg_database_run_text(struct cg_database *db, const char *sql)
{
	return sqlite3_exec(db->connection, sql, NULL, NULL, NULL);
}

/* SQLite's words for @rc, which may also be a row function's. */
static const char *words(const struct cg_database *db, int rc)
{
	return sqlite3_extended_errcode(db->connection) == rc
		       ? sqlite3_errmsg(db->connection)
		       : sqlite3_errstr(rc);
}

enum cg_fault cg_database_fault(int result)
{
	switch (result & 0xff) {
	case SQLITE_OK:
		return CG_FAULT_NONE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CONSTRAINT: /* we looked before we added: an index is wrong */
		return CG_FAULT_DAMAGED;
	case SQLITE_ERROR: /* our SQL is fixed, so it is the tables that don't fit it */
		return CG_FAULT_NO_TABLES;
	case SQLITE_READONLY:
		return CG_FAULT_READ_ONLY;
	case SQLITE_CANTOPEN:
		return CG_FAULT_UNREACHABLE;
	default:
		return CG_FAULT_OTHER;
	}
}

int cg_database_damaged(void)
{
	return SQLITE_CORRUPT;
}

int cg_database_read_only(void)
{
	return SQLITE_READONLY;
}

/* The errno that is behind @rc, 0 if there is none. */
static int errno_of(const struct cg_database *db, int rc)
{
	int code;

	switch (rc & 0xff) {
	case SQLITE_FULL:
		return ENOSPC;
	case SQLITE_NOMEM:
		return ENOMEM;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		code = sqlite3_system_errno(db->connection);
		/* What it can't make, SQLite tries to read: "missing" is no news then. */
		return code == ENOENT ? cg_door_obstacle(db->door) ?: ENOENT : code;
	default:
		return 0;
	}
}

int cg_database_explain(const struct cg_database *db, int rc, struct cg_error *err)
{
	const char *noun = db->kind->noun, *path = db->door->path;
	enum cg_fault fault = cg_database_fault(rc);

	if (fault == CG_FAULT_DAMAGED || fault == CG_FAULT_NO_TABLES)
		return cg_error_set(err, CG_E_CORRUPT, "%s %s is damaged (%s)%s", noun,
				    path, words(db, rc),
				    db->kind->rebuildable ? "" : CG_DATABASE_LEFT);
	if (fault == CG_FAULT_READ_ONLY)
		return cg_error_set(err, CG_E_SYSTEM, "%s %s can only be read", noun,
				    path);
	if ((rc & 0xff) == SQLITE_BUSY)
		return cg_error_set(err, CG_E_TIMEOUT,
				    "%s %s is busy: another process has been writing for"
				    " %d s",
				    noun, path, BUSY_MS / 1000);
	errno = errno_of(db, rc);
	if (errno)
		return cg_error_errno(err, "%s %s can't be used", noun, path);
	return cg_error_set(err, CG_E_SYSTEM, "%s %s can't be used: %s", noun, path,
			    words(db, rc));
}

bool cg_database_in_transaction(const struct cg_database *db)
{
	return db->connection && !sqlite3_get_autocommit(db->connection);
}

void cg_database_roll_back(struct cg_database *db)
{
	struct cg_query query = { .sql = CG_SQL_ROLLBACK };

	/* A full disk or an I/O error may have made SQLite do it itself. */
	if (cg_database_in_transaction(db))
		(void)cg_database_execute(db, &query);
}

int64_t cg_database_changes(const struct cg_database *db)
{
	return sqlite3_changes64(db->connection);
}

int64_t cg_database_all_changes(const struct cg_database *db)
{
	return db->connection ? sqlite3_total_changes64(db->connection) : 0;
}

bool cg_database_is_read_only(const struct cg_database *db)
{
	return sqlite3_db_readonly(db->connection, "main") != 0;
}

void cg_database_disconnect(struct cg_database *db)
{
	for (size_t i = 0; i < CG_DATABASE_STATEMENTS; i++) {
		sqlite3_finalize(db->prepared[i]);
		db->prepared[i] = NULL;
	}
	sqlite3_close(db->connection);
	db->connection = NULL;
}

static int read_version(struct cg_database *db, int64_t *version)
{
	struct cg_query query = { .sql = CG_SQL_VERSION,
				  .row = cg_row_take_int,
				  .data = version };

	return cg_database_execute(db, &query);
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

static int open_file(struct cg_database *db, enum cg_connection how)
{
	static const int create = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	static const int plain = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
				 SQLITE_OPEN_EXRESCODE;
	cg_auto_free char *uri = NULL;

	if (how == CG_CONNECT_MEMORY)
		return sqlite3_open_v2(":memory:", &db->connection, create | plain, NULL);
	if (how == CG_CONNECT_FILE)
		return sqlite3_open_v2(db->door->path, &db->connection, create | plain,
				       NULL);
	uri = static_uri(db->door->path);
	return uri ? sqlite3_open_v2(uri, &db->connection,
				     SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | plain, NULL)
		   : SQLITE_NOMEM;
}

int cg_database_connect(struct cg_database *db, enum cg_connection how, int64_t *version)
{
	int keep_log = 1, rc;

	cg_database_disconnect(db);
	rc = open_file(db, how);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_busy_timeout(db->connection, BUSY_MS);
	/*
	 * Making and unlinking the log and its index would be most of what an answer
	 * costs.
	 */
	sqlite3_file_control(db->connection, "main", SQLITE_FCNTL_PERSIST_WAL, &keep_log);
	rc = cg_database_run_text(db, db->kind->connected);
	return rc == SQLITE_OK ? read_version(db, version) : rc;
}

/* From @version of the tables to ours. */
static int migrate_from(struct cg_database *db, int64_t version)
{
	struct cg_query begin = { .sql = CG_SQL_BEGIN };
	struct cg_query commit = { .sql = CG_SQL_COMMIT };
	char mark[96];
	int rc = cg_database_execute(db, &begin);

	snprintf(mark, sizeof(mark),
		 "PRAGMA user_version = %lld; PRAGMA application_id = %lld",
		 (long long)db->kind->version, (long long)db->kind->application);
	for (; rc == SQLITE_OK && version < db->kind->version; version++)
		rc = cg_database_run_text(db, db->kind->migrations[version]);
	if (rc == SQLITE_OK)
		rc = cg_database_run_text(db, mark);
	if (rc == SQLITE_OK)
		rc = cg_database_execute(db, &commit);
	if (rc != SQLITE_OK)
		cg_database_roll_back(db);
	return rc;
}

static int make_tables(struct cg_database *db)
{
	int rc = cg_database_run_text(db, db->kind->before);

	if (rc == SQLITE_OK)
		rc = migrate_from(db, 0);
	return rc == SQLITE_OK ? cg_database_run_text(db, db->kind->after) : rc;
}

int cg_database_migrate(struct cg_database *db)
{
	int64_t version = 0;
	int rc = read_version(db, &version);

	if (rc == SQLITE_OK && cg_database_is_read_only(db))
		rc = SQLITE_READONLY;
	if (rc == SQLITE_OK)
		rc = version ? migrate_from(db, version) : make_tables(db);
	return rc == SQLITE_OK ? cg_database_prepare(db, db->kind->touchstone) : rc;
}

bool cg_database_is_foreign(struct cg_database *db)
{
	int64_t tables = 0, application = 0;
	struct cg_query count = { .sql = CG_SQL_COUNT_TABLES,
				  .row = cg_row_take_int,
				  .data = &tables };
	struct cg_query mark = { .sql = CG_SQL_APPLICATION,
				 .row = cg_row_take_int,
				 .data = &application };

	return cg_database_execute(db, &count) == SQLITE_OK &&
	       cg_database_execute(db, &mark) == SQLITE_OK && tables > 0 &&
	       application != db->kind->application;
}

int cg_database_copy(struct cg_database *from, struct cg_database *to)
{
	sqlite3_backup *backup =
		sqlite3_backup_init(to->connection, "main", from->connection, "main");
	int rc = backup ? sqlite3_backup_step(backup, -1) : SQLITE_NOMEM;

	sqlite3_backup_finish(backup);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int64_t cg_database_seal(const void *data, size_t size)
{
	struct cg_digest digest;
	uint64_t bits;

	cg_digest_of(&digest, data, size);
	memcpy(&bits, digest.bytes, sizeof(bits));
	return (int64_t)be64toh(bits);
}
