/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store's SQL, all of it. Only store.c includes this file.
 *
 * Ids are never given twice (AUTOINCREMENT): an id that somebody still remembers after a
 * prune finds nothing, never something else.
 *
 * REFERENCES are for people and foreign_key_check: they are not enforced. A reference to
 * nothing is a miss anyway, and each blob that goes would cost a search through all
 * facts.
 *
 * What answers has a seal over what the row is about and what it says: see facts.c.
 */
#pragma once

#include "cache/query.h"

/* Bytes that the log keeps when it has been written back; none are left after a close. */
#define LOG_LIMIT "1048576"

/* In a log: a crash of the machine may cost the newest facts, never the file. */
#define SYNCHRONOUS "PRAGMA synchronous = NORMAL"

/*
 * What makes version N+1 of a database from version N, each in one transaction. Append
 * only: a migration that was released is never changed.
 */
static const char *const migrations[] = {
	/* Had no seals and was never released. */
	"",
	/*
	 * A sweep makes 40,000 facts, so a fact is five small numbers, without a second
	 * index.
	 */
	"DROP TABLE IF EXISTS past;"
	"DROP TABLE IF EXISTS fact;"
	"DROP TABLE IF EXISTS blob;"
	"DROP TABLE IF EXISTS key;"
	"DROP TABLE IF EXISTS subject;"
	"DROP TABLE IF EXISTS file;"
	"PRAGMA application_id = 0x63677374;"
	"CREATE TABLE blob ("
	"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	digest BLOB NOT NULL UNIQUE,"
	"	seal INTEGER NOT NULL,"
	"	body TEXT NOT NULL"
	") STRICT;"
	"CREATE TABLE key ("
	"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	digest BLOB NOT NULL UNIQUE,"
	"	parts TEXT NOT NULL"
	") STRICT;"
	"CREATE TABLE subject ("
	"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	kind TEXT NOT NULL,"
	"	name TEXT NOT NULL,"
	"	UNIQUE (kind, name)"
	") STRICT;"
	"CREATE TABLE fact ("
	"	key INTEGER NOT NULL REFERENCES key (id),"
	"	subject INTEGER NOT NULL REFERENCES subject (id),"
	"	blob INTEGER NOT NULL REFERENCES blob (id),"
	"	measured INTEGER NOT NULL,"
	"	seal INTEGER NOT NULL,"
	"	PRIMARY KEY (key, subject)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE past ("
	"	key INTEGER NOT NULL REFERENCES key (id),"
	"	subject INTEGER NOT NULL REFERENCES subject (id),"
	"	blob INTEGER NOT NULL REFERENCES blob (id),"
	"	measured INTEGER NOT NULL,"
	"	replaced INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE file ("
	"	dev INTEGER NOT NULL,"
	"	ino INTEGER NOT NULL,"
	"	size INTEGER NOT NULL,"
	"	mtime_ns INTEGER NOT NULL,"
	"	ctime_ns INTEGER NOT NULL,"
	"	digest BLOB NOT NULL,"
	"	seal INTEGER NOT NULL,"
	"	PRIMARY KEY (dev, ino)"
	") STRICT, WITHOUT ROWID;",
};

