// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *cg_socket_default(void)
{
	const char *set = getenv("CPUGATE_SOCKET"), *runtime = getenv("XDG_RUNTIME_DIR");
	char *path;

	if (set && *set)
		return strdup(set);
	if (geteuid() == 0 || !runtime || *runtime != '/')
		return strdup(CG_SOCKET_OF_SYSTEM);
	return asprintf(&path, "%s/cpugate/cpugate.sock", runtime) < 0 ? NULL : path;
}
