// SPDX-License-Identifier: LGPL-2.1-or-later
/* A socket in the file system, with a lock beside it that says whose it is. */
#include "daemon/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define FIRST_INHERITED 3
#define BACKLOG 256

#define LOCK_TRIES 50
#define LOCK_MS 20

/* A number that the environment names; -1 if it isn't one. */
static long number(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long value;

	if (!text || !*text)
		return -1;
	errno = 0;
	value = strtol(text, &end, 10);
	return errno || *end ? -1 : value;
}

/* Listening on a Unix socket of streams? */
static int check_inherited(int fd, struct cg_error *err)
{
	struct sockaddr_un address;
	socklen_t size = sizeof(address), option = sizeof(int);
	int listens = 0;

	if (getsockname(fd, (struct sockaddr *)&address, &size) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &option) < 0)
		return cg_error_errno(err, "the socket that was passed to us");
	if (address.sun_family != AF_UNIX || !listens)
		return cg_error_set(
			err, CG_E_USAGE,
			"the socket that was passed to us is no Unix socket that "
			"listens");
	return 0;
}

/* sd_listen_fds(3): for this very process. What runs below us must not take it for its own. */
static int inherit(struct cg_listener *out, bool *found, struct cg_error *err)
{
	long count = number("LISTEN_FDS");
	bool ours = number("LISTEN_PID") == getpid();

	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	*found = ours && count > 0;
	if (!*found)
		return 0;
	if (count != 1)
		return cg_error_set(err, CG_E_USAGE,
				    "%ld sockets were passed to us, and we serve one",
				    count);
	if (check_inherited(FIRST_INHERITED, err) < 0)
		return -1;
	if (fcntl(FIRST_INHERITED, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(FIRST_INHERITED, F_SETFL, O_NONBLOCK) < 0)
		return cg_error_errno(err, "the socket that was passed to us");
	out->fd = FIRST_INHERITED;
	return 0;
}

/* The folder of a default path is ours to make; others know why theirs isn't there. */
static void make_folder(const char *path)
{
	cg_auto_free char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (!slash || slash == folder)
		return;
	*slash = '\0';
	slash = strrchr(folder, '/');
	if (slash && strcmp(slash, "/cpugate") == 0)
		(void)mkdir(folder, 0755);
}

/* Held for as long as we live: two daemons can't both take the socket for left over. */
static int take_lock(struct cg_listener *out, const char *path, struct cg_error *err)
{
	cg_auto_free char *name = NULL;

	if (asprintf(&name, "%s.lock", path) < 0) {
		name = NULL;
		return cg_error_errno(err, "%s", path);
	}
	out->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (out->lock < 0)
		return cg_error_errno(err, "open %s", name);
	/* One that was killed may have left a child that is about to die with it. */
	for (int i = 0; i < LOCK_TRIES && flock(out->lock, LOCK_EX | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK)
			break;
		(void)poll(NULL, 0, LOCK_MS);
	}
	if (flock(out->lock, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
			       ? cg_error_set(err, CG_E_REFUSED,
					      "%s is served already by another cpugated",
					      path)
			       : cg_error_errno(err, "lock %s", name);
	return 0;
}

/* Only a socket is removed: anything else at its place is somebody's. */
static int clear_place(const char *path, struct cg_error *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : cg_error_errno(err, "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return cg_error_set(err, CG_E_USAGE, "%s is there, and no socket", path);
	if (unlink(path) < 0)
		return cg_error_errno(err, "remove the old %s", path);
	return 0;
}

/* For everybody: who may ask what is decided by who they are. */
static int make(struct cg_listener *out, const char *path, struct cg_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return cg_error_set(err, CG_E_USAGE,
				    "the path of a socket has 1 to %zu bytes",
				    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path));
	make_folder(path);
	if (take_lock(out, path, err) < 0 || clear_place(path, err) < 0)
		return -1;
	out->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (out->fd < 0)
		return cg_error_errno(err, "socket");
	if (bind(out->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return cg_error_errno(err, "make %s", path);
	out->path = strdup(path);
	if (!out->path || chmod(path, 0666) < 0 || listen(out->fd, BACKLOG) < 0)
		return cg_error_errno(err, "listen on %s", path);
	return 0;
}

int cg_listener_open(struct cg_listener *out, const char *path, struct cg_error *err)
{
	struct cg_listener listener = CG_LISTENER;
	bool inherited;

	if (inherit(&listener, &inherited, err) < 0)
		return -1;
	if (!inherited && make(&listener, path, err) < 0) {
		cg_listener_deinit(&listener);
		return -1;
	}
	*out = listener;
	return 0;
}

void cg_listener_deinit(struct cg_listener *listener)
{
	if (listener->path)
		(void)unlink(listener->path);
	free(listener->path);
	if (listener->fd >= 0)
		close(listener->fd);
	if (listener->lock >= 0)
		close(listener->lock);
	*listener = CG_LISTENER;
}
