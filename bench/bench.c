// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * make bench: how long cpugate takes here, in milliseconds and in bare starts of the
 * emulator. Times of different runs, let alone machines, can't be compared; the numbers of
 * starts can, as the starts are measured between everything else. A report, not a test: it
 * ends with 0.
 *
 * BENCH_RUNS   how often all but the sweeps is measured (15)
 * BENCH_SWEEPS how often the sweeps are (2)
 * BENCH_OTHER  another emulator to measure
 * BENCH_JSON   a file for all figures
 */
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "base/json.h"
#include "bench/gate.h"
#include "bench/report.h"
#include "bench/run.h"

#define REPLY_BYTES (16 << 20)
#define BARE_BESIDE_SWEEP 5
#define NO_KVM "can't be measured here: /dev/kvm can't be used"

/* What DESIGN.md, part 10, wants, in starts of the 22 ms that one took there. */
#define GOAL_COLD 6
#define GOAL_WARM (1.0 / 6)
#define GOAL_HOST_CHANGED 4
#define GOAL_MACHINE (250.0 / 22)
#define GOAL_SWEEP_OLD (6000.0 / 22)
#define GOAL_SWEEP_NEW (2000.0 / 22)
#define GOAL_BYTES (4 << 20)
#define GOAL_BIG_CACHE 1.1

static struct bench_place place;
static struct bench_emulator emulators[2];
static size_t emulator_count;
static bool has_kvm, is_x86;
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	stopped = signal;
}

static size_t number_from(const char *name, size_t without)
{
	const char *text = getenv(name);
	long number = text ? strtol(text, NULL, 10) : 0;

	if (number <= 0)
		return without;
	return number > BENCH_SERIES_MAX ? BENCH_SERIES_MAX : (size_t)number;
}

static int complain(const struct cg_error *err)
{
	fprintf(stderr, "bench: %s\n", err->msg);
	return -1;
}

/* Emulators. */

static bool find_in_path(const char *name, char out[static PATH_MAX])
{
	const char *list = getenv("PATH"), *end;

	for (; list && *list; list = *end ? end + 1 : end) {
		end = strchrnul(list, ':');
		snprintf(out, PATH_MAX, "%.*s/%s", (int)(end - list), list, name);
		if (access(out, X_OK) == 0)
			return true;
	}
	return false;
}

/* Where an emulator that was unpacked somewhere has its modules: .../lib/TRIPLET/qemu. */
static void find_modules(struct bench_emulator *e)
{
	char pattern[PATH_MAX + 32];
	glob_t found;
	char *slash;

	snprintf(pattern, PATH_MAX, "%s", e->path);
	for (int up = 0; up < 2 && (slash = strrchr(pattern, '/')); up++)
		*slash = '\0';
	if (strcmp(pattern, "/usr") == 0)
		return;
	strcat(pattern, "/lib/*-linux-*/qemu");
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	snprintf(e->modules, sizeof(e->modules), "%s", found.gl_pathv[0]);
	globfree(&found);
}

/* {"QMP": {"version": {"qemu": {"major": ... */
static int read_version(struct bench_emulator *e, const char *greeting,
			struct cg_error *err)
{
	cg_auto_json json_t *json = NULL;
	int major, minor, micro;

	if (cg_json_parse(&json, greeting, strlen(greeting), REPLY_BYTES, err) < 0)
		return -1;
	if (json_unpack(json, "{s:{s:{s:{s:i, s:i, s:i}}}}", "QMP", "version", "qemu",
			"major", &major, "minor", &minor, "micro", &micro) < 0)
		return cg_error_set(err, CG_E_PROTOCOL, "%s is no QEMU", e->path);
	snprintf(e->version, sizeof(e->version), "%d.%d.%d", major, minor, micro);
	e->is_new = major > 9 || (major == 9 && minor >= 1);
	return 0;
}

static int count_machines(struct bench_emulator *e, struct cg_error *err)
{
	static const char *const args[BENCH_ARGS] = { "--json", "machines" };
	cg_auto_close int output = memfd_create("machines", MFD_CLOEXEC);
	cg_auto_json json_t *machines = NULL;
	char path[32];

	if (output < 0)
		return cg_error_errno(err, "memfd_create");
	snprintf(path, sizeof(path), "/dev/fd/%d", output);
	if (bench_row_prepare(&place, e, "machines", args, output, err) < 0 ||
	    cg_json_read_file(&machines, path, REPLY_BYTES, err) < 0)
		return -1;
	e->machines = json_array_size(machines) - 1;
	return 0;
}

/* The first starts also read the files from the disk. */
static int meet(struct bench_emulator *e, struct cg_error *err)
{
	struct bench_cost cost;
	char greeting[1024];

	find_modules(e);
	if (*e->modules)
		setenv("QEMU_MODULE_DIR", e->modules, 1);
	if (bench_run_bare(&cost, e->path, greeting, sizeof(greeting), err) < 0 ||
	    read_version(e, greeting, err) < 0)
		return -1;
	return count_machines(e, err);
}

