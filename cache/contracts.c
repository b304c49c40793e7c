// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whatever isn't found, and whatever is about to change, is looked for in all rows first:
 * so a damaged index can't make a promise disappear.
 */
#include "cache/contracts.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

#include "cache/contracts-schema.h"
#include "cache/opening.h"

struct cg_contracts {
	struct cg_door door;
	struct cg_database database;
};

/* A row, copied. */
struct row {
	int64_t id, written, replaced, seal;
	struct cg_digest digest;
	char *name, *uuid, *text;
};

static void row_deinit(struct row *row)
{
	free(row->name);
	free(row->uuid);
	free(row->text);
	*row = (struct row){ 0 };
}

static int64_t seal_row(const struct row *row)
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

static int run(struct cg_contracts *c, const struct cg_query *query, struct cg_error *err)
{
	int rc = cg_database_execute(&c->database, query);

	return rc ? cg_database_explain(&c->database, rc, err) : 0;
}

/* Columns as in ROW, borrowed. */
static enum cg_step read_row(const struct cg_row *from, struct row *out)
{
	out->id = cg_row_int(from, 0);
	out->name = (char *)(uintptr_t)cg_row_text(from, 1);
	if (!out->name)
		return cg_row_lacks_text(from);
	out->uuid = (char *)(uintptr_t)cg_row_text(from, 2);
	out->written = cg_row_int(from, 3);
	out->replaced = cg_row_int(from, 4);
	out->seal = cg_row_int(from, 6);
	if (!cg_row_digest(from, 5, &out->digest) || seal_row(out) != out->seal)
		return CG_STEP_DAMAGED;
	return CG_STEP_ON;
}

/* And the text, column 7. */
static enum cg_step read_row_text(const struct cg_row *from, struct row *out)
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

/* A row function: a copy of the row into the struct row at @data. */
static enum cg_step take_row(const struct cg_row *from, void *data)
{
	struct row row = { 0 }, *out = data;
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
	struct row row = { 0 };
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
	return run(c, &each, err);
}

static int damaged(const struct cg_contracts *c, struct cg_error *err)
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
		       : damaged(c, err);
}

/* After a change: what check_all() will expect. */
static int settle_ledger(struct cg_contracts *c, struct cg_error *err)
{
	struct cg_query set = { .sql = SQL_SET_LEDGER };
	struct tally found = { 0 };

	if (count_all(c, &found, err) < 0)
		return -1;
	set.args[0] = CG_INT(found.rows);
	set.args[1] = CG_INT(found.sum);
	return run(c, &set, err);
}

/* An empty row if there is none, as far as the indexes know. */
static int find(struct cg_contracts *c, enum sql sql, const char *word, struct row *out,
		struct cg_error *err)
{
	struct cg_query query = {
		.sql = sql, .args = { CG_TEXT(word) }, .row = take_row, .data = out
	};

	if (run(c, &query, err) < 0)
		return -1;
	if (!out->name || (!out->replaced &&
			   is_same(sql == SQL_FIND_NAME ? out->name : out->uuid, word)))
		return 0;
	row_deinit(out);
	return damaged(c, err);
}

static char *lower(const char *text)
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
static int find_word(struct cg_contracts *c, const char *word, struct row *out,
		     struct cg_error *err)
{
	cg_auto_free char *uuid = lower(word);
	struct tally tally = { .name = word, .uuid = uuid };

	if (!uuid)
		return cg_error_errno(err, "%s", c->door.path);
	if (find(c, SQL_FIND_NAME, word, out, err) < 0 ||
	    (!out->name && find(c, SQL_FIND_UUID, uuid, out, err) < 0))
		return -1;
	if (out->name)
		return 0;
	if (check_all(c, &tally, err) < 0)
		return -1;
	return tally.current ? damaged(c, err) : 0;
}

static int sync_folder(const char *path, struct cg_error *err)
{
	cg_auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* What we may not read we didn't make. */
	if (fd < 0)
		return errno == EACCES ? 0 : cg_error_errno(err, "open %s", path);
	return fsync(fd) < 0 ? cg_error_errno(err, "write %s", path) : 0;
}

