/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cpugated that is asked in place of the library. Files that a question names are read
 * here, with our rights, and their contents are sent; paths of programs and sockets are
 * made absolute, as cpugated is in another folder.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "lib/cpugate.h"

/* Events that are for who asked, before the answer. */
#define CG_EVENT_PROGRESS "PROBE_PROGRESS" /* "done", "total", "what" */
#define CG_EVENT_WARNING "WARNING"         /* "warning" */

struct cg_remote;

/* Connect to how->socket. Blocks, as the next does; how->cancel_fd ends it. */
cg_must_check int cg_remote_open(struct cg_remote **out,
				 const struct cpugate_options *how, struct cg_error *err);
struct cg_remote *
cg_remote_close(struct cg_remote *remote); /* takes NULL; returns NULL */

/* What users should be told, texts. Owned by @remote. */
const json_t *cg_remote_warnings(const struct cg_remote *remote);

/* The caller owns *@reply. */
cg_must_check int cg_remote_ask(struct cg_remote *remote, const char *command,
				const json_t *args, json_t **reply, struct cg_error *err);
