/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The question that a QEMU command line asks: which CPU, on which machine type, by which means. */
#pragma once

#include "gate/arguments.h"
#include "lib/prediction.h"

struct cg_launch {
	const json_t *words; /* borrowed */
	struct cg_arguments arguments;
	struct cg_question question;
	bool has_machines; /* it is known which there are */
	json_t *machine;   /* MachineInfo, NULL if it isn't one of them */
	struct cg_definition definition;
	struct cg_prediction prediction;
};

/*
 * Read the command line @args "argv", a list of strings. Starts nothing. Fails as
 * cg_arguments_read() does.
 */
cg_must_check int cg_launch_read(struct cg_launch *out, const json_t *args,
				 struct cg_error *err);

/*
 * Find emulator, accelerator, machine type and CPU definition. @args may have "accel", which
 * is then the accelerator whatever the command line says, and "record". Blocks for as long as
 * it takes to see what an emulator is that isn't known yet. CG_E_UNKNOWN if there is no such
 * machine type.
 */
cg_must_check int cg_launch_open(struct cg_launch *launch, struct cg_context *context,
				 const json_t *args, struct cg_error *err);

/*
 * What the guest would get. Blocks for as long as measuring takes; what is known isn't
 * measured. CG_E_UNKNOWN or CG_E_REFUSED if QEMU has no such CPU.
 */
cg_must_check int cg_launch_predict(struct cg_launch *launch, struct cg_error *err);

/*
 * Does its machine type have vCPUs? x-remote, which serves the devices of another QEMU's
 * guest, has none: a CPU model must exist, and nothing of it is looked at.
 */
bool cg_launch_has_vcpus(const struct cg_launch *launch);
void cg_launch_deinit(struct cg_launch *launch);

/*
 * Sentences about what isn't looked at and may give the guest another CPU: the command line's
 * doubts and those that depend on where it runs. A new list.
 */
json_t *cg_launch_doubts(const struct cg_launch *launch);

#define cg_auto_launch cg_cleanup(cg_launch_deinit)
