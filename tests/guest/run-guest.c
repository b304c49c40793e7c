// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What CPUID says to a guest, in its own words or against cpugate's.
 *
 *	run-guest FIRMWARE BINARY MACHINE ACCEL CPU SMP [THREADS[,dies] ANSWER]
 *
 * Prints what the firmware (cpuid.S) wrote. With ANSWER, a file with the reply of
 * `cpugate --json expand` for the same CPU, it prints what differs instead; THREADS of
 * SMP are in one package then, and are they in several dies? Exit status: 0 no
 * difference, 1 some, 2 failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "tests/guest/compare.h"

#define ANSWER_BYTES (1 << 20)

enum { SAME, DIFFERENT, FAILED };

static int complain(const struct cg_error *err)
{
	fprintf(stderr, "run-guest: %s\n", err->msg);
	return FAILED;
}

static void print(const struct guest *guest)
{
	for (size_t i = 0; i < guest->count; i++) {
		const struct guest_line *l = &guest->lines[i];

		printf("%c %08x %08x %08x %08x %08x %08x\n", l->pass, l->leaf, l->subleaf,
		       l->reg[CG_EAX], l->reg[CG_EBX], l->reg[CG_ECX], l->reg[CG_EDX]);
	}
}

static unsigned int number(const char *text)
{
	return (unsigned int)strtoul(text, NULL, 10);
}

static int check(const struct guest *guest, const struct guest_start *start,
		 const char *threads, const char *path)
{
	const struct cg_vcpu topology = {
		.threads = number(threads),
		.dies = strstr(threads, ",dies"),
		.shows_apic = strcmp(start->accel, "kvm") == 0 && number(start->smp) > 1,
	};
	cg_auto_json json_t *answer = NULL;
	struct cg_error err;
	bool same;

	if (cg_json_read_file(&answer, path, ANSWER_BYTES, &err) < 0 ||
	    compare(&same, guest, answer, &topology, &err) < 0)
		return complain(&err);
	return same ? SAME : DIFFERENT;
}

int main(int argc, char **argv)
{
	struct guest_start start;
	struct guest guest;
	struct cg_error err;

	if (argc != 7 && argc != 9) {
		fputs("usage: run-guest FIRMWARE BINARY MACHINE ACCEL CPU SMP "
		      "[THREADS[,dies] ANSWER]\n",
		      stderr);
		return FAILED;
	}
	start = (struct guest_start){
		.firmware = argv[1],
		.binary = argv[2],
		.machine = argv[3],
		.accel = argv[4],
		.cpu = argv[5],
		.smp = argv[6],
	};
	if (guest_run(&guest, &start, &err) < 0)
		return complain(&err);
	if (argc == 9)
		return check(&guest, &start, argv[7], argv[8]);
	print(&guest);
	return SAME;
}
