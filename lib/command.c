// SPDX-License-Identifier: LGPL-2.1-or-later
/* The command table. Each command lives in the file of its noun. */
#include "lib/command.h"

#include <string.h>

#include "base/json.h"

static const struct cg_command *const commands[] = {
	&cg_command_about,           &cg_command_models,
	&cg_command_machines,        &cg_command_expand,
	&cg_command_emulators,       &cg_command_host,
	&cg_command_probe,           &cg_command_export,
	&cg_command_record,          &cg_command_verify,
	&cg_command_cache_list,      &cg_command_cache_why,
	&cg_command_cache_history,   &cg_command_cache_prune,
	&cg_command_cache_path,      &cg_command_diff,
	&cg_command_compare,         &cg_command_baseline,
	&cg_command_hosts_for,       &cg_command_explain,
	&cg_command_matrix,          &cg_command_check_launch,
	&cg_command_check_migration, &cg_command_check_restore,
	&cg_command_hook_libvirt,    &cg_command_pin,
	&cg_command_run_guest,       &cg_command_migrate,
	&cg_command_receive,         &cg_command_model_expansion,
	&cg_command_model_baseline,  &cg_command_contract_show,
	&cg_command_contract_list,   &cg_command_contract_export,
	&cg_command_contract_import, &cg_command_contract_verify,
	&cg_command_contract_forget, &cg_command_contract_impact,
	&cg_command_audit,
};

const struct cg_command *cg_command_find(const char *name)
{
	for (size_t i = 0; i < CG_COUNT(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

const struct cg_command *cg_command_at(size_t i)
{
	return i < CG_COUNT(commands) ? commands[i] : NULL;
}

enum cg_argument cg_argument_kind(const char *argument)
{
	static const struct {
		const char *name;
		enum cg_argument kind;
	} known[] = {
		{ "emulator", CG_ARGUMENT_TEXT },   { "machine", CG_ARGUMENT_TEXT },
		{ "accel", CG_ARGUMENT_TEXT },      { "record", CG_ARGUMENT_TEXT },
		{ "definition", CG_ARGUMENT_TEXT }, { "level", CG_ARGUMENT_TEXT },
		{ "format", CG_ARGUMENT_TEXT },     { "cpu", CG_ARGUMENT_TEXT },
		{ "a", CG_ARGUMENT_TEXT },          { "b", CG_ARGUMENT_TEXT },
		{ "subject", CG_ARGUMENT_TEXT },    { "guest", CG_ARGUMENT_TEXT },
		{ "records", CG_ARGUMENT_LIST },    { "without", CG_ARGUMENT_LIST },
		{ "argv", CG_ARGUMENT_LIST },       { "sample", CG_ARGUMENT_NUMBER },
		{ "seed", CG_ARGUMENT_NUMBER },     { "partition", CG_ARGUMENT_NUMBER },
		{ "all", CG_ARGUMENT_FLAG },        { "named", CG_ARGUMENT_FLAG },
		{ "nested", CG_ARGUMENT_FLAG },     { "cross-vendor", CG_ARGUMENT_FLAG },
		{ "like-virsh", CG_ARGUMENT_FLAG }, { "short", CG_ARGUMENT_FLAG },
		{ "both", CG_ARGUMENT_FLAG },       { "name", CG_ARGUMENT_TEXT },
		{ "file", CG_ARGUMENT_TEXT },       { "replaced", CG_ARGUMENT_NUMBER },
		{ "both", CG_ARGUMENT_FLAG },       { "smp", CG_ARGUMENT_TEXT },
		{ "contract", CG_ARGUMENT_TEXT },   { "saved", CG_ARGUMENT_TEXT },
		{ "words", CG_ARGUMENT_LIST },      { "text", CG_ARGUMENT_TEXT },
		{ "uri", CG_ARGUMENT_TEXT },        { "to-record", CG_ARGUMENT_TEXT },
		{ "deadline", CG_ARGUMENT_NUMBER }, { "keep-source", CG_ARGUMENT_FLAG },
		{ "resume", CG_ARGUMENT_FLAG },
	};

	for (size_t i = 0; i < CG_COUNT(known); i++)
		if (strcmp(known[i].name, argument) == 0)
			return known[i].kind;
	return CG_ARGUMENT_ANY;
}

static bool is_list_of_texts(const json_t *value)
{
	const json_t *item;
	size_t i;

	json_array_foreach(value, i, item)
		if (!json_is_string(item) || cg_json_is_big(item))
			return false;
	return json_is_array(value);
}

static int check_kind(const char *command, const char *argument, const json_t *value,
		      struct cg_error *err)
{
	static const char *const words[] = { [CG_ARGUMENT_TEXT] = "a text",
					     [CG_ARGUMENT_LIST] = "a list of texts",
					     [CG_ARGUMENT_NUMBER] = "a number",
					     [CG_ARGUMENT_FLAG] = "true or false" };
	enum cg_argument kind = cg_argument_kind(argument);
	const bool fits[] = { [CG_ARGUMENT_ANY] = true,
			      [CG_ARGUMENT_TEXT] = json_is_string(value) &&
						   !cg_json_is_big(value),
			      [CG_ARGUMENT_LIST] = is_list_of_texts(value),
			      [CG_ARGUMENT_NUMBER] = json_is_integer(value),
			      [CG_ARGUMENT_FLAG] = json_is_boolean(value) };

	return fits[kind] ? 0
			  : cg_error_set(err, CG_E_USAGE, "%s: %s isn't %s", command,
					 argument, words[kind]);
}

static bool takes(const struct cg_command *command, const char *argument)
{
	for (const char *const *a = command->arguments; *a; a++)
		if (strcmp(*a, argument) == 0)
			return true;
	return false;
}

int cg_command_run(struct cg_context *context, const char *name, const json_t *args,
		   json_t **reply, struct cg_error *err)
{
	const struct cg_command *command = cg_command_find(name);
	const char *argument;
	json_t *value;

	if (!command)
		return cg_error_set(err, CG_E_USAGE, "no command %s", name);
	cg_json_each(args, argument, value)
		if (!takes(command, argument))
			return cg_error_set(err, CG_E_USAGE, "%s takes no argument %s",
					    name, argument);
		else if (check_kind(name, argument, value, err) < 0)
			return -1;
	*reply = NULL;
	cg_context_expect_nothing(context);
	if (command->run(context, args, reply, err) < 0)
		return -1;
	if (!*reply)
		return cg_error_set(err, CG_E_SYSTEM,
				    "%s: no reply: a name that isn't UTF-8, or no memory",
				    name);
	return 0;
}
