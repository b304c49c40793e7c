/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the administrator should know, to standard error; with the priority in front as
 * systemd's journal takes it ("<4>") where that is listening.
 */
#pragma once

#include "base/cleanup.h"

enum cg_log { CG_LOG_ERROR = 3, CG_LOG_WARNING = 4, CG_LOG_NOTICE = 5, CG_LOG_INFO = 6 };

/* Look where standard error goes. */
void cg_log_open(void);

/* One line. Never blocks for long, and never fails. */
void cg_log(enum cg_log priority, const char *fmt, ...) cg_printf(2, 3);
