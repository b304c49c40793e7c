// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What it costs a guest to be moved by cpugate migrate, beside QEMU's own migration without
 * anybody's care, in turns: for how long it stands still, by the emulators' own events, and how
 * long all of it takes from when its destination is started.
 *
 *	migrate CPUGATE EMULATOR FIRMWARE ACCEL
 *
 * Its sockets are in the working directory.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "bench/series.h"
#include "emulator/incoming.h"
#include "emulator/monitor.h"
#include "emulator/outgoing.h"
#include "emulator/query.h"

#define RUNS 11
#define MEMORY "256"
#define PATIENCE (120 * CG_S)
#define WARM_MS 200

/* When it was last stopped, and when it was last let run, by its own events; CLOCK_REALTIME. */
struct side {
	struct cg_qmp *qmp;
	int64_t stopped, resumed;
};

struct move {
	const char *cpugate, *emulator, *firmware, *accel;
	struct side from, to;
	struct bench_series still[2], whole[2];
};

static const struct cg_qmp_limits limits = { .reply_ns = 30 * CG_S,
					     .message_bytes = 16 << 20,
					     .cancel_fd = -1 };

static int64_t wall_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * CG_S + t.tv_nsec;
}

static void hear(void *data, const char *name, const json_t *event)
{
	const json_t *at = json_object_get(event, "timestamp");
	struct side *side = data;
	int64_t time = json_integer_value(json_object_get(at, "seconds")) * CG_S +
		       json_integer_value(json_object_get(at, "microseconds")) * 1000;

	if (strcmp(name, "STOP") == 0)
		side->stopped = time;
	else if (strcmp(name, "RESUME") == 0)
		side->resumed = time;
}

/* A monitor that isn't there yet. */
static int look_at(struct side *side, const char *path, struct cg_error *err)
{
	int64_t deadline = cg_clock_in(PATIENCE);
	struct cg_qmp_ear ear = { .event = hear, .data = side };

	side->stopped = side->resumed = 0;
	while (cg_monitor_connect(&side->qmp, path, &limits, err) < 0) {
		if (cg_clock_left_ms(deadline) == 0)
			return -1;
		poll(NULL, 0, 1);
	}
	cg_qmp_listen(side->qmp, &ear);
	return 0;
}

/* Events come with replies. */
static int wait_until(struct side *side, const char *wanted, struct cg_error *err)
{
	int64_t deadline = cg_clock_in(PATIENCE);

	for (;;) {
		cg_auto_free char *status = NULL;
		bool runs;

		if (cg_query_status(side->qmp, &status, &runs, err) < 0)
			return -1;
		if (strcmp(status, wanted) == 0)
			return 0;
		if (cg_clock_left_ms(deadline) == 0)
			return cg_error_set(err, CG_E_TIMEOUT, "it is %s, not %s", status,
					    wanted);
		poll(NULL, 0, 2);
	}
}

/* Two monitors of a QEMU: NAME for who moves it, NAME-look for us. */
static void write_monitors(const char *name, char mine[static 64], char look[static 64])
{
	snprintf(mine, 64, "unix:%.16s,server=on,wait=off", name);
	snprintf(look, 64, "unix:%.16s-look,server=on,wait=off", name);
}

static int start(const struct move *m, struct cg_child **out, const char *name,
		 const char *incoming, struct cg_error *err)
{
	char mine[64], look[64];
	const char *words[] = { m->emulator,
				"-nodefaults",
				"-display",
				"none",
				"-m",
				MEMORY,
				"-M",
				"q35",
				"-accel",
				m->accel,
				"-cpu",
				"qemu64",
				"-bios",
				m->firmware,
				"-qmp",
				mine,
				"-qmp",
				look,
				incoming ? "-incoming" : NULL,
				incoming,
				NULL };

	write_monitors(name, mine, look);
	return cg_child_start(out, words, -1, err);
}

