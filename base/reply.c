// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/reply.h"

#include "base/json.h"

struct cpugate_reply *cg_reply_new(json_t *json)
{
	struct cpugate_reply *reply = calloc(1, sizeof(*reply));

	if (reply)
		reply->json = json;
	else
		json_decref(json);
	return reply;
}

struct cpugate_reply *cg_reply_free(struct cpugate_reply *reply)
{
	if (!reply)
		return NULL;
	json_decref(reply->json);
	free(reply->text);
	free(reply);
	return NULL;
}

const char *cg_reply_text(struct cpugate_reply *reply)
{
	if (!reply->text)
		reply->text = cg_json_canonical(reply->json);
	return reply->text;
}
