// SPDX-License-Identifier: LGPL-2.1-or-later
/* The side that a guest comes to. */
#include "emulator/incoming.h"

#include <string.h>

#include "emulator/query.h"

#define GIVEN "cpugate-guest" /* what the emulator calls the fd */

static json_t *switch_on(const json_t *capabilities)
{
	json_t *list = json_array(), *name;
	size_t i;

	json_array_foreach(cg_json_mutable(capabilities), i, name)
		json_array_append_new(list, json_pack("{s:O, s:b}", "capability", name,
						      "state", 1));
	return json_pack("{s:o}", "capabilities", list);
}

int cg_incoming_prepare(struct cg_qmp *qmp, const json_t *capabilities,
			struct cg_error *err)
{
	cg_auto_json json_t *done = NULL;

	return cg_qmp_call(qmp, "migrate-set-capabilities", switch_on(capabilities),
			   &done, err);
}

int cg_incoming_listen(struct cg_qmp *qmp, const char *uri, int fd, struct cg_error *err)
{
	cg_auto_json json_t *done = NULL;

	if (!uri && cg_qmp_give(qmp, fd, GIVEN, err) < 0)
		return -1;
	return cg_qmp_call(qmp, "migrate-incoming",
			   json_pack("{s:s}", "uri", uri ? uri : "fd:" GIVEN), &done,
			   err);
}

int cg_incoming_is_whole(struct cg_qmp *qmp, bool *whole, struct cg_error *err)
{
	cg_auto_free char *status = NULL;
	bool runs;

	if (cg_query_status(qmp, &status, &runs, err) < 0)
		return -1;
	*whole = strcmp(status, "paused") == 0;
	if (*whole || strcmp(status, "inmigrate") == 0)
		return 0;
	return cg_error_set(err, CG_E_PROTOCOL, "it is %.40s before its guest was let go",
			    status);
}

int cg_incoming_run(struct cg_qmp *qmp, struct cg_error *err)
{
	cg_auto_json json_t *done = NULL;
	cg_auto_free char *status = NULL;
	bool runs;

	if (cg_qmp_call(qmp, "cont", NULL, &done, err) < 0 ||
	    cg_query_status(qmp, &status, &runs, err) < 0)
		return -1;
	return runs ? 0
		    : cg_error_set(err, CG_E_REFUSED, "the guest is %.40s, not running",
				   status);
}
