// SPDX-License-Identifier: LGPL-2.1-or-later
/* Beside the file and then in its place, or into what can't be replaced. */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int write_all(int fd, const char *text, const char *path, struct cg_error *err)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && errno != EINTR)
			return cg_error_errno(err, "write %s", path);
		text += done > 0 ? done : 0;
		len -= done > 0 ? (size_t)done : 0;
	}
	return 0;
}

static int write_beside(const char *path, const char *beside, const char *text,
			struct cg_error *err)
{
	cg_auto_close int fd =
		open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0)
		return cg_error_errno(err, "write %s", beside);
	if (write_all(fd, text, beside, err) < 0 || write_all(fd, "\n", beside, err) < 0)
		return -1;
	if (fsync(fd) < 0)
		return cg_error_errno(err, "write %s", beside);
	if (rename(beside, path) < 0)
		return cg_error_errno(err, "write %s", path);
	return 0;
}

/* A pipe or a device is written to, not replaced. */
static int write_into(const char *path, const char *text, struct cg_error *err)
{
	cg_auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return cg_error_errno(err, "write %s", path);
	if (write_all(fd, text, path, err) < 0)
		return -1;
	return write_all(fd, "\n", path, err);
}

int cg_output_write(const char *path, const char *text, struct cg_error *err)
{
	cg_auto_free char *beside = NULL, *real = realpath(path, NULL);
	struct stat st;

	/* Where /dev/stdout leads to may have no name: @path is asked and opened. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_into(path, text, err);
	path = real ? real : path;
	if (asprintf(&beside, "%s.%d.tmp", path, (int)getpid()) < 0) {
		beside = NULL;
		return cg_error_errno(err, "write %s", path);
	}
	if (write_beside(path, beside, text, err) == 0)
		return 0;
	(void)unlink(beside);
	return -1;
}
