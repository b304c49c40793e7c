// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Are contracts what they were when they were made, and can they be kept here? The first is
 * asked by reading them: a digest that is another one is an error.
 */
#include <string.h>

#include "cpumodels/reason.h"
#include "lib/archive.h"
#include "lib/command.h"
#include "lib/revival.h"

static const char *const arguments[] = { "name", "emulator", "record", NULL };

static int judge(struct cg_context *context, const json_t *args,
		 const struct cg_contract *contract, const char *name, json_t *rows,
		 struct cg_error *err)
{
	cg_auto_revival struct cg_revival revival = { 0 };
	json_t *row;

	if (cg_revival_judge(&revival, context, args, contract, err) < 0)
		return cg_error_prefix(err, "%s", name);
	row = cg_revival_json(&revival);
	json_object_set_new(row, "name", json_string(name));
	json_object_set(row, "made", contract->made);
	json_array_append_new(rows, row);
	return 0;
}

static int judge_one(struct cg_context *context, const json_t *args, const char *name,
		     json_t *rows, struct cg_error *err)
{
	cg_auto_contract struct cg_contract contract = { 0 };

	if (cg_archive_get(context, name, &contract, err) < 0)
		return -1;
	return judge(context, args, &contract, name, rows, err);
}

static int judge_all(struct cg_context *context, const json_t *args, json_t *rows,
		     struct cg_error *err)
{
	cg_auto_json json_t *entries = NULL;
	const json_t *entry;
	size_t i;

	if (cg_archive_list(context, false, &entries, err) < 0)
		return -1;
	json_array_foreach(entries, i, entry) {
		cg_auto_contract struct cg_contract contract = { 0 };
		const char *name = cg_json_text(entry, "name");

		if (cg_archive_parse(&contract, entry, err) < 0 ||
		    judge(context, args, &contract, name, rows, err) < 0)
			return -1;
	}
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	const char *name = cg_json_text(args, "name");
	cg_auto_json json_t *rows = json_array();

	if (name ? judge_one(context, args, name, rows, err) < 0
		 : judge_all(context, args, rows, err) < 0)
		return -1;
	*reply = json_pack("{s:s, s:O}", "verdict", cg_answer_worst(rows), "contracts",
			   rows);
	return 0;
}

const struct cg_command cg_command_contract_verify = { "contract-verify", arguments, run,
						       CG_COMMAND_READS };
