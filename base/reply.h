/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an answer is on its way to whoever asked: a tree, and its text if that is wanted. In
 * lib/cpugate.h it is opaque; our own programs, which are built with the library, take the
 * tree and save the printing and parsing.
 */
#pragma once

#include <jansson.h>

#include "base/cleanup.h"

struct cpugate_reply {
	json_t *json;
	char *text; /* NULL until somebody wanted it */
};

/* Takes @json; NULL if memory is out. */
struct cpugate_reply *cg_reply_new(json_t *json);
struct cpugate_reply *cg_reply_free(struct cpugate_reply *reply); /* takes NULL */

/* Canonical JSON; NULL if memory is out. Borrowed. */
const char *cg_reply_text(struct cpugate_reply *reply);

static inline void cg_reply_freep(struct cpugate_reply **reply)
{
	cg_reply_free(*reply);
}
#define cg_auto_reply cg_cleanup(cg_reply_freep)
