// SPDX-License-Identifier: LGPL-2.1-or-later
/* Writing up. Every row is kept as JSON when it is printed. */
#include "bench/report.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/json.h"

#define WHAT 41 /* width of the first column */

static json_t *rows, *emulators;
static double load_before;

static double load_now(void)
{
	double load = 0;

	(void)getloadavg(&load, 1);
	return load;
}

void bench_report_machine(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct utsname uts;

	rows = json_array();
	emulators = json_array();
	load_before = load_now();
	uname(&uts);
	printf("%s, %ld CPUs, Linux %s, load %.1f\n", PACKAGE_STRING, cpus, uts.release,
	       load_before);
	if (load_before > (double)cpus / 2)
		puts("The machine is busy, which is worst for what uses all CPUs: see CPU ms.");
#ifdef __SANITIZE_ADDRESS__
	puts("This build has sanitizers: none of the figures mean anything.");
#endif
}

static double ms(int64_t ns)
{
	return (double)ns / (double)CG_MS;
}

/* "9.81..12.30", with as many digits as are worth reading. */
static const char *range(const struct bench_series *series, char out[static 32])
{
	int digits = bench_series_max(series) < 10 * CG_MS ? 2 : 1;

	snprintf(out, 32, "%.*f..%.*f", digits, ms(bench_series_min(series)), digits,
		 ms(bench_series_max(series)));
	return out;
}

static json_t *list_of(const struct bench_series *series)
{
	json_t *list = json_array();

	for (size_t i = 0; i < series->count; i++)
		json_array_append_new(list, json_integer(series->value[i]));
	return list;
}

void bench_report_emulator(const struct bench_emulator *e)
{
	char text[32];

	printf("\n%s %s, %zu machine types\n", e->path, e->version, e->machines);
	printf("a bare start takes %.1f ms (%s, %zu times), %.1f ms of a CPU\n\n",
	       ms(bench_series_median(&e->bare)), range(&e->bare, text), e->bare.count,
	       ms(bench_series_median(&e->bare_cpu)));
	printf("%-*s %11s %17s %9s %7s  %s\n", WHAT, "", "MEDIAN ms", "MIN..MAX",
	       "CPU ms", "STARTS", "GOAL");
	fflush(stdout);
	json_array_append_new(emulators,
			      json_pack("{s:s, s:s, s:I, s:o, s:o}", "path", e->path,
					"version", e->version, "machines",
					(json_int_t)e->machines, "bare-start-ns",
					list_of(&e->bare), "bare-start-cpu-ns",
					list_of(&e->bare_cpu)));
}

/* In units, or bytes. */
static double value_of(const struct bench_row *row)
{
	int64_t unit = bench_series_median(&row->unit);

	if (row->bytes)
		return (double)row->bytes;
	return unit ? (double)bench_series_median(&row->time) / (double)unit : 0;
}

static void keep(const struct bench_row *row)
{
	json_t *json = json_pack("{s:s, s:s}", "what", row->what, "emulator",
				 row->emulator ? row->emulator->path : "all");

	json_array_append_new(rows, json);
	if (*row->problem) {
		json_object_set_new(json, "problem", json_string(row->problem));
		return;
	}
	if (row->bytes) {
		json_object_set_new(json, "bytes", json_integer(row->bytes));
	} else {
		json_object_set_new(json, "runs-ns", list_of(&row->time));
		json_object_set_new(json, "cpu-ns", list_of(&row->cpu));
		json_object_set_new(json, "units-ns", list_of(&row->unit));
		json_object_set_new(json, "unit",
				    json_string(row->beside ? "small cache"
							    : "bare start"));
		json_object_set_new(json, "ratio", json_real(value_of(row)));
	}
	if (row->goal > 0) {
		json_object_set_new(json, "goal", json_real(row->goal));
		json_object_set_new(json, "met",
				    json_boolean(value_of(row) <= row->goal));
	}
}

static void print_goal(const struct bench_row *row)
{
	const char *met = value_of(row) <= row->goal ? "met" : "MISSED";

	if (row->goal <= 0)
		putchar('\n');
	else if (row->bytes)
		printf("  at most %.0f MiB: %s\n", row->goal / (1 << 20), met);
	else
		printf("  at most %.3g: %s\n", row->goal, met);
}

void bench_report_row(const struct bench_row *row)
{
	double value = value_of(row);
	char text[32];

	keep(row);
	printf("%-*s ", WHAT, row->what);
	if (*row->problem) {
		printf("%s\n", row->problem);
	} else if (row->bytes) {
		printf("%7.2f MiB %35s", (double)row->bytes / (1 << 20), "");
		print_goal(row);
	} else {
		int digits = value < 10 ? 2 : 1;

		printf("%11.2f %17s %9.1f %7.*f", ms(bench_series_median(&row->time)),
		       range(&row->time, text), ms(bench_series_median(&row->cpu)),
		       digits, value);
		print_goal(row);
	}
	fflush(stdout);
}

int bench_report_save(const char *path, struct cg_error *err)
{
	cg_auto_json json_t *all =
		json_pack("{s:s, s:i, s:f, s:f, s:o, s:o}", "version", PACKAGE_VERSION,
			  "cpus", (int)sysconf(_SC_NPROCESSORS_ONLN), "load-before",
			  load_before, "load-after", load_now(), "emulators",
			  cg_take(emulators), "rows", cg_take(rows));
	cg_auto_free char *text = cg_json_pretty(all);
	FILE *file;

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a report");
	file = fopen(path, "we");
	if (!file)
		return cg_error_errno(err, "%s", path);
	fprintf(file, "%s\n", text);
	return fclose(file) == 0 ? 0 : cg_error_errno(err, "%s", path);
}
