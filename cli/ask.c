// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/ask.h"

#include "base/json.h"
#include "base/reply.h"

/* Of an error only the exit status and the sentence are left to tell. */
int cg_ask_failed(struct cg_error *err, const struct cpugate_error *error)
{
	enum cg_errc code = error->code == CPUGATE_UNDECIDED   ? CG_E_UNDECIDED
			    : error->code == CPUGATE_CANCELLED ? CG_E_CANCELLED
							       : CG_E_SYSTEM;

	return cg_error_set(err, code, "%s", error->message);
}

int cg_ask_command(struct cpugate_context *context, const char *command,
		   const json_t *args, json_t **reply, struct cg_error *err)
{
	cg_auto_reply struct cpugate_reply *got = NULL;
	cg_auto_free char *text = cg_json_canonical(args);
	struct cpugate_error error;

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "out of memory");
	if (cpugate_execute(context, command, text, &got, &error) < 0)
		return cg_ask_failed(err, &error);
	*reply = cg_take(got->json);
	return 0;
}
