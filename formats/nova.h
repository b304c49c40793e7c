/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines of nova.conf that give OpenStack's guests a CPU definition. */
#pragma once

#include "formats/export.h"

/*
 * Appends to @out. CG_E_USAGE for a definition that Nova has no words for; it needs one.
 * KVM's own features, which nobody can name to libvirt, become a comment.
 */
cg_must_check int cg_nova_print(struct cg_buffer *out, const struct cg_export *export,
				struct cg_error *err);
