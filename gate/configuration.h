/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file for -readconfig: groups of NAME = "VALUE", as QEMU reads it (util/qemu-config.c). */
#pragma once

#include <jansson.h>

#include "base/error.h"

#define CG_CONFIGURATION_MAX (1 << 20)

/*
 * A list of { "group", "values": { NAME: VALUE } } in the order of the file; an "id" is one of
 * the values. What QEMU refuses is CG_E_USAGE; a file with more than CG_CONFIGURATION_MAX
 * bytes CG_E_LIMIT. The caller owns *@out.
 */
cg_must_check int cg_configuration_parse(json_t **out, const char *text, size_t len,
					 struct cg_error *err);

/*
 * The same of a file. One that isn't a regular file is CG_E_UNDECIDED: what is read from a
 * pipe is gone. *@out is NULL if there is no such file.
 */
cg_must_check int cg_configuration_read(json_t **out, const char *path,
					struct cg_error *err);

/* The same of a file that the user names, which may be given: see base/given.h. */
cg_must_check int cg_configuration_read_named(json_t **out, const char *name,
					      struct cg_error *err);
