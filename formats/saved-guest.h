/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The head of a guest that was saved: by QEMU itself (migrate to a file), or by libvirt, who
 * puts a header and the domain before the same thing. Nothing behind it is looked at.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

#define CG_SAVED_MACHINE 64

/*
 * The machine type that a saved guest has, "" if it doesn't say (QEMU before 2.3, or it is
 * compressed). Blocks on the file. CG_E_PARSE for one that is neither.
 */
cg_must_check int cg_saved_guest_machine(const char *path,
					 char out[static CG_SAVED_MACHINE],
					 struct cg_error *err);
