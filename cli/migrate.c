// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate migrate --from qmp:SOCKET -- QEMU ARGUMENT..., or --to another host */
#include "cli/stay.h"

const struct cg_verb cg_verb_migrate = {
	.name = "migrate",
	.command = "migrate",
	.own = true,
	.operand = "argv...",
	.help = "move a guest that runs to another QEMU, or leave it as it is",
	.print = cg_stay_print,
	.status = cg_stay_status,
};
