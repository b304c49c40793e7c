// SPDX-License-Identifier: LGPL-2.1-or-later
/* Somebody else's monitor: a socket in the file system. */
#include "emulator/monitor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define RETRY_MS 20

static int no_answer(const struct cg_qmp_limits *limits, struct cg_error *err)
{
	return cg_error_set(err, CG_E_TIMEOUT,
			    "no answer within %lld ms (a monitor serves one client at a "
			    "time: is another one connected?)",
			    (long long)(limits->reply_ns / CG_MS));
}

/* Between two tries. */
static int rest(const struct cg_qmp_limits *limits, struct cg_error *err)
{
	struct pollfd cancel = { .fd = limits->cancel_fd, .events = POLLIN };

	return poll(&cancel, 1, RETRY_MS) > 0
		       ? cg_error_set(err, CG_E_CANCELLED, "interrupted")
		       : 0;
}

/* A queue that is full makes connect() fail with EAGAIN, and nothing tells when it isn't. */
static int connect_until(int fd, const struct sockaddr_un *address,
			 const struct cg_qmp_limits *limits, struct cg_error *err)
{
	int64_t deadline = cg_clock_in(limits->reply_ns);

	while (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return cg_error_errno(err, "connect");
		if (cg_clock_left_ms(deadline) == 0)
			return no_answer(limits, err);
		if (rest(limits, err) < 0)
			return -1;
	}
	return 0;
}

static int connect_to(struct cg_qmp **out, const char *path,
		      const struct cg_qmp_limits *limits, struct cg_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cg_auto_close int fd = -1;

	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return cg_error_set(err, CG_E_USAGE, "a socket's name has 1 to %zu bytes",
				    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return cg_error_errno(err, "socket");
	if (connect_until(fd, &address, limits, err) < 0)
		return -1;
	if (cg_qmp_open(out, cg_take_fd(&fd), limits, err) == 0)
		return 0;
	return err->code == CG_E_TIMEOUT ? no_answer(limits, err) : -1;
}

int cg_monitor_connect(struct cg_qmp **out, const char *path,
		       const struct cg_qmp_limits *limits, struct cg_error *err)
{
	if (limits->at_once)
		return cg_error_set(err, CG_E_UNMEASURED,
				    "the guest at %s would have to be asked", path);
	if (connect_to(out, path, limits, err) < 0)
		return cg_error_prefix(err, "monitor %s", path);
	return 0;
}
