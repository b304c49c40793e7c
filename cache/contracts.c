// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading. Whatever isn't found is looked for in all rows: so a damaged index can't make a
 * promise disappear.
 */
#include "cache/contracts-inside.h"

#include <ctype.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/contracts-schema.h"
#include "cache/opening.h"

void cg_contracts_row_deinit(struct cg_contracts_row *row)
{
	free(row->name);
	free(row->uuid);
	free(row->text);
	*row = (struct cg_contracts_row){ 0 };
}

int64_t cg_contracts_row_seal(const struct cg_contracts_row *row)
{
	struct {
		uint64_t id, written, replaced;
		struct cg_digest name, uuid, text;
	} claim = { .id = htobe64((uint64_t)row->id),
		    .written = htobe64((uint64_t)row->written),
		    .replaced = htobe64((uint64_t)row->replaced),
		    .text = row->digest };
	const char *uuid = row->uuid ? row->uuid : "";

	cg_digest_of(&claim.name, row->name, strlen(row->name));
	cg_digest_of(&claim.uuid, uuid, strlen(uuid));
	return cg_database_seal(&claim, sizeof(claim));
}

int cg_contracts_run(struct cg_contracts *c, const struct cg_query *query,
		     struct cg_error *err)
{
	int rc = cg_database_execute(&c->database, query);

	return rc ? cg_database_explain(&c->database, rc, err) : 0;
}

/* Columns as in ROW, borrowed. */
static enum cg_step read_row(const struct cg_row *from, struct cg_contracts_row *out)
{
	out->id = cg_row_int(from, 0);
	out->name = (char *)(uintptr_t)cg_row_text(from, 1);
	if (!out->name)
		return cg_row_lacks_text(from);
	out->uuid = (char *)(uintptr_t)cg_row_text(from, 2);
	out->written = cg_row_int(from, 3);
	out->replaced = cg_row_int(from, 4);
	out->seal = cg_row_int(from, 6);
	if (!cg_row_digest(from, 5, &out->digest) ||
	    cg_contracts_row_seal(out) != out->seal)
		return CG_STEP_DAMAGED;
	return CG_STEP_ON;
}

/* And the text, column 7. */
static enum cg_step read_row_text(const struct cg_row *from, struct cg_contracts_row *out)
{
	enum cg_step step = read_row(from, out);
	struct cg_digest digest;

	if (step != CG_STEP_ON)
		return step;
	out->text = (char *)(uintptr_t)cg_row_text(from, 7);
	if (!out->text)
		return cg_row_lacks_text(from);
	cg_digest_of(&digest, out->text, strlen(out->text));
	return memcmp(&digest, &out->digest, sizeof(digest)) == 0 ? CG_STEP_ON
								  : CG_STEP_DAMAGED;
}

/* A row function: a copy of the row into the struct cg_contracts_row at @data. */
static enum cg_step take_row(const struct cg_row *from, void *data)
{
	struct cg_contracts_row row = { 0 }, *out = data;
	enum cg_step step = read_row_text(from, &row);

	if (step != CG_STEP_ON)
		return step;
	row.name = strdup(row.name);
	row.text = strdup(row.text);
	row.uuid = row.uuid ? strdup(row.uuid) : NULL;
	*out = row;
	return row.name && row.text ? CG_STEP_STOP : CG_STEP_NO_MEMORY;
}

/* All seals, what the ledger says about them, and the texts of one name or UUID. */
struct tally {
	const char *name, *uuid; /* either may be NULL */
	size_t current, older;
	int64_t rows, told_rows;
	uint64_t sum, told_sum;
};

static bool is_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* Columns as in ROW, and the ledger's; the former are NULL if there is no contract. */
static enum cg_step count_row(const struct cg_row *from, void *data)
{
	struct tally *tally = data;
	struct cg_contracts_row row = { 0 };
	enum cg_step step;

