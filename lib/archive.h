/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The contracts of this host's guests, as contracts: found by name, UUID or file, and kept. */
#pragma once

#include "gate/contract.h"
#include "lib/context.h"

/* Is it a file's name rather than a guest's? A word with '/' or the name of an existing file. */
bool cg_archive_is_file(const char *word);

/*
 * The contract of a name or UUID in the state file; its @ago-th older one, 0 for the one that
 * counts. *@found is false, and *@out untouched, if there is none. Blocks on the file. What
 * is there and can't be read is an error, never a miss.
 */
cg_must_check int cg_archive_find(struct cg_context *context, const char *word,
				  size_t ago, struct cg_contract *out, bool *found,
				  struct cg_error *err);

/*
 * The same of a name, UUID or file (cg_archive_is_file()). CG_E_UNKNOWN, naming it, if there
 * is no contract of that name.
 */
cg_must_check int cg_archive_get(struct cg_context *context, const char *word,
				 struct cg_contract *out, struct cg_error *err);

/*
 * All contracts, or also (@older) those that they replaced: a list of { "name", "uuid" (if it
 * has one), "written", "replaced" (if it was), "text" }, by name. The caller owns *@out.
 */
cg_must_check int cg_archive_list(struct cg_context *context, bool older, json_t **out,
				  struct cg_error *err);

/* One of these. CG_E_NEWER and so on, naming it, for what can't be read. */
cg_must_check int cg_archive_parse(struct cg_contract *out, const json_t *entry,
				   struct cg_error *err);

/*
 * On the disk when it returns, under the contract's name or else its UUID: CG_E_USAGE if it
 * has neither, or the UUID is that of another name. Refuses what couldn't be read again.
 */
cg_must_check int cg_archive_keep(struct cg_context *context,
				  const struct cg_contract *contract,
				  struct cg_error *err);
