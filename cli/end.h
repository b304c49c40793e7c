/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the emulator ended that we waited for is how we end. */
#pragma once

#include <jansson.h>

/* The exit status that the "end" of a reply means; of a signal it doesn't return. */
int cg_end_status(const json_t *reply);
