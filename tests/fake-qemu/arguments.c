// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Only what chooses a transcript is looked at; what else QEMU would refuse is not our
 * business.
 */
#include "tests/fake-qemu/arguments.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SAFE "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+@%-"

static int keep(char **field, const char *value, struct cg_error *err)
{
	char *copy = strdup(value);

	if (!copy)
		return cg_error_errno(err, "arguments");
	free(*field);
	*field = copy;
	return 0;
}

/* kvm:tcg and kvm,x=y are kvm. */
static int take_accel(struct fake_arguments *out, char *value, struct cg_error *err)
{
	value[strcspn(value, ":,")] = '\0';
	return keep(&out->accel, value, err);
}

static int take_machine(struct fake_arguments *out, char *value, struct cg_error *err)
{
	bool first = true;

	for (char *word; (word = strsep(&value, ",")); first = false) {
		int failed = 0;

		if (strncmp(word, "accel=", 6) == 0)
			failed = take_accel(out, word + 6, err);
		else if (strncmp(word, "type=", 5) == 0)
			failed = keep(&out->machine, word + 5, err);
		else if (first && *word && !strchr(word, '='))
			failed = keep(&out->machine, word, err);
		if (failed)
			return -1;
	}
	return 0;
}

static void take_chardev(struct fake_arguments *out, const char *value)
{
	const char *fd = strstr(value, ",fd=");

	if (fd && strncmp(value, "socket,", 7) == 0)
		out->in = out->out = atoi(fd + 4);
}

static void take_global(struct fake_arguments *out, const char *value)
{
	const char **more =
		reallocarray(out->globals, out->global_count + 1, sizeof(*more));

	if (!more)
		abort(); /* a test program without memory has nothing to tell */
	out->globals = more;
	more[out->global_count++] = value;
}

static int take(struct fake_arguments *out, const char *option, const char *value,
		struct cg_error *err)
{
	cg_auto_free char *copy = strdup(value);

	if (!copy)
		return cg_error_errno(err, "arguments");
	if (strcmp(option, "-machine") == 0 || strcmp(option, "-M") == 0)
		return take_machine(out, copy, err);
	if (strcmp(option, "-accel") == 0)
		return take_accel(out, copy, err);
	if (strcmp(option, "-cpu") == 0)
		out->cpu = value;
	else if (strcmp(option, "-global") == 0)
		take_global(out, value);
	else if (strcmp(option, "-chardev") == 0)
		take_chardev(out, value);
	else if (strcmp(option, "-qmp") == 0 && strcmp(value, "stdio") == 0)
		out->in = 0, out->out = 1;
	return 0;
}

int fake_arguments_parse(struct fake_arguments *out, char **argv, struct cg_error *err)
{
	struct fake_arguments arguments = { .in = -1, .out = -1 };

	if (keep(&arguments.machine, "default", err) < 0 ||
	    keep(&arguments.accel, "tcg", err) < 0)
		goto failed;
	for (size_t i = 1; argv[i]; i++) {
		if (argv[i + 1] && take(&arguments, argv[i], argv[i + 1], err) < 0)
			goto failed;
	}
	*out = arguments;
	return 0;
failed:
	fake_arguments_deinit(&arguments);
	return -1;
}

void fake_arguments_deinit(struct fake_arguments *arguments)
{
	free(arguments->machine);
	free(arguments->accel);
	free(arguments->globals);
	*arguments = (struct fake_arguments){ .in = -1, .out = -1 };
}

bool fake_arguments_are(const struct fake_arguments *arguments, const char *kind)
{
	if (strcmp(kind, "cpu") == 0)
		return arguments->cpu != NULL;
	if (strcmp(kind, "globals") == 0)
		return arguments->global_count > 0;
	return strcmp(kind, "plain") == 0 && !arguments->cpu && !arguments->global_count;
}

static void print_quoted(FILE *out, const char *word)
{
	if (*word && strspn(word, SAFE) == strlen(word)) {
		fputs(word, out);
		return;
	}
	putc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			putc(*word, out);
	}
	putc('\'', out);
}

/* One write, so that lines of processes that start together don't mix. */
static void append(int fd, char **argv)
{
	cg_auto_free char *line = NULL;
	size_t len;
	FILE *out = open_memstream(&line, &len);

	if (!out)
		return;
	for (size_t i = 0; argv[i]; i++) {
		if (i)
			putc(' ', out);
		print_quoted(out, argv[i]);
	}
	putc('\n', out);
	fclose(out);
	(void)!write(fd, line, len);
}

unsigned fake_log_start(char **argv)
{
	const char *path = getenv("FAKE_QEMU_LOG");
	cg_auto_close int fd =
		path ? open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;
	unsigned lines = 0;
	off_t end, at = 0;
	char piece[4096];
	ssize_t got;

	if (fd < 0)
		return 0;
	append(fd, argv);
	end = lseek(fd, 0,
		    SEEK_CUR); /* where our own line ended, not where the file does now */
	while (at < end && (got = pread(fd, piece, sizeof(piece), at)) > 0) {
		for (ssize_t i = 0; i < got && at + i < end; i++)
			lines += piece[i] == '\n';
		at += got;
	}
	return lines;
}

void fake_read_settings(void)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof(".env"));
	cg_auto_free char *line = NULL;
	size_t size = 0;
	FILE *in;

	if (len < 0)
		return;
	memcpy(path + len, ".env", sizeof(".env"));
	in = fopen(path, "re");
	if (!in)
		return;
	while (getline(&line, &size, in) > 0) {
		char *value = strchr(line, '=');

		line[strcspn(line, "\n")] = '\0';
		if (!value || line[0] == '#')
			continue;
		*value++ = '\0';
		setenv(line, value, 1);
	}
	fclose(in);
}
