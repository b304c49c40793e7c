/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is told to other programs about a host: a definition that its guests can have, and
 * a dozen facts about what the answer is for. All of it is the caller's.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/buffer.h"
#include "cpumodels/definition.h"

#define CG_EXPORT_CLASS 16 /* digits of a digest that are shown */

struct cg_export_model {
	const char *name;
	bool usable;
};

/* Texts may be NULL and numbers 0: not known, and then not told. */
struct cg_export {
	const struct cg_definition *definition;
	const json_t *present; /* names of what its guest gets */
	const json_t *
		absent; /* and of what it doesn't, though others take it for the model's */
	const char *name;   /* for the definition, where one is needed */
	const char *vendor; /* as CPUID has it: GenuineIntel */
	const char *level;  /* x86-64-v3 */
	const char *digest; /* hexadecimal; hosts of one digest give guests the same CPUs */
	const char *emulator; /* its version: 7.2.22 */
	const char *machine;
	const char *accel;
	const char *kernel;
	unsigned int phys_bits;
	size_t features;  /* that a guest can have */
	int64_t measured; /* seconds since 1970 */
	int64_t expires;
	const struct cg_export_model *models; /* those of which it is known */
	size_t count;
};
