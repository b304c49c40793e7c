// SPDX-License-Identifier: LGPL-2.1-or-later
/* The emulators that are installed, and what the cache knows of them. Starts none, but for scripts. */
#include "lib/command.h"
#include "lib/question.h"

static const char *const arguments[] = { "emulator", "record", NULL };

static int add_known(struct cg_context *context, const char *path, json_t *reply,
		     struct cg_error *err)
{
	cg_auto_json json_t *args =
		json_pack("{s:s, s:s}", "emulator", path, "accel", "tcg");
	cg_auto_question struct cg_question q = { 0 };
	json_t *row = json_pack("{s:s}", "path", path);
	struct cg_error why;

	json_array_append_new(reply, row);
	if (cg_question_identify(&q, context, args, &why) < 0) {
		if (cg_error_is_final(&why)) {
			*err = why;
			return -1;
		}
		json_object_set_new(row, "error", json_string(why.msg));
		return 0;
	}
	json_object_set_new(row, "binary", json_string(cg_identity_binary(q.identity)));
	json_object_set_new(row, "sha256", json_string(cg_identity_sha256(q.identity)));
	if (cg_facts_emulator(q.facts, &q.emulator, err) < 0)
		return -1;
	if (q.emulator)
		json_object_update(row, q.emulator->about);
	return 0;
}

/* The one that a record is about, in the same words. */
static int add_recorded(const char *path, json_t *rows, struct cg_error *err)
{
	static const char *const names[] = { "path", "sha256", "version", "package",
					     "target" };
	cg_auto_record struct cg_record *record = NULL;
	json_t *row = json_object();

	json_array_append_new(rows, row);
	if (cg_record_read(&record, path, err) < 0)
		return -1;
	for (size_t i = 0; i < CG_COUNT(names); i++)
		if (json_object_get(cg_record_about(record), names[i]))
			json_object_set(row, names[i],
					json_object_get(cg_record_about(record),
							names[i]));
	if (!json_object_get(row, "path"))
		json_object_set_new(row, "path", json_string(path));
	json_object_set(row, "binary", json_object_get(row, "path"));
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	const char *one = cg_json_text(args, "emulator"),
		   *record = cg_json_text(args, "record");
	cg_auto_json json_t *paths = NULL, *rows = json_array();
	const json_t *path;
	size_t i;

	if (record && one)
		return cg_error_set(err, CG_E_USAGE,
				    "a record is about its own emulator: not both");
	if (record && add_recorded(record, rows, err) < 0)
		return -1;
	if (!record)
		paths = one ? json_pack("[s]", one) : cg_identity_installed();
	json_array_foreach(paths, i, path)
		if (add_known(context, json_string_value(path), rows, err) < 0)
			return -1;
	*reply = cg_take(rows);
	return 0;
}

const struct cg_command cg_command_emulators = { "emulators", arguments, run,
						 CG_COMMAND_READS | CG_COMMAND_QUICK };
