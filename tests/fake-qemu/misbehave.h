/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Everything that can be wrong with an emulator: FAKE_QEMU_MODE, a comma list of
 *
 *	MODE[:ARGUMENT][@WHEN][/WHO]...
 *
 * WHEN is "start", "greeting" or a command's name; without it the mode's own default
 * holds. WHO limits it to some processes: an accelerator, a machine type as it was given
 * ("default" for none), "plain", "globals" or "cpu", or "#N" for the Nth process in the
 * log. README.md lists the modes.
 */
#pragma once

#include "base/error.h"
#include "tests/fake-qemu/arguments.h"
#include "tests/fake-qemu/raw.h"

#define FAKE_MODES 32

struct fake_mode_kind;

struct fake_mode {
	const struct fake_mode_kind *kind;
	char *argument; /* NULL: the kind's default */
	char *when;     /* NULL: the kind's default */
};

/* The modes that hold for this process. */
struct fake_modes {
	struct fake_mode list[FAKE_MODES];
	size_t count;
	char *text; /* what the strings point into */
};

/* What a mode's WHO can mean. */
struct fake_who {
	const struct fake_arguments *arguments;
	unsigned start; /* from 1; 0: not counted */
};

/* A message on its way out. */
struct fake_message {
	int fd;
	const char *id;  /* JSON, or NULL */
	struct raw body; /* an object without an id */
};

cg_must_check int fake_modes_parse(struct fake_modes *out, const char *text,
				   const struct fake_who *who, struct cg_error *err);
void fake_modes_deinit(struct fake_modes *modes);

/* The argument of mode @name, "" if it has none, if it holds at all; else NULL. */
const char *fake_modes_flag(const struct fake_modes *modes, const char *name);

/* What is to happen at @when, before the message @message is sent. May not return. */
void fake_modes_before(const struct fake_modes *modes, const char *when,
		       const struct fake_message *message);

/* Send @message, or what a mode for @when puts in its place. May not return. */
void fake_modes_send(const struct fake_modes *modes, const char *when,
		     const struct fake_message *message);

/* Write it all; false if nobody takes it. */
bool fake_write(int fd, const void *data, size_t len);

/* Do nothing until killed, as QEMU does when its monitor is gone. */
_Noreturn void fake_linger(void);

/* End by signal @number, for certain and without a core file. */
_Noreturn void fake_die_by(int number);

/* SIGABRT or ABRT to its number; 0 if there is none. */
int fake_signal_number(const char *name);

/*
 * A line with our process id at the end of the file that FAKE_QEMU_PIDS names, if it
 * does.
 */
void fake_log_pid(void);

/*
 * End by ourselves after FAKE_QEMU_LIFE seconds (60): what a test forgets must not stay.
 */
void fake_limit_life(void);
