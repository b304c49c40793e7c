/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The monitor of an emulator that somebody else started: a Unix socket on which QEMU
 * speaks QMP to one client at a time. Closing the connection leaves it to the next one.
 */
#pragma once

#include "emulator/qmp.h"

/*
 * Connect and negotiate. Blocks, for the reply time of the limits at most. CG_E_SYSTEM if
 * there is no such socket, CG_E_TIMEOUT if QEMU doesn't answer, which it doesn't as long
 * as another client is connected, CG_E_PROTOCOL if it isn't QMP. Errors name the socket.
 */
cg_must_check int cg_monitor_connect(struct cg_qmp **out, const char *path,
				     const struct cg_qmp_limits *limits,
				     struct cg_error *err);
