// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpugate hook libvirt: in the place of a person there is libvirt, which wants an exit status
 * and shows what is on stderr if that isn't 0. What is let through in doubt goes to the log
 * of the system. Nothing may be on stdout: libvirt would take it for another domain.
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/json.h"
#include "cli/paint.h"

#define LINE 1024

/* "missing.host avx2, missing.host bmi2": as many as there is room for, and the first in words. */
static void list_reasons(const json_t *reasons, char out[static LINE])
{
	const json_t *reason;
	size_t used = 0, i;

	*out = '\0';
	json_array_foreach(reasons, i, reason) {
		const char *feature = cg_json_text(reason, "feature");
		int n = snprintf(out + used, LINE - used, "%s%s%s%s", used ? ", " : "",
				 cg_json_text(reason, "code"), feature ? " " : "",
				 feature ? feature : "");

		if (n < 0 || used + (size_t)n >= LINE) {
			out[used] = '\0';
			break;
		}
		used += (size_t)n;
	}
}

static void tell(const json_t *reply, bool refused)
{
	const json_t *reasons = json_object_get(reply, "reasons");
	const json_t *first = json_array_get(reasons, 0);
	const char *guest = cg_json_text(reply, "guest");
	const char *definition = cg_json_text(reply, "definition");
	const char *verdict = cg_json_text(reply, "verdict");
	const char *words = first ? cg_json_text(first, "words") : "";
	char list[LINE];

	list_reasons(reasons, list);
	fprintf(stderr, "cpugate: %s: %s%s%s on %s: %s (%s)\n",
		refused ? "refused" : verdict, guest, definition ? " with " : "",
		definition ? definition : "",
		cg_json_text(reply, "machine") ? cg_json_text(reply, "machine") : "?",
		words, list);
	syslog(refused ? LOG_ERR : LOG_WARNING, "%s: %s: %s (%s)",
	       refused ? "refused" : verdict, guest, words, list);
}

/* A yes that has nothing to say says nothing. */
static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const char *verdict = cg_json_text(reply, "verdict");

	(void)view;
	(void)err;
	openlog("cpugate", LOG_PID, LOG_DAEMON);
	if (verdict && json_array_size(json_object_get(reply, "reasons")))
		tell(reply, json_is_true(json_object_get(reply, "refused")));
	closelog();
	return CG_EXIT_YES;
}

static int status(const json_t *reply)
{
	return json_is_true(json_object_get(reply, "refused")) ? CG_EXIT_NO : CG_EXIT_YES;
}

const struct cg_verb cg_verb_hook_libvirt = {
	.name = "hook libvirt",
	.command = "hook-libvirt",
	.operand = "words...",
	.input = "text",
	.help = "libvirt asks before it starts a guest",
	.print = print,
	.status = status,
};
