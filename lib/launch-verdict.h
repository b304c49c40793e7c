/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Would QEMU start with a command line and give the guest all of the CPU that it asks for? As
 * with "enforce", which makes QEMU refuse what it would else take away.
 */
#pragma once

#include "cpumodels/reason.h"
#include "lib/launch.h"

/*
 * Read the command line @args "argv", open and predict as lib/launch.h does, and add the
 * reasons to @out. Where QEMU would refuse or nothing can be told, that is a reason, too, and
 * @launch is filled as far as it went; -1 is for failures of ours. Both are to be deinited
 * in any case. Blocks for as long as measuring takes; what is known isn't measured.
 */
cg_must_check int cg_launch_judge(struct cg_launch *launch, struct cg_context *context,
				  const json_t *args, struct cg_verdict *out,
				  struct cg_error *err);

/* What it comes to, as check launch and run reply. New reference. */
json_t *cg_launch_json(const struct cg_launch *launch, const struct cg_verdict *verdict);
