/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the fake makes of QEMU's command line, and the log of starts that tests count. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct fake_arguments {
	char *machine;        /* as given; "default" without a type */
	char *accel;          /* the first one */
	const char *cpu;      /* NULL: none */
	const char **globals; /* "TYPE.PROP=VALUE" */
	size_t global_count;
	int in, out; /* the monitor; -1: none */
};

cg_must_check int fake_arguments_parse(struct fake_arguments *out, char **argv,
				       struct cg_error *err);
void fake_arguments_deinit(struct fake_arguments *arguments);

/* Are they of this kind? "globals", "cpu", or "plain" for neither. */
bool fake_arguments_are(const struct fake_arguments *arguments, const char *kind);

/*
 * One line with @argv, quoted for a shell, at the end of the file FAKE_QEMU_LOG. Returns
 * which line of it that is, from 1, also when several processes start at once; 0 without
 * a log.
 */
unsigned fake_log_start(char **argv);

/*
 * PROGRAM.env beside our own program file, lines of NAME=VALUE, goes over the
 * environment: so that two emulators can differ, and one can change while its user, a
 * daemon say, lives on.
 */
void fake_read_settings(void);
