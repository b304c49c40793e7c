/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the emulator ended that we waited for is how we end. */
#pragma once

#include <jansson.h>

/* The exit status that the "end" of a reply means: of a signal that of a shell. */
int cg_end_status(const json_t *reply);

/*
 * When all is said: if it was a signal, end by the same, as whoever waits for us expects it of
 * the emulator.
 */
void cg_end_alike(void);
