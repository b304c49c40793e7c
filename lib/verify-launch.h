/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does QEMU do what `check launch` says? Each trial is started with "enforce", and nothing
 * else is looked at than whether it starts.
 */
#pragma once

#include "lib/trials.h"

/* The reply of `cpugate verify --launch`. Blocks for as long as it takes. */
cg_must_check int cg_verify_launches(struct cg_trials *trials, struct cg_context *context,
				     json_t **reply, struct cg_error *err);