static void add_emulator(const char *path)
{
	struct bench_emulator *e = &emulators[emulator_count];
	struct cg_error err;

	snprintf(e->path, sizeof(e->path), "%s", path);
	if (meet(e, &err) < 0) {
		complain(&err);
		memset(e, 0, sizeof(*e));
	} else {
		emulator_count++;
	}
	unsetenv("QEMU_MODULE_DIR");
}

static void find_emulators(void)
{
	const char *other = getenv("BENCH_OTHER");
	char name[128], path[PATH_MAX];
	struct utsname uts;

	uname(&uts);
	is_x86 = strcmp(uts.machine, "x86_64") == 0;
	has_kvm = access("/dev/kvm", R_OK | W_OK) == 0;
	snprintf(name, sizeof(name), "qemu-system-%s", uts.machine);
	if (find_in_path(name, path))
		add_emulator(path);
	if (other && access(other, X_OK) == 0)
		add_emulator(other);
	if (!emulator_count)
		printf("No %s in $PATH: there is nothing to measure.\n", name);
}

/* Situations. */

/* A cache's name for one emulator; never freed, there are few. */
static const char *cache_of(const struct bench_emulator *e, const char *kind)
{
	char *name = NULL;

	return asprintf(&name, "%s-%td", kind, e - emulators) < 0 ? kind : name;
}

static void prepare(struct bench_row *row, const char *cache, const char *const args[])
{
	struct cg_error err;

	if (!*row->problem &&
	    bench_row_prepare(&place, row->emulator, cache, args, -1, &err) < 0)
		snprintf(row->problem, sizeof(row->problem), "%s", err.msg);
}

static const char *definition(void)
{
	return is_x86 ? "Haswell" : "max";
}

/* What every host can give: a no has another exit status. */
static const char *smallest(void)
{
	return is_x86 ? "486" : "max";
}

static bool needs_kvm(const struct bench_row *row)
{
	for (size_t i = 0; i < BENCH_ARGS && row->args[i]; i++)
		if (strcmp(row->args[i], "kvm") == 0)
			return true;
	return false;
}

static void measure_answers(struct bench_emulator *e, size_t runs)
{
	const char *warm = cache_of(e, "warm");
	struct bench_row rows[] = {
		{ .emulator = e, .args = { "models" }, .goal = GOAL_COLD },
		{ .emulator = e,
		  .what = "warm answer: expand",
		  .args = { "--json", "expand", definition() },
		  .cache = warm,
		  .goal = GOAL_WARM },
		{ .emulator = e,
		  .what = "warm answer: models",
		  .args = { "--json", "models" },
		  .cache = warm,
		  .goal = GOAL_WARM },
		{ .emulator = e,
		  .what = "warm answer: check launch, tcg",
		  .args = { "check", "launch", "--", "-accel", "tcg", "-cpu",
			    smallest() },
		  .cache = warm,
		  .goal = GOAL_WARM },
		{ .emulator = e,
		  .what = "warm answer: check launch, kvm",
		  .args = { "check", "launch", "--", "-accel", "kvm", "-cpu",
			    smallest() },
		  .cache = warm,
		  .goal = GOAL_WARM },
		{ .emulator = e,
		  .what = "host changed (its kernel): models",
		  .args = { "models" },
		  .cache = "host",
		  .other_host = true,
		  .goal = GOAL_HOST_CHANGED },
		{ .emulator = e,
		  .what = "one machine type, all models, tcg",
		  .args = { "probe", "--accel", "tcg", is_x86 ? "--machine" : NULL,
			    "pc-q35-7.2" },
		  .goal = GOAL_MACHINE },
	};
	static const char *const probe[BENCH_ARGS] = { "probe" };

	snprintf(rows[0].what, sizeof(rows[0].what), "first answer, cold: models, %s",
		 has_kvm ? "kvm and tcg" : "tcg");
	for (size_t r = 0; r < CG_COUNT(rows); r++) {
		if (!has_kvm && (rows[r].other_host || needs_kvm(&rows[r])))
			strcpy(rows[r].problem, NO_KVM);
		else if (rows[r].cache)
			prepare(&rows[r], rows[r].cache,
				rows[r].other_host ? probe : rows[r].args);
	}
	for (size_t i = 0; i < runs; i++)
		for (size_t r = 0; r < CG_COUNT(rows) && !stopped; r++)
			bench_row_measure(&place, &rows[r]);
	if (stopped)
		return;
	bench_report_emulator(e);
	for (size_t r = 0; r < CG_COUNT(rows); r++)
		bench_report_row(&rows[r]);
}

