// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lines over a socket. */
#include "lib/parley.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PIECE 65536
#define SAY_NS (10 * CG_S)
#define QUEUE 8

void cg_parley_deinit(struct cg_parley *p)
{
	if (p->fd >= 0)
		close(p->fd);
	cg_buffer_deinit(&p->in);
	*p = CG_PARLEY;
}

static int wait_for(int fd, int cancel_fd, short events, int64_t deadline,
		    struct cg_error *err)
{
	struct pollfd fds[] = { { .fd = fd, .events = events },
				{ .fd = cancel_fd, .events = POLLIN } };

	for (;;) {
		int ready = poll(fds, CG_COUNT(fds), cg_clock_left_ms(deadline));

		if (ready < 0 && errno != EINTR)
			return cg_error_errno(err, "poll");
		if (ready > 0 && fds[1].revents)
			return cg_error_set(err, CG_E_CANCELLED, "interrupted");
		if (ready > 0)
			return 0;
		if (ready == 0)
			return cg_error_set(err, CG_E_TIMEOUT,
					    "nothing was heard from the other side");
	}
}

/* Addresses. */

struct place {
	char host[256], port[32]; /* "" for a path */
	struct sockaddr_un path;
};

static int bad_uri(const char *uri, struct cg_error *err)
{
	return cg_error_set(err, CG_E_USAGE,
			    "%.200s is neither tcp:HOST:PORT nor unix:PATH", uri);
}

static int parse(struct place *out, const char *uri, struct cg_error *err)
{
	struct place p = { .path.sun_family = AF_UNIX };
	const char *rest = strchr(uri, ':'),
		   *colon = rest ? strrchr(rest + 1, ':') : NULL;
	size_t len;

	if (rest && strncmp(uri, "unix:", 5) == 0 && rest[1] &&
	    strlen(rest + 1) < sizeof(p.path.sun_path)) {
		memcpy(p.path.sun_path, rest + 1, strlen(rest + 1));
		*out = p;
		return 0;
	}
	if (strncmp(uri, "tcp:", 4) != 0 || !colon || !colon[1])
		return bad_uri(uri, err);
	rest++;
	len = (size_t)(colon - rest);
	if (len > 1 && *rest == '[' && rest[len - 1] == ']') {
		rest++;
		len -= 2;
	}
	if (len >= sizeof(p.host) || strlen(colon + 1) >= sizeof(p.port))
		return bad_uri(uri, err);
	memcpy(p.host, rest, len);
	memcpy(p.port, colon + 1, strlen(colon + 1));
	*out = p;
	return 0;
}

/* One of the addresses of a name, opened by @try. */
static int each_address(int *fd, const struct place *p, int flags,
			int (*try)(int fd, const struct sockaddr *, socklen_t),
			struct cg_error *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags };
	struct addrinfo path = { .ai_family = AF_UNIX,
				 .ai_socktype = SOCK_STREAM,
				 .ai_addr = (struct sockaddr *)(uintptr_t)&p->path,
				 .ai_addrlen = sizeof(p->path) };
	struct addrinfo *found = NULL;
	int code = 0, why = 0;

	if (*p->port)
		code = getaddrinfo(*p->host ? p->host : NULL, p->port, &hints, &found);
	if (code)
		return cg_error_set(err, CG_E_UNKNOWN, "%s", gai_strerror(code));
	for (struct addrinfo *a = found ? found : &path; a; a = a->ai_next) {
		cg_auto_close int one = socket(a->ai_family,
					       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
					       0);

		if (one >= 0 && try(one, a->ai_addr, a->ai_addrlen) == 0) {
			*fd = cg_take_fd(&one);
			break;
		}
		why = errno;
	}
	if (found)
		freeaddrinfo(found);
	errno = why;
	return *fd >= 0 ? 0 : cg_error_errno(err, "socket");
}

/* A socket's file, of which whoever made it is gone. */
static bool is_left_over(const struct sockaddr *address, socklen_t size)
{
	cg_auto_close int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && connect(fd, address, size) < 0 && errno == ECONNREFUSED;
}

static int try_listen(int fd, const struct sockaddr *address, socklen_t size)
{
	const struct sockaddr_un *path =
		address->sa_family == AF_UNIX ? (const void *)address : NULL;
	int on = 1, bound;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	bound = bind(fd, address, size);
	if (bound < 0 && errno == EADDRINUSE && path && is_left_over(address, size) &&
	    unlink(path->sun_path) == 0)
		bound = bind(fd, address, size);
	return bound < 0 ? -1 : listen(fd, QUEUE);
}

static int try_connect(int fd, const struct sockaddr *address, socklen_t size)
{
	return connect(fd, address, size) < 0 && errno != EINPROGRESS ? -1 : 0;
}

