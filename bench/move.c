// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How long check migration takes, as a process and inside the library: of a guest by its
 * contract (CONTRACT) to a record (RECORD) and to this host.
 *
 *	move CPUGATE RECORD CONTRACT
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "bench/run.h"
#include "bench/series.h"
#include "lib/migration.h"

#define RUNS 101
#define INSIDE 1001
#define GOAL_PROCESS 3.0 /* ms */
#define GOAL_INSIDE 0.05

static void report(const char *what, const struct bench_series *series, double goal)
{
	double median = (double)bench_series_median(series) / 1e6;

	printf("%-44s %9.4f ms (%.4f..%.4f)   goal %.2f ms: %s\n", what, median,
	       (double)bench_series_min(series) / 1e6,
	       (double)bench_series_max(series) / 1e6, goal,
	       median <= goal ? "reached" : "missed");
}

/* Wall clock and CPU, from exec to the end. */
static int measure_process(const char *what, const char *const argv[],
			   struct cg_error *err)
{
	static struct bench_series wall, cpu;
	struct bench_cost cost;
	char name[64];
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	wall.count = cpu.count = 0;
	for (int i = 0; i < RUNS; i++) {
		if (bench_run(&cost, argv, null, err) < 0)
			return -1;
		if (i) {
			bench_series_add(&wall, cost.wall);
			bench_series_add(&cpu, cost.cpu);
		}
	}
	close(null);
	report(what, &wall, GOAL_PROCESS);
	snprintf(name, sizeof(name), "  its CPU");
	report(name, &cpu, GOAL_PROCESS);
	return 0;
}

static int measure_inside(const char *record, const char *contract, struct cg_error *err)
{
	static struct bench_series whole, algebra;
	struct cg_context_options how = { .cancel_fd = -1 };
	cg_auto_context struct cg_context *context = NULL;
	cg_auto_destination struct cg_destination to = { 0 };
	cg_auto_traveller struct cg_traveller guest = { 0 };
	cg_auto_json json_t *args = json_object();
	struct cg_offer offer;

	if (cg_context_new(&context, &how, err) < 0 ||
	    cg_traveller_open(&guest, context, contract, err) < 0 ||
	    cg_destination_open(&to, context, args, record, guest.machine, guest.accel,
				err) < 0 ||
	    cg_destination_offer(&offer, &to, &guest, &guest.cpu, err) < 0)
		return -1;
	for (int i = 0; i < INSIDE && i < BENCH_SERIES_MAX; i++) {
		cg_auto_migration_answer struct cg_migration_answer answer = { 0 };
		struct cg_migration migration = { .guest = &guest, .to = &to };
		cg_auto_verdict struct cg_verdict verdict = { 0 };
		struct cg_featureset extra;
		int64_t start = cg_clock_now();

		cg_migration_compare(&guest, &to, &offer, &verdict, &extra);
		bench_series_add(&algebra, cg_clock_now() - start);
		start = cg_clock_now();
		if (cg_migration_judge(&answer, &migration, err) < 0)
			return -1;
		bench_series_add(&whole, cg_clock_now() - start);
	}
	report("inside: the algebra", &algebra, GOAL_INSIDE);
	report("inside: a verdict, with what it is asked of", &whole, GOAL_PROCESS);
	return 0;
}

int main(int argc, char **argv)
{
	struct cg_error err;

	if (argc != 4) {
		fputs("usage: move CPUGATE RECORD CONTRACT\n", stderr);
		return 2;
	}
	const char *const to_record[] = { argv[1], "check", "migration", "--guest",
					  argv[3], "--to",  argv[2],     NULL };
	const char *const to_host[] = { argv[1], "check", "migration", "--guest",
					argv[3], "--to",  "host",      NULL };

	bench_run_init();
	if (measure_process("check migration to a record", to_record, &err) < 0 ||
	    measure_process("check migration to this host, warm", to_host, &err) < 0 ||
	    measure_inside(argv[2], argv[3], &err) < 0) {
		fprintf(stderr, "bench: %s\n", err.msg);
		return 1;
	}
	return 0;
}
