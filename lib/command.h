/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one command table: every question as a name, JSON arguments and a JSON reply. The command line is a face of it
 * and the daemon another; what they print and send is these replies.
 */
#pragma once

#include <jansson.h>

#include "lib/context.h"

/*
 * Arguments that most commands take: "emulator" (a path or name), "machine", "accel"; all strings, all optional. What each takes and
 * replies is in cpugate(1).
 */
struct cg_command {
	const char *name;
	const char *const *arguments; /* NULL-terminated names; another one is CG_E_USAGE */
	int (*run)(struct cg_context *context, const json_t *args, json_t **reply,
		   struct cg_error *err);
};

/* The command of a name; NULL if there is none. */
const struct cg_command *cg_command_find(const char *name);

/* Check the arguments and run. Blocks as long as it takes. The caller owns *@reply. */
cg_must_check int cg_command_run(struct cg_context *context, const char *name,
				 const json_t *args, json_t **reply,
				 struct cg_error *err);

extern const struct cg_command cg_command_about, cg_command_models, cg_command_machines,
	cg_command_expand, cg_command_emulators, cg_command_host, cg_command_probe,
	cg_command_export, cg_command_record, cg_command_verify, cg_command_cache_list,
	cg_command_cache_why, cg_command_cache_history, cg_command_cache_prune,
	cg_command_cache_path, cg_command_diff, cg_command_compare, cg_command_baseline,
	cg_command_hosts_for, cg_command_explain, cg_command_matrix,
	cg_command_check_launch, cg_command_pin;
