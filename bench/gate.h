/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the launch gate adds to a start: from exec to the guest's first instruction, "qemu -S"
 * and "cont" against cpugate run, in pairs of the same time.
 */
#pragma once

#include "bench/row.h"

/*
 * Measure so many pairs and print them, without and with a contract that is written down, for
 * TCG and with @kvm also for that. CG_E_UNKNOWN if the tests' guest wasn't built.
 */
cg_must_check int bench_gate_measure(const struct bench_place *place,
				     const struct bench_emulator *emulator, bool kvm,
				     size_t pairs, struct cg_error *err);
