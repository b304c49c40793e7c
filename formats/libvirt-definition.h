/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libvirt makes of a <cpu> for -cpu, and back. Policies become switches as in
 * qemuBuildCpuModelArgStr() of src/qemu/qemu_command.c: require and force on, disable and
 * forbid off.
 */
#pragma once

#include "base/buffer.h"
#include "cpumodels/definition.h"
#include "formats/libvirt-cpu.h"

/*
 * The definition that a guest of @cpu certainly gets: an optional feature isn't in it, nor
 * what match='minimum' adds on a better host. CG_E_USAGE for a <cpu> that means another CPU
 * on each host (host-model) or leaves it to QEMU (no model).
 */
cg_must_check int cg_libvirt_definition_from_cpu(struct cg_definition *out,
						 const struct cg_libvirt_cpu *cpu,
						 struct cg_error *err);

/*
 * The <cpu mode='custom' match='exact' check='full'> that means the same; @vendor as
 * CPUID has it, or NULL. The caller deinits *out. CG_E_USAGE for a property that <cpu> has
 * no word for. It has none for KVM's own features; those that are on are left out, if
 * @left_out takes their names, with a blank before each. A guest can do without them.
 */
cg_must_check int cg_libvirt_definition_to_cpu(struct cg_libvirt_cpu *out,
					       const struct cg_definition *definition,
					       const char *vendor,
					       struct cg_buffer *left_out,
					       struct cg_error *err);

/*
 * libvirt has models of its own under QEMU's names, which aren't quite the same: they know
 * nothing of what QEMU switches on or off for an accelerator. So say of each feature in
 * the lists of names (NULL: none) whether it is there, unless the definition did. Features
 * are sorted afterwards, those that are there first.
 */
cg_must_check int cg_libvirt_definition_complete(struct cg_libvirt_cpu *cpu,
						 const json_t *present,
						 const json_t *absent,
						 struct cg_error *err);
