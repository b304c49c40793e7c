// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Facts, the text that they are made of, and the memo of file digests. What is read was
 * once put, or it is a miss: text is checked against its digest, so not even a flipped
 * bit in the file makes a wrong answer.
 */
#include "cache/store.h"

#include <string.h>

#include "base/clock.h"
#include "cache/query.h"

/* body, digest: copied if they belong together. */
static enum cg_step take_text(const struct cg_row *row, void *data)
{
	const char *body = cg_row_text(row, 0);
	struct cg_digest kept, found;
	char **out = data;

	if (!body)
		return cg_row_lacks_text(row);
	cg_digest_of(&found, body, strlen(body));
	if (!cg_row_digest(row, 1, &kept) || memcmp(&kept, &found, sizeof(kept)) != 0)
		return CG_STEP_DAMAGED;
	*out = strdup(body);
	return *out ? CG_STEP_STOP : CG_STEP_NO_MEMORY;
}

int cg_store_find_key(struct cg_store *store, const char *parts, int64_t *id,
		      struct cg_error *err)
{
	const struct cg_digest *digest;
	int64_t found = 0;

	if (cg_query_parts(store, parts, &digest, err) < 0)
		return -1;
	struct cg_query query = {
		.sql = CG_SQL_FIND_KEY,
		.args = { CG_DIGEST(digest) },
		.row = cg_row_take_int,
		.data = &found,
	};
	if (cg_query_run(store, &query, err) < 0)
		return -1;
	*id = found;
	return 0;
}

int cg_store_get(struct cg_store *store, const char *kind, const char *parts,
		 const char *name, char **out, struct cg_error *err)
{
	const struct cg_digest *digest;
	char *text = NULL;

	if (cg_query_parts(store, parts, &digest, err) < 0)
		return -1;
	struct cg_query query = {
		.sql = CG_SQL_GET_FACT,
		.args = { CG_DIGEST(digest), CG_TEXT(kind), CG_TEXT(name) },
		.row = take_text,
		.data = &text,
	};
	if (cg_query_run(store, &query, err) < 0)
		return -1;
	*out = text;
	return 0;
}

/* The id that @find finds; where it finds none, the one that @add makes. */
static int find_or_add(struct cg_store *store, struct cg_query *find,
		       struct cg_query *add, int64_t *id, struct cg_error *err)
{
	*id = 0;
	find->row = add->row = cg_row_take_int;
	find->data = add->data = id;
	if (cg_query_run(store, find, err) < 0)
		return -1;
	return *id ? 0 : cg_query_run(store, add, err);
}

static int add_key(struct cg_store *store, const char *parts, int64_t *id,
		   struct cg_error *err)
{
	const struct cg_digest *digest;

	if (cg_query_parts(store, parts, &digest, err) < 0)
		return -1;
	struct cg_query find = { .sql = CG_SQL_FIND_KEY, .args = { CG_DIGEST(digest) } };
	struct cg_query add = {
		.sql = CG_SQL_ADD_KEY,
		.args = { CG_DIGEST(digest), CG_TEXT(parts) },
	};
	return find_or_add(store, &find, &add, id, err);
}

static int add_blob(struct cg_store *store, const char *text, int64_t *id,
		    struct cg_error *err)
{
	struct cg_digest digest;

	cg_digest_of(&digest, text, strlen(text));
	struct cg_query find = { .sql = CG_SQL_FIND_BLOB,
				 .args = { CG_DIGEST(&digest) } };
	struct cg_query add = {
		.sql = CG_SQL_ADD_BLOB,
		.args = { CG_DIGEST(&digest), CG_TEXT(text) },
	};
	return find_or_add(store, &find, &add, id, err);
}

static int add_subject(struct cg_store *store, const char *kind, const char *name,
		       int64_t *id, struct cg_error *err)
{
	struct cg_query find = {
		.sql = CG_SQL_FIND_SUBJECT,
		.args = { CG_TEXT(kind), CG_TEXT(name) },
	};
	struct cg_query add = find;

	add.sql = CG_SQL_ADD_SUBJECT;
	return find_or_add(store, &find, &add, id, err);
}

/* What was known until @now becomes history, unless it is the same. */
static int put_fact(struct cg_store *store, int64_t key, int64_t subject, int64_t blob,
		    int64_t now, struct cg_error *err)
{
	struct cg_query query = {
		.sql = CG_SQL_RETIRE_FACT,
		.args = { CG_INT(key), CG_INT(subject), CG_INT(blob), CG_INT(now) },
	};

	if (cg_query_run(store, &query, err) < 0)
		return -1;
	query.sql = CG_SQL_PUT_FACT;
	return cg_query_run(store, &query, err);
}

