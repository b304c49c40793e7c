/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection to an SQLite file: statements, rows, and what a failure means.
 * database.c is the only file that knows SQLite. What follows from a failure is for its
 * users to say: store.c goes on without a cache, contracts.c does not go on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "cache/door.h"

#define CG_DATABASE_STATEMENTS 48

/* Statements that every database has; a kind's own begin at CG_SQL_OWN. */
enum {
	CG_SQL_VERSION,
	CG_SQL_APPLICATION,
	CG_SQL_COUNT_TABLES,
	CG_SQL_BEGIN,
	CG_SQL_COMMIT,
	CG_SQL_ROLLBACK,
	CG_SQL_OWN,
};

/* What is bound to ?1, ?2 ... Borrowed until the statement has run. */
struct cg_arg {
	enum { CG_ARG_END, CG_ARG_INT, CG_ARG_TEXT, CG_ARG_DIGEST } type;
	int64_t number;
	const void *data;
};

#define CG_MAX_ARGS 7
#define CG_INT(n) ((struct cg_arg){ .type = CG_ARG_INT, .number = (int64_t)(n) })
#define CG_TEXT(s)                                                                       \
	((struct cg_arg){ .type = CG_ARG_TEXT, .data = (s) }) /* NULL is NULL */
#define CG_DIGEST(d) ((struct cg_arg){ .type = CG_ARG_DIGEST, .data = (d)->bytes })

struct cg_row;

/* What a row function wants. */
enum cg_step {
	CG_STEP_ON,
	CG_STEP_STOP,
	CG_STEP_DAMAGED, /* the row can't be what we wrote: the file is damaged */
	CG_STEP_NO_MEMORY,
};

struct cg_query {
	int sql; /* which statement */
	struct cg_arg args[CG_MAX_ARGS];
	enum cg_step (*row)(const struct cg_row *row, void *data); /* for each; or NULL */
	void *data;
};

int64_t cg_row_int(const struct cg_row *row, int column);
const char *cg_row_text(const struct cg_row *row, int column); /* borrowed, or NULL */

/* Why cg_row_text() was NULL, which it never is where NULL isn't written. */
enum cg_step cg_row_lacks_text(const struct cg_row *row);
bool cg_row_digest(const struct cg_row *row, int column, struct cg_digest *out);

/* A row function: column 0 into the int64_t at @data. */
enum cg_step cg_row_take_int(const struct cg_row *row, void *data);

/* A sort of file: how it is made, and what is asked of it. Static. */
struct cg_database_kind {
	const char *noun;    /* in messages, before the path: "the cache" */
	int64_t application; /* tells it from another program's database */
	/* What makes version N+1 from version N, each in the one transaction of an update. */
	const char *const *migrations;
	int64_t version;               /* how many they are */
	const char *const *statements; /* from CG_SQL_OWN on */
	int statement_count;           /* CG_SQL_OWN included */
	int touchstone; /* a statement that can't be prepared if tables are missing */
	const char *connected; /* run for each connection */
	const char *before;    /* and before and after the tables are made, outside of */
	const char *after;     /* the transaction */
	bool rebuildable; /* what is damaged or newer may be set aside: see opening.h */
};

/* Behind a message about a file that isn't rebuildable. */
#define CG_DATABASE_LEFT "; it is left as it is"

struct cg_database {
	const struct cg_database_kind *kind;
	const struct cg_door *door; /* borrowed */
	struct sqlite3 *connection;
	struct sqlite3_stmt *prepared[CG_DATABASE_STATEMENTS]; /* on first use */
};

/* What a result is; any but 0 is a failure. */
enum cg_fault {
	CG_FAULT_NONE,
	CG_FAULT_DAMAGED,
	CG_FAULT_READ_ONLY,
	CG_FAULT_UNREACHABLE, /* the file can't be opened */
	CG_FAULT_NO_TABLES,   /* or other ones than ours; it counts as damage, too */
	CG_FAULT_OTHER,
};
enum cg_fault cg_database_fault(int result);

/* Results of our own making. */
int cg_database_damaged(void);
int cg_database_read_only(void);

/* Fill @err with what @result, which isn't 0, means; returns -1. */
int cg_database_explain(const struct cg_database *database, int result,
			struct cg_error *err);

/*
 * Connect to the file, to what can be read of one that nobody writes, or to an empty one
 * in memory, after disconnecting from what there was; and read the version of its tables,
 * 0 if there are none. Here and below: 0 or a result to explain.
 */
enum cg_connection { CG_CONNECT_FILE, CG_CONNECT_STATIC_FILE, CG_CONNECT_MEMORY };
int cg_database_connect(struct cg_database *database, enum cg_connection how,
			int64_t *version);
void cg_database_disconnect(struct cg_database *database);
bool cg_database_is_read_only(const struct cg_database *database);

/* Make the tables of an empty file, or bring older ones up to date: all or nothing. */
int cg_database_migrate(struct cg_database *database);

/* Has it tables, but not our mark? */
bool cg_database_is_foreign(struct cg_database *database);

/* Replace all that @to holds. */
int cg_database_copy(struct cg_database *from, struct cg_database *to);

int cg_database_prepare(struct cg_database *database, int sql);
int cg_database_execute(struct cg_database *database, const struct cg_query *query);
int cg_database_run_text(struct cg_database *database, const char *sql);

/* How many rows the last write changed, and all of this connection's. */
int64_t cg_database_changes(const struct cg_database *database);
int64_t cg_database_all_changes(const struct cg_database *database);
bool cg_database_in_transaction(const struct cg_database *database);
void cg_database_roll_back(struct cg_database *database); /* harmless outside of one */

/*
 * A seal over what a row is about and what it says: 64 bits of SHA-256. Against damage,
 * which doesn't try, and not against a forger.
 */
int64_t cg_database_seal(const void *data, size_t size);