/* That there is such a file is on the disk, too, with the folder that was made for it. */
static int sync_folders(const struct cg_contracts *c, struct cg_error *err)
{
	cg_auto_free char *copy = strdup(c->door.path);
	char *folder;

	if (!copy)
		return cg_error_errno(err, "%s", c->door.path);
	folder = dirname(copy);
	return sync_folder(folder, err) < 0 ? -1 : sync_folder(dirname(folder), err);
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
		     struct row *out, struct cg_error *err)
{
	struct cg_query query = { .sql = SQL_FIND_REPLACED,
				  .args = { CG_TEXT(name), CG_INT(ago - 1) },
				  .row = take_row,
				  .data = out };
	struct tally tally = { .name = name };

	if (run(c, &query, err) < 0)
		return -1;
	if (out->name)
		return is_same(out->name, name) && out->replaced ? 0 : damaged(c, err);
	if (check_all(c, &tally, err) < 0)
		return -1;
	return tally.older >= ago ? damaged(c, err) : 0;
}

static int get(struct cg_contracts *c, const char *word, size_t ago, struct row *out,
	       struct cg_error *err)
{
	struct row first = { 0 };
	int ret;

	if (!ago)
		return find_word(c, word, out, err);
	ret = find_word(c, word, &first, err);
	if (ret == 0 && first.name)
		ret = get_older(c, first.name, ago, out, err);
	row_deinit(&first);
	return ret;
}

int cg_contracts_get(struct cg_contracts *contracts, const char *name, size_t ago,
		     char **text, struct cg_error *err)
{
	struct row row = { 0 };
	int ret = get(contracts, name, ago, &row, err);

	if (ret == 0)
		*text = cg_take(row.text);
	row_deinit(&row);
	return ret;
}

/* Everything that writes: all of it or nothing. */

static int begin(struct cg_contracts *c, struct cg_error *err)
{
	struct cg_query query = { .sql = CG_SQL_BEGIN };

	if (cg_database_is_read_only(&c->database))
		return cg_database_explain(&c->database, cg_database_read_only(), err);
	return run(c, &query, err);
}

static int finish(struct cg_contracts *c, int result, struct cg_error *err)
{
	struct cg_query query = { .sql = CG_SQL_COMMIT };

	if (result == 0)
		result = run(c, &query, err);
	if (result < 0)
		cg_database_roll_back(&c->database);
	return result;
}

static int retire(struct cg_contracts *c, struct row *old, int64_t now,
		  struct cg_error *err)
{
	struct cg_query retire = { .sql = SQL_RETIRE };

	old->replaced = now > 0 ? now : 1;
	retire.args[0] = CG_INT(old->id);
	retire.args[1] = CG_INT(old->replaced);
	retire.args[2] = CG_INT(seal_row(old));
	return run(c, &retire, err);
}

/* Of a name, all but the newest @kept texts. */
static int drop(struct cg_contracts *c, const char *name, int kept, struct cg_error *err)
{
	struct cg_query query = { .sql = SQL_DROP_TEXTS,
				  .args = { CG_TEXT(name), CG_INT(kept) } };

	if (run(c, &query, err) < 0)
		return -1;
	query.sql = SQL_DROP;
	return run(c, &query, err);
}

static int add(struct cg_contracts *c, struct row *row, struct cg_error *err)
{
	struct cg_query next = { .sql = SQL_NEXT_ID,
				 .row = cg_row_take_int,
				 .data = &row->id };
	struct cg_query text = { .sql = SQL_ADD_TEXT };
	struct cg_query add = { .sql = SQL_ADD };

	cg_digest_of(&row->digest, row->text, strlen(row->text));
	if (run(c, &next, err) < 0)
		return -1;
	add.args[0] = CG_INT(row->id);
	add.args[1] = CG_TEXT(row->name);
	add.args[2] = CG_TEXT(row->uuid);
	add.args[3] = CG_INT(row->written);
	add.args[4] = CG_DIGEST(&row->digest);
	add.args[5] = CG_INT(seal_row(row));
	text.args[0] = CG_INT(row->id);
	text.args[1] = CG_TEXT(row->text);
	return run(c, &add, err) < 0 ? -1 : run(c, &text, err);
}

