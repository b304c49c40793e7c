/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statements about facts: what the other files of cache/ ask of store.c. The text of each
 * is in schema.h.
 */
#pragma once

#include "cache/database.h"
#include "cache/store.h"

/*
 * From CG_SQL_FIRST_WRITE on, and for transactions, a statement needs a store that can be
 * written.
 */
enum cg_sql {
	CG_SQL_DATA_VERSION = CG_SQL_OWN,
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
	CG_SQL_ADD_KEY = CG_SQL_FIRST_WRITE,
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

/*
 * Run a statement. Where it can't be run because of the store's state there are no rows,
 * and that is no error; the same when the file turns out to be damaged (see
 * cg_store_get()).
 */
cg_must_check int cg_query_run(struct cg_store *store, const struct cg_query *query,
			       struct cg_error *err);

/* How many rows the last write changed. */
int64_t cg_query_changes(const struct cg_store *store);

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
