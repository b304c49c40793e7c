/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options of a QEMU system emulator: which of them take an argument, so that an
 * argument is never taken for an option, and which have a say in the guest's CPUs. Those
 * of QEMU 7.2 and 10.0, on every target (qemu-options.hx). Pure.
 */
#pragma once

#include <stdbool.h>

enum cg_option_kind {
	CG_OPTION_OTHER, /* nothing that CPUs depend on */
	CG_OPTION_MACHINE,
	CG_OPTION_ACCEL,
	CG_OPTION_ENABLE_KVM,
	CG_OPTION_CPU,
	CG_OPTION_SMP,
	CG_OPTION_OVERCOMMIT,
	CG_OPTION_GLOBAL,
	CG_OPTION_READCONFIG,
	CG_OPTION_NO_USER_CONFIG,
	CG_OPTION_DEVICE,
	CG_OPTION_SET,
	CG_OPTION_NAME,
	CG_OPTION_UUID,
	CG_OPTION_PAUSED,
	CG_OPTION_DAEMONIZE,
	CG_OPTION_RUNAS,
	CG_OPTION_RUN_WITH,
	CG_OPTION_INCOMING,
	CG_OPTION_PRECONFIG,
	CG_OPTION_TEST, /* replaces or adds to what decides CPUs in ways of its own */
	CG_OPTION_ASKS, /* QEMU prints something, and there is no guest */
};

/* In which of the two the option is. */
enum cg_option_age {
	CG_OPTION_BOTH,
	CG_OPTION_GONE, /* in 7.2 only */
	CG_OPTION_NEW,  /* in 10.0 only */
};

struct cg_option {
	const char *name;
	bool argument;
	enum cg_option_kind kind;
	enum cg_option_age age;
};

/* Is it an option at all? What isn't names a disk image: "", "disk.img". */
bool cg_option_is(const char *word);

/* The option that "-name" or "--name" is; NULL if none is known. */
const struct cg_option *cg_option_find(const char *word);
