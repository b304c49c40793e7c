/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sweep by the shortcut: one process for all machine types that change the same in every model. */
#pragma once

#include "base/pool.h"
#include "probe/sweep.h"

/* What machine types change in CPUs, from the facts or by starting one QEMU. */
struct cg_compat_question {
	const char *binary, *target;
	struct cg_qmp_limits limits;
	struct cg_job job; /* to be run; nothing if it is known */
	json_t *compat; /* see cg_shortcut_compat(); owned; empty where QEMU doesn't tell, NULL if it failed */
	struct cg_error err;
};
cg_must_check int cg_compat_ask(struct cg_compat_question *question,
				struct cg_prober *prober,
				const struct cg_emulator_facts *emulator,
				struct cg_error *err);

/* After the job: keep the answer. A QEMU that failed here is no error yet: the starts will say what is wrong. */
cg_must_check int cg_compat_answer(struct cg_compat_question *question,
				   struct cg_prober *prober, struct cg_error *err);

/*
 * Once the samples are measured: expand for all that is covered, and keep it if the samples agree in every
 * property of every model. If not, nothing is kept and nothing is wrong.
 */
cg_must_check int cg_compat_take(struct cg_sweep *sweep, struct cg_error *err);
