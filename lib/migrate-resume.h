/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest whose cpugate migrate was killed, with everything that would have brought it back,
 * just as it stood still for the switch: it goes on here, if it was never given away.
 */
#pragma once

#include <jansson.h>

#include "lib/context.h"

/* As a command's run(): the arguments of "migrate" with "resume". */
cg_must_check int cg_migrate_resume(struct cg_context *context, const json_t *args,
				    json_t **reply, struct cg_error *err);
