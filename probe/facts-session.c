// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keeping all that one start said, at once or not at all. */
#include "probe/keep.h"

struct session {
	const char *accel, *machine;
	enum cg_session_expand expanded;
	const struct cg_session_result *result;
};

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

static int put_session(struct cg_facts *facts, const void *data, struct cg_error *err)
{
	const struct session *s = data;

	return put_all(facts, s->accel, s->machine, s->expanded, s->result, err);
}

int cg_facts_put_session(struct cg_facts *facts, const char *accel, const char *machine,
			 enum cg_session_expand expanded,
			 const struct cg_session_result *result, struct cg_error *err)
{
	const struct session session = { accel, machine, expanded, result };

	return cg_keep_at_once(facts, put_session, &session, err);
}
