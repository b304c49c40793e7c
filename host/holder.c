// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lines as "lock: 1: OFDLCK  ADVISORY  WRITE -1 08:01:1234 77 77": device, inode, first, last. */
#include "host/holder.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host/tree.h"

#define TEXT_MAX 4096

static bool is_line(const char *line, ino_t ino, off_t at)
{
	uintmax_t inode, first;

	return sscanf(line, "lock: %*d: %*s %*s %*s %*d %*x:%*x:%ju %ju", &inode,
		      &first) == 2 &&
	       inode == ino && first == (uintmax_t)at;
}

static bool has_line(const char *text, ino_t ino, off_t at)
{
	for (const char *line = strstr(text, "lock:"); line;
	     line = strstr(line + 1, "lock:"))
		if (is_line(line, ino, at))
			return true;
	return false;
}

bool cg_holder_is(const char *root, pid_t pid, ino_t ino, off_t at)
{
	cg_auto_names struct cg_names names = { 0 };
	cg_auto_close int fd = -1;
	char folder[64], path[320], text[TEXT_MAX];
	struct cg_error err;
	ssize_t len;

	snprintf(folder, sizeof(folder), "proc/%ld/fdinfo", (long)pid);
	if (cg_tree_open(&fd, root, &err) < 0 ||
	    cg_names_read(&names, fd, folder, "") < 0)
		return false;
	for (size_t i = 0; i < names.n; i++) {
		snprintf(path, sizeof(path), "%s/%.200s", folder, names.entry[i]->d_name);
		len = cg_tree_read(fd, path, text, sizeof(text) - 1);
		if (len <= 0)
			continue;
		text[len] = '\0';
		if (has_line(text, ino, at))
			return true;
	}
	return false;
}
