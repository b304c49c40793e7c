/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest goes to another host, where cpugate receive waits for it. Two connections to the
 * same address: one for the two cpugates, one that the emulators get.
 *
 *	here					there
 *	{ "cpugate": 1, "guest": papers,
 *	  "capabilities": [...] }		{ "ready": token } or { "refused": why }
 *	{ "stream": token } on the second one	{ "go": true } on the same
 *	(the guest goes over)			{ "failed": why } at any time
 *	{ "run": true or false }		{ "runs": bool, "same": bool } or
						{ "failed": why }
 *
 * Until "run" was sent the guest is ours, and theirs is ended when we are gone. Behind it, it
 * is theirs, unless they say that it failed; if they say nothing, nobody knows.
 */
#pragma once

#include <jansson.h>

#include "lib/context.h"

/* As a command's run(): the arguments of "migrate" with "to". */
cg_must_check int cg_migrate_away(struct cg_context *context, const json_t *args,
				  json_t **reply, struct cg_error *err);
