// SPDX-License-Identifier: LGPL-2.1-or-later
/* The side that a guest leaves. */
#include "emulator/outgoing.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emulator/monitor.h"
#include "emulator/query.h"
#include "emulator/token.h"

#define GIVEN "cpugate-guest" /* what the emulator calls the fd */

#define REST_MS 10

/* A guest with one of these on may be on both sides before it is whole on one. */
static const char *const no_way_back[] = { "postcopy-ram", "x-colo",
					   "background-snapshot" };

static const char *const may_leave[] = { "running", "paused", "prelaunch" };

static bool is_one_of(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

/* NULL if it never tried. */
static int query_migration(struct cg_outgoing *o, json_t **out, struct cg_error *err)
{
	return cg_qmp_call(o->qmp, "query-migrate", NULL, out, err);
}

static bool is_over(const char *status)
{
	static const char *const ends[] = { "none", "completed", "failed", "cancelled" };

	return !status || is_one_of(status, ends, CG_COUNT(ends));
}

/* It stands still because it has left, or all but. */
static bool has_left(const char *status)
{
	return strcmp(status, "postmigrate") == 0 ||
	       strcmp(status, "finish-migrate") == 0;
}

static int check_state(struct cg_outgoing *o, struct cg_error *err)
{
	cg_auto_json json_t *migration = NULL;
	cg_auto_free char *status = NULL;
	bool runs;

	if (cg_query_status(o->qmp, &status, &o->runs, err) < 0 ||
	    query_migration(o, &migration, err) < 0)
		return -1;
	if (has_left(status) && cg_token_read(o->qmp, &o->marked, &runs, err) < 0)
		return -1;
	if (o->marked)
		return cg_error_set(err, CG_E_REFUSED,
				    "somebody began to move it and was killed: "
				    "migrate --resume brings it back");
	if (!is_one_of(status, may_leave, CG_COUNT(may_leave)))
		return cg_error_set(err, CG_E_REFUSED,
				    "a guest that is %.40s can't leave", status);
	if (!is_over(cg_json_text(migration, "status")))
		return cg_error_set(err, CG_E_REFUSED, "the guest is leaving already");
	return 0;
}

/* Whoever is found there later may be another one's emulator. */
static int connect_to(struct cg_outgoing *o, struct cg_error *err)
{
	pid_t pid;

	if (cg_monitor_connect(&o->qmp, o->path, &o->limits, err) < 0)
		return -1;
	pid = cg_qmp_peer(o->qmp);
	if (!o->pid)
		o->pid = pid;
	if (pid == o->pid)
		return 0;
	o->qmp = cg_qmp_close(o->qmp);
	return cg_error_set(err, CG_E_DIED, "guest at %s: its emulator ended", o->path);
}

static int open_with(struct cg_outgoing *out, const char *path,
		     const struct cg_qmp_limits *limits,
		     int (*look)(struct cg_outgoing *, struct cg_error *),
		     struct cg_error *err)
{
	cg_auto_outgoing struct cg_outgoing o = { .path = strdup(path),
						  .limits = *limits };

	o.limits.cancel_fd = -1;
	if (!o.path)
		return cg_error_errno(err, "%s", path);
	if (connect_to(&o, err) < 0)
		return -1;
	if (look(&o, err) < 0)
		return cg_error_prefix(err, "guest at %s", path);
	*out = o;
	o = (struct cg_outgoing){ 0 };
	return 0;
}

int cg_outgoing_open(struct cg_outgoing *out, const char *path,
		     const struct cg_qmp_limits *limits, struct cg_error *err)
{
	return open_with(out, path, limits, check_state, err);
}

static int read_token(struct cg_outgoing *o, struct cg_error *err)
{
	return cg_token_read(o->qmp, &o->marked, &o->runs, err);
}

int cg_outgoing_find(struct cg_outgoing *out, const char *path,
		     const struct cg_qmp_limits *limits, bool *stands,
		     struct cg_error *err)
{
	cg_auto_outgoing struct cg_outgoing o = { 0 };
	cg_auto_free char *status = NULL;
	bool runs;

	if (open_with(&o, path, limits, read_token, err) < 0 ||
	    cg_query_status(o.qmp, &status, &runs, err) < 0)
		return -1;
	*stands = has_left(status);
	if (!o.marked)
		o.runs = runs;
	*out = o;
	o = (struct cg_outgoing){ 0 };
	return 0;
}

void cg_outgoing_close(struct cg_outgoing *o)
{
	cg_qmp_close(o->qmp);
	free(o->path);
	*o = (struct cg_outgoing){ 0 };
}

/* Going. */

bool cg_outgoing_may_have(const char *capability)
{
	return !is_one_of(capability, no_way_back, CG_COUNT(no_way_back));
}

static int choose(json_t **out, const json_t *all, struct cg_error *err)
{
	cg_auto_json json_t *list = json_pack("[s]", "return-path");
	const json_t *item;
	size_t i;

	json_array_foreach(all, i, item) {
		const char *name = cg_json_text(item, "capability");

		if (!name || !json_is_true(json_object_get(item, "state")) ||
		    strcmp(name, "return-path") == 0)
			continue;
		if (!cg_outgoing_may_have(name))
			return cg_error_set(err, CG_E_REFUSED,
					    "with the capability %s there is no way back",
					    name);
		json_array_append_new(list, json_string(name));
	}
	*out = cg_take(list);
	return 0;
}

static int prepare(struct cg_outgoing *o, json_t **capabilities, struct cg_error *err)
{
	cg_auto_json json_t *all = NULL, *done = NULL, *list = NULL;
	json_t *on = json_pack("{s:[{s:s, s:b}]}", "capabilities", "capability",
			       "return-path", "state", 1);

	if (cg_qmp_call(o->qmp, "migrate-set-capabilities", on, &done, err) < 0 ||
	    cg_qmp_call(o->qmp, "query-migrate-capabilities", NULL, &all, err) < 0 ||
	    choose(&list, all, err) < 0)
		return -1;
	*capabilities = cg_take(list);
	return 0;
}

int cg_outgoing_prepare(struct cg_outgoing *o, json_t **capabilities,
			struct cg_error *err)
{
	return prepare(o, capabilities, err) < 0
		       ? cg_error_prefix(err, "guest at %s", o->path)
		       : 0;
}

int cg_outgoing_mark(struct cg_outgoing *o, struct cg_error *err)
{
	return cg_token_put(o->qmp, o->runs, &o->marked, err) < 0
		       ? cg_error_prefix(err, "guest at %s", o->path)
		       : 0;
}

int cg_outgoing_take(struct cg_outgoing *o, struct cg_error *err)
{
	if (!o->marked || o->taken)
		return 0;
	if (!o->qmp)
		return cg_error_set(err, CG_E_DIED, "monitor %s: it was lost", o->path);
	if (cg_token_take(o->qmp, err) == 0) {
		o->taken = true;
		return 0;
	}
	return err->code == CG_E_REFUSED
		       ? cg_error_set(err, CG_E_REFUSED,
				      "guest at %s: somebody else has brought it back",
				      o->path)
		       : cg_error_prefix(err, "guest at %s", o->path);
}

static int start(struct cg_outgoing *o, const char *uri, int fd, struct cg_error *err)
{
	cg_auto_json json_t *done = NULL;

	if (!uri && cg_qmp_give(o->qmp, fd, GIVEN, err) < 0)
		return -1;
	return cg_qmp_call(o->qmp, "migrate",
			   json_pack("{s:s}", "uri", uri ? uri : "fd:" GIVEN), &done,
			   err);
}

int cg_outgoing_start(struct cg_outgoing *o, const char *uri, int fd,
		      struct cg_error *err)
{
	return start(o, uri, fd, err) < 0 ? cg_error_prefix(err, "guest at %s", o->path)
					  : 0;
}

static uint64_t number(const json_t *object, const char *name)
{
	uint64_t value = 0;

	(void)cg_json_uint(json_object_get(object, name), &value);
	return value;
}

static void read_transfer(struct cg_transfer *t, const json_t *migration)
{
	const char *status = cg_json_text(migration, "status");
	const json_t *ram = json_object_get(migration, "ram");
	const char *why = cg_json_text(migration, "error-desc");
	bool done = status && strcmp(status, "completed") == 0;

	*t = (struct cg_transfer){
		.stage = done               ? CG_TRANSFER_DONE
			 : !is_over(status) ? CG_TRANSFER_GOING
			 : !status          ? CG_TRANSFER_NONE
					    : CG_TRANSFER_FAILED,
		.total = number(ram, "total"),
		.remaining = number(ram, "remaining"),
		.transferred = number(ram, "transferred"),
		.mbps = json_number_value(json_object_get(ram, "mbps")),
		.downtime_ms = (int64_t)number(migration,
					       done ? "downtime" : "expected-downtime"),
		.total_ms = (int64_t)number(migration, "total-time"),
	};
	snprintf(t->why, sizeof(t->why), "the migration %.40s%s%.100s",
		 status ? status : "didn't begin", why ? ": " : "", why ? why : "");
}

/* Somebody may stop the guest and start it again on its way; the last stop isn't theirs. */
static int note_state(struct cg_outgoing *o, struct cg_error *err)
{
	cg_auto_free char *status = NULL;
	bool runs;

	if (cg_query_status(o->qmp, &status, &runs, err) < 0)
		return -1;
	if (runs == o->runs || (!runs && strcmp(status, "paused") != 0))
		return 0;
	o->runs = runs;
	return o->marked ? cg_token_note(o->qmp, runs, err) : 0;
}

int cg_outgoing_look(struct cg_outgoing *o, struct cg_transfer *out, struct cg_error *err)
{
	cg_auto_json json_t *migration = NULL;
	struct cg_transfer transfer;

	if (!o->qmp)
		return cg_error_set(err, CG_E_DIED, "monitor %s: it was lost", o->path);
	if (query_migration(o, &migration, err) < 0)
		return cg_error_prefix(err, "guest at %s", o->path);
	read_transfer(&transfer, migration);
	if (transfer.stage == CG_TRANSFER_GOING && note_state(o, err) < 0)
		return cg_error_prefix(err, "guest at %s", o->path);
	*out = transfer;
	return 0;
}

/* Coming back. */

/* Cancel, or run: one thing at a time. *@done if there is nothing left to do. */
static int settle_once(struct cg_outgoing *o, bool *done, struct cg_error *err)
{
	cg_auto_json json_t *migration = NULL, *reply = NULL;
	cg_auto_free char *status = NULL;
	const char *stage;
	bool runs;

	if (query_migration(o, &migration, err) < 0)
		return -1;
	stage = cg_json_text(migration, "status");
	if (!is_over(stage))
		return strcmp(stage, "cancelling") == 0
			       ? 0
			       : cg_qmp_call(o->qmp, "migrate_cancel", NULL, &reply, err);
	if (cg_query_status(o->qmp, &status, &runs, err) < 0)
		return -1;
	*done = runs == o->runs;
	if (!*done && strcmp(status, "finish-migrate") == 0)
		return 0;
	/* One that has left is only brought back by who has its token. */
	if ((*done || has_left(status)) && cg_outgoing_take(o, err) < 0)
		return *done ? 0 : -1;
	if (*done)
		return 0;
	if (strcmp(status, "paused") == 0 || strcmp(status, "postmigrate") == 0)
		return cg_qmp_call(o->qmp, runs ? "stop" : "cont", NULL, &reply, err);
	return runs ? 0
		    : cg_error_set(err, CG_E_PROTOCOL, "the guest is %.40s, not running",
				   status);
}

/* Files may still be locked by who is just ending: what was refused may be taken later. */
static bool is_lost(const struct cg_error *err)
{
	return err->code != CG_E_REFUSED;
}

int cg_outgoing_settle(struct cg_outgoing *o, int64_t deadline, struct cg_error *err)
{
	bool done = false;

	for (;;) {
		struct cg_error why = { 0 };

		if ((o->qmp || connect_to(o, &why) == 0) &&
		    settle_once(o, &done, &why) == 0 && done)
			return 0;
		if (why.code && o->pid && kill(o->pid, 0) < 0 && errno == ESRCH)
			return cg_error_set(err, CG_E_DIED,
					    "guest at %s: its emulator ended", o->path);
		if (why.code && is_lost(&why))
			o->qmp = cg_qmp_close(o->qmp);
		if (cg_clock_left_ms(deadline) == 0) {
			if (!why.code)
				(void)cg_error_set(&why, CG_E_TIMEOUT,
						   "it takes too long");
			*err = why;
			return cg_error_prefix(err, "guest at %s", o->path);
		}
		poll(NULL, 0, REST_MS);
	}
}

int cg_outgoing_end(struct cg_outgoing *o, int64_t deadline, struct cg_error *err)
{
	cg_auto_close int pidfd = o->pid ? (int)syscall(SYS_pidfd_open, o->pid, 0) : -1;
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };
	cg_auto_json json_t *done = NULL;

	/* It may be gone before it has answered. */
	if (cg_qmp_call(o->qmp, "quit", NULL, &done, err) < 0 && err->code != CG_E_DIED)
		return cg_error_prefix(err, "guest at %s", o->path);
	while (pidfd >= 0 && poll(&fd, 1, cg_clock_left_ms(deadline)) < 0)
		if (errno != EINTR)
			return cg_error_errno(err, "wait for %s", o->path);
	if (pidfd >= 0 && !fd.revents)
		return cg_error_set(err, CG_E_TIMEOUT, "%s: it doesn't end", o->path);
	return 0;
}
