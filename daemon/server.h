/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The service: clients, what they ask, how it is answered. All on one thread, which never
 * waits for anything but all of it: what takes time is done by worker processes.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

struct cg_server_options {
	const char *socket;  /* its path; NULL for cg_socket_default() */
	const char *metrics; /* file to keep up to date with our figures, or NULL */
	int64_t patience;    /* with slow clients, in nanoseconds */
};

/* Serve until SIGTERM or SIGINT. -1 if it can't begin, or can't go on. */
cg_must_check int cg_server_run(const struct cg_server_options *options,
				struct cg_error *err);
