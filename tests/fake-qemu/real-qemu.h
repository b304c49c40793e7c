/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A real QEMU that the recorder questions. What can't be done ends the program. */
#pragma once

#include <jansson.h>
#include <stdio.h>
#include <sys/types.h>

struct real_qemu {
	pid_t pid;
	FILE *in, *out;
	int words; /* a file with what it wrote on stderr */
};

/*
 * @argv and a monitor, and -global base-x86_64-cpu.NAME=on for each key of @globals (or
 * NULL).
 */
void real_start(struct real_qemu *qemu, char *const argv[], size_t argc, json_t *globals);

/* One line that isn't an event; NULL when QEMU is gone. The caller frees it. */
char *real_receive(struct real_qemu *qemu);

/* Send a command; what comes back, as real_receive() gives it. */
char *real_ask(struct real_qemu *qemu, const char *command);

/*
 * Ask it to leave, and see how it does: a status as waitpid() has it. @words stays open.
 */
int real_stop(struct real_qemu *qemu);
