/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The running kernel and the CPU's microcode. @root is a folder as in host/tree.h. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CG_BUILD_ID 129 /* 64 bytes as hexadecimal, and a NUL */

/*
 * {"release", "version", "machine", "build-id"}, all strings; "build-id" only if the
 * kernel tells. New reference; NULL if memory is out.
 */
json_t *cg_kernel_json(int root);

/*
 * Revision of the microcode as the kernel spells it ("0xa0011d5"), or "unknown". New
 * reference; NULL if memory is out.
 */
json_t *cg_kernel_microcode(int root);

/* The build id in a file of ELF notes: hexadecimal. False and "" if there is none. */
bool cg_kernel_build_id(int root, const char *notes, char out[static CG_BUILD_ID]);
