/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where cpugated listens and its clients connect, unless somebody says otherwise. */
#pragma once

/*
 * $CPUGATE_SOCKET, else /run/cpugate/cpugate.sock for root, else
 * $XDG_RUNTIME_DIR/cpugate/cpugate.sock. The caller frees it; NULL if memory is out.
 */
char *cg_socket_default(void);

/* Where clients of any user find the one that the system has. */
#define CG_SOCKET_OF_SYSTEM "/run/cpugate/cpugate.sock"
