/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Would the guest of a contract start here, or on the host of a record, with exactly the CPU
 * that it was promised? As cpugate run --contract would start it.
 */
#pragma once

#include "gate/contract.h"
#include "lib/launch-verdict.h"

struct cg_revival {
	struct cg_verdict verdict;
	struct cg_launch launch; /* filled as far as it went */
	/* What the emulator would add to what was promised, and is switched off: a list. */
	json_t *switched_off;

	json_t *words;
};

/*
 * @args may have "emulator" and "record". What is in the way is a reason; -1 is for failures
 * of ours. Blocks for as long as measuring takes. *out is to be deinited in any case.
 */
cg_must_check int cg_revival_judge(struct cg_revival *out, struct cg_context *context,
				   const json_t *args, const struct cg_contract *contract,
				   struct cg_error *err);
void cg_revival_deinit(struct cg_revival *revival);

/* What it comes to: the members of cg_launch_json(), and "switched-off". New reference. */
json_t *cg_revival_json(const struct cg_revival *revival);

#define cg_auto_revival cg_cleanup(cg_revival_deinit)
