/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A verb of the command line: which command it asks, and how a person reads the reply. Everything that is
 * printed comes from replies.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "lib/cpugate.h"

enum { CG_EXIT_YES = 0, CG_EXIT_NO = 1, CG_EXIT_FAILURE = 2, CG_EXIT_UNDECIDED = 3 };

/* What a verb may use to print. */
struct cg_view {
	struct cpugate_context *context;
	const json_t *args; /* of the command */
	bool color;
	int width;          /* columns */
	const char *output; /* file to write to in place of standard output, or NULL */
};

struct cg_verb {
	const char *name;    /* "models", "cache why" */
	const char *command; /* in the command table */
	/* Arguments that the operands are for, with blanks between; "NAME..." takes the rest. Or NULL. */
	const char *operand;
	const char *input; /* argument that standard input is for, or NULL */
	const char *help;  /* one line */
	int (*print)(const struct cg_view *view, const json_t *reply,
		     struct cg_error *err);
	bool draws;  /* takes --html: "page" in the reply goes to that file */
	bool writes; /* takes --output */
	bool own;    /* acts in our place, which no cpugated can do */
	int (*status)(
		const json_t *reply); /* the exit status that a reply means; NULL: 0 */
};

extern const struct cg_verb cg_verb_probe, cg_verb_record, cg_verb_verify, cg_verb_models,
	cg_verb_expand, cg_verb_export, cg_verb_machines, cg_verb_emulators, cg_verb_host,
	cg_verb_cache_list, cg_verb_cache_why, cg_verb_cache_history, cg_verb_cache_prune,
	cg_verb_cache_path, cg_verb_diff, cg_verb_compare, cg_verb_baseline,
	cg_verb_hosts_for, cg_verb_explain, cg_verb_matrix, cg_verb_check_launch,
	cg_verb_check_migration, cg_verb_check_restore, cg_verb_hook_libvirt, cg_verb_pin,
	cg_verb_contract_show, cg_verb_contract_list, cg_verb_contract_export,
	cg_verb_contract_import, cg_verb_contract_verify, cg_verb_contract_forget,
	cg_verb_run, cg_verb_contract_impact, cg_verb_audit, cg_verb_migrate,
	cg_verb_receive;
