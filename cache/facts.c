// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Facts, the text that they are made of, and the memo of file digests. What is read was
 * once put, for what is asked, or it is a miss: every row that answers has a seal over
 * both, so not even a flipped bit in the file makes a wrong answer.
 */
#include "cache/store.h"

#include <endian.h>
#include <string.h>

#include "base/clock.h"
#include "cache/query.h"

/* What a fact says, and of what. */
struct claim {
	struct cg_digest key, kind, name, text;
};

static int make_claim(struct claim *claim, struct cg_store *store, const char *kind,
		      const char *parts, const char *name, struct cg_error *err)
{
	const struct cg_digest *key;

	if (cg_query_parts(store, parts, &key, err) < 0)
		return -1;
	claim->key = *key;
	cg_digest_of(&claim->kind, kind, strlen(kind));
	cg_digest_of(&claim->name, name, strlen(name));
	return 0;
}

static int64_t seal_piece(int64_t id, const struct cg_digest *text)
{
	struct {
		uint64_t id;
		struct cg_digest text;
	} piece = { htobe64((uint64_t)id), *text };

	return cg_database_seal(&piece, sizeof(piece));
}

/* One text, and the claim or the id that its seal must be for. */
struct reading {
	struct claim *claim; /* NULL: of a piece */
	int64_t id;
	char *text;
};

/* seal, body: copied if they belong together. */
static enum cg_step take_text(const struct cg_row *row, void *data)
{
	const char *body = cg_row_text(row, 1);
	struct reading *reading = data;
	struct claim *claim = reading->claim;
	struct cg_digest digest;
	int64_t right;

	if (!body)
		return cg_row_lacks_text(row);
	cg_digest_of(&digest, body, strlen(body));
	if (claim)
		claim->text = digest;
	right = claim ? cg_database_seal(claim, sizeof(*claim))
		      : seal_piece(reading->id, &digest);
	if (cg_row_int(row, 0) != right)
		return CG_STEP_DAMAGED;
	reading->text = strdup(body);
	return reading->text ? CG_STEP_STOP : CG_STEP_NO_MEMORY;
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
	struct claim claim;
	struct reading reading = { .claim = &claim };
	struct cg_query query = {
		.sql = CG_SQL_GET_FACT,
		.args = { CG_DIGEST(&claim.key), CG_TEXT(kind), CG_TEXT(name) },
		.row = take_text,
		.data = &reading,
	};

	if (make_claim(&claim, store, kind, parts, name, err) < 0 ||
	    cg_query_run(store, &query, err) < 0)
		return -1;
	*out = reading.text;
	return 0;
}

struct finding {
	struct claim claim;
	bool found;
};

/* seal, digest of the text: the row is checked without reading what it says. */
static enum cg_step take_existence(const struct cg_row *row, void *data)
{
	struct finding *finding = data;
	struct claim *claim = &finding->claim;

	finding->found = cg_row_digest(row, 1, &claim->text) &&
			 cg_row_int(row, 0) == cg_database_seal(claim, sizeof(*claim));
	return finding->found ? CG_STEP_STOP : CG_STEP_DAMAGED;
}

