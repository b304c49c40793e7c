// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a gap to reasons, each with its detail. */
#include "lib/judge.h"

#include <stdio.h>

#include "lib/cause.h"

static const char *name_of(const struct cg_judge *judge, size_t feature)
{
	return cg_vocabulary_name(judge->names, feature);
}

static void tell_features(const struct cg_judge *judge, enum cg_reason reason,
			  const struct cg_featureset *features,
			  struct cg_verdict *verdict)
{
	cg_featureset_each(features, f)
		cg_verdict_add(verdict, reason, name_of(judge, f), judge->host, NULL);
}

static void tell_missing(const struct cg_judge *judge,
			 const struct cg_featureset *missing, struct cg_verdict *verdict)
{
	cg_featureset_each(missing, f) {
		const char *name = name_of(judge, f);

		if (judge->record)
			cg_verdict_add(verdict, cg_cause_find(judge->record, name), name,
				       judge->host, NULL);
		else
			cg_verdict_take(verdict, cg_cause_reason(judge->question,
								 judge->boot, name));
	}
}

static void tell_number(const struct cg_judge *judge, enum cg_reason reason,
			const char *property, uint32_t from, uint32_t to,
			struct cg_verdict *verdict)
{
	bool is_leaf = reason == CG_WIDTH_LEVEL;
	char text[64];

	if (!from || !to || from == to)
		return;
	snprintf(text, sizeof(text), is_leaf ? "0x%x, not 0x%x" : "%u, not %u", from, to);
	cg_verdict_add(verdict, reason, property, judge->host, text);
}

static void tell_numbers(const struct cg_judge *judge, const struct cg_party *from,
			 const struct cg_party *to, uint64_t reasons,
			 struct cg_verdict *verdict)
{
	char text[64];

	if (reasons & CG_REASON_BIT(CG_IDENTITY_VENDOR)) {
		snprintf(text, sizeof(text), "%s, not %s", from->vendor, to->vendor);
		cg_verdict_add(verdict, CG_IDENTITY_VENDOR, "vendor", judge->host, text);
	}
	tell_number(judge, CG_IDENTITY_MODEL, "family", from->family, to->family,
		    verdict);
	tell_number(judge, CG_IDENTITY_MODEL, "model", from->model, to->model, verdict);
	tell_number(judge, CG_IDENTITY_MODEL, "stepping", from->stepping, to->stepping,
		    verdict);
	tell_number(judge, CG_WIDTH_LEVEL, "level", from->level, to->level, verdict);
	tell_number(judge, CG_WIDTH_LEVEL, "xlevel", from->xlevel, to->xlevel, verdict);
	if (reasons & CG_REASON_BIT(CG_WIDTH_PHYS_BITS))
		tell_number(judge, CG_WIDTH_PHYS_BITS, "phys-bits", from->phys_bits,
			    to->phys_bits, verdict);
}

/* What holds for any guest there. */
static void tell_general(const struct cg_judge *judge, uint64_t reasons,
			 struct cg_verdict *verdict)
{
	static const enum cg_reason of_machine[] = { CG_MACHINE_ABSENT,
						     CG_MACHINE_DEPRECATED };

	for (size_t i = 0; i < CG_COUNT(of_machine); i++)
		if (reasons & CG_REASON_BIT(of_machine[i]))
			cg_verdict_add(verdict, of_machine[i], judge->machine,
				       judge->host, NULL);
	if (reasons & CG_REASON_BIT(CG_NAME_UNKNOWN))
		cg_verdict_add(verdict, CG_NAME_UNKNOWN, judge->unknown, judge->host,
			       NULL);
	if (reasons & CG_REASON_BIT(CG_RECORD_ABSENT))
		cg_verdict_add(verdict, CG_RECORD_ABSENT, judge->unknown, judge->host,
			       NULL);
	if (reasons & CG_REASON_BIT(CG_START_FAILED))
		cg_verdict_add(verdict, CG_START_FAILED, NULL, judge->host,
			       judge->failure ? judge->failure : "it ended");
}

void cg_judge_tell(const struct cg_judge *judge, const struct cg_party *from,
		   const struct cg_party *to, struct cg_verdict *verdict)
{
	struct cg_gap gap = cg_gap_find(from, to);

	tell_general(judge, to->reasons, verdict);
	tell_numbers(judge, from, to, gap.reasons, verdict);
	tell_missing(judge, &gap.missing, verdict);
	tell_features(judge, CG_RECORD_UNTOLD, &gap.untold, verdict);
	tell_features(judge, CG_MISSING_DEFINITION, &gap.lost, verdict);
	tell_features(judge, CG_EXTRA_VMM, &gap.extra, verdict);
}
