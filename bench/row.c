// SPDX-License-Identifier: LGPL-2.1-or-later
/* Situations: which cache, which host, which emulator; all of it in the environment. */
#include "bench/row.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/run.h"

#define COLD "cold"
#define HOST "host"
#define OSRELEASE HOST "/proc/sys/kernel/osrelease"

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static void remove_tree(const char *path)
{
	(void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static char *path_of(const struct bench_place *place, const char *name,
		     char out[static PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s", place->folder, name);
	return out;
}

/* The kernel's release, as the host's root tells it. */
static int set_kernel(const struct bench_place *place, struct cg_error *err)
{
	char path[PATH_MAX];
	FILE *file = fopen(path_of(place, OSRELEASE, path), "we");

	if (!file)
		return cg_error_errno(err, "%s", path);
	fprintf(file, "6.99.%u-bench\n", place->kernels);
	return fclose(file) == 0 ? 0 : cg_error_errno(err, "%s", path);
}

/* Like the real root in everything but the kernel's release. */
static int make_host(const struct bench_place *place, struct cg_error *err)
{
	static const char *const folders[] = { HOST, HOST "/proc", HOST "/proc/sys",
					       HOST "/proc/sys/kernel" };
	static const char *const links[] = { "/sys", "/dev", "/proc/cpuinfo",
					     "/proc/sys/kernel/version" };
	char path[PATH_MAX], name[64];

	for (size_t i = 0; i < CG_COUNT(folders); i++)
		if (mkdir(path_of(place, folders[i], path), 0700) < 0)
			return cg_error_errno(err, "%s", path);
	for (size_t i = 0; i < CG_COUNT(links); i++) {
		snprintf(name, sizeof(name), HOST "%s", links[i]);
		if (symlink(links[i], path_of(place, name, path)) < 0)
			return cg_error_errno(err, "%s", path);
	}
	return set_kernel(place, err);
}

int bench_place_make(struct bench_place *place, struct cg_error *err)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(place->folder, sizeof(place->folder), "%s/cpugate-bench-XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(place->folder)) {
		*place->folder = '\0';
		return cg_error_errno(err, "a folder for caches");
	}
	return make_host(place, err);
}

void bench_place_remove(struct bench_place *place)
{
	if (*place->folder)
		remove_tree(place->folder);
}

static int64_t found_bytes;

static int add_size(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)path, (void)at;
	found_bytes += type == FTW_F ? st->st_size : 0;
	return 0;
}

int64_t bench_place_cache_size(const struct bench_place *place, const char *cache)
{
	char path[PATH_MAX];

	found_bytes = 0;
	(void)nftw(path_of(place, cache, path), add_size, 16, FTW_PHYS);
	return found_bytes;
}

/* What the programs to come see. */
static void set_environment(const struct bench_place *place,
			    const struct bench_emulator *emulator, const char *cache,
			    bool other_host)
{
	char path[PATH_MAX];

	setenv("XDG_CACHE_HOME", path_of(place, cache, path), 1);
	if (other_host)
		setenv("CPUGATE_HOST_ROOT", path_of(place, HOST, path), 1);
	else
		unsetenv("CPUGATE_HOST_ROOT");
	if (*emulator->modules)
		setenv("QEMU_MODULE_DIR", emulator->modules, 1);
	else
		unsetenv("QEMU_MODULE_DIR");
}

/* Behind "--" is a command line of the emulator's own, which begins with its path. */
static bool is_launch(const char *const args[])
{
	for (size_t i = 0; i < BENCH_ARGS && args[i]; i++)
		if (strcmp(args[i], "--") == 0)
			return true;
	return false;
}

static int ask(struct bench_cost *out, const struct bench_place *place,
	       const struct bench_emulator *emulator, const char *const args[],
	       int output, struct cg_error *err)
{
	const char *argv[BENCH_ARGS + 4] = { place->cpugate };
	size_t n = 1;

	if (!is_launch(args)) {
		argv[n++] = "--emulator";
		argv[n++] = emulator->path;
	}
	for (size_t i = 0; i < BENCH_ARGS && args[i]; i++) {
		argv[n++] = args[i];
		if (strcmp(args[i], "--") == 0)
			argv[n++] = emulator->path;
	}
	return bench_run(out, argv, output, err);
}

int bench_row_prepare(struct bench_place *place, const struct bench_emulator *emulator,
		      const char *cache, const char *const args[], int output,
		      struct cg_error *err)
{
	struct bench_cost ignored;

	set_environment(place, emulator, cache, strcmp(cache, HOST) == 0);
	return ask(&ignored, place, emulator, args, output, err);
}

static void take_problem(struct bench_row *row, const struct cg_error *err)
{
	snprintf(row->problem, sizeof(row->problem), "%s", err->msg);
}

void bench_row_measure_bare(struct bench_row *row, size_t times)
{
	struct bench_emulator *emulator = row->emulator;
	char greeting[1024];
	struct bench_cost cost;
	struct cg_error err;

	if (*emulator->modules)
		setenv("QEMU_MODULE_DIR", emulator->modules, 1);
	else
		unsetenv("QEMU_MODULE_DIR");
	for (; times && !*row->problem; times--) {
		if (bench_run_bare(&cost, emulator->path, greeting, sizeof(greeting),
				   &err) < 0) {
			take_problem(row, &err);
			return;
		}
		bench_series_add(&row->unit, cost.wall);
		bench_series_add(&emulator->bare, cost.wall);
		bench_series_add(&emulator->bare_cpu, cost.cpu);
	}
}

/* The same question with another cache. */
static void measure_beside(struct bench_place *place, struct bench_row *row)
{
	struct bench_cost cost;
	struct cg_error err;

	set_environment(place, row->emulator, row->beside, false);
	if (ask(&cost, place, row->emulator, row->args, -1, &err) < 0)
		take_problem(row, &err);
	else
		bench_series_add(&row->unit, cost.wall);
}

static int enter_situation(struct bench_place *place, const struct bench_row *row,
			   struct cg_error *err)
{
	const char *cache = row->cache ? row->cache : COLD;

	set_environment(place, row->emulator, cache, row->other_host);
	if (!row->other_host)
		return 0;
	place->kernels++;
	return set_kernel(place, err);
}

void bench_row_measure(struct bench_place *place, struct bench_row *row)
{
	char path[PATH_MAX];
	struct bench_cost cost;
	struct cg_error err;
	int ret;

	if (*row->problem)
		return;
	if (row->beside)
		measure_beside(place, row);
	else
		bench_row_measure_bare(row, 1);
	if (*row->problem)
		return;
	ret = enter_situation(place, row, &err);
	if (ret == 0)
		ret = ask(&cost, place, row->emulator, row->args, -1, &err);
	if (!row->cache)
		remove_tree(path_of(place, COLD, path));
	if (ret < 0) {
		take_problem(row, &err);
		return;
	}
	bench_series_add(&row->time, cost.wall);
	bench_series_add(&row->cpu, cost.cpu);
}