int cg_store_has(struct cg_store *store, const char *kind, const char *parts,
		 const char *name, bool *found, struct cg_error *err)
{
	struct finding finding = { .found = false };
	struct cg_query query = {
		.sql = CG_SQL_HAS_FACT,
		.args = { CG_DIGEST(&finding.claim.key), CG_TEXT(kind), CG_TEXT(name) },
		.row = take_existence,
		.data = &finding,
	};

	if (make_claim(&finding.claim, store, kind, parts, name, err) < 0 ||
	    cg_query_run(store, &query, err) < 0)
		return -1;
	*found = finding.found;
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

static int add_key(struct cg_store *store, const struct cg_digest *digest,
		   const char *parts, int64_t *id, struct cg_error *err)
{
	struct cg_query find = { .sql = CG_SQL_FIND_KEY, .args = { CG_DIGEST(digest) } };
	struct cg_query add = {
		.sql = CG_SQL_ADD_KEY,
		.args = { CG_DIGEST(digest), CG_TEXT(parts) },
	};
	return find_or_add(store, &find, &add, id, err);
}

struct piece {
	const struct cg_digest *digest;
	int64_t id;
};

/* id, seal: an index that leads to another text would make that one the answer. */
static enum cg_step take_piece(const struct cg_row *row, void *data)
{
	struct piece *piece = data;

	piece->id = cg_row_int(row, 0);
	return cg_row_int(row, 1) == seal_piece(piece->id, piece->digest)
		       ? CG_STEP_STOP
		       : CG_STEP_DAMAGED;
}

static int add_blob(struct cg_store *store, const struct cg_digest *digest,
		    const char *text, int64_t *id, struct cg_error *err)
{
	struct piece piece = { .digest = digest };
	struct cg_query find = { .sql = CG_SQL_FIND_BLOB,
				 .args = { CG_DIGEST(digest) },
				 .row = take_piece,
				 .data = &piece };
	struct cg_query next = { .sql = CG_SQL_NEXT_BLOB,
				 .row = cg_row_take_int,
				 .data = &piece.id };
	struct cg_query add = { .sql = CG_SQL_ADD_BLOB };

	if (cg_query_run(store, &find, err) < 0)
		return -1;
	*id = piece.id;
	if (*id)
		return 0;
	if (cg_query_run(store, &next, err) < 0)
		return -1;
	*id = piece.id;
	add.args[0] = CG_INT(*id);
	add.args[1] = CG_DIGEST(digest);
	add.args[2] = CG_INT(seal_piece(*id, digest));
	add.args[3] = CG_TEXT(text);
	return cg_query_run(store, &add, err);
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

struct row {
	int64_t key, subject, blob, seal;
};

/* What was known until @now becomes history, unless it is the same. */
static int put_fact(struct cg_store *store, const struct row *row, int64_t now,
		    struct cg_error *err)
{
	struct cg_query query = {
		.sql = CG_SQL_RETIRE_FACT,
		.args = { CG_INT(row->key), CG_INT(row->subject), CG_INT(row->blob),
			  CG_INT(now) },
	};

	if (cg_query_run(store, &query, err) < 0)
		return -1;
	query.sql = CG_SQL_PUT_FACT;
	query.args[4] = CG_INT(row->seal);
	return cg_query_run(store, &query, err);
}

/* NOLINTNEXTLINE(readability-function-size): as many parameters as a fact has parts */
int cg_store_put(struct cg_store *store, const char *kind, const char *parts,
		 const char *name, const char *text, int64_t now, struct cg_error *err)
{
	struct claim claim;
	struct row row;
	bool own;
	int rc;

	if (!cg_store_keeps(store))
		return 0;
	if (make_claim(&claim, store, kind, parts, name, err) < 0)
		return -1;
	cg_digest_of(&claim.text, text, strlen(text));
	row.seal = cg_database_seal(&claim, sizeof(claim));
	if (cg_query_start(store, &own, err) < 0)
		return -1;
	rc = add_key(store, &claim.key, parts, &row.key, err);
	if (rc == 0)
		rc = add_subject(store, kind, name, &row.subject, err);
	if (rc == 0)
		rc = add_blob(store, &claim.text, text, &row.blob, err);
	if (rc == 0)
		rc = put_fact(store, &row, now, err);
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
	struct cg_digest digest;
	int64_t added = 0;
	bool own;
	int rc;

	if (cg_store_keeps(store)) {
		cg_digest_of(&digest, text, strlen(text));
		if (cg_query_start(store, &own, err) < 0)
			return -1;
		rc = add_blob(store, &digest, text, &added, err);
		if (cg_query_finish(store, own, rc, err) < 0)
			return -1;
	}
	*id = cg_store_keeps(store) ? added : 0;
	return 0;
}

int cg_store_get_blob(struct cg_store *store, int64_t id, char **out,
		      struct cg_error *err)
{
	struct reading reading = { .id = id };
	struct cg_query query = {
		.sql = CG_SQL_GET_BLOB,
		.args = { CG_INT(id) },
		.row = take_text,
		.data = &reading,
	};

	if (cg_query_run(store, &query, err) < 0)
		return -1;
	*out = reading.text;
	return 0;
}

/* What the memo says, and of what. */
struct memo {
	uint64_t file[5];
	struct cg_digest digest;
};

struct recollection {
	struct memo memo;
	bool found;
};

/* seal, digest */
static enum cg_step take_file(const struct cg_row *row, void *data)
{
	struct recollection *file = data;

	file->found = cg_row_digest(row, 1, &file->memo.digest) &&
		      cg_row_int(row, 0) ==
			      cg_database_seal(&file->memo, sizeof(file->memo));
	return file->found ? CG_STEP_STOP : CG_STEP_DAMAGED;
}

/* Wraps around for years that no clock shows: equal times are still equal. */
static int64_t nanoseconds(const struct timespec *time)
{
	return (int64_t)((uint64_t)time->tv_sec * CG_S + (uint64_t)time->tv_nsec);
}

static void identify_file(struct cg_query *query, struct memo *memo,
			  const struct stat *st)
{
	const int64_t file[] = {
		(int64_t)st->st_dev,       (int64_t)st->st_ino,       st->st_size,
		nanoseconds(&st->st_mtim), nanoseconds(&st->st_ctim),
	};

	for (size_t i = 0; i < CG_COUNT(file); i++) {
		query->args[i] = CG_INT(file[i]);
		memo->file[i] = htobe64((uint64_t)file[i]);
	}
}

int cg_store_get_file(struct cg_store *store, const struct stat *st, bool *found,
		      struct cg_digest *out, struct cg_error *err)
{
	struct recollection file = { .found = false };
	struct cg_query query = { .sql = CG_SQL_GET_FILE,
				  .row = take_file,
				  .data = &file };

	identify_file(&query, &file.memo, st);
	if (cg_query_run(store, &query, err) < 0)
		return -1;
	*found = file.found;
	if (file.found)
		*out = file.memo.digest;
	return 0;
}

int cg_store_put_file(struct cg_store *store, const struct stat *st,
		      const struct cg_digest *digest, struct cg_error *err)
{
	struct cg_query query = { .sql = CG_SQL_PUT_FILE };
	struct memo memo = { .digest = *digest };

	identify_file(&query, &memo, st);
	query.args[5] = CG_DIGEST(digest);
	query.args[6] = CG_INT(cg_database_seal(&memo, sizeof(memo)));
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
