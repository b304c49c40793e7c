/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What matters of a guest that runs when it is to run somewhere else, beside what
 * probe/guest.h reads: what keeps it where it is, how many vCPUs there are, what its model
 * would have of itself. Read over its monitor; nothing is changed or stopped.
 */
#pragma once

#include "cpumodels/vocabulary.h"
#include "emulator/qmp.h"

#define CG_DEPARTURE_BLOCKERS 64 /* sentences; of more the first are enough */

struct cg_departure {
	json_t *blockers; /* sentences of QEMU's own, made clean */
	json_t *smp;      /* SMPConfiguration; NULL if this QEMU doesn't tell */
	/* Of the first vCPU, those of "pmu", "level-func7" and "xlevel2" that it has. */
	json_t *numbers;
	bool has_xsave; /* the parts of its XSAVE area are told: */
	uint64_t xsave;
	struct cg_featureset model; /* what its model asks for on its machine type */
};

/*
 * @vocabulary is that of its emulator, @model the model that its vCPUs are made of. Blocks,
 * each reply for the time of the limits at most. The caller deinits *out. Errors are those
 * of cg_monitor_connect(), and CG_E_PROTOCOL for what QEMU wouldn't say.
 */
cg_must_check int cg_departure_read(struct cg_departure *out, const char *socket,
				    const struct cg_vocabulary *vocabulary,
				    const char *model, const struct cg_qmp_limits *limits,
				    struct cg_error *err);
void cg_departure_deinit(struct cg_departure *departure);

#define cg_auto_departure cg_cleanup(cg_departure_deinit)
