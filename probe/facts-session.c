// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keeping all that one start said, at once or not at all. */
#include "probe/keep.h"

static int put_all(struct cg_facts *facts, const char *accel, const char *machine,
		   enum cg_session_expand expanded,
		   const struct cg_session_result *result, struct cg_error *err)
{
	if (result->models &&
	    (cg_keep_put_models(facts, accel, machine, result, err) < 0 ||
	     cg_keep_put_unavailable(facts, accel, machine, result, err) < 0))
		return -1;
	if (result->has_unsupported &&
	    cg_keep_put_unsupported(facts, accel, machine, &result->unsupported, err) < 0)
		return -1;
	if (result->items &&
	    cg_keep_put_items(facts, accel, machine, expanded, result, err) < 0)
		return -1;
	return cg_keep_forget(facts, CG_KIND_FAILURE, accel, machine, err);
}

static int put_at_once(struct cg_facts *facts, const char *accel, const char *machine,
		       enum cg_session_expand expanded,
		       const struct cg_session_result *result, struct cg_error *err)
{
	if (cg_store_begin(facts->store, err) < 0)
		return -1;
	if (put_all(facts, accel, machine, expanded, result, err) < 0 ||
	    cg_store_commit(facts->store, err) < 0) {
		cg_store_rollback(facts->store);
		return -1;
	}
	return 0;
}

int cg_facts_put_session(struct cg_facts *facts, const char *accel, const char *machine,
			 enum cg_session_expand expanded,
			 const struct cg_session_result *result, struct cg_error *err)
{
	if (!facts->memory_only) {
		if (put_at_once(facts, accel, machine, expanded, result, err) == 0)
			return 0;
		cg_keep_give_up(facts, err);
	}
	return put_all(facts, accel, machine, expanded, result, err);
}
