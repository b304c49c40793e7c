/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One start of one emulator with one machine type and accelerator, and everything that is asked of it.
 * Runs on whatever thread calls it and shares nothing.
 */
#pragma once

#include "cpumodels/definition.h"
#include "emulator/process.h"
#include "probe/expansion.h"
#include "probe/memo.h"

/* How much of U a target lets us see, and by which means. */
enum cg_measure {
	CG_MEASURE_NONE,    /* it doesn't say what it can't give (arm, riscv, ppc ...) */
	CG_MEASURE_GLOBALS, /* x86: see CG_SESSION_PROBE_MODEL */
	CG_MEASURE_MAX, /* s390x: all that "max" doesn't have (check_compat_model_failed()) */
};

/*
 * The model that is used up to measure U: with every feature switched on for this type alone
 * (-global), its unavailable-features in query-cpu-definitions are all that this accelerator and
 * host can't give. x86_cpu_get_unavailable_features() filters an object that never runs, so unlike a
 * vCPU with everything on, no KVM can choke on it. The globals of a type don't reach other models.
 */
#define CG_SESSION_PROBE_MODEL "base"

/*
 * The sets that U can be here, if that is known: one for each interrupt controller mode of KVM that a machine type may
 * want (kvm_arch_get_supported_cpuid() in target/i386/kvm/kvm.c), and one for TCG. Then a session needs to ask only for what
 * tells them apart, and for nothing where there is one: globals cost time with every object that QEMU makes.
 */
#define CG_MODES_MAX 2
struct cg_modes {
	struct cg_featureset unsupported[CG_MODES_MAX];
	size_t count; /* 0: not known */
};

enum cg_session_expand {
	CG_EXPAND_NONE,
	CG_EXPAND_WANTED, /* plan->wanted and their plain models */
	CG_EXPAND_HOST_BOUND, /* the models that depend on the host: see cg_session_is_host_bound() */
	CG_EXPAND_ALL, /* every model of the machine type */
};

/*
 * Does what this model asks for depend on the host (max, host)? QEMU's word for it is that a model isn't
 * migration-safe; "base" is, and a target that doesn't say is taken to have no such models.
 */
bool cg_session_is_host_bound(const json_t *definition);

/* The definition of a name in a list of them; NULL if there is none. Borrowed. */
const json_t *cg_session_find_model(const json_t *definitions, const char *name);

struct cg_session_plan {
	const char *binary;
	const char *machine; /* canonical name or "none" */
	const char *accel;
	const char *
		cpu; /* as -cpu takes it; NULL for QEMU's own: no answer depends on it under TCG */
	const char *target; /* "x86_64"; needed with a vocabulary */
	enum cg_measure measure;
	const char *
		expansion; /* type of expansion: "full", or "static" where there is no other */
	/* NULL before the vocabulary is known: then nothing is switched on, and it is asked for. */
	const struct cg_vocabulary *vocabulary;
	const struct cg_modes *modes; /* NULL if not known */
	bool definitions;             /* ask for the models and, with a vocabulary, U */
	enum cg_session_expand expand;
	const struct cg_definition *const *wanted;
	size_t wanted_count;
	struct cg_memo *memo; /* replies already understood; NULL for none */
	struct cg_qmp_limits limits;
};

/* An expansion with the definition that it is of, or why QEMU refused it (then without scalars). */
struct cg_session_item {
	char *definition;
	struct cg_expansion expansion;
	char *refusal;
};

struct cg_session_result {
	json_t *about;    /* version, package, target */
	json_t *machines; /* only without a vocabulary in the plan */
	/* CpuDefinitionInfo, where unavailable-features is gone but for "blockers": names in it that are no features ("kvm"). NULL if not asked. */
	json_t *models;
	json_t *unavailable; /* { model: [names] }: QEMU's own answer; only models that have some */
	struct cg_vocabulary *
		vocabulary; /* only without one in the plan; NULL if the target has none */
	json_t *defaults; /* with it: properties of the bare model that are no features */
	enum cg_measure measure; /* with it */
	const char *expansion;
	bool has_unsupported; /* false where the target doesn't tell, or if it is none of the modes */
	struct cg_featureset unsupported;
	struct cg_session_item *items;
	size_t count;
	const char *way; /* how it was measured, if not by starting; static text */
	const char *
		like; /* a machine type whose sheet is this one's too; NULL if expanded here */
	struct cg_outcome outcome; /* when it failed */
};

/* Start, ask, kill. Blocks. On failure *out may hold a part of the answers. */
cg_must_check int cg_session_run(struct cg_session_result *out,
				 const struct cg_session_plan *plan,
				 struct cg_error *err);
void cg_session_result_deinit(struct cg_session_result *result);

/* One vCPU of a definition, started as a guest that takes nothing less would be, and killed. */
struct cg_dryrun_plan {
	const char *binary;
	const char *machine; /* NULL for QEMU's default */
	const char *accel;
	const char *definition; /* as -cpu takes it */
	bool enforce; /* x86 removes in silence without it; s390x refuses by itself */
	struct cg_qmp_limits limits;
};

/*
 * *@started says whether the vCPU came up with nothing removed; if not, @outcome says how QEMU ended. Only a
 * failure to find out (time-out, interruption) is an error.
 */
cg_must_check int cg_session_dryrun(bool *started, struct cg_outcome *outcome,
				    const struct cg_dryrun_plan *plan,
				    struct cg_error *err);
