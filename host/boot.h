/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the running kernel was told to start, and which of the CPU's features it uses: no
 * parts of the fingerprint, since no answer depends on them, but they explain some.
 * @root is a folder as in host/tree.h.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"

/*
 * {"parameters": ["tsx=off", ...], "flags": ["fpu", ...]}: the words of the kernel's
 * command line, and the flags of the first CPU in /proc/cpuinfo. A list is empty if the
 * kernel doesn't tell. New reference.
 */
cg_must_check int cg_boot_read(json_t **out, const char *root, struct cg_error *err);
