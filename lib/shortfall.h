/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a CPU definition lacks here, grouped by cause, and which versions of its model
 * lack nothing.
 */
#pragma once

#include "lib/inquiry.h"

/*
 * Of the inquiry's prediction: a list of reasons about several features each: { "code",
 * "features", "mitigations" (those of them that guests need to defend themselves,
 * optional), "words", "remedy" }, in the order of the way from the CPU to the guest, and
 * last why it doesn't start, if that is so. New reference.
 */
json_t *cg_shortfall_causes(const struct cg_inquiry *inquiry);

/*
 * Other models that differ from this one in a version, or in a suffix such as -noTSX:
 * a list of { "model", "aliases": [names], "usable", "missing": [features] }, usable ones
 * first and then those that lack the least. @models is the reply to the command "models".
 */
cg_must_check int cg_shortfall_versions(json_t **out, const json_t *models,
					const char *model, struct cg_error *err);
