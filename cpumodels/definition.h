/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A CPU definition: what -cpu takes. A model and overrides, in the one form that all spellings with the same
 * meaning share.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define CG_DEFINITION_TEXT 8192
#define CG_OVERRIDES_MAX 512

struct cg_override {
	char *name;  /* canonical spelling */
	char *value; /* "on", "off", a number or text, as it was given */
	/* Switched on by its last NAME=VALUE, whatever + and - say after that. */
	bool assigned_on;
};

/* Overrides are sorted by name, one for each name. */
struct cg_definition {
	char *model;
	struct cg_override *overrides;
	size_t count;
};

/*
 * Read a -cpu string as QEMU does (x86_cpu_parse_featurestr() in target/i386/cpu.c): NAME=VALUE,
 * NAME for on, +NAME, -NAME. The last NAME= wins; + and - are applied after all of them, - after +. Names are made
 * canonical. CG_E_USAGE with the place at fault, CG_E_LIMIT if the printed form would reach CG_DEFINITION_TEXT.
 */
cg_must_check int cg_definition_parse(struct cg_definition *out, const char *text,
				      struct cg_error *err);
void cg_definition_deinit(struct cg_definition *definition);

/* The override of @name, or NULL. */
const struct cg_override *cg_definition_find(const struct cg_definition *definition,
					     const char *name);

/* "Haswell,avx512f=on,hle=off". The caller frees it; NULL if memory is out. */
char *cg_definition_print(const struct cg_definition *definition);

/* QEMU's words for a bool: on/true/yes/y, off/false/no/n. False if @text is none of them. */
bool cg_definition_bool(const char *text, bool *value);

/* Does it say that @name is on? */
bool cg_definition_is_on(const struct cg_definition *definition, const char *name);

#define cg_auto_definition cg_cleanup(cg_definition_deinit)
