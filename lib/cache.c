// SPDX-License-Identifier: LGPL-2.1-or-later
/* Looking into the cache: what it holds, what it would measure again and why, and what can go. */
#include <string.h>

#include "lib/command.h"
#include "lib/parts.h"
#include "lib/question.h"

static const char *const no_arguments[] = { NULL };
static const char *const why_arguments[] = { "emulator", "accel", NULL };

/* A part of a key by name, "" if the key has none. */
static const char *part(const json_t *parts, const char *name)
{
	const char *text = cg_json_text(parts, name);

	return text ? text : "";
}

static json_t *parse(const char *text)
{
	struct cg_error err;
	json_t *json = NULL;

	return cg_json_parse(&json, text, strlen(text), 1 << 20, &err) < 0 ? json_object()
									   : json;
}

/* list and history */

static bool add_fact(const struct cg_store_fact *fact, void *data)
{
	cg_auto_json json_t *parts = parse(fact->parts);
	json_t *row = json_pack("{s:s, s:s, s:s, s:I, s:I}", "kind", fact->kind, "name",
				fact->name, "accel", part(parts, "accel"), "measured",
				(json_int_t)fact->measured, "bytes",
				(json_int_t)fact->bytes);

	if (json_object_get(parts, "path"))
		json_object_set(row, "name", json_object_get(parts, "path"));
	if (*part(parts, "binary"))
		json_object_set(row, "emulator", json_object_get(parts, "binary"));
	if (json_object_get(parts, "kernel"))
		json_object_set(row, "kernel",
				json_object_get(json_object_get(parts, "kernel"),
						"release"));
	if (fact->replaced)
		json_object_set_new(row, "replaced",
				    json_integer((json_int_t)fact->replaced));
	json_array_append_new(data, row);
	return true;
}

static int list_facts(struct cg_context *context, const char *kind, bool history,
		      json_t **reply, struct cg_error *err)
{
	cg_auto_json json_t *rows = json_array();
	struct cg_store *store;

	if (cg_context_store(context, &store, err) < 0 ||
	    cg_store_each_fact(store, kind, history, add_fact, rows, err) < 0)
		return -1;
	*reply = cg_take(rows);
	return 0;
}

static int run_list(struct cg_context *context, const json_t *args, json_t **reply,
		    struct cg_error *err)
{
	(void)args;
	return list_facts(context, NULL, false, reply, err);
}

/* Every U there ever was: each one is an emulator on a host as it was then. */
static int run_history(struct cg_context *context, const json_t *args, json_t **reply,
		       struct cg_error *err)
{
	(void)args;
	return list_facts(context, "unsupported", true, reply, err);
}

/* why */

struct search {
	const char *kind, *accel, *now;
	const json_t *emulator; /* parts of the emulator that was last measured here */
	bool current;
	json_t *before; /* the newest other key of that emulator */
};

static bool matches(const json_t *parts, const struct search *s)
{
	const char *accel = cg_json_text(parts, "accel");

	return (!accel || strcmp(accel, s->accel) == 0) &&
	       json_equal(json_object_get(parts, "binary"),
			  json_object_get(s->emulator, "binary")) &&
	       json_equal(json_object_get(parts, "modules"),
			  json_object_get(s->emulator, "modules"));
}

static bool search_fact(const struct cg_store_fact *fact, void *data)
{
	struct search *s = data;
	cg_auto_json json_t *parts = NULL;

	if (strcmp(fact->parts, s->now) == 0) {
		s->current = true;
		return false;
	}
	if (s->before)
		return true;
	parts = parse(fact->parts);
	if (matches(parts, s))
		s->before = cg_take(parts);
	return true;
}

static int explain_kind(struct cg_question *q, const json_t *emulator, const char *accel,
			size_t kind, json_t *rows, struct cg_error *err)
{
	struct search s = { .accel = accel, .emulator = emulator };
	cg_auto_json json_t *now = NULL;

	s.kind = cg_facts_kind(q->facts, kind, accel, &s.now);
	if (!s.now)
		return 0;
	if (cg_store_each_fact(q->store, s.kind, false, search_fact, &s, err) < 0) {
		json_decref(s.before);
		return -1;
	}
	if (!s.current && s.before) {
		now = parse(s.now);
		json_array_append_new(rows,
				      json_pack("{s:s, s:s, s:o}", "fact", s.kind,
						"accel", accel, "changed",
						cg_parts_difference(s.before, now)));
	}
	json_decref(s.before);
	return 0;
}

