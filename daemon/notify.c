// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"

static struct sockaddr_un address;
static socklen_t address_size;
static int64_t watchdog_ns;

static void read_address(const char *path)
{
	if (!path || (*path != '/' && *path != '@') ||
	    strlen(path) >= sizeof(address.sun_path))
		return;
	address.sun_family = AF_UNIX;
	memcpy(address.sun_path, path, strlen(path));
	address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (*path == '@') /* an abstract one */
		address.sun_path[0] = '\0';
	else
		address_size++;
}

static void read_watchdog(const char *usec, const char *pid)
{
	long long number = usec ? strtoll(usec, NULL, 10) : 0;

	if (number > 0 && number < INT64_MAX / 1000 &&
	    (!pid || strtoll(pid, NULL, 10) == getpid()))
		watchdog_ns = number * 1000 / 2;
}

void cg_notify_open(void)
{
	read_address(getenv("NOTIFY_SOCKET"));
	read_watchdog(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void cg_notify(const char *state)
{
	cg_auto_close int fd = -1;

	if (!address_size)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
			      (const struct sockaddr *)&address, address_size);
}

int64_t cg_notify_watchdog(void)
{
	return watchdog_ns;
}