	tally->told_rows = cg_row_int(from, 7);
	tally->told_sum = (uint64_t)cg_row_int(from, 8);
	if (!cg_row_int(from, 0))
		return CG_STEP_ON;
	step = read_row(from, &row);
	tally->rows++;
	tally->sum += (uint64_t)row.seal;
	if (step == CG_STEP_ON && row.replaced)
		tally->older += is_same(row.name, tally->name);
	else if (step == CG_STEP_ON)
		tally->current += is_same(row.name, tally->name) ||
				  is_same(row.uuid, tally->uuid);
	return step;
}

static int count_all(struct cg_contracts *c, struct tally *out, struct cg_error *err)
{
	struct cg_query each = { .sql = SQL_EACH, .row = count_row, .data = out };

	out->told_rows = -1;
	return cg_contracts_run(c, &each, err);
}

int cg_contracts_damaged(const struct cg_contracts *c, struct cg_error *err)
{
	return cg_database_explain(&c->database, cg_database_damaged(), err);
}

/* Is every row there as it was written? Counts by what is in @tally. */
static int check_all(struct cg_contracts *c, struct tally *tally, struct cg_error *err)
{
	if (count_all(c, tally, err) < 0)
		return -1;
	return tally->rows == tally->told_rows && tally->sum == tally->told_sum
		       ? 0
		       : cg_contracts_damaged(c, err);
}

/* An empty row if there is none, as far as the indexes know. */
int cg_contracts_find(struct cg_contracts *c, enum cg_contracts_sql sql, const char *word,
		      struct cg_contracts_row *out, struct cg_error *err)
{
	struct cg_query query = {
		.sql = sql, .args = { CG_TEXT(word) }, .row = take_row, .data = out
	};

	if (cg_contracts_run(c, &query, err) < 0)
		return -1;
	if (!out->name || (!out->replaced &&
			   is_same(sql == SQL_FIND_UUID ? out->uuid : out->name, word)))
		return 0;
	cg_contracts_row_deinit(out);
	return cg_contracts_damaged(c, err);
}

