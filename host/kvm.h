/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What /dev/kvm says of itself, by ioctls on the system fd: no guest is made. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "host/cpuid.h"

#if CG_HOST_X86
#include <linux/kvm.h>
#endif

/*
 * Open dev/kvm below @root as QEMU does. Returns its fd, which the caller closes, with
 * *@access "yes"; or -1 and why not ("missing", "permission denied" ...). Static text.
 */
int cg_kvm_open(int root, const char **access);

/*
 * Put "kvm-capabilities", "kvm-cpuid", "kvm-emulated-cpuid", "kvm-hyperv-cpuid",
 * "kvm-msrs", "kvm-mce" and "kvm-xcomp" into @parts, as far as this KVM has them. What
 * should be there and can't be read is a string that says why. Returns -1 if memory is
 * out.
 */
cg_must_check int cg_kvm_put(json_t *parts, int fd);

#if CG_HOST_X86
/* KVM's table, masked like the CPU's own. New reference; NULL if memory is out. */
json_t *cg_kvm_cpuid_json(const struct kvm_cpuid_entry2 *entries, size_t n);

/*
 * {"feature": {"0x345": "0x1"}, "index": {"0x10": "yes"}}: values of feature MSRs, and
 * which MSRs a guest can have. New reference; NULL if memory is out.
 */
json_t *cg_kvm_msrs_json(const struct kvm_msr_entry *feature, size_t n_feature,
			 const uint32_t *index, size_t n_index);
#endif
