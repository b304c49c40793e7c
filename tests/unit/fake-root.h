/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder that looks like a root with /proc, /sys and /dev, for tests of host/. */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

struct fake_root {
	char path[64];
	int fd;
};

static inline void fake_root_make(struct fake_root *root)
{
	strcpy(root->path, "/tmp/cpugate-root-XXXXXX");
	assert_non_null(mkdtemp(root->path));
	root->fd = open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(root->fd >= 0);
}

/* A folder and those above it. */
static inline void fake_root_folder(const struct fake_root *root, const char *path)
{
	char part[256];

	for (const char *slash = strchr(path, '/');; slash = strchr(slash + 1, '/')) {
		size_t len = slash ? (size_t)(slash - path) : strlen(path);

		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		mkdirat(root->fd, part, 0755);
		if (!slash)
			return;
	}
}

/* A file, and the folders above it. */
static inline void fake_root_put(const struct fake_root *root, const char *path,
				 const void *data, size_t len)
{
	char folder[256];
	int fd;

	snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = '\0';
	fake_root_folder(root, folder);
	fd = openat(root->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static inline void fake_root_write(const struct fake_root *root, const char *path,
				   const char *text)
{
	fake_root_put(root, path, text, strlen(text));
}

static inline int fake_root_unlink(const char *path, const struct stat *st, int type,
				   struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static inline void fake_root_remove(struct fake_root *root)
{
	close(root->fd);
	nftw(root->path, fake_root_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* For cmocka: a new root as the state of each test. */
static inline int fake_root_setup(void **state)
{
	struct fake_root *root = malloc(sizeof(*root));

	assert_non_null(root);
	fake_root_make(root);
	*state = root;
	return 0;
}

static inline int fake_root_teardown(void **state)
{
	fake_root_remove(*state);
	free(*state);
	return 0;
}

/* cmocka calls a test within its own cleanup, so this is all that a test has to say. */
#define with_root(test)                                                                  \
	cmocka_unit_test_setup_teardown(test, fake_root_setup, fake_root_teardown)