/* Both sides return-path, and QEMU does the rest. */
static int move_bare(struct move *m, struct cg_error *err)
{
	cg_auto_outgoing struct cg_outgoing outgoing = { 0 };
	cg_auto_json json_t *capabilities = NULL;

	if (look_at(&m->to, "to-look", err) < 0 ||
	    cg_outgoing_open(&outgoing, "from", &limits, err) < 0 ||
	    cg_outgoing_prepare(&outgoing, &capabilities, err) < 0 ||
	    cg_incoming_prepare(m->to.qmp, capabilities, err) < 0 ||
	    cg_incoming_listen(m->to.qmp, "unix:way", -1, err) < 0 ||
	    cg_outgoing_start(&outgoing, "unix:way", -1, err) < 0)
		return -1;
	return wait_until(&m->to, "running", err);
}

static int run_bare(struct move *m, int64_t *began, struct cg_error *err)
{
	cg_auto_child struct cg_child *child = NULL;

	*began = wall_clock();
	if (start(m, &child, "to", "defer", err) < 0 || move_bare(m, err) < 0)
		return -1;
	return wait_until(&m->from, "postmigrate", err);
}

static int run_cpugate(struct move *m, int64_t *began, struct cg_error *err)
{
	cg_auto_child struct cg_child *child = NULL;
	char mine[64], look[64];
	const char *words[] = {
		m->cpugate,  "migrate",   "--from",      "qmp:from", "--keep-source",
		"--",        m->emulator, "-nodefaults", "-display", "none",
		"-m",        MEMORY,      "-accel",      m->accel,   "-bios",
		m->firmware, "-qmp",      mine,          "-qmp",     look,
		NULL
	};

	write_monitors("to", mine, look);
	*began = wall_clock();
	if (cg_child_start(&child, words, -1, err) < 0 ||
	    look_at(&m->to, "to-look", err) < 0 || wait_until(&m->to, "running", err) < 0)
		return -1;
	return wait_until(&m->from, "postmigrate", err);
}

static void forget(struct side *side)
{
	side->qmp = cg_qmp_close(side->qmp);
}

static int measure(struct move *m, int which, bool counts, struct cg_error *err)
{
	cg_auto_child struct cg_child *child = NULL;
	int64_t began = 0;
	int ret;

	if (start(m, &child, "from", NULL, err) < 0 ||
	    look_at(&m->from, "from-look", err) < 0 ||
	    wait_until(&m->from, "running", err) < 0)
		return -1;
	poll(NULL, 0, WARM_MS);
	unlink("to");
	unlink("to-look");
	ret = which ? run_cpugate(m, &began, err) : run_bare(m, &began, err);
	if (ret == 0 && counts) {
		bench_series_add(&m->still[which], m->to.resumed - m->from.stopped);
		bench_series_add(&m->whole[which], m->to.resumed - began);
	}
	forget(&m->from);
	forget(&m->to);
	return ret;
}

static void report(const char *what, const struct bench_series *series)
{
	printf("%-44s %9.1f ms (%.1f..%.1f)\n", what,
	       (double)bench_series_median(series) / 1e6,
	       (double)bench_series_min(series) / 1e6,
	       (double)bench_series_max(series) / 1e6);
}

static int compare(struct move *m, struct cg_error *err)
{
	for (int i = 0; i <= RUNS; i++)
		for (int which = 0; which < 2; which++)
			if (measure(m, which, i > 0, err) < 0)
				return -1;
	printf("a guest of " MEMORY " MiB is moved, %s, %d times\n", m->accel, RUNS);
	report("stands still, QEMU alone", &m->still[0]);
	report("stands still, cpugate migrate", &m->still[1]);
	report("from the destination's start, QEMU alone", &m->whole[0]);
	report("from cpugate migrate's start", &m->whole[1]);
	return 0;
}

int main(int argc, char **argv)
{
	static struct move m;
	struct cg_error err;

	if (argc != 5) {
		fputs("usage: migrate CPUGATE EMULATOR FIRMWARE ACCEL\n", stderr);
		return 2;
	}
	m.cpugate = argv[1];
	m.emulator = argv[2];
	m.firmware = argv[3];
	m.accel = argv[4];
	if (compare(&m, &err) < 0) {
		fprintf(stderr, "bench: %s\n", err.msg);
		return 1;
	}
	return 0;
}
