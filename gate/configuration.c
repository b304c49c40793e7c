// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reading it line by line, with the widths and the leniency of QEMU's own reader. */
#include "gate/configuration.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/given.h"

#define LINE_MAX_BYTES 1024

struct reader {
	json_t *groups;
	json_t *values; /* of the last one; NULL before the first. Borrowed */
	size_t line;
};

static int refuse(const struct reader *reader, const char *what, struct cg_error *err)
{
	return cg_error_set(err, CG_E_USAGE, "line %zu: %s", reader->line, what);
}

static int open_group(struct reader *reader, const char *name, const char *id,
		      struct cg_error *err)
{
	json_t *group = json_pack("{s:s, s:{}}", "group", name, "values");

	if (!group)
		return refuse(reader, "a group that isn't UTF-8", err);
	json_array_append_new(reader->groups, group);
	reader->values = json_object_get(group, "values");
	if (id && json_object_set_new(reader->values, "id", json_string(id)) < 0)
		return refuse(reader, "an id that isn't UTF-8", err);
	return 0;
}

static int take_line(struct reader *reader, const char *line, struct cg_error *err)
{
	char name[64] = "", id[64] = "", value[LINE_MAX_BYTES] = "";

	if (line[0] == '\n' || line[0] == '#' || !line[0])
		return 0;
	if (sscanf(line, "[%63s \"%63[^\"]\"]", name, id) == 2)
		return open_group(reader, name, id, err);
	if (sscanf(line, "[%63[^]]]", name) == 1)
		return open_group(reader, name, NULL, err);
	if (sscanf(line, " %63s = \"%1023[^\"]\"", name, value) != 2) {
		value[0] = '\0';
		if (sscanf(line, " %63s = \"\"", name) != 1)
			return refuse(reader, "neither a group nor NAME = \"VALUE\"",
				      err);
	}
	if (!reader->values)
		return refuse(reader, "a value before the first group", err);
	if (json_object_set_new(reader->values, name, json_string(value)) < 0)
		return refuse(reader, "text that isn't UTF-8", err);
	return 0;
}

int cg_configuration_parse(json_t **out, const char *text, size_t len,
			   struct cg_error *err)
{
	cg_auto_json json_t *groups = json_array();
	struct reader reader = { .groups = groups, .line = 1 };
	char line[LINE_MAX_BYTES];

	for (const char *end = text + len; text < end; reader.line++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t size = (size_t)((stop ? stop + 1 : end) - text);

		if (size >= sizeof(line))
			size = sizeof(line) -
			       1; /* the rest is a line of its own, as for fgets() */
		memcpy(line, text, size);
		line[size] = '\0';
		text += size;
		if (take_line(&reader, line, err) < 0)
			return -1;
	}
	*out = cg_take(groups);
	return 0;
}

static int read_all(struct cg_buffer *text, int fd, struct cg_error *err)
{
	ssize_t got;

	do {
		if (cg_buffer_reserve(text, 4096, err) < 0)
			return -1;
		got = read(fd, text->data + text->len, 4096);
		if (got > 0)
			text->len += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 ? cg_error_errno(err, "read") : 0;
}

int cg_configuration_read(json_t **out, const char *path, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(CG_CONFIGURATION_MAX);
	cg_auto_close int fd = -1;
	struct stat st;

	*out = NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return cg_error_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return cg_error_set(
			err, CG_E_UNDECIDED,
			"%s is no regular file, and what is read from it may be gone",
			path);
	if (read_all(&text, fd, err) < 0 ||
	    cg_configuration_parse(out, text.data ? text.data : "", text.len, err) < 0)
		return cg_error_prefix(err, "%s", path);
	return 0;
}

int cg_configuration_read_named(json_t **out, const char *name, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(CG_CONFIGURATION_MAX);

	if (!cg_given_now())
		return cg_configuration_read(out, name, err);
	*out = NULL;
	if (cg_given_read(&text, name, err) < 0)
		return err->sys_errno == ENOENT ? 0 : -1;
	if (cg_configuration_parse(out, text.data ? text.data : "", text.len, err) < 0)
		return cg_error_prefix(err, "%s", name);
	return 0;
}
