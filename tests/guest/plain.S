/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The same without the instructions that CPUID promises: for a KVM that runs real mode by
 * emulating what it knows, as kvm_pvm does.
 */
#define PLAIN
#include "loop.S"
