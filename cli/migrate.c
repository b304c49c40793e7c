// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate migrate --from qmp:SOCKET -- QEMU ARGUMENT..., or --to another host */
#include "cli/stay.h"

const struct cg_verb cg_verb_migrate = {
	.name = "migrate",
	.command = "migrate",
	.own = true,
	.operand = "argv...",
	.help = "move a running guest to another QEMU",
	.print = cg_stay_print,
	.status = cg_stay_status,
};
