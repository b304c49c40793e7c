/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking a command: all that the command line has to do with the library. */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "lib/cpugate.h"

/* The caller owns *@reply. Blocks as long as it takes. */
cg_must_check int cg_ask_command(struct cpugate_context *context, const char *command,
				 const json_t *args, json_t **reply,
				 struct cg_error *err);

/* Why a context couldn't be opened; returns -1. */
int cg_ask_failed(struct cg_error *err, const struct cpugate_error *error);