static void measure_sweeps(struct bench_emulator *e, size_t sweeps)
{
	static const char *const accels[] = { "tcg", "kvm" };
	struct bench_row rows[CG_COUNT(accels)];

	for (size_t r = 0; r < CG_COUNT(rows); r++) {
		rows[r] = (struct bench_row){
			.emulator = e,
			.args = { "probe", "--all", "--accel", accels[r] },
			.goal = e->is_new ? GOAL_SWEEP_NEW : GOAL_SWEEP_OLD,
		};
		snprintf(rows[r].what, sizeof(rows[r].what), "every machine type, %s",
			 accels[r]);
	}
	if (!has_kvm)
		strcpy(rows[1].problem, NO_KVM);
	for (size_t i = 0; i < sweeps; i++)
		for (size_t r = 0; r < CG_COUNT(rows) && !stopped; r++) {
			bench_row_measure_bare(&rows[r], BARE_BESIDE_SWEEP);
			bench_row_measure(&place, &rows[r]);
			bench_row_measure_bare(&rows[r], BARE_BESIDE_SWEEP);
		}
	if (stopped)
		return;
	for (size_t r = 0; r < CG_COUNT(rows); r++)
		bench_report_row(&rows[r]);
	printf("%-41s %11s %17s %9s %7zu\n", "  beside it: a bare start for each", "", "",
	       "", e->machines);
}

static void measure_big_cache(size_t runs)
{
	static const char *const sweep[BENCH_ARGS] = { "probe", "--all" };
	struct bench_row size = { .what = "the cache of all these sweeps",
				  .goal = GOAL_BYTES };
	struct bench_row rows[] = {
		{ .what = "warm answer with it: expand",
		  .args = { "--json", "expand", definition() } },
		{ .what = "warm answer with it: models", .args = { "--json", "models" } },
	};

	for (size_t r = 0; r < CG_COUNT(rows); r++) {
		rows[r].emulator = &emulators[0];
		rows[r].cache = "big";
		rows[r].beside = cache_of(&emulators[0], "warm");
		rows[r].goal = GOAL_BIG_CACHE;
	}
	for (size_t i = 0; i < emulator_count && !stopped; i++) {
		rows[0].emulator = &emulators[i];
		prepare(&rows[0], "big", sweep);
	}
	rows[0].emulator = &emulators[0];
	size.bytes = bench_place_cache_size(&place, "big");
	for (size_t r = 0; r < CG_COUNT(rows); r++)
		prepare(&rows[r], "big", rows[r].args);
	for (size_t i = 0; i < runs; i++)
		for (size_t r = 0; r < CG_COUNT(rows) && !stopped; r++)
			bench_row_measure(&place, &rows[r]);
	if (stopped)
		return;
	printf("\n%s %s, times the same with a small cache\n\n", emulators[0].path,
	       emulators[0].version);
	bench_report_row(&size);
	for (size_t r = 0; r < CG_COUNT(rows); r++)
		bench_report_row(&rows[r]);
}

static void measure(void)
{
	size_t runs = number_from("BENCH_RUNS", 15),
	       sweeps = number_from("BENCH_SWEEPS", 2);
	const char *json = getenv("BENCH_JSON");
	struct cg_error err;

	bench_report_machine();
	find_emulators();
	for (size_t i = 0; i < emulator_count && !stopped; i++) {
		measure_answers(&emulators[i], runs);
		if (!stopped && is_x86 &&
		    bench_gate_measure(&place, &emulators[i], has_kvm, runs, &err) < 0)
			complain(&err);
		if (!stopped)
			measure_sweeps(&emulators[i], sweeps);
	}
	if (emulator_count && !stopped)
		measure_big_cache(runs);
	if (json && *json && !stopped && bench_report_save(json, &err) < 0)
		complain(&err);
}

/* Nothing of the caller's may count. */
static void clean_environment(void)
{
	static const char *const names[] = { "CPUGATE_CACHE", "CPUGATE_HOST_ROOT",
					     "CPUGATE_LOG", "CPUGATE_REPLY_TIMEOUT",
					     "QEMU_MODULE_DIR" };

	for (size_t i = 0; i < CG_COUNT(names); i++)
		unsetenv(names[i]);
}

int main(void)
{
	const char *build = getenv("top_builddir");
	struct sigaction action = { .sa_handler = stop };
	struct cg_error err;
	bool made;

	snprintf(place.cpugate, sizeof(place.cpugate), "%s/cpugate", build ? build : ".");
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	bench_run_init();
	clean_environment();
	made = bench_place_make(&place, &err) == 0;
	if (made)
		measure();
	else
		complain(&err);
	bench_place_remove(&place);
	if (stopped) {
		signal(stopped, SIG_DFL);
		raise(stopped);
	}
	return made ? 0 : 1;
}
