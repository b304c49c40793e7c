/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A QEMU command line, read as QEMU reads it (system/vl.c), for what decides the guest's
 * CPUs; everything else is passed over.
 *
 *   -machine, -M	merged, the last word on each name counts; '_' is '-'
 *   -accel		tried in their order; not together with -machine accel=
 *   -enable-kvm	-machine accel=kvm
 *   -cpu		the last one counts
 *   -smp		-machine smp.*
 *   -global		of CPU types: overrides that come before those of -cpu
 *   -readconfig	its groups, where the option stands
 *   -overcommit	cpu-pm
 *
 * An option may have two dashes, and its argument is the next word whatever it looks like. A
 * word without a dash is a disk image. Of the configuration files that QEMU reads by itself,
 * /etc/qemu/qemu.conf is read here, too.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "gate/topology.h"

#define CG_ARGUMENTS_CONFIGURATION "/etc/qemu/qemu.conf"

struct cg_arguments {
	const char *emulator; /* the first word; borrowed */
	json_t *machine; /* { name: value }, names with '-'; "smp" and others are objects */
	json_t *accels;  /* [{ "accel": name, property: value }] in order of preference */
	json_t *globals; /* [{ "driver", "property", "value" }] in order */
	const char *cpu; /* borrowed; NULL without -cpu */
	struct cg_topology topology;
	/*
	 * Words that hold the last -cpu and the last type of a machine, as places in the
	 * command line; 0 if none does.
	 */
	size_t cpu_at, machine_at;
	bool cpu_pm; /* -overcommit cpu-pm=on */
	bool paused, daemonize, preconfig;
	bool other_user;      /* -runas, -run-with user= */
	const char *incoming; /* borrowed; NULL without */
	char *name, *uuid;    /* of the guest; NULL without. The UUID has small letters */
	/*
	 * What may change the CPUs in a way that isn't looked at here: sentences. An answer
	 * about this command line is then no more than likely.
	 */
	json_t *doubts;
	json_t *gone,
		*fresh; /* options that only QEMU 7.2, or only 10.0, is known to take */
};

/*
 * Read @count words, the first of which is the emulator. Reads the files of -readconfig;
 * blocks on nothing else. @configuration is what QEMU reads unless told -no-user-config:
 * CG_ARGUMENTS_CONFIGURATION but for tests; NULL for none.
 *
 * CG_E_USAGE for what QEMU refuses, and for a command line that is no guest's ("-version").
 * CG_E_UNDECIDED for an option that isn't known, since it can't be told whether the next word
 * is its argument.
 */
cg_must_check int cg_arguments_read(struct cg_arguments *out, const char *const *words,
				    size_t count, const char *configuration,
				    struct cg_error *err);
void cg_arguments_deinit(struct cg_arguments *arguments);

/* The machine type as it was given; NULL if none was. Borrowed. */
const char *cg_arguments_machine(const struct cg_arguments *arguments);

/*
 * KVM's interrupt controller mode as it was given ("on", "off", "split"), NULL if it wasn't.
 * Borrowed.
 */
const char *cg_arguments_irqchip(const struct cg_arguments *arguments);

/*
 * The CPU definition, with -global and -cpu in one: what -cpu would have to be if there were
 * no -global. @fallback is the model without -cpu. CG_E_UNDECIDED if a -global of a CPU can't
 * be said with -cpu. The caller frees *@out.
 */
cg_must_check int cg_arguments_definition(const struct cg_arguments *arguments,
					  char **out, const char *fallback,
					  struct cg_error *err);

#define cg_auto_arguments cg_cleanup(cg_arguments_deinit)
