/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where libvirt and QEMU have different names for the same thing, as libvirt itself
 * translates them (virQEMUCapsCPUFeature*() in src/qemu/qemu_capabilities.c). CPU models of
 * x86, Arm and s390x have the same names in both.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Both take canonical names, and return @name itself if it is the same in both, so that the
 * result lives as long as @name.
 */
const char *cg_libvirt_feature_to_qemu(const char *name);
const char *cg_libvirt_feature_from_qemu(const char *name);

/* A bit that libvirt has a name for but never gives to QEMU, which has no property for it. */
bool cg_libvirt_feature_is_ignored(const char *name);

/* libvirt says Intel where CPUID and QEMU say GenuineIntel. A vendor it doesn't know is itself. */
const char *cg_libvirt_vendor_to_qemu(const char *vendor);
const char *cg_libvirt_vendor_from_qemu(const char *vendor);
