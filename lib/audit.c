// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpugate audit: one guest that runs, or all that can be found here: those whose monitors
 * their command lines tell, and those whose contracts say that they run.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cache/lock.h"
#include "cpumodels/reason.h"
#include "host/holder.h"
#include "host/monitors.h"
#include "lib/command.h"
#include "lib/inspection.h"

#define MONITOR "qmp:"

static const char *const arguments[] = { "emulator", "guest", "contract", "all", NULL };

/* What is asked, and what answers it. */
struct audit {
	struct cg_context *context;
	const json_t *args;
	json_t *sockets; /* of all monitors that could be found */
	json_t *entries; /* of the archive */
	json_t *rows;
};

/*
 * cpugate run leaves a lock with each emulator, for as long as that lives, whatever the guest
 * calls itself.
 */
static const char *started_as(const struct audit *a, pid_t pid)
{
	const char *state = cg_context_state_path(a->context);
	cg_auto_free char *path = NULL;
	const json_t *entry;
	struct stat st;
	size_t i;

	if (asprintf(&path, "%s.lock", state) < 0) {
		path = NULL;
		return NULL;
	}
	if (stat(path, &st) < 0)
		return NULL;
	json_array_foreach(a->entries, i, entry) {
		const char *name = cg_json_text(entry, "name");

		if (cg_lock_is_held(state, name) &&
		    cg_holder_is(cg_context_host_root(a->context), pid, st.st_ino,
				 cg_lock_place(name)))
			return name;
	}
	return NULL;
}

/* The name that the process behind a monitor was started under; NULL if nobody knows. */
static const char *name_behind(const struct audit *a, const char *socket)
{
	cg_auto_free char *whole = realpath(socket, NULL);
	const char *name = NULL;
	const json_t *item, *pid;
	size_t i, j;

	json_array_foreach(a->sockets, i, item) {
		cg_auto_free char *path = realpath(cg_json_text(item, "path"), NULL);

		if (!whole || !path || strcmp(whole, path) != 0)
			continue;
		/* Others may have it in theirs: who started it, for one. */
		json_array_foreach(json_object_get(item, "pids"), j, pid)
			if (!name)
				name = started_as(a, (pid_t)json_integer_value(pid));
	}
	return name;
}

static int inspect(const struct audit *a, const char *socket, struct cg_error *err)
{
	cg_auto_inspection struct cg_inspection inspection = { 0 };

	if (cg_inspection_make(&inspection, a->context, a->args, socket,
			       name_behind(a, socket), err) < 0)
		return -1;
	json_array_append_new(a->rows, cg_inspection_json(&inspection));
	return 0;
}

/* A guest that nobody can look at: why. */
static void add_unseen(json_t *rows, const char *name, const char *socket,
		       const char *why)
{
	json_array_append_new(rows, json_pack("{s:s, s:s*, s:s*, s:s}", "verdict",
					      cg_answer_word(CG_UNDECIDED), "name", name,
					      "monitor", socket, "problem", why));
}

static int inspect_found(const struct audit *a, struct cg_error *err)
{
	const json_t *item;
	size_t i;

	json_array_foreach(a->sockets, i, item) {
		const char *socket = cg_json_text(item, "path");

		cg_context_tell(a->context, i, json_array_size(a->sockets), socket);
		if (inspect(a, socket, err) == 0)
			continue;
		if (err->code == CG_E_CANCELLED)
			return -1;
		add_unseen(a->rows, NULL, socket, err->msg);
	}
	return 0;
}

static bool is_seen(const json_t *rows, const char *name)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		const char *of = cg_json_text(json_object_get(row, "contract"), "name");

		if (of && strcmp(of, name) == 0)
			return true;
	}
	return false;
}

/* Those that run, and have no monitor that could be found. */
static void add_hidden(const struct audit *a)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(a->entries, i, entry) {
		const char *name = cg_json_text(entry, "name");

		if (!is_seen(a->rows, name) &&
		    cg_lock_is_held(cg_context_state_path(a->context), name))
			add_unseen(a->rows, name, NULL,
				   "it runs, and no monitor of it that speaks QMP "
				   "can be found");
	}
}

static int check_arguments(const json_t *args, struct cg_error *err)
{
	bool all = json_is_true(json_object_get(args, "all"));
	const char *guest = cg_json_text(args, "guest");

	if (all && (guest || json_object_get(args, "contract")))
		return cg_error_set(err, CG_E_USAGE,
				    "audit: --all is for every guest by its own "
				    "contract");
	if (!all && (!guest || strncmp(guest, MONITOR, strlen(MONITOR)) != 0))
		return cg_error_set(err, CG_E_USAGE,
				    "audit: qmp:SOCKET, the monitor of a guest, or --all");
	return 0;
}

static int audit(const struct audit *a, struct cg_error *err)
{
	const char *guest = cg_json_text(a->args, "guest");

	if (guest)
		return inspect(a, guest + strlen(MONITOR), err);
	if (inspect_found(a, err) < 0)
		return -1;
	add_hidden(a);
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_json json_t *rows = json_array(), *sockets = NULL, *entries = NULL;
	struct audit a = { .context = context, .args = args, .rows = rows };

	if (check_arguments(args, err) < 0 ||
	    cg_monitors_find(&sockets, cg_context_host_root(context), err) < 0 ||
	    cg_archive_list(context, false, &entries, err) < 0)
		return -1;
	a.sockets = sockets;
	a.entries = entries;
	if (audit(&a, err) < 0)
		return -1;
	*reply =
		json_pack("{s:s, s:O}", "verdict", cg_answer_worst(rows), "guests", rows);
	return 0;
}

/* It connects to sockets by name, as whoever asks may or may not. */
const struct cg_command cg_command_audit = { "audit", arguments, run, CG_COMMAND_OWN };