/* NOLINTNEXTLINE(readability-function-size): as many parameters as a fact has parts */
int cg_store_put(struct cg_store *store, const char *kind, const char *parts,
		 const char *name, const char *text, int64_t now, struct cg_error *err)
{
	int64_t key, subject, blob;
	bool own;
	int rc;

	if (!cg_query_keeps(store))
		return 0;
	if (cg_query_start(store, &own, err) < 0)
		return -1;
	rc = add_key(store, parts, &key, err);
	if (rc == 0)
		rc = add_subject(store, kind, name, &subject, err);
	if (rc == 0)
		rc = add_blob(store, text, &blob, err);
	if (rc == 0)
		rc = put_fact(store, key, subject, blob, now, err);
	return cg_query_finish(store, own, rc, err);
}

int cg_store_forget(struct cg_store *store, const char *kind, const char *parts,
		    const char *name, struct cg_error *err)
{
	const struct cg_digest *digest;

	if (cg_query_parts(store, parts, &digest, err) < 0)
		return -1;
	struct cg_query query = {
		.sql = CG_SQL_FORGET,
		.args = { CG_DIGEST(digest), CG_TEXT(kind), CG_TEXT(name) },
	};
	return cg_query_write(store, &query, err);
}

int cg_store_put_blob(struct cg_store *store, const char *text, int64_t *id,
		      struct cg_error *err)
{
	int64_t added = 0;
	bool own;

	if (cg_query_keeps(store)) {
		if (cg_query_start(store, &own, err) < 0)
			return -1;
		if (cg_query_finish(store, own, add_blob(store, text, &added, err), err) <
		    0)
			return -1;
	}
	*id = cg_query_keeps(store) ? added : 0;
	return 0;
}

static int get_blob(struct cg_store *store, int64_t id, char **out, struct cg_error *err)
{
	struct cg_query query = {
		.sql = CG_SQL_GET_BLOB,
		.args = { CG_INT(id) },
		.row = take_text,
		.data = out,
	};

	return cg_query_run(store, &query, err);
}

int cg_store_get_blob(struct cg_store *store, int64_t id, char **out,
		      struct cg_error *err)
{
	char *text = NULL;

	if (get_blob(store, id, &text, err) < 0)
		return -1;
	*out = text;
	return 0;
}

struct file_row {
	bool found;
	struct cg_digest *out;
};

static enum cg_step take_file(const struct cg_row *row, void *data)
{
	struct file_row *file = data;

	file->found = cg_row_digest(row, 0, file->out);
	return file->found ? CG_STEP_STOP : CG_STEP_DAMAGED;
}

/* Wraps around for years that no clock shows: equal times are still equal. */
static int64_t nanoseconds(const struct timespec *time)
{
	return (int64_t)((uint64_t)time->tv_sec * CG_S + (uint64_t)time->tv_nsec);
}

static void identify_file(struct cg_query *query, const struct stat *st)
{
	query->args[0] = CG_INT(st->st_dev);
	query->args[1] = CG_INT(st->st_ino);
	query->args[2] = CG_INT(st->st_size);
	query->args[3] = CG_INT(nanoseconds(&st->st_mtim));
	query->args[4] = CG_INT(nanoseconds(&st->st_ctim));
}

int cg_store_get_file(struct cg_store *store, const struct stat *st, bool *found,
		      struct cg_digest *out, struct cg_error *err)
{
	struct file_row file = { .out = out };
	struct cg_query query = { .sql = CG_SQL_GET_FILE,
				  .row = take_file,
				  .data = &file };

	identify_file(&query, st);
	if (cg_query_run(store, &query, err) < 0)
		return -1;
	*found = file.found;
	return 0;
}

int cg_store_put_file(struct cg_store *store, const struct stat *st,
		      const struct cg_digest *digest, struct cg_error *err)
{
	struct cg_query query = { .sql = CG_SQL_PUT_FILE };

	identify_file(&query, st);
	query.args[5] = CG_DIGEST(digest);
	return cg_query_write(store, &query, err);
}

struct fact_walk {
	bool (*fn)(const struct cg_store_fact *fact, void *data);
	void *data;
};

static enum cg_step take_fact(const struct cg_row *row, void *data)
{
	struct fact_walk *walk = data;
	struct cg_store_fact fact = {
		.kind = cg_row_text(row, 0),
		.parts = cg_row_text(row, 1),
		.name = cg_row_text(row, 2),
		.measured = cg_row_int(row, 3),
		.replaced = cg_row_int(row, 4),
		.bytes = cg_row_int(row, 5),
	};

	if (!fact.kind || !fact.parts || !fact.name)
		return cg_row_lacks_text(row);
	return walk->fn(&fact, walk->data) ? CG_STEP_ON : CG_STEP_STOP;
}

int cg_store_each_fact(struct cg_store *store, const char *kind, bool history,
		       bool (*fn)(const struct cg_store_fact *fact, void *data),
		       void *data, struct cg_error *err)
{
	struct fact_walk walk = { .fn = fn, .data = data };
	struct cg_query query = {
		.sql = CG_SQL_EACH_FACT,
		.args = { CG_TEXT(kind), CG_INT(history) },
		.row = take_fact,
		.data = &walk,
	};

	return cg_query_run(store, &query, err);
}
