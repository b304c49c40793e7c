/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where on its way from the CPU to the guest a host loses a feature, as far as its
 * record tells, or this host itself.
 */
#pragma once

#include "cpumodels/reason.h"
#include "lib/question.h"

/*
 * Of a feature that can't be had there. CG_MISSING_UNSUPPORTED if the record doesn't
 * tell why.
 */
enum cg_reason cg_cause_find(const struct cg_record *record, const char *feature);

/*
 * The same of a question's host, as cg_reason_json() has it, with what is to be done there.
 * @boot is cg_boot_read() if that is this host; may be NULL. New reference.
 */
json_t *cg_cause_reason(const struct cg_question *question, const json_t *boot,
			const char *feature);
