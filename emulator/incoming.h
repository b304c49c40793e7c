/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An emulator that waits for a guest from elsewhere ("-incoming defer"), held so that the
 * guest doesn't run when it has come. Each blocks for a reply.
 */
#pragma once

#include "emulator/qmp.h"

/* Switch on the @capabilities that the other side has. */
cg_must_check int cg_incoming_prepare(struct cg_qmp *qmp, const json_t *capabilities,
				      struct cg_error *err);

/* From now on the guest may come: to @uri, or through the connected socket @fd if it is NULL. */
cg_must_check int cg_incoming_listen(struct cg_qmp *qmp, const char *uri, int fd,
				     struct cg_error *err);

/* Is all of it there? CG_E_DIED if the emulator ended, which is how it refuses a guest. */
cg_must_check int cg_incoming_is_whole(struct cg_qmp *qmp, bool *whole,
				       struct cg_error *err);

/* Let it run, and see that it does. */
cg_must_check int cg_incoming_run(struct cg_qmp *qmp, struct cg_error *err);
