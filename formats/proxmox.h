/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A CPU definition as a section of Proxmox VE's cpu-models.conf. */
#pragma once

#include "formats/export.h"

/*
 * Appends to @out a section for the model export->name, which guests have as custom-NAME.
 * CG_E_USAGE for a name or a definition that Proxmox has no words for; it needs both. Proxmox
 * knows the models that QEMU has, but where a version has a name of its own, only that.
 */
cg_must_check int cg_proxmox_print(struct cg_buffer *out, const struct cg_export *export,
				   struct cg_error *err);
