/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Differences between two keys, part by part. */
#pragma once

#include <jansson.h>

/*
 * What differs between two objects, down to the leaves: a list of { "part": "kernel.release", "from", "to" },
 * where "from" or "to" is null for a part that only one of them has. New reference; NULL if memory is out.
 */
json_t *cg_parts_difference(const json_t *from, const json_t *to);
