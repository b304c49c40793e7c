// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The QMP client. One input buffer; a message is a line. All waiting is in wait_for(), so the deadline and
 * the wish to stop hold everywhere.
 */
#include "emulator/qmp.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buffer.h"

#define READ_SIZE (64 * 1024)

struct cg_qmp {
	int fd;
	pid_t peer;
	struct cg_qmp_limits limits;
	struct cg_buffer in;
	size_t scanned; /* bytes of @in known to hold no newline */
	uint64_t sent, received;
	struct cg_qmp_ear ear;
};

static int timed_out(const struct cg_qmp *qmp, struct cg_error *err)
{
	return cg_error_set(err, CG_E_TIMEOUT, "no answer within %lld ms",
			    (long long)(qmp->limits.reply_ns / CG_MS));
}

static int wait_for(struct cg_qmp *qmp, short events, int64_t deadline,
		    struct cg_error *err)
{
	struct pollfd fds[] = { { .fd = qmp->fd, .events = events },
				{ .fd = qmp->limits.cancel_fd, .events = POLLIN } };

	for (;;) {
		int ready = poll(fds, CG_COUNT(fds), cg_clock_left_ms(deadline));

		if (ready < 0 && errno != EINTR)
			return cg_error_errno(err, "poll");
		if (ready > 0 && fds[1].revents)
			return cg_error_set(err, CG_E_CANCELLED, "interrupted");
		if (ready > 0 && fds[0].revents)
			return 0;
		if (ready == 0)
			return timed_out(qmp, err);
	}
}

static int end_of_stream(struct cg_qmp *qmp, struct cg_error *err)
{
	if (qmp->in.len)
		return cg_error_set(err, CG_E_DIED,
				    "the connection ended within a message");
	return cg_error_set(err, CG_E_DIED, "the connection ended");
}

/* Credentials that the kernel put beside the data: who really wrote it. */
static void note_peer(struct cg_qmp *qmp, struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct ucred who;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
		return;
	memcpy(&who, CMSG_DATA(c), sizeof(who));
	qmp->peer = who.pid;
}

