// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Only who has the door alone makes tables or renames the file, and renames it only with
 * no connection to it.
 */
#include "cache/opening.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"

#define DOOR_WAIT (1 * CG_S)

enum finding {
	USABLE,
	OLDER, /* or empty; connected, for update() */
	DAMAGED,
	NEWER,
	USELESS, /* can't be opened, or is not ours to set aside */
};

static int look(struct cg_database *db, int64_t *version)
{
	int rc = cg_database_connect(db, CG_CONNECT_FILE, version);
	enum cg_fault fault = cg_database_fault(rc);

	if (fault != CG_FAULT_UNREACHABLE && fault != CG_FAULT_READ_ONLY)
		return rc;
	/*
	 * Perhaps only because the log can't be made. Should somebody else be able to
	 * write after all, we may read a mixture of old and new pages: since text is
	 * checked against its seal and ids are never given twice, that makes misses or
	 * visible damage.
	 */
	return cg_door_is_static(db->door)
		       ? cg_database_connect(db, CG_CONNECT_STATIC_FILE, version)
		       : rc;
}

/* What there is, once it could be opened; @version is that of its tables. */
static enum finding weigh(const struct cg_database *db, int64_t version,
			  struct cg_error *why)
{
	const struct cg_database_kind *kind = db->kind;
	const char *path = db->door->path;

	if (version > kind->version) {
		(void)cg_error_set(why, CG_E_NEWER,
				   "%s %s was written by a newer version (its"
				   " schema is %lld, this version knows %lld)%s",
				   kind->noun, path, (long long)version,
				   (long long)kind->version,
				   kind->rebuildable ? "" : CG_DATABASE_LEFT);
		return NEWER;
	}
	if (version < kind->version) {
		(void)cg_error_set(why, CG_E_TIMEOUT,
				   "%s %s cannot be made: its folder is read-only,"
				   " or others still use one that was removed",
				   kind->noun, path);
		return OLDER;
	}
	return USABLE;
}

/* Open the file, and say in @why what is wrong with it. */
static enum finding examine(struct cg_database *db, struct cg_error *why)
{
	const int64_t known = db->kind->version;
	int64_t version = known;
	int rc = look(db, &version);
	bool foreign = version != known && cg_database_is_foreign(db);

	if (rc == 0 && version < 0)
		rc = cg_database_damaged();
	/* Fails where our tables are missing; the first answer needs it anyway. */
	if (rc == 0 && version == known)
		rc = cg_database_prepare(db, db->kind->touchstone);
	if (foreign ||
	    (cg_database_fault(rc) == CG_FAULT_NO_TABLES && cg_database_is_foreign(db))) {
		(void)cg_error_set(why, CG_E_USAGE,
				   "%s is another program's database: it is left alone",
				   db->door->path);
		return USELESS;
	}
	if (rc) {
		(void)cg_database_explain(db, rc, why);
		return why->code == CG_E_CORRUPT ? DAMAGED : USELESS;
	}
	return weigh(db, version, why);
}

/* Bring an older or empty file up to date. Only for who has the door alone. */
static enum finding update(struct cg_database *db, struct cg_error *why)
{
	int rc = cg_database_migrate(db);

	if (rc == 0)
		return USABLE;
	(void)cg_database_explain(db, rc, why);
	return USELESS;
}

/* Set the file aside and begin a new one. Only for who has the door alone. */
static enum finding replace(struct cg_database *db, struct cg_door *door,
			    enum finding finding, struct cg_error *why,
			    struct cg_error *aside)
{
	const char *suffix = finding == NEWER ? "newer" : "corrupt";
	struct cg_error warning;

	cg_database_disconnect(db);
	if (cg_door_set_aside(door, suffix, why) < 0)
		return USELESS;
	(void)cg_error_set(&warning, why->code,
			   "%s; it is kept as %s.%s, and a new one was begun", why->msg,
			   door->path, suffix);
	finding = examine(db, why);
	if (finding == OLDER)
		finding = update(db, why);
	if (finding == USABLE)
		*aside = warning;
	return finding;
}

/* One try. True when there is nothing to wait for. */
static bool try_to_settle(struct cg_database *db, struct cg_door *door,
			  enum finding *finding, struct cg_error *why,
			  struct cg_error *aside)
{
	bool retry;

	*finding = USELESS;
	if (!cg_door_enter(door)) {
		(void)cg_error_set(why, CG_E_TIMEOUT, "%s %s is being made",
				   db->kind->noun, door->path);
		return false;
	}
	*finding = examine(db, why);
	if (*finding == USABLE || *finding == USELESS ||
	    (*finding != OLDER && !db->kind->rebuildable))
		return true;
	if (cg_door_own(door)) {
		*finding = *finding == OLDER ? update(db, why)
					     : replace(db, door, *finding, why, aside);
		(void)cg_door_enter(door);
		return true;
	}
	/* If others are in the door for the same reason, one of us must leave. */
	retry = errno == EAGAIN;
	cg_database_disconnect(db);
	cg_door_leave(door);
	*finding = USELESS;
	return !retry;
}

bool cg_opening_settle(struct cg_database *database, struct cg_door *door,
		       struct cg_error *why, struct cg_error *aside)
{
	int64_t deadline = cg_clock_in(DOOR_WAIT);
	enum finding finding = USELESS;
	struct pollfd none = { .fd = -1 };

	for (int ms = 1; !try_to_settle(database, door, &finding, why, aside);
	     ms = ms < 16 ? 2 * ms : ms) {
		if (cg_clock_left_ms(deadline) == 0)
			break;
		/* Not all for equally long, or they would meet again. */
		(void)poll(&none, 1,
			   1 + (int)((uint64_t)cg_clock_now() / 64 % (uint64_t)ms));
	}
	if (finding != USABLE)
		cg_database_disconnect(database);
	return finding == USABLE;
}
