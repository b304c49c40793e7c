/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What clients can ask for: every command of the one table (lib/command.h) by its own name, commands
 * of QEMU's in QEMU's shapes, which are commands of the table in other clothes, and a few
 * that only a server has.
 */
#pragma once

#include "base/json.h"
#include "lib/command.h"

/* A few that only a server has. */
enum cg_own_method {
	CG_METHOD_OF_TABLE,
	CG_METHOD_CAPABILITIES,
	CG_METHOD_COMMANDS,
	CG_METHOD_SCHEMA,
	CG_METHOD_VERSION,
	CG_METHOD_ADD_FILE,
	CG_METHOD_NEXT_PAGE,
};

struct cg_method {
	const char *name;
	enum cg_own_method own;
	const struct cg_command *command; /* NULL for the server's own */
	const char *const *arguments;     /* NULL-terminated; besides the common ones */
	const char *returns; /* the type in the schema; NULL: one that isn't described */
	/* Arguments of the command from those of the client. NULL: the same. */
	json_t *(*prepare)(const json_t *args, struct cg_error *err);
	/* What the client gets of the reply, a new reference; NULL: the same. */
	json_t *(*shape)(const json_t *reply, const json_t *args);
};

/* All methods, one by one from 0 on; false behind the last one. */
bool cg_method_at(size_t i, struct cg_method *out);

/* The method of a name; false if there is none. */
bool cg_method_find(const char *name, struct cg_method *out);

/* What every method of the table takes besides its own arguments. */
#define CG_ARGUMENT_FILES "files"
#define CG_ARGUMENT_PAGE "page-bytes"

/*
 * The arguments for the command: checked, prepared, without the common ones. The caller owns
 * *@out.
 */
cg_must_check int cg_method_prepare(const struct cg_method *method, const json_t *args,
				    json_t **out, struct cg_error *err);
