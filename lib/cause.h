/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where on its way from the CPU to the guest a host loses a feature, as far as its
 * record tells.
 */
#pragma once

#include "cpumodels/reason.h"
#include "formats/record.h"

/*
 * Of a feature that can't be had there. CG_MISSING_UNSUPPORTED if the record doesn't
 * tell why.
 */
enum cg_reason cg_cause_find(const struct cg_record *record, const char *feature);
