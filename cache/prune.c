// SPDX-License-Identifier: LGPL-2.1-or-later
/* Forgetting. Which keys stay says the caller, which text stays is found out here. */
#include "cache/marks.h"
#include "cache/query.h"

struct prune {
	bool (*keep)(const char *parts, void *data);
	void *data;
	struct cg_marks keys;
	struct cg_marks blobs;
	int64_t facts;
};

static enum cg_step take_key(const struct cg_row *row, void *data)
{
	int64_t id = cg_row_int(row, 0);
	const char *parts = cg_row_text(row, 1);
	struct prune *prune = data;

	if (!parts)
		return cg_row_lacks_text(row);
	if (cg_marks_add(&prune->keys, id) < 0)
		return CG_STEP_NO_MEMORY;
	if (prune->keep(parts, prune->data))
		cg_marks_set(&prune->keys, id);
	return CG_STEP_ON;
}

static enum cg_step take_blob(const struct cg_row *row, void *data)
{
	return cg_marks_add(data, cg_row_int(row, 0)) < 0 ? CG_STEP_NO_MEMORY
							  : CG_STEP_ON;
}

static enum cg_step take_root(const struct cg_row *row, void *data)
{
	cg_marks_set(data, cg_row_int(row, 0));
	return CG_STEP_ON;
}

/* Run @sql for each id without a mark; *@rows grows by the rows that went. */
static int sweep(struct cg_store *store, const struct cg_marks *marks, enum cg_sql sql,
		 int64_t *rows, struct cg_error *err)
{
	for (size_t i = 0; i < marks->count; i++) {
		struct cg_query query = { .sql = sql,
					  .args = { CG_INT(marks->all[i].id) } };

		if (marks->all[i].marked)
			continue;
		if (cg_query_run(store, &query, err) < 0)
			return -1;
		*rows += cg_query_changes(store);
	}
	return 0;
}

static int prune_facts(struct cg_store *store, struct prune *prune, struct cg_error *err)
{
	struct cg_query each = { .sql = CG_SQL_EACH_KEY, .row = take_key, .data = prune };
	struct cg_query past = { .sql = CG_SQL_DROP_PAST };
	struct cg_query keys = { .sql = CG_SQL_DROP_KEYS };
	struct cg_query subjects = { .sql = CG_SQL_DROP_SUBJECTS };

	if (cg_query_run(store, &each, err) < 0 ||
	    sweep(store, &prune->keys, CG_SQL_DROP_FACTS, &prune->facts, err) < 0 ||
	    cg_query_run(store, &past, err) < 0)
		return -1;
	prune->facts += cg_query_changes(store);
	if (cg_query_run(store, &keys, err) < 0)
		return -1;
	return cg_query_run(store, &subjects, err);
}

static int prune_blobs(struct cg_store *store, struct cg_marks *blobs,
		       struct cg_error *err)
{
	struct cg_query all = { .sql = CG_SQL_EACH_BLOB,
				.row = take_blob,
				.data = blobs };
	struct cg_query roots = { .sql = CG_SQL_EACH_ROOT,
				  .row = take_root,
				  .data = blobs };
	int64_t id, rows = 0;

	if (cg_query_run(store, &all, err) < 0 || cg_query_run(store, &roots, err) < 0)
		return -1;
	while (cg_marks_next(blobs, &id)) {
		cg_auto_free char *text = NULL;

		if (cg_store_get_blob(store, id, &text, err) < 0)
			return -1;
		if (text)
			cg_marks_set_from(blobs, text);
	}
	return sweep(store, blobs, CG_SQL_DROP_BLOB, &rows, err);
}

static int prune_all(struct cg_store *store, struct prune *prune, struct cg_error *err)
{
	struct cg_query shrink = { .sql = CG_SQL_SHRINK };
	struct cg_query write_back = { .sql = CG_SQL_WRITE_BACK };
	struct cg_error ignored;
	bool own;
	int rc;

	if (cg_query_start(store, &own, err) < 0)
		return -1;
	rc = prune_facts(store, prune, err);
	if (rc == 0)
		rc = prune_blobs(store, &prune->blobs, err);
	if (rc == 0)
		rc = cg_query_run(store, &shrink, err);
	if (cg_query_finish(store, own, rc, err) < 0)
		return -1;
	/*
	 * The file gets shorter with its log written back: now, or by the last to close.
	 */
	if (own)
		(void)!cg_query_run(store, &write_back, &ignored);
	return 0;
}

int cg_store_prune(struct cg_store *store, bool (*keep)(const char *parts, void *data),
		   void *data, int64_t *facts, struct cg_error *err)
{
	struct prune prune = { .keep = keep, .data = data };
	int rc = prune_all(store, &prune, err);

	cg_marks_deinit(&prune.keys);
	cg_marks_deinit(&prune.blobs);
	if (rc < 0)
		return -1;
	*facts = cg_store_state(store) == CG_STORE_READ_WRITE ? prune.facts : 0;
	return 0;
}
