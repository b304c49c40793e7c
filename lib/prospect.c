// SPDX-License-Identifier: LGPL-2.1-or-later
/* Some reasons are about the way, and not about the place. */
#include "lib/prospect.h"

#include <string.h>

static bool is_about_the_way(enum cg_reason reason)
{
	return reason == CG_MIGRATION_BLOCKED || reason == CG_ACCEPT_ONLY ||
	       (reason >= CG_ADVISORY_EMULATOR &&
		reason <= CG_ADVISORY_ARCH_CAPABILITIES);
}

static int take_place(struct cg_verdict *out, const struct cg_verdict *from,
		      struct cg_error *err)
{
	json_t *item;
	size_t i;

	json_array_foreach(from->reasons, i, item) {
		enum cg_reason reason = cg_reason_find(cg_json_text(item, "code"));

		if (is_about_the_way(reason))
			continue;
		if (!out->reasons)
			out->reasons = json_array();
		if (json_array_append(out->reasons, item) < 0)
			return cg_error_set(err, CG_E_SYSTEM, "no memory for reasons");
		out->weights |= 1u << cg_reason_weight(reason);
	}
	return 0;
}

int cg_prospect_judge(struct cg_prospect *out, const struct cg_traveller *guest,
		      struct cg_destination *to, struct cg_error *err)
{
	cg_auto_migration_answer struct cg_migration_answer answer = { 0 };
	cg_auto_prospect struct cg_prospect prospect = { 0 };
	struct cg_migration migration = { .guest = guest, .to = to };

	if (cg_migration_judge(&answer, &migration, err) < 0 ||
	    take_place(&prospect.start, &answer.verdict, err) < 0)
		return -1;
	cg_verdict_join(&prospect.move, &answer.verdict);
	*out = prospect;
	prospect = (struct cg_prospect){ 0 };
	return 0;
}

void cg_prospect_deinit(struct cg_prospect *prospect)
{
	cg_verdict_deinit(&prospect->start);
	cg_verdict_deinit(&prospect->move);
}

json_t *cg_prospect_verdict_json(const struct cg_verdict *verdict)
{
	return json_pack("{s:s, s:O*}", "verdict",
			 cg_answer_word(cg_verdict_answer(verdict)), "reasons",
			 verdict->reasons);
}
