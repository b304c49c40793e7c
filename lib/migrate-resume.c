// SPDX-License-Identifier: LGPL-2.1-or-later
/* What lies in the emulator says whether it may. */
#include "lib/migrate-resume.h"

#include <string.h>

#include "lib/migrant.h"

static int bring_back(struct cg_outgoing *o, bool stands, struct cg_error *err)
{
	if (stands && !o->marked)
		return cg_error_set(
			err, CG_E_UNDECIDED,
			"guest at %s: it has left, and may run somewhere else: who "
			"knows that it doesn't resumes it with cont on that monitor",
			o->path);
	return o->marked ? cg_outgoing_settle(o, cg_clock_in(CG_MIGRANT_SETTLE_NS), err)
			 : 0;
}

int cg_migrate_resume(struct cg_context *context, const json_t *args, json_t **reply,
		      struct cg_error *err)
{
	struct cg_qmp_limits limits = cg_context_limits(context);
	cg_auto_outgoing struct cg_outgoing o = { 0 };
	const char *from = cg_json_text(args, "from");
	bool stands;

	if (cg_outgoing_find(&o, cg_migrant_socket(args), &limits, &stands, err) < 0 ||
	    bring_back(&o, stands, err) < 0)
		return -1;
	*reply = json_pack("{s:s, s:s, s:b, s:s, s:b}", "verdict", "yes", "guest", from,
			   "moved", 0, "source", o.runs ? "running" : "paused", "resumed",
			   stands);
	return 0;
}
