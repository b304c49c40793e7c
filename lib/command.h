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
enum {
	/* Changes nothing that lasts, but for what it finds out: for whoever may ask. */
	CG_COMMAND_READS = 1 << 0,
	/* Takes no time where nothing has to be measured. */
	CG_COMMAND_QUICK = 1 << 1,
	/*
	 * Its answer depends on nothing but the arguments, the files that they name, the
	 * emulator, this host and the cache: see cg_context_generation().
	 */
	CG_COMMAND_PURE = 1 << 2,
	/* Acts in the place of whoever asks: no service for others. */
	CG_COMMAND_OWN = 1 << 3,
};

struct cg_command {
	const char *name;
	const char *const *arguments; /* NULL-terminated names; another one is CG_E_USAGE */
	int (*run)(struct cg_context *context, const json_t *args, json_t **reply,
		   struct cg_error *err);
	unsigned flags; /* CG_COMMAND_... */
};

/* What kind of value an argument has, whichever command takes it. */
enum cg_argument {
	CG_ARGUMENT_ANY, /* the command says */
	CG_ARGUMENT_TEXT,
	CG_ARGUMENT_LIST, /* of texts */
	CG_ARGUMENT_NUMBER,
	CG_ARGUMENT_FLAG,
};
enum cg_argument cg_argument_kind(const char *argument);

/* All commands, one by one from 0 on; NULL behind the last one. */
const struct cg_command *cg_command_at(size_t i);

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
	cg_command_check_launch, cg_command_check_migration, cg_command_check_restore,
	cg_command_hook_libvirt, cg_command_pin, cg_command_model_expansion,
	cg_command_model_baseline, cg_command_contract_show, cg_command_contract_list,
	cg_command_contract_export, cg_command_contract_import,
	cg_command_contract_verify, cg_command_contract_forget, cg_command_run_guest,
	cg_command_contract_impact, cg_command_audit, cg_command_migrate,
	cg_command_receive;
