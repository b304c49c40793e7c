/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What readers of facts count on. The cache's digests say that a fact is as it was written, not
 * that we wrote it; one without the right shape is a miss.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

bool cg_shape_is_emulator(
	const json_t *fact); /* the members of struct cg_emulator_facts */
bool cg_shape_is_named_list(const json_t *fact); /* a list of objects with a "name" each */
bool cg_shape_is_compat(const json_t *fact);     /* as struct cg_shortcut_plan wants it */
bool cg_shape_is_models(const json_t *fact);     /* { "models": such a list } */
bool cg_shape_is_unsupported(const json_t *fact); /* { "features": a set } */
bool cg_shape_is_sets(const json_t *fact);        /* { name: a set } */
bool cg_shape_is_failure(const json_t *fact);     /* { "reason": text } */
bool cg_shape_is_object(const json_t *fact);
