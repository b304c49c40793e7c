/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QMP over one connected socket. The peer is not trusted: every reply has a deadline and every
 * message a limit. Commands may be sent ahead; replies are taken in the order of the commands.
 * One connection per thread.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"

struct cg_qmp;

/* How long and how much we take from a peer. */
struct cg_qmp_limits {
	int64_t reply_ns;     /* from when we wait for a reply until we give up */
	size_t message_bytes; /* longest message */
	int cancel_fd;        /* readable when the user wants to stop; -1 for never */
	/* Nothing is to be started, hashed or waited for: CG_E_UNMEASURED in place of that. */
	bool at_once;
};

#define CG_QMP_LIMITS                                                                    \
	((struct cg_qmp_limits){                                                         \
		.reply_ns = 10 * CG_S, .message_bytes = 16 << 20, .cancel_fd = -1 })

/*
 * Read the greeting and negotiate. Blocks. Consumes @fd, also on failure. CG_E_PROTOCOL if the
 * peer isn't QMP, CG_E_DIED at its end, CG_E_TIMEOUT, CG_E_CANCELLED, CG_E_LIMIT.
 */
cg_must_check int cg_qmp_open(struct cg_qmp **out, int fd,
			      const struct cg_qmp_limits *limits, struct cg_error *err);
struct cg_qmp *cg_qmp_close(struct cg_qmp *qmp); /* takes NULL; returns NULL */

/* The process at the other end, as the kernel says it with the greeting; 0 if it doesn't. */
pid_t cg_qmp_peer(const struct cg_qmp *qmp);

/*
 * Send a command; its reply is the one that cg_qmp_receive() returns after those of all commands sent before. @args
 * is consumed, also on failure, and may be NULL.
 */
cg_must_check int cg_qmp_send(struct cg_qmp *qmp, const char *command, json_t *args,
			      struct cg_error *err);

/*
 * The next reply's "return" member; the caller owns *@out. Events are passed over. CG_E_REFUSED
 * if the peer answered "error" (CG_E_UNKNOWN if it doesn't have the command): the connection goes on.
 * After any other error it is good for nothing but closing.
 */
cg_must_check int cg_qmp_receive(struct cg_qmp *qmp, json_t **out, struct cg_error *err);

/*
 * A sweep gets the same long reply again and again. Look at the next reply without taking or parsing it: *out is the digest of its text
 * but for the id, if it is a success (*plain); then either skip it or receive it. Blocks like cg_qmp_receive().
 */
cg_must_check int cg_qmp_peek(struct cg_qmp *qmp, bool *plain, struct cg_digest *out,
			      struct cg_error *err);
void cg_qmp_skip(struct cg_qmp *qmp); /* only after a peek that said plain */

/*
 * Who wants to hear more than replies: of events, and of errors what QEMU's words for them
 * don't say. Borrowed until the end; either may be NULL.
 */
struct cg_qmp_ear {
	void (*event)(void *data, const char *name, const json_t *event);
	void (*error)(void *data, const json_t *error);
	void *data;
};
void cg_qmp_listen(struct cg_qmp *qmp, const struct cg_qmp_ear *ear);

/* Send one command and wait for its reply. */
cg_must_check int cg_qmp_call(struct cg_qmp *qmp, const char *command, json_t *args,
			      json_t **out, struct cg_error *err);

/* Give the peer a copy of @fd, which it knows as @name from then on ("getfd"). */
cg_must_check int cg_qmp_give(struct cg_qmp *qmp, int fd, const char *name,
			      struct cg_error *err);

static inline void cg_qmp_closep(struct cg_qmp **qmp)
{
	cg_qmp_close(*qmp);
}
#define cg_auto_qmp cg_cleanup(cg_qmp_closep)
