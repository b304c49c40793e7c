/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that a user names to be written. */
#pragma once

#include "base/error.h"

/*
 * @text and a newline. Whatever happens, the file is the old one or the new one, never
 * half of it, and links stay what they are; a pipe or a device is written to, not
 * replaced. Blocks on the disk, and on who reads the pipe.
 */
cg_must_check int cg_output_write(const char *path, const char *text,
				  struct cg_error *err);