char *cg_contracts_lower(const char *text)
{
	char *copy = strdup(text);

	for (char *p = copy; p && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

/*
 * The row that counts of a name or, if there is none, of a UUID. An index that is damaged
 * finds nothing where there is something.
 */
int cg_contracts_find_word(struct cg_contracts *c, const char *word,
			   struct cg_contracts_row *out, struct cg_error *err)
{
	cg_auto_free char *uuid = cg_contracts_lower(word);
	struct tally tally = { .name = word, .uuid = uuid };

	if (!uuid)
		return cg_error_errno(err, "%s", c->door.path);
	if (cg_contracts_find(c, SQL_FIND_NAME, word, out, err) < 0 ||
	    (!out->name && cg_contracts_find(c, SQL_FIND_UUID, uuid, out, err) < 0))
		return -1;
	if (out->name)
		return 0;
	if (check_all(c, &tally, err) < 0)
		return -1;
	return tally.current ? cg_contracts_damaged(c, err) : 0;
}

/*
 * A file that was emptied looks like one that is being made. The lock file beside it
 * remembers that it was made.
 */
static bool was_made(const struct cg_contracts *c)
{
	struct stat st;

	return c->door.fd >= 0 && fstat(c->door.fd, &st) == 0 && st.st_size > 0;
}

static void remember_made(const struct cg_contracts *c)
{
	if (c->door.fd >= 0 && !was_made(c))
		(void)!pwrite(c->door.fd, "made\n", 5, 0);
}

static int check_emptied(const struct cg_contracts *c, struct cg_error *err)
{
	struct stat st;

	if (stat(c->door.path, &st) < 0 || st.st_size > 0 || !was_made(c))
		return 0;
	return cg_error_set(err, CG_E_CORRUPT, "%s %s is damaged (it was emptied)%s",
			    kind.noun, c->door.path, CG_DATABASE_LEFT);
}

int cg_contracts_open(struct cg_contracts **out, const char *path, struct cg_error *err)
{
	cg_auto_contracts struct cg_contracts *c = calloc(1, sizeof(*c));
	struct cg_error unused;

	if (!c)
		return cg_error_errno(err, "open the state file %s", path);
	c->database = (struct cg_database){ .kind = &kind, .door = &c->door };
	c->door.fd = -1;
	if (cg_door_init(&c->door, path, err) < 0)
		return cg_error_prefix(err, "the state file %s", path);
	if (check_emptied(c, err) < 0 ||
	    !cg_opening_settle(&c->database, &c->door, err, &unused))
		return -1;
	remember_made(c);
	*out = cg_take(c);
	return 0;
}

struct cg_contracts *cg_contracts_close(struct cg_contracts *contracts)
{
	if (!contracts)
		return NULL;
	cg_database_roll_back(&contracts->database);
	cg_database_disconnect(&contracts->database);
	cg_door_deinit(&contracts->door);
	free(contracts);
	return NULL;
}

const char *cg_contracts_path(const struct cg_contracts *contracts)
{
	return contracts->door.path;
}

static int get_older(struct cg_contracts *c, const char *name, size_t ago,
		     struct cg_contracts_row *out, struct cg_error *err)
{
	struct cg_query query = { .sql = SQL_FIND_REPLACED,
				  .args = { CG_TEXT(name), CG_INT(ago - 1) },
				  .row = take_row,
				  .data = out };
	struct tally tally = { .name = name };

	if (cg_contracts_run(c, &query, err) < 0)
		return -1;
	if (out->name)
		return is_same(out->name, name) && out->replaced
			       ? 0
			       : cg_contracts_damaged(c, err);
	if (check_all(c, &tally, err) < 0)
		return -1;
	return tally.older >= ago ? cg_contracts_damaged(c, err) : 0;
}

static int get(struct cg_contracts *c, const char *word, size_t ago,
	       struct cg_contracts_row *out, struct cg_error *err)
{
	struct cg_contracts_row first = { 0 };
	int ret;

	if (!ago)
		return cg_contracts_find_word(c, word, out, err);
	ret = cg_contracts_find_word(c, word, &first, err);
	if (ret == 0 && first.name)
		ret = get_older(c, first.name, ago, out, err);
	cg_contracts_row_deinit(&first);
	return ret;
}

int cg_contracts_get(struct cg_contracts *contracts, const char *name, size_t ago,
		     char **text, struct cg_error *err)
{
	struct cg_contracts_row row = { 0 };
	int ret = get(contracts, name, ago, &row, err);

	if (ret == 0)
		*text = cg_take(row.text);
	cg_contracts_row_deinit(&row);
	return ret;
}

int cg_contracts_owner(struct cg_contracts *contracts, const char *uuid, char **name,
		       struct cg_error *err)
{
	cg_auto_free char *small = cg_contracts_lower(uuid);
	struct cg_contracts_row row = { 0 };

	if (!small)
		return cg_error_errno(err, "%s", contracts->door.path);
	if (cg_contracts_find(contracts, SQL_FIND_UUID, small, &row, err) < 0)
		return -1;
	*name = cg_take(row.name);
	cg_contracts_row_deinit(&row);
	return 0;
}

struct walk {
	bool (*fn)(const struct cg_contracts_entry *entry, void *data);
	void *data;
};

static enum cg_step visit(const struct cg_row *from, void *data)
{
	const struct walk *walk = data;
	struct cg_contracts_row row = { 0 };
	enum cg_step step = read_row_text(from, &row);
	const struct cg_contracts_entry entry = { .name = row.name,
						  .uuid = row.uuid,
						  .written = row.written,
						  .replaced = row.replaced,
						  .text = row.text };

	if (step != CG_STEP_ON)
		return step;
	return walk->fn(&entry, walk->data) ? CG_STEP_ON : CG_STEP_STOP;
}

int cg_contracts_each(struct cg_contracts *contracts, bool replaced,
		      bool (*fn)(const struct cg_contracts_entry *entry, void *data),
		      void *data, struct cg_error *err)
{
	struct walk walk = { .fn = fn, .data = data };
	struct cg_query each = { .sql = SQL_EACH_TEXT,
				 .args = { CG_INT(replaced) },
				 .row = visit,
				 .data = &walk };

	struct tally tally = { 0 };

	return check_all(contracts, &tally, err) < 0
		       ? -1
		       : cg_contracts_run(contracts, &each, err);
}
