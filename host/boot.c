// SPDX-License-Identifier: LGPL-2.1-or-later
/* /proc/cmdline and the first paragraph of /proc/cpuinfo, as lists of words. */
#include "host/boot.h"

#include <string.h>

#include "base/cleanup.h"
#include "host/tree.h"

#define TEXT_BYTES 8192

static json_t *split(const char *text, const char *end)
{
	json_t *list = json_array();

	while (text < end) {
		size_t len = strcspn(text, " \t\n");

		if (len > (size_t)(end - text))
			len = (size_t)(end - text);
		if (len) /* what isn't UTF-8 is no word of ours */
			json_array_append_new(list, json_stringn(text, len));
		text += len + 1;
	}
	return list;
}

static const char *read_text(int root, const char *path, char text[static TEXT_BYTES])
{
	ssize_t len = cg_tree_read(root, path, text, TEXT_BYTES - 1);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

/* What follows "--" is for init and not for the kernel. */
static json_t *parameters(int root)
{
	char text[TEXT_BYTES];
	const char *end;

	read_text(root, "proc/cmdline", text);
	end = strstr(text, " -- ");
	return split(text, end ? end : text + strlen(text));
}

static json_t *flags(int root)
{
	char text[TEXT_BYTES];
	const char *line = strstr(read_text(root, "proc/cpuinfo", text), "\nflags");

	line = line ? strchr(line, ':') : NULL;
	line = line ? line + 1 : "";
	return split(line, line + strcspn(line, "\n"));
}

int cg_boot_read(json_t **out, const char *root, struct cg_error *err)
{
	cg_auto_close int dir = -1;
	json_t *boot;

	if (cg_tree_open(&dir, root, err) < 0)
		return -1;
	boot = json_pack("{s:o, s:o}", "parameters", parameters(dir), "flags",
			 flags(dir));
	if (!boot)
		return cg_error_set(err, CG_E_SYSTEM, "out of memory");
	*out = boot;
	return 0;
}
