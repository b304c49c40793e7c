/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who a client is, by the kernel's word, and what it may do. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

#define CG_GROUP "cpugate"

struct cg_rights {
	uid_t uid;
	pid_t pid;
	/*
	 * May it measure whatever it likes, and forget what was measured? root, whom we run as, and
	 * members of CG_GROUP. Others ask, and have measured what is installed.
	 */
	bool owner;
};

/* Of the process that connected. Fails if the kernel doesn't tell. */
cg_must_check int cg_rights_read(struct cg_rights *out, int fd, struct cg_error *err);
