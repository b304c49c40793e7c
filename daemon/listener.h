/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where clients connect: a Unix socket that we make, or the one that whoever started us made
 * (LISTEN_FDS, as systemd and others do it).
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct cg_listener {
	int fd;     /* listening, non-blocking */
	char *path; /* of the socket that we made, or NULL */
	int lock;   /* beside it, so that only one daemon has it */
};

#define CG_LISTENER ((struct cg_listener){ .fd = -1, .lock = -1 })

/*
 * Take the socket that was inherited, if there is one; else make @path, which replaces the socket of
 * a daemon that isn't there any more. CG_E_REFUSED if one is.
 */
cg_must_check int cg_listener_open(struct cg_listener *out, const char *path,
				   struct cg_error *err);

/* Close it, and remove what we made. */
void cg_listener_deinit(struct cg_listener *listener);
