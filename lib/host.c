// SPDX-License-Identifier: LGPL-2.1-or-later
/* This host's fingerprint. */
#include "lib/command.h"

static const char *const arguments[] = { NULL };

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	const struct cg_host *host;

	(void)args;
	if (cg_context_host(context, &host, err) < 0)
		return -1;
	*reply = json_pack("{s:s, s:O}", "fingerprint", cg_host_digest(host), "parts",
			   cg_host_parts(host));
	return 0;
}

const struct cg_command cg_command_host = { "host", arguments, run };
