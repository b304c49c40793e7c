/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What became of a guest that was to go from one QEMU to another. */
#pragma once

#include "cli/verb.h"

/* Why the guest is where it was; nothing if it has moved. */
int cg_stay_print(const struct cg_view *view, const json_t *reply, struct cg_error *err);

/* How its new QEMU ended, if there was one to wait for; else 0 if it has moved, 1 to 4. */
int cg_stay_status(const json_t *reply);
