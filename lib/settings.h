/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an administrator decided for all of this host: lines "NAME = VALUE" in
 * $CPUGATE_CONFIG, else cpugate.conf in the folder for configuration. See cpugate-hook(8).
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct cg_settings {
	bool libvirt_hook; /* the hook looks at guests at all */
	bool strict;       /* what can't be decided is refused */
};

/*
 * All off where there is no such file. CG_E_PARSE, naming file and line, for a line that
 * isn't one or a name that isn't known. Blocks on the file.
 */
cg_must_check int cg_settings_read(struct cg_settings *out, struct cg_error *err);
