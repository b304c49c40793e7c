/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two cpugates, one at each end of a guest's way, over a stream socket: JSON objects, one a
 * line. The other one isn't trusted: every line has a limit and every wait a deadline.
 */
#pragma once

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"

struct cg_parley {
	int fd;
	int cancel_fd; /* readable when the user wants to stop; -1 for never */
	struct cg_buffer in;
};

#define CG_PARLEY_BYTES (2 << 20) /* of a line */
#define CG_PARLEY                                                                        \
	((struct cg_parley){                                                             \
		.fd = -1, .cancel_fd = -1, .in = CG_BUFFER(CG_PARLEY_BYTES) })

/*
 * @uri is "tcp:HOST:PORT" ("[...]" around an IPv6 address) or "unix:PATH". *@address, which
 * the caller frees, is the same with the port that was found where it was 0. CG_E_USAGE for
 * another uri.
 */
cg_must_check int cg_parley_listen(int *fd, const char *uri, char **address,
				   struct cg_error *err);
cg_must_check int cg_parley_accept(struct cg_parley *out, int listener, int cancel_fd,
				   int64_t deadline, struct cg_error *err);
cg_must_check int cg_parley_connect(struct cg_parley *out, const char *uri, int cancel_fd,
				    int64_t deadline, struct cg_error *err);
void cg_parley_deinit(struct cg_parley *parley);

/* Send an object, which is consumed, also on failure. CG_E_DIED if nobody is there. */
cg_must_check int cg_parley_say(struct cg_parley *parley, json_t *what,
				struct cg_error *err);

/* The next object. CG_E_DIED at the end, CG_E_TIMEOUT, CG_E_PROTOCOL for what is none. */
cg_must_check int cg_parley_hear(struct cg_parley *parley, int64_t deadline, json_t **out,
				 struct cg_error *err);

/* Has something come, or is the other one gone? Doesn't wait. */
bool cg_parley_stirs(const struct cg_parley *parley);

#define cg_auto_parley cg_cleanup(cg_parley_deinit)
