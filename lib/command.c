// SPDX-License-Identifier: LGPL-2.1-or-later
/* The command table. Each command lives in the file of its noun. */
#include "lib/command.h"

#include <string.h>

#include "base/json.h"

static const struct cg_command *const commands[] = {
	&cg_command_about,         &cg_command_models,      &cg_command_machines,
	&cg_command_expand,        &cg_command_emulators,   &cg_command_host,
	&cg_command_probe,         &cg_command_export,      &cg_command_record,
	&cg_command_verify,        &cg_command_cache_list,  &cg_command_cache_why,
	&cg_command_cache_history, &cg_command_cache_prune, &cg_command_cache_path,
	&cg_command_diff,          &cg_command_compare,     &cg_command_baseline,
	&cg_command_hosts_for,     &cg_command_explain,     &cg_command_matrix,
	&cg_command_check_launch,  &cg_command_pin,
};

const struct cg_command *cg_command_find(const char *name)
{
	for (size_t i = 0; i < CG_COUNT(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
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
	*reply = NULL;
	if (command->run(context, args, reply, err) < 0)
		return -1;
	if (!*reply)
		return cg_error_set(err, CG_E_SYSTEM,
				    "%s: no reply: a name that isn't UTF-8, or no memory",
				    name);
	return 0;
}
