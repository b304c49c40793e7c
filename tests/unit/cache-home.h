/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder of its own for each test of the cache, and short ways to use a store in it. */
#pragma once

#include "tests/unit/unit.h"

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cache/store.h"

static char home[64];
static char cache[96]; /* path of the cache in it */

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int make_home(void **state)
{
	(void)state;
	strcpy(home, "/tmp/cpugate-test-XXXXXX");
	if (!mkdtemp(home))
		return -1;
	snprintf(cache, sizeof(cache), "%s/cache.db", home);
	return 0;
}

static int remove_home(void **state)
{
	(void)state;
	return nftw(home, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

#define in_home(test) cmocka_unit_test_setup_teardown(test, make_home, remove_home)

static bool is_child;

static inline void fail_at(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	if (is_child)
		_exit(1);
	fail();
}

/* An assertion that may also be used in child processes, where cmocka isn't at home. */
#define must(condition) ((condition) ? (void)0 : fail_at(__FILE__, __LINE__, #condition))

/* Run @fn in another process; wait_for() it. */
static inline pid_t in_child(void (*fn)(int number), int number)
{
	pid_t pid = fork();

	if (pid == 0) {
		is_child = true;
		fn(number);
		_exit(0);
	}
	must(pid > 0);
	return pid;
}

static inline void wait_for(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0) == pid);
	must(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Many at once. */
static inline void in_children(void (*fn)(int number), int count)
{
	pid_t pids[16];

	must(count <= 16);
	for (int i = 0; i < count; i++)
		pids[i] = in_child(fn, i);
	for (int i = 0; i < count; i++)
		wait_for(pids[i]);
}

static inline struct cg_store *open_store(enum cg_store_state state)
{
	struct cg_store *store = NULL;
	struct cg_error err;

	must(cg_store_open(&store, cache, &err) == 0);
	if (cg_store_state(store) != state)
		fprintf(stderr, "%s\n", cg_store_warning(store));
	must(cg_store_state(store) == state);
	return store;
}

static inline void put(struct cg_store *store, const char *name, const char *text)
{
	struct cg_error err;

	must(cg_store_put(store, "kind", "{\"part\":1}", name, text, 1000, &err) == 0);
}

/* The fact @name answers @text, or nothing if that is NULL. */
static inline void expect(struct cg_store *store, const char *name, const char *text)
{
	struct cg_error err;
	char *got = NULL;

	must(cg_store_get(store, "kind", "{\"part\":1}", name, &got, &err) == 0);
	must(!got == !text);
	must(!got || !text || strcmp(got, text) == 0);
	free(got);
}

/* A store in the home with the fact "old". */
static inline void keep_a_fact(void)
{
	struct cg_store *store = open_store(CG_STORE_READ_WRITE);

	put(store, "old", "old text");
	cg_store_close(store);
}

static inline bool exists(const char *suffix)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", cache, suffix);
	return access(path, F_OK) == 0;
}
