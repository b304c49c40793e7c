/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Telling whoever started us how we are: sd_notify(3)'s protocol, and its watchdog. */
#pragma once

#include <stdint.h>

/*
 * "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=..."; several with line breaks between. Nothing happens where
 * nobody listens ($NOTIFY_SOCKET). The variables are forgotten after cg_notify_open().
 */
void cg_notify_open(void);
void cg_notify(const char *state);

/* How often "WATCHDOG=1" is to be said, half of $WATCHDOG_USEC; 0 for never. */
int64_t cg_notify_watchdog(void);