static int explain(struct cg_question *q, json_t **reply, struct cg_error *err)
{
	cg_auto_json json_t *emulator = NULL, *rows = json_array();
	const char *accels[] = { q->accel, "tcg" };

	if (cg_facts_path(q->facts, &emulator, err) < 0)
		return -1;
	for (size_t a = 0; emulator && a < (q->both ? 2U : 1U); a++)
		for (size_t kind = 0; kind < cg_facts_kinds(); kind++)
			if (explain_kind(q, emulator, accels[a], kind, rows, err) < 0)
				return -1;
	*reply = json_pack("{s:s, s:b, s:O}", "emulator", cg_identity_path(q->identity),
			   "known", emulator != NULL, "remeasure", rows);
	return 0;
}

static int run_why(struct cg_context *context, const json_t *args, json_t **reply,
		   struct cg_error *err)
{
	cg_auto_question struct cg_question q = { 0 };

	if (cg_question_identify(&q, context, args, err) < 0)
		return -1;
	if (q.host && cg_facts_set_host(q.facts, q.host, err) < 0)
		return -1;
	return explain(&q, reply, err);
}

/* prune */

struct keeping {
	struct cg_context *context;
	const struct cg_host *host;
	json_t *emulators; /* parts of those that are still there */
};

static bool note_path(const struct cg_store_fact *fact, void *data)
{
	cg_auto_json json_t *parts = parse(fact->parts);

	json_array_append(data, json_object_get(parts, "path"));
	return true;
}

/* What is at the paths that were measured today. */
static int find_emulators(struct keeping *k, struct cg_store *store, struct cg_error *err)
{
	cg_auto_json json_t *paths = json_array();
	const json_t *path;
	size_t i;

	if (cg_store_each_fact(store, "path", false, note_path, paths, err) < 0)
		return -1;
	json_array_foreach(paths, i, path) {
		cg_auto_json json_t *args =
			json_pack("{s:O, s:s}", "emulator", path, "accel", "tcg");
		cg_auto_question struct cg_question q = { 0 };
		struct cg_error gone;

		if (cg_question_identify(&q, k->context, args, &gone) == 0)
			json_array_append(k->emulators, cg_identity_parts(q.identity));
	}
	return 0;
}

/* A key stays if its emulator is still there and, if it names a host, this is that host. */
static bool keep(const char *text, void *data)
{
	const struct keeping *k = data;
	cg_auto_json json_t *parts = parse(text);
	const json_t *emulator, *wanted;
	bool found = json_object_get(parts, "path") != NULL;
	const char *name;
	size_t i;

	json_array_foreach(k->emulators, i, emulator)
		found |= json_equal(json_object_get(emulator, "binary"),
				    json_object_get(parts, "binary")) &&
			 json_equal(json_object_get(emulator, "modules"),
				    json_object_get(parts, "modules"));
	if (!found || !json_object_get(parts, "kernel"))
		return found;
	json_object_foreach(cg_host_parts(k->host), name, wanted)
		found &= json_equal(json_object_get(parts, name), wanted);
	return found;
}

static int run_prune(struct cg_context *context, const json_t *args, json_t **reply,
		     struct cg_error *err)
{
	cg_auto_json json_t *emulators = json_array();
	struct keeping k = { .context = context, .emulators = emulators };
	struct cg_store *store;
	int64_t facts;

	(void)args;
	if (cg_context_store(context, &store, err) < 0 ||
	    cg_context_host(context, &k.host, err) < 0 ||
	    find_emulators(&k, store, err) < 0 ||
	    cg_store_prune(store, keep, &k, &facts, err) < 0)
		return -1;
	*reply = json_pack("{s:I}", "forgotten", (json_int_t)facts);
	return 0;
}

/* path */

static int run_path(struct cg_context *context, const json_t *args, json_t **reply,
		    struct cg_error *err)
{
	static const char *const states[] = { [CG_STORE_READ_WRITE] = "read-write",
					      [CG_STORE_READ_ONLY] = "read-only",
					      [CG_STORE_UNAVAILABLE] = "unavailable" };
	struct cg_store *store;

	(void)args;
	if (cg_context_store(context, &store, err) < 0)
		return -1;
	*reply = json_pack("{s:s, s:s}", "path", cg_store_path(store), "state",
			   states[cg_store_state(store)]);
	return 0;
}

const struct cg_command cg_command_cache_list = { "cache-list", no_arguments, run_list,
						  CG_COMMAND_READS };
const struct cg_command cg_command_cache_history = { "cache-history", no_arguments,
						     run_history, CG_COMMAND_READS };
const struct cg_command cg_command_cache_why = { "cache-why", why_arguments, run_why,
						 CG_COMMAND_READS | CG_COMMAND_QUICK };
const struct cg_command cg_command_cache_prune = { "cache-prune", no_arguments,
						   run_prune, 0 };
const struct cg_command cg_command_cache_path = { "cache-path", no_arguments, run_path,
						  CG_COMMAND_READS | CG_COMMAND_QUICK };
