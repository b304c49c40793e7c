/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The properties of a CPU that are no features (vendor, family, level ...) as a JSON
 * object of values, none of which is null. Most of them are the same for all models, so
 * they are stored as differences from others.
 */
#pragma once

#include <jansson.h>

/*
 * What must be put over @defaults to get @scalars; null stands for a property that isn't
 * there. New reference.
 */
json_t *cg_scalars_difference(const json_t *scalars, const json_t *defaults);

/* The other way round: a new object. Either may be NULL: an empty one. */
json_t *cg_scalars_apply(const json_t *defaults, const json_t *difference);
