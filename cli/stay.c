// SPDX-License-Identifier: LGPL-2.1-or-later
/* In words, and as an exit status. */
#include "cli/stay.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/end.h"
#include "cli/paint.h"

/* It isn't known whether the guest runs, or where. */
#define EXIT_UNKNOWN 4

static bool is_unknown(const json_t *reply)
{
	const char *source = cg_json_text(reply, "source");

	return source && strcmp(source, "unknown") == 0;
}

/* Why the guest is where it was. Standard output is the emulator's. */
int cg_stay_print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const char *failure = cg_json_text(reply, "failure");

	if (json_object_get(reply, "resumed")) {
		printf("%s: %s\n", cg_json_text(reply, "guest"),
		       cg_json_text(reply, "source"));
		return CG_EXIT_YES;
	}
	if (json_is_true(json_object_get(reply, "moved")))
		return CG_EXIT_YES;
	if (fflush(stdout) == EOF || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return cg_error_errno(err, "write to standard error");
	if (!failure || json_array_size(json_object_get(reply, "reasons")))
		cg_paint_verdict(view, reply,
				 json_is_true(json_object_get(reply, "started"))
					 ? "the destination was ended"
					 : "nothing was started");
	if (failure)
		printf("%s\n", failure);
	if (failure && cg_json_text(reply, "source"))
		printf("The guest %s.\n",
		       is_unknown(reply) ? "may run nowhere: look at its monitor, where "
					   "cont resumes it"
					 : "is where it was");
	return CG_EXIT_YES;
}

int cg_stay_status(const json_t *reply)
{
	if (json_object_get(reply, "end"))
		return cg_end_status(reply);
	if (json_is_true(json_object_get(reply, "moved")))
		return CG_EXIT_YES;
	if (is_unknown(reply))
		return EXIT_UNKNOWN;
	return json_object_get(reply, "failure") ? CG_EXIT_NO
						 : cg_paint_verdict_status(reply);
}
