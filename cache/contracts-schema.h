/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The SQL of contracts, all of it. Only contracts.c includes this file.
 *
 * A row of contract is small, so that all of them can be looked through whenever one isn't
 * found; texts are kept beside it. The ledger has how many rows there are and the sum of
 * their seals: a row that got lost shows. Two indexes have the names that count, since one
 * could be damaged.
 */
#pragma once

#include "cache/contracts-inside.h"

/* Append only: a migration that was released is never changed. */
static const char *const migrations[] = {
	"CREATE TABLE contract ("
	"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	name TEXT NOT NULL,"
	"	uuid TEXT,"
	"	written INTEGER NOT NULL,"
	"	replaced INTEGER NOT NULL,"
	"	digest BLOB NOT NULL,"
	"	seal INTEGER NOT NULL"
	") STRICT;"
	"CREATE UNIQUE INDEX name ON contract (name) WHERE replaced = 0;"
	"CREATE UNIQUE INDEX uuid ON contract (uuid) WHERE replaced = 0;"
	"CREATE INDEX past ON contract (name) WHERE replaced > 0;"
	"CREATE TABLE body ("
	"	id INTEGER PRIMARY KEY REFERENCES contract (id),"
	"	text TEXT NOT NULL"
	") STRICT;"
	"CREATE TABLE ledger ("
	"	one INTEGER PRIMARY KEY CHECK (one = 1),"
	"	rows INTEGER NOT NULL,"
	"	sum INTEGER NOT NULL"
	") STRICT;"
	"INSERT INTO ledger (one, rows, sum) VALUES (1, 0, 0);",
	"CREATE INDEX again ON contract (name, id);",
};

#define ROW "SELECT id, name, uuid, written, replaced, digest, seal"
#define TEXT_BY(index) ROW ", text FROM contract " index " LEFT JOIN body USING (id)"

/* Of a name, all but the newest ?2. */
#define BUT_THE_NEWEST                                                                   \
	"(SELECT id FROM contract INDEXED BY again WHERE name = ?1"                      \
	" ORDER BY id DESC LIMIT -1 OFFSET ?2)"

static const char *const statements[SQL_STATEMENTS] = {
	[SQL_FIND_NAME] = TEXT_BY("INDEXED BY name") " WHERE name = ?1 AND replaced = 0",
	[SQL_FIND_NAME_AGAIN] =
		TEXT_BY("INDEXED BY again") " WHERE name = ?1 AND replaced = 0",
	[SQL_FIND_UUID] = TEXT_BY("INDEXED BY uuid") " WHERE uuid = ?1 AND replaced = 0",
	[SQL_FIND_REPLACED] =
		TEXT_BY("INDEXED BY past") " WHERE name = ?1 AND replaced > 0"
					   " ORDER BY id DESC LIMIT 1 OFFSET ?2",
	/* In one statement, so that nobody writes between the rows and their sum. */
	[SQL_EACH] = ROW ", rows, sum FROM ledger LEFT JOIN contract",
	[SQL_EACH_TEXT] = TEXT_BY("") " WHERE replaced = 0 OR ?1"
				      " ORDER BY name, id DESC",
	[SQL_COUNT] = "SELECT count(*) FROM contract WHERE replaced = 0",
	[SQL_NEXT_ID] = "SELECT 1 + coalesce(max(seq), 0) FROM sqlite_sequence"
			" WHERE name = 'contract'",
	[SQL_ADD] =
		"INSERT INTO contract (id, name, uuid, written, replaced, digest, seal)"
		" VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)",
	[SQL_ADD_TEXT] = "INSERT INTO body (id, text) VALUES (?1, ?2)",
	[SQL_RETIRE] = "UPDATE contract SET replaced = ?2, seal = ?3 WHERE id = ?1",
	[SQL_DROP] = "DELETE FROM contract WHERE id IN " BUT_THE_NEWEST " RETURNING seal",
	[SQL_DROP_TEXTS] = "DELETE FROM body WHERE id IN " BUT_THE_NEWEST,
	[SQL_GET_LEDGER] = "SELECT rows, sum FROM ledger WHERE one = 1",
	[SQL_SET_LEDGER] = "UPDATE ledger SET rows = ?1, sum = ?2 WHERE one = 1",
};

static const struct cg_database_kind kind = {
	.noun = "the state file",
	.application = 0x63677365, /* "cgse" */
	.migrations = migrations,
	.version = CG_COUNT(migrations),
	.statements = statements,
	.statement_count = SQL_STATEMENTS,
	.touchstone = SQL_FIND_NAME,
	/* In a log, each commit is on the disk with one write to wait for. */
	.connected = "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 1048576",
	.before = "PRAGMA journal_mode = WAL",
	.after = "PRAGMA wal_checkpoint(TRUNCATE)",
	.rebuildable = false,
};
