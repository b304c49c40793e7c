// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading sysfs and procfs with few system calls: each file is one open, one read and one
 * close. Owns nothing beyond a call.
 */
#include "host/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int cg_tree_open(int *out, const char *root, struct cg_error *err)
{
	const char *path = root ? root : "/";
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return cg_error_errno(err, "open %s", path);
	*out = fd;
	return 0;
}

ssize_t cg_tree_read(int dir, const char *path, void *buf, size_t size)
{
	cg_auto_close int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t got;

	if (fd < 0)
		return -1;
	do
		got = read(fd, buf, size);
	while (got < 0 && errno == EINTR);
	return got;
}

bool cg_tree_text(int dir, const char *path, char *buf, size_t size)
{
	ssize_t len = cg_tree_read(dir, path, buf, size - 1);

	if (len < 0) {
		buf[0] = '\0';
		return false;
	}
	while (len > 0 && strchr(" \t\n", buf[len - 1]))
		len--;
	buf[len] = '\0';
	for (ssize_t i = 0; i < len; i++)
		if (buf[i] < ' ' || buf[i] > '~')
			buf[i] = '?';
	return true;
}

bool cg_tree_has(int dir, const char *path)
{
	return faccessat(dir, path, F_OK, 0) == 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int cg_names_read(struct cg_names *out, int dir, const char *path, const char *prefix)
{
	size_t len = strlen(prefix), kept = 0;
	/* versionsort and not alphasort, whose order depends on the locale. */
	int n = scandirat(dir, path, &out->entry, is_visible, versionsort);

	out->n = 0;
	if (n < 0) {
		out->entry = NULL;
		return errno == ENOMEM ? -1 : 0;
	}
	for (int i = 0; i < n; i++) {
		if (strncmp(out->entry[i]->d_name, prefix, len) == 0)
			out->entry[kept++] = out->entry[i];
		else
			free(out->entry[i]);
	}
	out->n = kept;
	return 1;
}

void cg_names_free(struct cg_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->entry[i]);
	free(names->entry);
	*names = (struct cg_names){ 0 };
}

const char *cg_tree_why(int sys_errno)
{
	const char *text;

	switch (sys_errno) {
	case ENOENT:
		return "missing";
	case EACCES:
	case EPERM:
		return "permission denied";
	default:
		/* Not strerror(): the text must not depend on the locale. */
		text = strerrordesc_np(sys_errno);
		return text ? text : "unknown error";
	}
}
