// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lines, one by one. A word that is wrong is an error: it was meant to do something. */
#include "lib/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#ifndef CG_SYSCONFDIR /* for who compiles by hand */
#define CG_SYSCONFDIR "/etc"
#endif
#define USUAL CG_SYSCONFDIR "/cpugate.conf"
#define LINES 1000
#define LINE_BYTES 512

static const struct {
	const char *name;
	size_t at;
} known[] = {
	{ "libvirt-hook", offsetof(struct cg_settings, libvirt_hook) },
	{ "strict", offsetof(struct cg_settings, strict) },
};

static char *trim(char *text)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text;
}

static bool read_switch(const char *value, bool *out)
{
	static const char *const words[] = { "off", "on", "no", "yes" };

	for (size_t i = 0; i < CG_COUNT(words); i++)
		if (strcmp(words[i], value) == 0) {
			*out = i % 2;
			return true;
		}
	return false;
}

/* 0 if it was taken, or there was nothing; else what is wrong. */
static const char *take(struct cg_settings *settings, char *line)
{
	char *equals = strchr(line, '='), *name, *value;

	line[strcspn(line, "#")] = '\0';
	name = trim(line);
	if (!*name)
		return NULL;
	equals = strchr(name, '=');
	if (!equals)
		return "NAME = VALUE is expected";
	*equals = '\0';
	name = trim(name);
	value = trim(equals + 1);
	for (size_t i = 0; i < CG_COUNT(known); i++) {
		if (strcmp(known[i].name, name) != 0)
			continue;
		return read_switch(value, (bool *)((char *)settings + known[i].at))
			       ? NULL
			       : "it is on or off";
	}
	return "there is no such setting";
}

static int read_lines(struct cg_settings *out, FILE *file, const char *path,
		      struct cg_error *err)
{
	struct cg_settings settings = { 0 };
	char line[LINE_BYTES];

	for (int number = 1; fgets(line, sizeof(line), file); number++) {
		const char *problem = strchr(line, '\n') || feof(file)
					      ? take(&settings, line)
					      : "it is too long";

		if (number > LINES)
			problem = "too many lines";
		if (problem)
			return cg_error_set(err, CG_E_PARSE, "%s, line %d: %s", path,
					    number, problem);
	}
	if (ferror(file))
		return cg_error_errno(err, "read %s", path);
	*out = settings;
	return 0;
}

int cg_settings_read(struct cg_settings *out, struct cg_error *err)
{
	const char *given = getenv("CPUGATE_CONFIG");
	const char *path = given && *given ? given : USUAL;
	FILE *file = fopen(path, "re");
	int ret;

	if (!file && errno == ENOENT && path != given) {
		*out = (struct cg_settings){ 0 };
		return 0;
	}
	if (!file)
		return cg_error_errno(err, "open %s", path);
	ret = read_lines(out, file, path, err);
	fclose(file);
	return ret;
}
