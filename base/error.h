/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One error type, one flow. A function that can fail returns 0, or -1 with *err full; on
 * success *err is untouched. The struct has a fixed size and belongs to the caller, so
 * reporting an error can neither fail nor leak. What is expected (a miss, a "no", the end
 * of a stream) is a value, not an error.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"

enum cg_errc {
	CG_E_NONE,
	CG_E_USAGE, /* the question itself is wrong */
	CG_E_UNKNOWN, /* a name that doesn't exist: emulator, machine type, model, feature */
	CG_E_SYSTEM,    /* a system call failed; sys_errno says how */
	CG_E_TIMEOUT,   /* a deadline passed */
	CG_E_CANCELLED, /* the user or a signal asked to stop */
	CG_E_LIMIT,     /* more than we are willing to take */
	CG_E_PARSE,     /* text that is not what its format says */
	CG_E_PROTOCOL,  /* a peer that doesn't speak its protocol */
	CG_E_REFUSED,   /* the emulator answered with an error */
	CG_E_DIED,      /* the emulator ended when it should have answered */
	CG_E_CORRUPT,   /* stored data that is damaged */
	CG_E_NEWER,     /* stored data that a newer version wrote */
	CG_E_UNDECIDED, /* what is known isn't enough for an answer */
	CG_E_UNMEASURED, /* it would have to be measured, which was not to be done */
};

#define CG_ERROR_TEXT 512

struct cg_error {
	enum cg_errc code;
	int sys_errno;
	char msg[CG_ERROR_TEXT];
};

/*
 * Fill *err; returns -1, so that raising is one expression. A longer message is cut. What it
 * quotes may be anybody's: see cg_text_clean().
 */
int cg_error_set(struct cg_error *err, enum cg_errc code, const char *fmt, ...)
	cg_printf(3, 4);

/* The same for a failed system call: CG_E_SYSTEM, errno, and its text behind the message. */
int cg_error_errno(struct cg_error *err, const char *fmt, ...) cg_printf(2, 3);

/* Put "CONTEXT: " before the message of an error on its way up; returns -1. */
int cg_error_prefix(struct cg_error *err, const char *fmt, ...) cg_printf(2, 3);

/* The compiler learns here that each of them is -1. */
#define cg_error_set(...) ((void)cg_error_set(__VA_ARGS__), -1)
#define cg_error_errno(...) ((void)cg_error_errno(__VA_ARGS__), -1)
#define cg_error_prefix(...) ((void)cg_error_prefix(__VA_ARGS__), -1)

/*
 * Is it nothing that another try or a second best answer could mend: an interruption, or a
 * measurement that isn't to be done now? Whoever puts up with other errors passes these on.
 */
bool cg_error_is_final(const struct cg_error *err);

/* The stable lower-case name of a code, as --json and the manual have it. */
const char *cg_errc_name(enum cg_errc code);
