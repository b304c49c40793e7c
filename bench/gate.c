// SPDX-License-Identifier: LGPL-2.1-or-later
/* The guest is firmware that writes to the debug console as soon as it runs. */
#include "bench/gate.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/clock.h"
#include "emulator/qmp.h"

#define GOAL_MS 10
#define PATIENCE (20 * CG_S)
#define WORDS 40

struct attempt {
	const char *cpugate, *firmware, *emulator, *accel;
	const char *name;     /* of the guest, which has a contract then; or NULL */
	int console, monitor; /* our ends */
	int theirs[2];
	char words[3][128];
};

static int open_ends(struct attempt *a, struct cg_error *err)
{
	int console[2], monitor[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, console) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, monitor) < 0)
		return cg_error_errno(err, "socketpair");
	a->console = console[0];
	a->monitor = monitor[0];
	a->theirs[0] = console[1];
	a->theirs[1] = monitor[1];
	snprintf(a->words[0], sizeof(a->words[0]), "q35,accel=%s", a->accel);
	snprintf(a->words[1], sizeof(a->words[1]), "socket,id=console,fd=%d", console[1]);
	snprintf(a->words[2], sizeof(a->words[2]), "socket,id=monitor,fd=%d", monitor[1]);
	return 0;
}

static void close_ends(struct attempt *a)
{
	close(a->console);
	close(a->theirs[0]);
	close(a->theirs[1]);
}

/* What both have, behind the @count words that are there. */
static void add_words(const struct attempt *a, const char **argv, size_t count)
{
	const char *const words[] = { a->emulator,
				      "-nodefaults",
				      "-no-user-config",
				      "-display",
				      "none",
				      "-m",
				      "16",
				      "-machine",
				      a->words[0],
				      "-cpu",
				      "qemu64,-svm,-sse3",
				      "-bios",
				      a->firmware,
				      "-chardev",
				      a->words[1],
				      "-device",
				      "isa-debugcon,iobase=0xe9,chardev=console",
				      NULL };

	memcpy(argv + count, words, sizeof(words));
}

static int start_bare(struct cg_child **child, const struct attempt *a,
		      struct cg_error *err)
{
	const char *argv[WORDS] = { NULL };
	size_t count = 0;

	add_words(a, argv, 0);
	while (argv[count])
		count++;
	argv[count++] = "-chardev";
	argv[count++] = a->words[2];
	argv[count++] = "-mon";
	argv[count++] = "chardev=monitor,mode=control";
	argv[count] = "-S";
	return cg_child_start_beside(child, argv[0], argv, a->theirs, 2, err);
}

static int start_gated(struct cg_child **child, const struct attempt *a,
		       struct cg_error *err)
{
	const char *argv[WORDS] = { a->cpugate, "run" };
	size_t count = 2;

	if (a->name) {
		argv[count++] = "--name";
		argv[count++] = a->name;
	}
	argv[count++] = "--";
	add_words(a, argv, count);
	return cg_child_start_beside(child, argv[0], argv, a->theirs, 1, err);
}

static int let_go(struct attempt *a, struct cg_error *err)
{
	struct cg_qmp_limits limits = CG_QMP_LIMITS;
	cg_auto_qmp struct cg_qmp *qmp = NULL;
	cg_auto_json json_t *reply = NULL;

	if (cg_qmp_open(&qmp, cg_take_fd(&a->monitor), &limits, err) < 0)
		return -1;
	return cg_qmp_call(qmp, "cont", NULL, &reply, err);
}

/* The first byte of the console, or its end. */
static int wait_for_guest(const struct attempt *a, struct cg_error *err)
{
	struct pollfd fd = { .fd = a->console, .events = POLLIN };
	char byte;

	if (poll(&fd, 1, cg_clock_left_ms(cg_clock_in(PATIENCE))) != 1 ||
	    read(a->console, &byte, 1) != 1)
		return cg_error_set(err, CG_E_DIED, "the guest says nothing");
	return 0;
}

static int run_once(struct attempt *a, bool gated, int64_t *out, struct cg_error *err)
{
	cg_auto_child struct cg_child *child = NULL;
	int64_t begin = cg_clock_now();
	int ret;

	if (open_ends(a, err) < 0)
		return -1;
	ret = gated ? start_gated(&child, a, err) : start_bare(&child, a, err);
	close(a->theirs[0]);
	close(a->theirs[1]);
	a->theirs[0] = a->theirs[1] = -1;
	if (ret == 0 && !gated)
		ret = let_go(a, err);
	if (ret == 0)
		ret = wait_for_guest(a, err);
	*out = cg_clock_now() - begin;
	close_ends(a);
	if (a->monitor >= 0)
		close(a->monitor);
	return ret;
}

static double ms(const struct bench_series *series)
{
	return (double)bench_series_median(series) / CG_MS;
}

static void measure(struct attempt *a, size_t pairs)
{
	static struct bench_series bare, gated, added;
	int64_t plain, through;
	struct cg_error err;

	bare.count = gated.count = added.count = 0;
	if (run_once(a, true, &through, &err) < 0) { /* measures what isn't known yet */
		printf("%s: %s\n", a->accel, err.msg);
		return;
	}
	for (size_t i = 0; i < pairs; i++) {
		if (run_once(a, false, &plain, &err) < 0 ||
		    run_once(a, true, &through, &err) < 0)
			continue;
		bench_series_add(&bare, plain);
		bench_series_add(&gated, through);
		bench_series_add(&added, through - plain);
	}
	printf("launch gate, %s%-25s %11.1f %8.1f %8.1f %6d %s\n", a->accel,
	       a->name ? ", with a contract" : "", ms(&bare), ms(&gated), ms(&added),
	       GOAL_MS, ms(&added) <= GOAL_MS ? "met" : "missed");
}

int bench_gate_measure(const struct bench_place *place,
		       const struct bench_emulator *emulator, bool kvm, size_t pairs,
		       struct cg_error *err)
{
	struct attempt a = { .cpugate = place->cpugate, .emulator = emulator->path };
	char firmware[PATH_MAX + 32], folder[PATH_MAX];
	struct stat st;

	snprintf(firmware, sizeof(firmware), "%.*s/tests/guest/cpuid.bin",
		 (int)(strrchr(place->cpugate, '/') - place->cpugate), place->cpugate);
	if (stat(firmware, &st) < 0 || !st.st_size)
		return cg_error_set(err, CG_E_UNKNOWN, "no guest to start: %s", firmware);
	snprintf(folder, sizeof(folder), "%s/gate", place->folder);
	setenv("XDG_CACHE_HOME", folder, 1);
	setenv("XDG_STATE_HOME", folder, 1);
	unsetenv("CPUGATE_HOST_ROOT");
	if (*emulator->modules)
		setenv("QEMU_MODULE_DIR", emulator->modules, 1);
	a.firmware = firmware;
	printf("\n%s %s, ms to the guest's first instruction\n\n"
	       "%-41s %11s %8s %8s   at most\n",
	       emulator->path, emulator->version, "", "-S and cont", "run", "added");
	for (int i = 0; i < (kvm ? 4 : 2); i++) {
		a.accel = i < 2 ? "tcg" : "kvm";
		a.name = i % 2 ? "bench" : NULL;
		measure(&a, pairs);
	}
	unsetenv("QEMU_MODULE_DIR");
	return 0;
}
