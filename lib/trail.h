/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way of one feature from the CPU to the guest, stage by stage: whether it is there
 * yet, and what was read to know that. Nothing is measured here; it is put together
 * from the parts of a host's fingerprint and from what the emulator said.
 */
#pragma once

#include "cpumodels/leaves.h"
#include "cpumodels/reason.h"
#include "lib/bits.h"

#define CG_TRAIL_WORDS 256

enum cg_stage {
	CG_STAGE_CPU,       /* in CPUID, or an MSR */
	CG_STAGE_MICROCODE, /* not taken away by it */
	CG_STAGE_KERNEL,    /* not taken away by the kernel */
	CG_STAGE_KVM,       /* offered to guests */
	CG_STAGE_PARAMETER, /* not switched off by one of KVM's modules */
	CG_STAGE_TCG,       /* in place of all of these, without KVM */
	CG_STAGE_MACHINE,   /* not switched off by the machine type */
	CG_STAGE_EMULATOR,  /* known to QEMU, and passed on */
	CG_STAGES
};

struct cg_trail {
	const char *feature; /* borrowed */
	const struct cg_leaf *places;
	size_t place_count;
	struct {
		bool told; /* else the stage isn't on the way */
		enum cg_state state;
		char words[CG_TRAIL_WORDS];
	} stages[CG_STAGES];
	const char *parameter; /* what switches it off, or NULL; borrowed */
	bool is_hidden;        /* by it, so that CPUID doesn't show it either */
	const char *newest;    /* machine type that has it on, or NULL; borrowed */
	bool is_unknown;       /* the emulator doesn't know the name */
	bool is_brief;         /* states, no words: for those who want the cause */
};

/* What is known of a host. All of it is borrowed, and may be NULL. */
struct cg_trail_host {
	const json_t *parts; /* of its fingerprint */
	const json_t *boot;  /* cg_boot_read(), of this host only */
	const char *vendor;
	bool is_brief; /* see struct cg_trail */
};

/*
 * The stages before the emulator: KVM's, or with @host NULL the one of TCG, which is
 * unknown until somebody says. A feature of a target without CPUID has no places.
 */
void cg_trail_begin(struct cg_trail *out, const char *feature, bool has_cpuid,
		    const struct cg_trail_host *host);

/* Internal: the part of it that is about the host. The feature has places. */
void cg_trail_tell_host(struct cg_trail *trail, const struct cg_trail_host *host);

void cg_trail_tell(struct cg_trail *trail, enum cg_stage stage, enum cg_state state,
		   const char *format, ...) cg_printf(4, 5);

/* CG_UNKNOWN if nobody told. */
enum cg_state cg_trail_state(const struct cg_trail *trail, enum cg_stage stage);

/* Of a feature that can't be had: the first stage that explains it. */
enum cg_reason cg_trail_cause(const struct cg_trail *trail);

/*
 * That cause as cg_reason_json() has it, with what is to be done here; in words about
 * @feature, which may stand for several. @host NULL for this one. New reference.
 */
json_t *cg_trail_reason(const struct cg_trail *trail, const char *feature,
			const char *host);

/* [{ "stage", "state", "words" }], and ["CPUID.01H:ECX[12]"]. New references. */
json_t *cg_trail_stages(const struct cg_trail *trail);
json_t *cg_trail_places(const struct cg_trail *trail);
