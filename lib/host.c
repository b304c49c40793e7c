// SPDX-License-Identifier: LGPL-2.1-or-later
/* This host's fingerprint, or that of the host of a record. */
#include "formats/record.h"
#include "lib/command.h"

static const char *const arguments[] = { "record", NULL };

static int answer_recorded(const char *path, json_t **reply, struct cg_error *err)
{
	cg_auto_record struct cg_record *record = NULL;

	if (cg_record_read(&record, path, err) < 0)
		return -1;
	if (!cg_record_host_parts(record))
		return cg_error_set(err, CG_E_UNDECIDED,
				    "%s doesn't tell of a host's parts", path);
	*reply = json_pack("{s:s, s:O}", "fingerprint", cg_record_fingerprint(record),
			   "parts", cg_record_host_parts(record));
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	const char *path = cg_json_text(args, "record");
	const struct cg_host *host;

	if (path)
		return answer_recorded(path, reply, err);
	if (cg_context_host(context, &host, err) < 0)
		return -1;
	*reply = json_pack("{s:s, s:O}", "fingerprint", cg_host_digest(host), "parts",
			   cg_host_parts(host));
	return 0;
}

const struct cg_command cg_command_host = { "host", arguments, run,
					    CG_COMMAND_READS | CG_COMMAND_QUICK };