static const char *const statements[CG_SQL_STATEMENTS] = {
	[CG_SQL_DATA_VERSION] = "PRAGMA data_version",
	[CG_SQL_FIND_KEY] = "SELECT id FROM key WHERE digest = ?1",
	[CG_SQL_FIND_BLOB] = "SELECT id, seal FROM blob WHERE digest = ?1",
	[CG_SQL_NEXT_BLOB] = "SELECT 1 + coalesce(max(seq), 0) FROM sqlite_sequence"
			     " WHERE name = 'blob'",
	[CG_SQL_FIND_SUBJECT] = "SELECT id FROM subject WHERE kind = ?1 AND name = ?2",
	[CG_SQL_GET_FACT] =
		"SELECT fact.seal, body FROM key, subject"
		" JOIN fact ON fact.key = key.id AND fact.subject = subject.id"
		" JOIN blob ON blob.id = fact.blob"
		" WHERE key.digest = ?1 AND kind = ?2 AND name = ?3",
	[CG_SQL_HAS_FACT] =
		"SELECT fact.seal, blob.digest FROM key, subject"
		" JOIN fact ON fact.key = key.id AND fact.subject = subject.id"
		" JOIN blob ON blob.id = fact.blob"
		" WHERE key.digest = ?1 AND kind = ?2 AND name = ?3",
	[CG_SQL_GET_BLOB] = "SELECT seal, body FROM blob WHERE id = ?1",
	[CG_SQL_GET_FILE] = "SELECT seal, digest FROM file WHERE dev = ?1 AND ino = ?2"
			    " AND size = ?3 AND mtime_ns = ?4 AND ctime_ns = ?5",
	[CG_SQL_EACH_FACT] =
		"SELECT kind, parts, name, measured, replaced, length(CAST(body AS BLOB))"
		" FROM (SELECT key, subject, blob, measured, 0 AS replaced FROM fact"
		"  UNION ALL SELECT key, subject, blob, measured, replaced FROM past"
		"  WHERE ?2) AS f"
		" JOIN key ON key.id = f.key JOIN subject ON subject.id = f.subject"
		" JOIN blob ON blob.id = f.blob WHERE ?1 IS NULL OR kind = ?1"
		" ORDER BY measured DESC, replaced > 0, replaced DESC, kind, name",
	[CG_SQL_EACH_KEY] = "SELECT id, parts FROM key ORDER BY id",
	[CG_SQL_EACH_BLOB] = "SELECT id FROM blob ORDER BY id",
	[CG_SQL_EACH_ROOT] = "SELECT DISTINCT blob FROM fact",

	[CG_SQL_ADD_KEY] = "INSERT INTO key (digest, parts) VALUES (?1, ?2) RETURNING id",
	[CG_SQL_ADD_BLOB] =
		"INSERT INTO blob (id, digest, seal, body) VALUES (?1, ?2, ?3, ?4)",
	[CG_SQL_ADD_SUBJECT] =
		"INSERT INTO subject (kind, name) VALUES (?1, ?2) RETURNING id",
	[CG_SQL_RETIRE_FACT] = "INSERT INTO past (key, subject, blob, measured, replaced)"
			       " SELECT key, subject, blob, measured, ?4 FROM fact"
			       " WHERE key = ?1 AND subject = ?2 AND blob <> ?3",
	[CG_SQL_PUT_FACT] =
		"INSERT INTO fact (key, subject, blob, measured, seal)"
		" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET"
		" blob = excluded.blob, measured = excluded.measured, seal = excluded.seal",
	[CG_SQL_FORGET] =
		"DELETE FROM fact WHERE key = (SELECT id FROM key WHERE digest = ?1)"
		" AND subject IN (SELECT id FROM subject"
		"  WHERE kind = ?2 AND (?3 IS NULL OR name = ?3))",
	[CG_SQL_PUT_FILE] = "INSERT OR REPLACE INTO file"
			    " (dev, ino, size, mtime_ns, ctime_ns, digest, seal)"
			    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[CG_SQL_DROP_FACTS] = "DELETE FROM fact WHERE key = ?1",
	[CG_SQL_DROP_PAST] = "DELETE FROM past",
	[CG_SQL_DROP_KEYS] = "DELETE FROM key WHERE id NOT IN (SELECT key FROM fact)",
	[CG_SQL_DROP_SUBJECTS] =
		"DELETE FROM subject WHERE id NOT IN (SELECT subject FROM fact)",
	[CG_SQL_DROP_BLOB] = "DELETE FROM blob WHERE id = ?1",
	[CG_SQL_SHRINK] = "PRAGMA incremental_vacuum",
	[CG_SQL_WRITE_BACK] = "PRAGMA wal_checkpoint(PASSIVE)",
};

static const struct cg_database_kind kind = {
	.noun = "the cache",
	.application = 0x63677374, /* "cgst" */
	.migrations = migrations,
	.version = CG_COUNT(migrations),
	.statements = statements,
	.statement_count = CG_SQL_STATEMENTS,
	.touchstone = CG_SQL_GET_FACT,
	.connected = SYNCHRONOUS "; PRAGMA journal_size_limit = " LOG_LIMIT,
	/*
	 * A new file needn't wait for the disk, for there is nothing in it yet. Killed in
	 * the middle, we leave a file that is still empty, or a log that makes it
	 * complete. A machine that loses power can leave anything, which is then found to
	 * be damaged.
	 */
	.before = "PRAGMA synchronous = OFF;"
		  "PRAGMA auto_vacuum = INCREMENTAL;"
		  "PRAGMA journal_mode = WAL",
	.after = "PRAGMA wal_checkpoint(TRUNCATE); " SYNCHRONOUS,
	.rebuildable = true,
};
