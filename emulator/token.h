/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A thing of ours that lies in the emulator which a guest leaves, for as long as the guest
 * wasn't given away. The emulator gives it once: who takes it decides where the guest runs, and
 * nobody else does any more. So a guest that stands still in an emulator with a token was
 * never told to run anywhere else, whoever has been killed meanwhile.
 *
 * It is an object that does nothing (authz-simple, since QEMU 4.0). It ends with its emulator.
 */
#pragma once

#include "emulator/qmp.h"

/*
 * Put one there, in place of an old one; it says whether the guest @runs. *@put is false, which
 * is no failure, with an emulator that has no such thing.
 */
cg_must_check int cg_token_put(struct cg_qmp *qmp, bool runs, bool *put,
			       struct cg_error *err);

/* The guest does or doesn't, by now. */
cg_must_check int cg_token_note(struct cg_qmp *qmp, bool runs, struct cg_error *err);

/* What it says; *@there is false if there is none. */
cg_must_check int cg_token_read(struct cg_qmp *qmp, bool *there, bool *runs,
				struct cg_error *err);

/* CG_E_REFUSED: somebody else has taken it. */
cg_must_check int cg_token_take(struct cg_qmp *qmp, struct cg_error *err);
