/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How people spell names, and what they meant. */
#pragma once

#include <stddef.h>

#define CG_NAME_MAX 64

/*
 * QEMU's canonical name for an x86 feature spelled any way that QEMU takes: '_' is '-', and the few
 * aliases that are other words (x86_cpu_initfn() in target/i386/cpu.c). Into @out; returns @out.
 */
char *cg_spelling_canonical(const char *spelling, char out[static CG_NAME_MAX]);

/* Edit distance (insert, delete, replace, swap neighbours) of two names, ignoring case and '-', '_', '.'. */
size_t cg_spelling_distance(const char *a, const char *b);
