/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many machine types from one process. From 9.1 on, QEMU tells what each machine type changes in its CPUs (query-machines with "compat-props",
 * marked unstable); for pc and q35 that is all there is to them, so an expansion in a "-machine none" process with
 * those changes as overrides is the expansion on the machine type. Nobody promises that: the prober trusts
 * it only after two machine types were really started and agreed in every property.
 */
#pragma once

#include "probe/session.h"

struct cg_shortcut_plan {
	const char *binary, *accel, *target, *expansion;
	const struct cg_vocabulary *vocabulary;
	const json_t *defaults; /* scalars of the bare model: which properties there are */
	const json_t *compat;   /* { machine type: [[qom-type, property, value], ...] } */
	const char *const
		*machines; /* that change the same in every model: cg_shortcut_common() */
	size_t machine_count;
	struct cg_memo *memo;
	struct cg_qmp_limits limits;
};

/* Cells by model and machine type; a cell without scalars is one that QEMU refused. */
struct cg_shortcut_result {
	char **models;
	size_t model_count, machine_count;
	struct cg_expansion *cells; /* [model * machine_count + machine] */
	struct cg_outcome outcome;
};

/*
 * Can this machine type be had by the shortcut at all? pc-i440fx-* and pc-q35-*, but under KVM not pc-q35-4.0, which
 * wants the split irqchip (pc_q35_4_0_machine_options() in hw/i386/pc_q35.c) and has another U.
 */
bool cg_shortcut_covers(const char *machine, const char *accel);

/*
 * Were the models of these two machine types given the same versions? pc and q35 up to 4.0 have none
 * (CPU_VERSION_LEGACY in hw/i386/pc_piix.c and pc_q35.c), so their aliases are resolved in silence.
 */
bool cg_shortcut_same_versions(const char *machine, const char *other);

/*
 * What the machine types change in CPUs, in the form of the plan; *out is NULL where QEMU doesn't tell. Starts one QEMU.
 */
cg_must_check int cg_shortcut_compat(json_t **out, const char *binary, const char *target,
				     const struct cg_qmp_limits *limits,
				     struct cg_error *err);

/*
 * What a machine type changes in every model, { property: value }, a new object. QEMU takes a byte of its monitor at a time,
 * so this is not asked again with each model: it goes onto the command line of a process for all machine
 * types that have it in common.
 */
json_t *cg_shortcut_common(const json_t *compat, const char *machine, const char *target);

/* Start one QEMU and expand. Blocks; shares nothing but the memo. */
cg_must_check int cg_shortcut_run(struct cg_shortcut_result *out,
				  const struct cg_shortcut_plan *plan,
				  struct cg_error *err);
void cg_shortcut_result_deinit(struct cg_shortcut_result *result);
