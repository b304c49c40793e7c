// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The answers of libcpugate in a process of its own, for tests that hold others against them. A
 * line "COMMAND ARGUMENTS" of standard input is answered by one line of standard output:
 * "return REPLY", or "error CODE MESSAGE".
 */
#include "lib/cpugate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static void answer(struct cpugate_context *context, char *line)
{
	char *arguments = strchr(line, ' ');
	struct cpugate_reply *reply = NULL;
	struct cpugate_error error;

	if (arguments)
		*arguments++ = '\0';
	if (cpugate_execute(context, line, arguments, &reply, &error) == 0)
		printf("return %s\n", cpugate_reply_text(reply));
	else
		printf("error %s %s\n", cpugate_code_name(error.code), error.message);
	cpugate_reply_free(reply);
}

int main(void)
{
	struct cpugate_context *context = NULL;
	struct cpugate_error error;
	cg_auto_free char *line = NULL;
	size_t size = 0;
	ssize_t len;

	setlinebuf(stdout); /* who asked waits for it */
	if (cpugate_open(&context, NULL, &error) < 0) {
		fprintf(stderr, "%s\n", error.message);
		return 2;
	}
	while ((len = getline(&line, &size, stdin)) > 0) {
		line[len - 1] = '\0';
		answer(context, line);
	}
	cpugate_close(context);
	return 0;
}
