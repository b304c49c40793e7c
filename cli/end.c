// SPDX-License-Identifier: LGPL-2.1-or-later
/* Ending as an emulator did. */
#include "cli/end.h"

#include <signal.h>
#include <sys/resource.h>

#include "base/json.h"

static int number; /* of the signal that the emulator ended by */

void cg_end_alike(void)
{
	struct rlimit none = { 0, 0 };
	sigset_t set;

	if (!number)
		return;
	setrlimit(RLIMIT_CORE, &none);
	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
}

int cg_end_status(const json_t *reply)
{
	const json_t *end = json_object_get(reply, "end");
	const json_t *signal = json_object_get(end, "signal");

	number = (int)json_integer_value(signal);
	return number ? 128 + number
		      : (int)json_integer_value(json_object_get(end, "status"));
}
