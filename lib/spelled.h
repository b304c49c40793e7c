/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A CPU definition spelled out: of the CPU what is there and what isn't, feature by feature,
 * so that it means the same guest on every QEMU that accepts it. With "enforce" a QEMU that
 * can't give it refuses.
 */
#pragma once

#include "lib/launch.h"

struct cg_spelled {
	const char *model; /* the versioned one; borrowed from the launch */
	bool host_bound;   /* another CPU on another host */
	char *full;        /* spelled out */
	char *brief;       /* the model, and what the user changed of it */
};

/*
 * What @launch was predicted to give, which is less than what was asked for where that can't
 * be had. CG_E_UNDECIDED if the target doesn't tell what a guest gets. The caller deinits
 * *out.
 */
cg_must_check int cg_spelled_make(struct cg_spelled *out, const struct cg_launch *launch,
				  struct cg_error *err);
void cg_spelled_deinit(struct cg_spelled *spelled);

#define cg_auto_spelled cg_cleanup(cg_spelled_deinit)