/* Read what is there, at least one byte. */
static int read_some(struct cg_qmp *qmp, int64_t deadline, struct cg_error *err)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t got;

	do {
		if (wait_for(qmp, POLLIN, deadline, err) < 0 ||
		    cg_buffer_reserve(&qmp->in, READ_SIZE, err) < 0)
			return -1;
		iov = (struct iovec){ qmp->in.data + qmp->in.len, READ_SIZE };
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		got = recvmsg(qmp->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (got < 0 && (errno == EINTR || errno == EAGAIN));
	if (got == 0 || (got < 0 && errno == ECONNRESET))
		return end_of_stream(qmp, err);
	if (got < 0)
		return cg_error_errno(err, "read from the monitor");
	if (!qmp->peer)
		note_peer(qmp, &msg);
	qmp->in.len += (size_t)got;
	return 0;
}

static int too_long(const struct cg_qmp *qmp, struct cg_error *err)
{
	return cg_error_set(err, CG_E_LIMIT, "a message of more than %zu bytes",
			    qmp->limits.message_bytes);
}

/* The next line, which stays in the buffer until it is dropped. */
static int read_line(struct cg_qmp *qmp, int64_t deadline, size_t *len,
		     struct cg_error *err)
{
	char *newline;

	for (;;) {
		newline = qmp->in.len > qmp->scanned
				  ? memchr(qmp->in.data + qmp->scanned, '\n',
					   qmp->in.len - qmp->scanned)
				  : NULL;
		if (newline)
			break;
		qmp->scanned = qmp->in.len;
		if (qmp->in.len > qmp->limits.message_bytes)
			return too_long(qmp, err);
		if (read_some(qmp, deadline, err) < 0)
			return -1;
	}
	*len = (size_t)(newline - qmp->in.data) + 1;
	return *len > qmp->limits.message_bytes ? too_long(qmp, err) : 0;
}

static int read_message(struct cg_qmp *qmp, int64_t deadline, json_t **out,
			struct cg_error *err)
{
	json_t *message = NULL;
	size_t len;
	int ret;

	if (read_line(qmp, deadline, &len, err) < 0)
		return -1;
	ret = cg_json_parse(&message, qmp->in.data, len, qmp->limits.message_bytes, err);
	cg_buffer_drop(&qmp->in, len);
	qmp->scanned = 0;
	if (ret < 0) {
		if (err->code == CG_E_PARSE)
			err->code = CG_E_PROTOCOL;
		return cg_error_prefix(err, "not a QMP message");
	}
	*out = message;
	return 0;
}

/* Length of a reply's text up to its id, if it is a success with the id that is due; else 0. */
static size_t plain_length(const struct cg_qmp *qmp, size_t len)
{
	static const char head[] = "{\"return\": ";
	char tail[40];
	int tail_len = snprintf(tail, sizeof(tail), ", \"id\": %llu}",
				(unsigned long long)qmp->received);

	while (len > 0 &&
	       (qmp->in.data[len - 1] == '\n' || qmp->in.data[len - 1] == '\r'))
		len--;
	if (len < sizeof(head) + (size_t)tail_len ||
	    memcmp(qmp->in.data, head, sizeof(head) - 1) != 0 ||
	    memcmp(qmp->in.data + len - tail_len, tail, (size_t)tail_len) != 0)
		return 0;
	return len - (size_t)tail_len;
}

int cg_qmp_peek(struct cg_qmp *qmp, bool *plain, struct cg_digest *out,
		struct cg_error *err)
{
	size_t len;

	if (read_line(qmp, cg_clock_in(qmp->limits.reply_ns), &len, err) < 0)
		return -1;
	len = plain_length(qmp, len);
	*plain = len > 0;
	if (*plain)
		cg_digest_of(out, qmp->in.data, len);
	return 0;
}

void cg_qmp_skip(struct cg_qmp *qmp)
{
	const char *newline = memchr(qmp->in.data, '\n', qmp->in.len);

	cg_buffer_drop(&qmp->in, (size_t)(newline - qmp->in.data) + 1);
	qmp->scanned = 0;
	qmp->received++;
}

static int write_all(struct cg_qmp *qmp, const char *data, size_t len,
		     struct cg_error *err)
{
	int64_t deadline = cg_clock_in(qmp->limits.reply_ns);

	while (len) {
		ssize_t put = send(qmp->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (put < 0 && errno == EAGAIN) {
			if (wait_for(qmp, POLLOUT, deadline, err) < 0)
				return -1;
		} else if (put < 0 && (errno == EPIPE || errno == ECONNRESET)) {
			return cg_error_set(err, CG_E_DIED, "the connection ended");
		} else if (put < 0 && errno != EINTR) {
			return cg_error_errno(err, "write to the monitor");
		} else if (put > 0) {
			data += put;
			len -= (size_t)put;
		}
	}
	return 0;
}

int cg_qmp_send(struct cg_qmp *qmp, const char *command, json_t *args,
		struct cg_error *err)
{
	cg_auto_json json_t *message = json_pack("{s:s, s:o*, s:I}", "execute", command,
						 "arguments", args, "id",
						 (json_int_t)qmp->sent);
	cg_auto_free char *text = message ? cg_json_canonical(message) : NULL;

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "%s: no memory for the command",
				    command);
	if (write_all(qmp, text, strlen(text), err) < 0 ||
	    write_all(qmp, "\n", 1, err) < 0)
		return cg_error_prefix(err, "%s", command);
	qmp->sent++;
	return 0;
}

void cg_qmp_listen(struct cg_qmp *qmp, const struct cg_qmp_ear *ear)
{
	qmp->ear = *ear;
}

static int refused(const struct cg_qmp *qmp, const json_t *error, struct cg_error *err)
{
	const char *class = cg_json_text(error, "class");
	const char *desc = cg_json_text(error, "desc");
	bool unknown = class && strcmp(class, "CommandNotFound") == 0;

	if (qmp->ear.error)
		qmp->ear.error(qmp->ear.data, error);
	return cg_error_set(err, unknown ? CG_E_UNKNOWN : CG_E_REFUSED, "%s",
			    desc ? desc : "an error without words");
}

/* Is this the reply to the oldest command, an event (0), or nonsense (-1)? */
static int classify(struct cg_qmp *qmp, const json_t *message, struct cg_error *err)
{
	uint64_t id;

	if (json_object_get(message, "event")) {
		if (qmp->ear.event && cg_json_text(message, "event"))
			qmp->ear.event(qmp->ear.data, cg_json_text(message, "event"),
				       message);
		return 0;
	}
	if (!json_object_get(message, "return") && !json_object_get(message, "error"))
		return cg_error_set(err, CG_E_PROTOCOL, "neither a reply nor an event");
	if (!cg_json_uint(json_object_get(message, "id"), &id) || id != qmp->received)
		return cg_error_set(err, CG_E_PROTOCOL, "a reply to no command of ours");
	return 1;
}

int cg_qmp_receive(struct cg_qmp *qmp, json_t **out, struct cg_error *err)
{
	int64_t deadline = cg_clock_in(qmp->limits.reply_ns); /* events don't move it */
	int kind;

	do {
		cg_auto_json json_t *message = NULL;
		json_t *value;

		if (read_message(qmp, deadline, &message, err) < 0)
			return -1;
		kind = classify(qmp, message, err);
		if (kind == 0 && cg_clock_left_ms(deadline) == 0)
			return timed_out(
				qmp, err); /* a flood of events never lets poll() wait */
		if (kind <= 0)
			continue;
		qmp->received++;
		value = json_object_get(message, "return");
		if (!value)
			return refused(qmp, json_object_get(message, "error"), err);
		*out = json_incref(value);
	} while (kind == 0);
	return kind < 0 ? -1 : 0;
}

int cg_qmp_call(struct cg_qmp *qmp, const char *command, json_t *args, json_t **out,
		struct cg_error *err)
{
	if (cg_qmp_send(qmp, command, args, err) < 0)
		return -1;
	if (cg_qmp_receive(qmp, out, err) < 0)
		return cg_error_prefix(err, "%s", command);
	return 0;
}

/* A blank carries it: blanks between messages say nothing. */
static int send_fd(struct cg_qmp *qmp, int fd, struct cg_error *err)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (char[]){ ' ' }, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int64_t deadline = cg_clock_in(qmp->limits.reply_ns);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	while (sendmsg(qmp->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		if (errno == EPIPE || errno == ECONNRESET)
			return cg_error_set(err, CG_E_DIED, "the connection ended");
		if (errno != EAGAIN && errno != EINTR)
			return cg_error_errno(err, "send a file to the monitor");
		if (wait_for(qmp, POLLOUT, deadline, err) < 0)
			return -1;
	}
	return 0;
}

int cg_qmp_give(struct cg_qmp *qmp, int fd, const char *name, struct cg_error *err)
{
	cg_auto_json json_t *done = NULL;

	return send_fd(qmp, fd, err) < 0
		       ? -1
		       : cg_qmp_call(qmp, "getfd", json_pack("{s:s}", "fdname", name),
				     &done, err);
}

static int negotiate(struct cg_qmp *qmp, struct cg_error *err)
{
	cg_auto_json json_t *greeting = NULL, *reply = NULL;

	if (read_message(qmp, cg_clock_in(qmp->limits.reply_ns), &greeting, err) < 0)
		return -1;
	if (json_object_get(greeting, "error"))
		return refused(qmp, json_object_get(greeting, "error"), err);
	if (!json_is_object(json_object_get(greeting, "QMP")))
		return cg_error_set(err, CG_E_PROTOCOL, "no QMP greeting");
	return cg_qmp_call(qmp, "qmp_capabilities", NULL, &reply, err);
}

int cg_qmp_open(struct cg_qmp **out, int fd, const struct cg_qmp_limits *limits,
		struct cg_error *err)
{
	cg_auto_qmp struct cg_qmp *qmp = calloc(1, sizeof(*qmp));
	int on = 1;

	if (!qmp) {
		close(fd);
		return cg_error_errno(err, "open a monitor");
	}
	qmp->fd = fd;
	qmp->limits = *limits;
	qmp->in = CG_BUFFER(limits->message_bytes + 2 * READ_SIZE);
	setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on,
		   sizeof(on)); /* without it: no peer */
	if (negotiate(qmp, err) < 0)
		return -1;
	*out = cg_take(qmp);
	return 0;
}

struct cg_qmp *cg_qmp_close(struct cg_qmp *qmp)
{
	if (!qmp)
		return NULL;
	close(qmp->fd);
	cg_buffer_deinit(&qmp->in);
	free(qmp);
	return NULL;
}

pid_t cg_qmp_peer(const struct cg_qmp *qmp)
{
	return qmp->peer;
}
