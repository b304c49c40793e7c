// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Everything that writes: all of it or nothing.
 *
 * What a change costs doesn't grow with the number of contracts, so not all rows are looked
 * through. The ledger is changed by the seals that come and go: one that was wrong stays wrong,
 * and shows when they are looked through. That a name has no contract yet is what two indexes
 * say, each by itself.
 */
#include "cache/contracts-inside.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By how much the ledger is to change. */
struct change {
	int64_t rows;
	uint64_t sum;
	bool found; /* the ledger */
};

int cg_contracts_check_writable(const struct cg_contracts *c, struct cg_error *err)
{
	return cg_database_is_read_only(&c->database)
		       ? cg_database_explain(&c->database, cg_database_read_only(), err)
		       : 0;
}

static int begin(struct cg_contracts *c, struct cg_error *err)
{
	struct cg_query query = { .sql = CG_SQL_BEGIN };

	return cg_contracts_check_writable(c, err) < 0 ? -1
						       : cg_contracts_run(c, &query, err);
}

static int finish(struct cg_contracts *c, int result, struct cg_error *err)
{
	struct cg_query query = { .sql = CG_SQL_COMMIT };

	if (result == 0)
		result = cg_contracts_run(c, &query, err);
	if (result < 0)
		cg_database_roll_back(&c->database);
	return result;
}

/* A row function: rows and sum as they are, to which the change in @data is added. */
static enum cg_step take_ledger(const struct cg_row *from, void *data)
{
	struct change *change = data;

	change->found = true;
	change->rows += cg_row_int(from, 0);
	change->sum += (uint64_t)cg_row_int(from, 1);
	return CG_STEP_STOP;
}

static int change_ledger(struct cg_contracts *c, struct change *change,
			 struct cg_error *err)
{
	struct cg_query get = { .sql = SQL_GET_LEDGER,
				.row = take_ledger,
				.data = change };
	struct cg_query set = { .sql = SQL_SET_LEDGER };

	if (cg_contracts_run(c, &get, err) < 0)
		return -1;
	if (!change->found)
		return cg_contracts_damaged(c, err);
	set.args[0] = CG_INT(change->rows);
	set.args[1] = CG_INT(change->sum);
	return cg_contracts_run(c, &set, err);
}

static int retire(struct cg_contracts *c, struct cg_contracts_row *old, int64_t now,
		  struct change *change, struct cg_error *err)
{
	struct cg_query retire = { .sql = SQL_RETIRE };
	int64_t seal;

	old->replaced = now > 0 ? now : 1;
	seal = cg_contracts_row_seal(old);
	change->sum += (uint64_t)seal - (uint64_t)old->seal;
	retire.args[0] = CG_INT(old->id);
	retire.args[1] = CG_INT(old->replaced);
	retire.args[2] = CG_INT(seal);
	return cg_contracts_run(c, &retire, err);
}

/* A row function: the seal of a row that goes. */
static enum cg_step take_away(const struct cg_row *from, void *data)
{
	struct change *change = data;

	change->rows--;
	change->sum -= (uint64_t)cg_row_int(from, 0);
	return CG_STEP_ON;
}

/* Of a name, all but the newest @kept texts. */
static int drop(struct cg_contracts *c, const char *name, int kept, struct change *change,
		struct cg_error *err)
{
	struct cg_query query = { .sql = SQL_DROP_TEXTS,
				  .args = { CG_TEXT(name), CG_INT(kept) } };

	if (cg_contracts_run(c, &query, err) < 0)
		return -1;
	query.sql = SQL_DROP;
	query.row = take_away;
	query.data = change;
	return cg_contracts_run(c, &query, err);
}

static int add(struct cg_contracts *c, struct cg_contracts_row *row,
	       struct change *change, struct cg_error *err)
{
	struct cg_query next = { .sql = SQL_NEXT_ID,
				 .row = cg_row_take_int,
				 .data = &row->id };
	struct cg_query text = { .sql = SQL_ADD_TEXT };
	struct cg_query add = { .sql = SQL_ADD };

