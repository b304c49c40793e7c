// SPDX-License-Identifier: LGPL-2.1-or-later
/* Contracts, looked at, taken away and brought here: what they say isn't judged. */
#include <string.h>

#include "lib/archive.h"
#include "lib/command.h"

static const char *const show_arguments[] = { "name", "replaced", NULL };
static const char *const list_arguments[] = { "all", NULL };
static const char *const import_arguments[] = { "file", "name", NULL };
static const char *const forget_arguments[] = { "name", NULL };

/* The one that "name" means, or one that it replaced. */
static int find(struct cg_context *context, const char *verb, const json_t *args,
		struct cg_contract *out, struct cg_error *err)
{
	const char *name = cg_json_text(args, "name");
	const json_t *ago = json_object_get(args, "replaced");
	bool found;

	if (!name)
		return cg_error_set(err, CG_E_USAGE,
				    "contract %s: of which name, UUID or file?", verb);
	if (!ago)
		return cg_archive_get(context, name, out, err);
	if (!json_is_integer(ago) || json_integer_value(ago) < 1)
		return cg_error_set(err, CG_E_USAGE,
				    "replaced is 1 for the last one, 2 for that before");
	if (cg_archive_find(context, name, (size_t)json_integer_value(ago), out, &found,
			    err) < 0)
		return -1;
	return found ? 0
		     : cg_error_set(err, CG_E_UNKNOWN,
				    "there is no contract of %s from that long ago",
				    name);
}

static int reply_with(const struct cg_contract *contract, json_t **reply)
{
	*reply = cg_contract_json(contract);
	return 0;
}

static int run_show(struct cg_context *context, const json_t *args, json_t **reply,
		    struct cg_error *err)
{
	cg_auto_contract struct cg_contract contract = { 0 };

	if (find(context, "show", args, &contract, err) < 0)
		return -1;
	return reply_with(&contract, reply);
}

static int run_export(struct cg_context *context, const json_t *args, json_t **reply,
		      struct cg_error *err)
{
	cg_auto_contract struct cg_contract contract = { 0 };

	if (find(context, "export", args, &contract, err) < 0)
		return -1;
	return reply_with(&contract, reply);
}

/* One that can't be read is in the list, with the reason. */
static json_t *row_of(const json_t *entry)
{
	cg_auto_contract struct cg_contract c = { 0 };
	json_t *row = json_copy(cg_json_mutable(entry));
	cg_auto_json json_t *more = NULL, *whole = NULL;
	struct cg_error why;

	json_object_del(row, "text");
	if (cg_archive_parse(&c, entry, &why) < 0) {
		json_object_set_new(row, "problem", json_string(why.msg));
		return row;
	}
	whole = cg_contract_json(&c);
	more = json_pack("{s:s, s:s, s:s, s:s, s:I, s:O*, s:O*, s:O*}", "target",
			 c.target, "machine", c.machine, "accel", c.accel, "definition",
			 c.definition, "cpus", (json_int_t)c.topology.cpus, "made",
			 json_object_get(c.made, "at"), "emulator",
			 json_object_get(c.made, "emulator"), "digest",
			 json_object_get(whole, "digest"));
	json_object_update(row, more);
	return row;
}

static int run_list(struct cg_context *context, const json_t *args, json_t **reply,
		    struct cg_error *err)
{
	bool all = json_is_true(json_object_get(args, "all"));
	cg_auto_json json_t *entries = NULL, *rows = json_array();
	const json_t *entry;
	size_t i;

	if (cg_archive_list(context, all, &entries, err) < 0)
		return -1;
	json_array_foreach(entries, i, entry)
		json_array_append_new(rows, row_of(entry));
	*reply = json_pack("{s:s, s:O}", "path", cg_context_state_path(context),
			   "contracts", rows);
	return 0;
}

static int rename_to(struct cg_contract *contract, const char *name, struct cg_error *err)
{
	char *copy;

	if (!cg_contract_is_name(name))
		return cg_error_set(err, CG_E_USAGE,
				    "%.80s is no name for a contract: up to %d bytes "
				    "without /, that don't begin with . or -",
				    name, CG_CONTRACT_NAME);
	copy = strdup(name);
	if (!copy)
		return cg_error_errno(err, "a contract");
	free(contract->name);
	contract->name = copy;
	return 0;
}

static int run_import(struct cg_context *context, const json_t *args, json_t **reply,
		      struct cg_error *err)
{
	const char *file = cg_json_text(args, "file"), *name = cg_json_text(args, "name");
	cg_auto_contract struct cg_contract contract = { 0 }, old = { 0 };
	const char *kept;
	bool replaced;

	if (!file)
		return cg_error_set(err, CG_E_USAGE, "contract import: which file?");
	if (cg_contract_read(&contract, file, err) < 0 ||
	    (name && rename_to(&contract, name, err) < 0))
		return -1;
	kept = contract.name ? contract.name : contract.uuid;
	if (!kept)
		return cg_error_set(err, CG_E_USAGE,
				    "%s has neither name nor UUID: --name gives it one",
				    file);
	if (cg_archive_find(context, kept, 0, &old, &replaced, err) < 0 ||
	    cg_archive_keep(context, &contract, err) < 0)
		return -1;
	*reply = json_pack("{s:s, s:s*, s:b, s:s}", "name", kept, "uuid", contract.uuid,
			   "replaced", replaced, "path", cg_context_state_path(context));
	return 0;
}

static int run_forget(struct cg_context *context, const json_t *args, json_t **reply,
		      struct cg_error *err)
{
	const char *name = cg_json_text(args, "name");
	struct cg_contracts *contracts;
	bool found;

	if (!name)
		return cg_error_set(err, CG_E_USAGE,
				    "contract forget: of which name or UUID?");
	if (cg_context_contracts(context, &contracts, err) < 0 ||
	    cg_contracts_forget(contracts, name, &found, err) < 0)
		return -1;
	if (!found)
		return cg_error_set(err, CG_E_UNKNOWN, "there is no contract of %s",
				    name);
	*reply = json_pack("{s:s}", "forgotten", name);
	return 0;
}

const struct cg_command cg_command_contract_show = {
	"contract-show", show_arguments, run_show, CG_COMMAND_READS | CG_COMMAND_QUICK
};
const struct cg_command cg_command_contract_list = {
	"contract-list", list_arguments, run_list, CG_COMMAND_READS | CG_COMMAND_QUICK
};
const struct cg_command cg_command_contract_export = {
	"contract-export", show_arguments, run_export, CG_COMMAND_READS | CG_COMMAND_QUICK
};
const struct cg_command cg_command_contract_import = { "contract-import",
						       import_arguments, run_import, 0 };
const struct cg_command cg_command_contract_forget = { "contract-forget",
						       forget_arguments, run_forget, 0 };
