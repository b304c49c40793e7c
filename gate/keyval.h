/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "NAME=VALUE,NAME=VALUE" as QEMU reads it, which it does in two ways. In both a comma in a
 * value is written twice, and the first name may be implied: "q35" is "type=q35".
 *
 *   strict  -machine, -smp (util/keyval.c): "A.B=C" is a member of a member, every name
 *	     has a value, and of several the last one counts.
 *   loose   -accel, -global, -overcommit, -name, -device (util/qemu-option.c): "NAME" alone
 *	     is on, "noNAME" is off.
 *
 * The result is an object of strings and, if strict, of such objects. What QEMU refuses, and
 * text that isn't UTF-8, is CG_E_USAGE. Pure; the caller owns *@out.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"

/* *@help: "help" or "?" was among them, which makes QEMU tell what there is, and end. */
cg_must_check int cg_keyval_strict(json_t **out, const char *text, const char *implied,
				   bool *help, struct cg_error *err);
cg_must_check int cg_keyval_loose(json_t **out, const char *text, const char *implied,
				  bool *help, struct cg_error *err);

/*
 * Put @value (borrowed) where a strict name says: "smp.cpus" is "cpus" in the member "smp" of
 * @object.
 */
cg_must_check int cg_keyval_put(json_t *object, const char *name, json_t *value,
				struct cg_error *err);

/* Put the members of @from into @into; a string never replaces an object, nor the reverse. */
cg_must_check int cg_keyval_merge(json_t *into, const json_t *from, struct cg_error *err);
