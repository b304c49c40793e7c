// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate receive --uri URI --contract FILE -- QEMU ARGUMENT... */
#include "cli/stay.h"

const struct cg_verb cg_verb_receive = {
	.name = "receive",
	.command = "receive",
	.operand = "argv...",
	.help = "wait for a guest of another host",
	.own = true,
	.print = cg_stay_print,
	.status = cg_stay_status,
};
