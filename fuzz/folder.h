/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder for a target that needs a cache file: in memory if possible; gone with the program. */
#pragma once

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz/fuzz.h"

static char folder[64];

static int remove_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level ? remove(path) : 0;
}

static inline void empty_folder(void)
{
	must(nftw(folder, remove_file, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

static void remove_folder(void)
{
	empty_folder();
	remove(folder);
}

/* The path of a cache file in it; static. */
static const char *make_folder(void)
{
	const char *top = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	static char path[96];

	snprintf(folder, sizeof(folder), "%s/cpugate-fuzz-XXXXXX", top);
	must(mkdtemp(folder) && atexit(remove_folder) == 0);
	snprintf(path, sizeof(path), "%s/cache.db", folder);
	return path;
}
