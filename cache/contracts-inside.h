/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What contracts.c, which reads, and contracts-put.c, which writes, have in common. */
#pragma once

#include "cache/contracts.h"
#include "cache/database.h"

/* The text of each is in contracts-schema.h. */
enum cg_contracts_sql {
	SQL_FIND_NAME = CG_SQL_OWN,
	SQL_FIND_NAME_AGAIN,
	SQL_FIND_UUID,
	SQL_FIND_REPLACED,
	SQL_EACH,
	SQL_EACH_TEXT,
	SQL_COUNT,
	SQL_NEXT_ID,
	SQL_ADD,
	SQL_ADD_TEXT,
	SQL_RETIRE,
	SQL_DROP,
	SQL_DROP_TEXTS,
	SQL_GET_LEDGER,
	SQL_SET_LEDGER,
	SQL_STATEMENTS,
};

struct cg_contracts {
	struct cg_door door;
	struct cg_database database;
};

/* A row, copied. */
struct cg_contracts_row {
	int64_t id, written, replaced, seal;
	struct cg_digest digest;
	char *name, *uuid, *text;
};

void cg_contracts_row_deinit(struct cg_contracts_row *row);

/* What its seal has to be. */
int64_t cg_contracts_row_seal(const struct cg_contracts_row *row);

/* Run a statement; @err says which file it is about. */
cg_must_check int cg_contracts_run(struct cg_contracts *c, const struct cg_query *query,
				   struct cg_error *err);

/* Say that the file is damaged; -1. */
int cg_contracts_damaged(const struct cg_contracts *c, struct cg_error *err);

/*
 * The row that counts of a name (SQL_FIND_NAME), or of a UUID in small letters
 * (SQL_FIND_UUID), as far as that index knows; an empty one if there is none.
 */
cg_must_check int cg_contracts_find(struct cg_contracts *c, enum cg_contracts_sql sql,
				    const char *word, struct cg_contracts_row *out,
				    struct cg_error *err);

/* The same of either, where a miss is certain: all rows were looked through. */
cg_must_check int cg_contracts_find_word(struct cg_contracts *c, const char *word,
					 struct cg_contracts_row *out,
					 struct cg_error *err);

/* A copy in small letters; NULL if memory is out. */
char *cg_contracts_lower(const char *text);
