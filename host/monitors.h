/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the emulators that run on this host have their QMP monitors, as far as their command
 * lines tell: -qmp, -qmp-pretty and -chardev with a Unix socket that has a path.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"

#define CG_MONITORS_MAX 4096

/*
 * A list of { "path", "pids" (of all whose command line has it) }, in no order; those that don't exist (any more)
 * are left out.
 * @root is for tests: a folder in place of the root to find proc in, or NULL. Command lines
 * that this user may not read are passed over. Blocks on the file system. The caller owns
 * *@out.
 */
cg_must_check int cg_monitors_find(json_t **out, const char *root, struct cg_error *err);
