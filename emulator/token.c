// SPDX-License-Identifier: LGPL-2.1-or-later
/* An object among those that users may make. */
#include "emulator/token.h"

#include <string.h>

#include "emulator/query.h"

#define ID "cpugate-leaving"
#define PATH "/objects/" ID
#define RUNS "running"
#define STANDS "paused"

static const char *word_of(bool runs)
{
	return runs ? RUNS : STANDS;
}

/* *@did if the emulator did it, and not if it says no. */
static int try(struct cg_qmp *qmp, const char *command, json_t *args, bool *did,
	       struct cg_error *err)
{
	cg_auto_json json_t *done = NULL;
	struct cg_error why;

	*did = cg_qmp_call(qmp, command, args, &done, &why) == 0;
	if (*did || why.code == CG_E_REFUSED || why.code == CG_E_UNKNOWN)
		return 0;
	*err = why;
	return -1;
}

/* An old one is of somebody who was killed, and whose guest ran on by itself. */
int cg_token_put(struct cg_qmp *qmp, bool runs, bool *put, struct cg_error *err)
{
	bool old;

	if (try(qmp, "object-del", json_pack("{s:s}", "id", ID), &old, err) < 0)
		return -1;
	return try(qmp, "object-add",
		   json_pack("{s:s, s:s, s:s}", "qom-type", "authz-simple", "id", ID,
			     "identity", word_of(runs)),
		   put, err);
}

int cg_token_note(struct cg_qmp *qmp, bool runs, struct cg_error *err)
{
	cg_auto_json json_t *done = NULL;

	return cg_qmp_call(qmp, "qom-set",
			   json_pack("{s:s, s:s, s:s}", "path", PATH, "property",
				     "identity", "value", word_of(runs)),
			   &done, err);
}

int cg_token_read(struct cg_qmp *qmp, bool *there, bool *runs, struct cg_error *err)
{
	cg_auto_json json_t *word = NULL;
	struct cg_error why;

	*there = cg_query_property(qmp, PATH, "identity", &word, &why) == 0;
	if (!*there && why.code != CG_E_REFUSED && why.code != CG_E_UNKNOWN) {
		*err = why;
		return -1;
	}
	*runs = *there && json_is_string(word) &&
		strcmp(json_string_value(word), RUNS) == 0;
	return 0;
}

int cg_token_take(struct cg_qmp *qmp, struct cg_error *err)
{
	cg_auto_json json_t *done = NULL;

	return cg_qmp_call(qmp, "object-del", json_pack("{s:s}", "id", ID), &done, err);
}