/* The same again, with the port that the kernel chose. */
static char *name_of(int fd, const struct place *p, const char *uri)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	char port[16], *out;
	bool brackets = strchr(p->host, ':');

	if (!*p->port || getsockname(fd, (struct sockaddr *)&address, &size) < 0 ||
	    getnameinfo((struct sockaddr *)&address, size, NULL, 0, port, sizeof(port),
			NI_NUMERICSERV) != 0)
		return strdup(uri);
	return asprintf(&out, "tcp:%s%s%s:%s", brackets ? "[" : "", p->host,
			brackets ? "]" : "", port) < 0
		       ? NULL
		       : out;
}

int cg_parley_listen(int *fd, const char *uri, char **address, struct cg_error *err)
{
	cg_auto_close int listener = -1;
	struct place place;

	if (parse(&place, uri, err) < 0)
		return -1;
	if (each_address(&listener, &place, AI_PASSIVE, try_listen, err) < 0)
		return cg_error_prefix(err, "listen on %s", uri);
	*address = name_of(listener, &place, uri);
	if (!*address)
		return cg_error_errno(err, "%s", uri);
	*fd = cg_take_fd(&listener);
	return 0;
}

int cg_parley_accept(struct cg_parley *out, int listener, int cancel_fd, int64_t deadline,
		     struct cg_error *err)
{
	cg_auto_close int fd = -1;

	while (fd < 0) {
		if (wait_for(listener, cancel_fd, POLLIN, deadline, err) < 0)
			return -1;
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			return cg_error_errno(err, "accept");
	}
	*out = CG_PARLEY;
	out->fd = cg_take_fd(&fd);
	out->cancel_fd = cancel_fd;
	return 0;
}

int cg_parley_connect(struct cg_parley *out, const char *uri, int cancel_fd,
		      int64_t deadline, struct cg_error *err)
{
	cg_auto_close int fd = -1;
	socklen_t size = sizeof(int);
	struct place place;
	int why = 0;

	if (parse(&place, uri, err) < 0)
		return -1;
	if (each_address(&fd, &place, 0, try_connect, err) < 0 ||
	    wait_for(fd, cancel_fd, POLLOUT, deadline, err) < 0)
		return cg_error_prefix(err, "%s", uri);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) < 0 || why) {
		errno = why;
		return cg_error_errno(err, "%s: connect", uri);
	}
	*out = CG_PARLEY;
	out->fd = cg_take_fd(&fd);
	out->cancel_fd = cancel_fd;
	return 0;
}

/* Lines. */

int cg_parley_say(struct cg_parley *p, json_t *what, struct cg_error *err)
{
	cg_auto_json json_t *object = what;
	cg_auto_free char *text = what ? cg_json_canonical(what) : NULL;
	int64_t deadline = cg_clock_in(SAY_NS);
	size_t len = text ? strlen(text) : 0, done = 0;

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a message");
	text[len++] = '\n'; /* in place of its end */
	while (done < len) {
		ssize_t put = send(p->fd, text + done, len - done, MSG_NOSIGNAL);

		if (put > 0)
			done += (size_t)put;
		else if (errno == EAGAIN &&
			 wait_for(p->fd, p->cancel_fd, POLLOUT, deadline, err) < 0)
			return -1;
		else if (errno != EAGAIN && errno != EINTR)
			return cg_error_set(err, CG_E_DIED, "the other side is gone");
	}
	return 0;
}

static int read_some(struct cg_parley *p, int64_t deadline, struct cg_error *err)
{
	ssize_t got;

	if (wait_for(p->fd, p->cancel_fd, POLLIN, deadline, err) < 0 ||
	    cg_buffer_reserve(&p->in, PIECE, err) < 0)
		return -1;
	got = recv(p->fd, p->in.data + p->in.len, PIECE, MSG_DONTWAIT);
	if (got > 0)
		p->in.len += (size_t)got;
	if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
		return 0;
	return cg_error_set(err, CG_E_DIED, "the other side is gone");
}

int cg_parley_hear(struct cg_parley *p, int64_t deadline, json_t **out,
		   struct cg_error *err)
{
	char *newline;
	json_t *json = NULL;
	size_t len;
	int ret;

	while (!p->in.len || !(newline = memchr(p->in.data, '\n', p->in.len)))
		if (read_some(p, deadline, err) < 0)
			return -1;
	len = (size_t)(newline - p->in.data) + 1;
	ret = cg_json_parse(&json, p->in.data, len, CG_PARLEY_BYTES, err);
	cg_buffer_drop(&p->in, len);
	if (ret == 0 && json_is_object(json)) {
		*out = json;
		return 0;
	}
	json_decref(json);
	return cg_error_set(err, CG_E_PROTOCOL,
			    "the other side doesn't speak as cpugate");
}

bool cg_parley_stirs(const struct cg_parley *p)
{
	struct pollfd fd = { .fd = p->fd, .events = POLLIN };

	return p->in.len || poll(&fd, 1, 0) > 0;
}