static int check_room(struct cg_contracts *c, struct cg_error *err)
{
	int64_t count = 0;
	struct cg_query query = { .sql = SQL_COUNT,
				  .row = cg_row_take_int,
				  .data = &count };

	if (run(c, &query, err) < 0)
		return -1;
	if (count >= CG_CONTRACTS_MAX)
		return cg_error_set(err, CG_E_LIMIT,
				    "%s has %d contracts, which is all that it takes: "
				    "forget some",
				    c->door.path, CG_CONTRACTS_MAX);
	return 0;
}

static int check_uuid(struct cg_contracts *c, const struct row *row, struct cg_error *err)
{
	struct row other = { 0 };
	int ret = row->uuid ? find(c, SQL_FIND_UUID, row->uuid, &other, err) : 0;

	if (ret == 0 && other.name && strcmp(other.name, row->name) != 0)
		ret = cg_error_set(err, CG_E_USAGE, "the UUID %s is that of %s",
				   row->uuid, other.name);
	row_deinit(&other);
	return ret;
}

static int replace(struct cg_contracts *c, struct row *row, struct row *old,
		   struct cg_error *err)
{
	if (check_uuid(c, row, err) < 0 ||
	    (old->name ? retire(c, old, row->written, err) : check_room(c, err)) < 0 ||
	    add(c, row, err) < 0 ||
	    drop(c, row->name, 1 + CG_CONTRACTS_REPLACED, err) < 0)
		return -1;
	return settle_ledger(c, err);
}

static int put(struct cg_contracts *c, struct row *row, struct cg_error *err)
{
	struct tally tally = { .name = row->name };
	struct row old = { 0 };
	int ret = -1;

	if (check_all(c, &tally, err) == 0 &&
	    find(c, SQL_FIND_NAME, row->name, &old, err) == 0) {
		if (tally.current != (old.name != NULL))
			ret = damaged(c, err);
		else if (is_same(old.text, row->text))
			ret = 0;
		else
			ret = replace(c, row, &old, err);
	}
	row_deinit(&old);
	return ret;
}

int cg_contracts_put(struct cg_contracts *contracts, const char *name, const char *uuid,
		     const char *text, int64_t now, struct cg_error *err)
{
	cg_auto_free char *id = uuid ? lower(uuid) : NULL;
	struct row row = { .name = (char *)(uintptr_t)name,
			   .uuid = id,
			   .text = (char *)(uintptr_t)text,
			   .written = now };

	if (uuid && !id)
		return cg_error_errno(err, "%s", name);
	if (strlen(text) > CG_CONTRACTS_TEXT)
		return cg_error_set(err, CG_E_LIMIT,
				    "the contract of %s has more than %d bytes", name,
				    CG_CONTRACTS_TEXT);
	if (begin(contracts, err) < 0 ||
	    finish(contracts, put(contracts, &row, err), err) < 0)
		return -1;
	return row.id == 1 ? sync_folders(contracts, err) : 0;
}

static int forget(struct cg_contracts *c, const char *word, bool *found,
		  struct cg_error *err)
{
	struct tally tally = { 0 };
	struct row row = { 0 };
	int ret = -1;

	if (check_all(c, &tally, err) == 0)
		ret = find_word(c, word, &row, err);
	*found = ret == 0 && row.name;
	if (*found)
		ret = drop(c, row.name, 0, err) < 0 ? -1 : settle_ledger(c, err);
	row_deinit(&row);
	return ret;
}

int cg_contracts_forget(struct cg_contracts *contracts, const char *name, bool *found,
			struct cg_error *err)
{
	bool was_there = false;

	if (begin(contracts, err) < 0 ||
	    finish(contracts, forget(contracts, name, &was_there, err), err) < 0)
		return -1;
	*found = was_there;
	return 0;
}

struct walk {
	bool (*fn)(const struct cg_contracts_entry *entry, void *data);
	void *data;
};

static enum cg_step visit(const struct cg_row *from, void *data)
{
	const struct walk *walk = data;
	struct row row = { 0 };
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

	return check_all(contracts, &tally, err) < 0 ? -1 : run(contracts, &each, err);
}
