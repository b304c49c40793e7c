/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statements: what the other files of cache/ ask of store.c, where SQLite is. The text of
 * each statement is in schema.h.
 */
#pragma once

#include "cache/store.h"

/* From CG_SQL_FIRST_WRITE on, a statement needs a store that can be written. */
enum cg_sql {
	CG_SQL_VERSION,
	CG_SQL_APPLICATION,
	CG_SQL_COUNT_TABLES,
	CG_SQL_FIND_KEY,
	CG_SQL_FIND_BLOB,
	CG_SQL_NEXT_BLOB,
	CG_SQL_FIND_SUBJECT,
	CG_SQL_GET_FACT,
	CG_SQL_HAS_FACT,
	CG_SQL_GET_BLOB,
	CG_SQL_GET_FILE,
	CG_SQL_EACH_FACT,
	CG_SQL_EACH_KEY,
	CG_SQL_EACH_BLOB,
	CG_SQL_EACH_ROOT,

	CG_SQL_FIRST_WRITE,
	CG_SQL_BEGIN = CG_SQL_FIRST_WRITE,
	CG_SQL_COMMIT,
	CG_SQL_ROLLBACK,
	CG_SQL_ADD_KEY,
	CG_SQL_ADD_BLOB,
	CG_SQL_ADD_SUBJECT,
	CG_SQL_RETIRE_FACT,
	CG_SQL_PUT_FACT,
	CG_SQL_FORGET,
	CG_SQL_PUT_FILE,
	CG_SQL_DROP_FACTS,
	CG_SQL_DROP_PAST,
	CG_SQL_DROP_KEYS,
	CG_SQL_DROP_SUBJECTS,
	CG_SQL_DROP_BLOB,
	CG_SQL_SHRINK,
	CG_SQL_WRITE_BACK,
	CG_SQL_STATEMENTS,
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
	enum cg_sql sql;
	struct cg_arg args[CG_MAX_ARGS];
	enum cg_step (*row)(const struct cg_row *row, void *data); /* for each; or NULL */
	void *data;
};

/*
 * Run a statement. Where it can't be run because of the store's state there are no rows,
 * and that is no error; the same when the file turns out to be damaged (see
 * cg_store_get()).
 */
cg_must_check int cg_query_run(struct cg_store *store, const struct cg_query *query,
			       struct cg_error *err);

/* How many rows the last write changed. */
int64_t cg_query_changes(const struct cg_store *store);

int64_t cg_row_int(const struct cg_row *row, int column);
const char *cg_row_text(const struct cg_row *row, int column); /* borrowed, or NULL */

/* Why cg_row_text() was NULL, which it never is in a file as we write it. */
enum cg_step cg_row_lacks_text(const struct cg_row *row);
bool cg_row_digest(const struct cg_row *row, int column, struct cg_digest *out);

/* A row function: column 0 into the int64_t at @data. */
enum cg_step cg_row_take_int(const struct cg_row *row, void *data);

/*
 * Around every write: a transaction of its own (*@own) if the caller hasn't begun one.
 * Finish takes what came of it and passes it on. After a failure nothing of the
 * transaction stays, the caller's included, and nothing more gets into it.
 */
cg_must_check int cg_query_start(struct cg_store *store, bool *own, struct cg_error *err);
cg_must_check int cg_query_finish(struct cg_store *store, bool own, int result,
				  struct cg_error *err);

/* Start, run one statement, finish. */
cg_must_check int cg_query_write(struct cg_store *store, const struct cg_query *query,
				 struct cg_error *err);

/* The digest of a key's @parts. Borrowed: good until a few other parts have been asked for. */
cg_must_check int cg_query_parts(struct cg_store *store, const char *parts,
				 const struct cg_digest **out, struct cg_error *err);