	cg_digest_of(&row->digest, row->text, strlen(row->text));
	if (cg_contracts_run(c, &next, err) < 0)
		return -1;
	add.args[0] = CG_INT(row->id);
	add.args[1] = CG_TEXT(row->name);
	add.args[2] = CG_TEXT(row->uuid);
	add.args[3] = CG_INT(row->written);
	add.args[4] = CG_DIGEST(&row->digest);
	row->seal = cg_contracts_row_seal(row);
	change->rows++;
	change->sum += (uint64_t)row->seal;
	add.args[5] = CG_INT(row->seal);
	text.args[0] = CG_INT(row->id);
	text.args[1] = CG_TEXT(row->text);
	return cg_contracts_run(c, &add, err) < 0 ? -1 : cg_contracts_run(c, &text, err);
}

static int check_room(struct cg_contracts *c, struct cg_error *err)
{
	int64_t count = 0;
	struct cg_query query = { .sql = SQL_COUNT,
				  .row = cg_row_take_int,
				  .data = &count };

	if (cg_contracts_run(c, &query, err) < 0)
		return -1;
	if (count >= CG_CONTRACTS_MAX)
		return cg_error_set(err, CG_E_LIMIT,
				    "%s has %d contracts, which is all that it takes: "
				    "forget some",
				    c->door.path, CG_CONTRACTS_MAX);
	return 0;
}

static int check_uuid(struct cg_contracts *c, const struct cg_contracts_row *row,
		      struct cg_error *err)
{
	struct cg_contracts_row other = { 0 };
	int ret = row->uuid ? cg_contracts_find(c, SQL_FIND_UUID, row->uuid, &other, err)
			    : 0;

	if (ret == 0 && other.name && strcmp(other.name, row->name) != 0)
		ret = cg_error_set(err, CG_E_USAGE,
				   "%s can't have the UUID %s, which is that of %s",
				   row->name, row->uuid, other.name);
	cg_contracts_row_deinit(&other);
	return ret;
}

static int replace(struct cg_contracts *c, struct cg_contracts_row *row,
		   struct cg_contracts_row *old, struct cg_error *err)
{
	struct change change = { 0 };

	if (check_uuid(c, row, err) < 0 ||
	    (old->name ? retire(c, old, row->written, &change, err)
		       : check_room(c, err)) < 0 ||
	    add(c, row, &change, err) < 0 ||
	    drop(c, row->name, 1 + CG_CONTRACTS_REPLACED, &change, err) < 0)
		return -1;
	return change_ledger(c, &change, err);
}

/* One that a single index has lost is damage. */
static int find_old(struct cg_contracts *c, const char *name,
		    struct cg_contracts_row *out, struct cg_error *err)
{
	struct cg_contracts_row again = { 0 };
	int ret = cg_contracts_find(c, SQL_FIND_NAME, name, out, err);

	if (ret == 0 && !out->name)
		ret = cg_contracts_find(c, SQL_FIND_NAME_AGAIN, name, &again, err);
	if (ret == 0 && again.name)
		ret = cg_contracts_damaged(c, err);
	cg_contracts_row_deinit(&again);
	return ret;
}

static int put(struct cg_contracts *c, struct cg_contracts_row *row, struct cg_error *err)
{
	struct cg_contracts_row old = { 0 };
	int ret = find_old(c, row->name, &old, err);

	if (ret == 0 && !(old.name && strcmp(old.text, row->text) == 0))
		ret = replace(c, row, &old, err);
	cg_contracts_row_deinit(&old);
	return ret;
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

int cg_contracts_put(struct cg_contracts *contracts, const char *name, const char *uuid,
		     const char *text, int64_t now, struct cg_error *err)
{
	cg_auto_free char *id = uuid ? cg_contracts_lower(uuid) : NULL;
	struct cg_contracts_row row = { .name = (char *)(uintptr_t)name,
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
	struct cg_contracts_row row = { 0 };
	struct change change = { 0 };
	int ret = cg_contracts_find_word(c, word, &row, err);

	*found = ret == 0 && row.name;
	if (*found)
		ret = drop(c, row.name, 0, &change, err) < 0
			      ? -1
			      : change_ledger(c, &change, err);
	cg_contracts_row_deinit(&row);
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
