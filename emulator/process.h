/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One started emulator with a private monitor on an inherited socket. The guest never runs (-S). QEMU
 * is untrusted: it may refuse, crash, hang or babble; whatever it does becomes an outcome.
 */
#pragma once

#include "base/child.h"
#include "emulator/qmp.h"

/* How the argument begins that holds the number of our socket. */
#define CG_PROCESS_MONITOR "socket,id=cpugate,fd="

/* What to start: only what decides the guest's CPUs. */
struct cg_start {
	const char *binary;
	const char *machine; /* NULL for QEMU's own default */
	const char *accel;   /* "kvm", "tcg"; NULL for QEMU's own default */
	bool usual_memory; /* as much as QEMU takes by itself; else little, which starts sooner */
	const char *cpu;         /* of -cpu; NULL for the machine type's own */
	const char *global_type; /* with @globals: -global TYPE.PROPERTY=VALUE for each */
	const json_t *globals;   /* { property: bool, number or text }; NULL for none */
};

/* How a start ended that shouldn't have. */
struct cg_outcome {
	bool ended; /* by itself; else we gave up on it */
	struct cg_child_end end;
	char words[200]; /* the last line it said; for people, never for decisions */
};

/*
 * Was it an end of its own, by an exit or a crash? What was killed, by somebody, for want of memory or by
 * a sandbox, may do better the next time.
 */
bool cg_outcome_is_own(const struct cg_outcome *outcome);

struct cg_process;

/* Spawn; fails only if the binary can't be executed. Doesn't wait for QEMU. */
cg_must_check int cg_process_start(struct cg_process **out, const struct cg_start *start,
				   struct cg_error *err);

/*
 * Wait for the greeting and negotiate. QEMU's machine is created only after that: an error of its
 * creation shows at the first command. CG_E_PROTOCOL when this is no QEMU.
 */
cg_must_check int cg_process_connect(struct cg_process *process,
				     const struct cg_qmp_limits *limits,
				     struct cg_error *err);

struct cg_qmp *cg_process_qmp(struct cg_process *process); /* borrowed */
pid_t cg_process_pid(const struct cg_process *process);

/*
 * After a failed call: wait (at most a second) for QEMU's end, say in *out how it ended, and make @err
 * name it, unless the failure was the user's wish to stop. Returns -1 for the caller to return.
 */
int cg_process_failed(struct cg_process *process, struct cg_outcome *out,
		      struct cg_error *err);

/* Kill it, without waiting. Takes NULL; returns NULL. */
struct cg_process *cg_process_free(struct cg_process *process);

static inline void cg_process_freep(struct cg_process **process)
{
	cg_process_free(*process);
}
#define cg_auto_process cg_cleanup(cg_process_freep)
