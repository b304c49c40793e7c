// SPDX-License-Identifier: LGPL-2.1-or-later
/* The emulators that are installed, and what the cache knows of them. Starts none, but for scripts. */
#include "lib/command.h"
#include "lib/question.h"

static const char *const arguments[] = { "emulator", NULL };

static int add_known(struct cg_context *context, const char *path, json_t *reply,
		     struct cg_error *err)
{
	cg_auto_json json_t *args = json_pack("{s:s, s:s}", "emulator", path, "accel", "tcg");
	cg_auto_question struct cg_question q = { 0 };
	json_t *row = json_pack("{s:s}", "path", path);
	struct cg_error why;

	json_array_append_new(reply, row);
	if (cg_question_open(&q, context, args, &why) < 0) {
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

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	const char *one = cg_json_text(args, "emulator");
	cg_auto_json json_t *paths = one ? json_pack("[s]", one) : cg_identity_installed();
	cg_auto_json json_t *rows = json_array();
	const json_t *path;
	size_t i;

	json_array_foreach(paths, i, path)
		if (add_known(context, json_string_value(path), rows, err) < 0)
			return -1;
	*reply = cg_take(rows);
	return 0;
}

const struct cg_command cg_command_emulators = { "emulators", arguments, run };
