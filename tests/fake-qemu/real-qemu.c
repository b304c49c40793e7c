// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Starting a QEMU with a monitor on an inherited socket, and talking to it line by line.
 */
#include "tests/fake-qemu/real-qemu.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fake-qemu/raw.h"

#define REPLY_SECONDS 30

void real_start(struct real_qemu *qemu, char *const argv[], size_t argc, json_t *globals)
{
	char **all = calloc(argc + 2 * json_object_size(globals) + 6, sizeof(*all));
	size_t n = 0;
	const char *name;
	json_t *value;
	int ends[2];

	if (!all || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		err(1, "%s", argv[0]);
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	for (size_t i = 0; i < argc; i++)
		all[n++] = argv[i];
	json_object_foreach(globals, name, value) {
		all[n++] = strdup("-global");
		if (asprintf(&all[n++], "base-x86_64-cpu.%s=on", name) < 0)
			err(1, "globals");
	}
	all[n++] = strdup("-chardev");
	if (asprintf(&all[n++], "socket,id=cpugate,fd=%d", ends[1]) < 0)
		err(1, "monitor");
	all[n++] = strdup("-mon");
	all[n++] = strdup("chardev=cpugate,mode=control");
	qemu->words = memfd_create("stderr", MFD_CLOEXEC);
	qemu->pid = fork();
	if (qemu->pid == 0) {
		dup2(qemu->words, STDERR_FILENO);
		execvp(all[0], all);
		_exit(127);
	}
	close(ends[1]);
	qemu->in = fdopen(ends[0], "r");
	qemu->out = fdopen(dup(ends[0]), "w");
	for (size_t i = argc; i < n; i++)
		free(all[i]);
	free(all);
}

char *real_receive(struct real_qemu *qemu)
{
	char *line = NULL;
	size_t size = 0;

	alarm(REPLY_SECONDS);
	while (getline(&line, &size, qemu->in) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!raw_get(raw_of(line), "event").at)
			return line;
	}
	free(line);
	return NULL;
}

char *real_ask(struct real_qemu *qemu, const char *command)
{
	fprintf(qemu->out, "%s\n", command);
	fflush(qemu->out);
	return real_receive(qemu);
}

int real_stop(struct real_qemu *qemu)
{
	int status;

	free(real_ask(qemu, "{\"execute\": \"quit\"}"));
	fclose(qemu->in);
	fclose(qemu->out);
	if (waitpid(qemu->pid, &status, 0) < 0)
		err(1, "wait");
	return status;
}
