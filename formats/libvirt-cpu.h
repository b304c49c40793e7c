/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt's <cpu>, of a guest or of a host, as a struct and as text. What of it is no
 * part of the CPU that a guest sees (NUMA cells, cache modes) is passed over.
 */
#pragma once

#include "base/error.h"
#include "cpumodels/vocabulary.h"

struct cg_xml;

enum cg_libvirt_mode {
	CG_LIBVIRT_CUSTOM,
	CG_LIBVIRT_HOST_MODEL,
	CG_LIBVIRT_HOST_PASSTHROUGH,
	CG_LIBVIRT_MAXIMUM,
};

enum cg_libvirt_match { CG_LIBVIRT_EXACT, CG_LIBVIRT_MINIMUM, CG_LIBVIRT_STRICT };

enum cg_libvirt_check {
	CG_LIBVIRT_CHECK_UNSAID,
	CG_LIBVIRT_CHECK_NONE,
	CG_LIBVIRT_CHECK_PARTIAL,
	CG_LIBVIRT_CHECK_FULL,
};

enum cg_libvirt_switch { CG_LIBVIRT_UNSAID, CG_LIBVIRT_ON, CG_LIBVIRT_OFF };

enum cg_libvirt_policy {
	CG_LIBVIRT_REQUIRE,
	CG_LIBVIRT_FORCE,
	CG_LIBVIRT_OPTIONAL,
	CG_LIBVIRT_DISABLE,
	CG_LIBVIRT_FORBID,
};

struct cg_libvirt_feature {
	char *name; /* canonical QEMU spelling */
	enum cg_libvirt_policy policy;
};

/* Guest's physical addresses: as wide as the host's but at most limit, or so many bits. */
struct cg_libvirt_width {
	unsigned int bits; /* 0: not said */
	bool passthrough;
	unsigned int limit; /* 0: none */
};

/* All 0 if it isn't said. */
struct cg_libvirt_topology {
	unsigned int sockets, dies, clusters, cores, threads;
};

struct cg_libvirt_cpu {
	bool is_host; /* it has <arch>: a description, in which policies have no meaning */
	enum cg_libvirt_mode mode;
	enum cg_libvirt_match match;
	enum cg_libvirt_check check;
	enum cg_libvirt_switch migratable;
	bool fallback; /* a similar model will do */
	/* Strings may be NULL: not said. */
	char *arch;
	char *model;
	char *vendor;    /* of the host, as CPUID has it: GenuineIntel */
	char *vendor_id; /* what the guest gets to see instead */
	struct cg_libvirt_width width;
	struct cg_libvirt_topology topology;
	uint64_t tsc_hz; /* 0: not said */
	bool tsc_scaling;
	struct cg_libvirt_feature *features; /* in the order given, each name once */
	size_t count;
};

/*
 * From a <cpu> or a <mode> of domcapabilities. The caller deinits *out. Features that
 * libvirt never passes on to QEMU are left out. CG_E_PARSE with what is wrong.
 */
cg_must_check int cg_libvirt_cpu_read(struct cg_libvirt_cpu *out,
				      const struct cg_xml *xml, struct cg_error *err);
void cg_libvirt_cpu_deinit(struct cg_libvirt_cpu *cpu);

/* Add a feature in QEMU's canonical spelling. CG_E_PARSE if it is there already. */
cg_must_check int cg_libvirt_cpu_add(struct cg_libvirt_cpu *cpu, const char *feature,
				     enum cg_libvirt_policy policy, struct cg_error *err);

/* The feature of that canonical name, or NULL. */
const struct cg_libvirt_feature *cg_libvirt_cpu_find(const struct cg_libvirt_cpu *cpu,
						     const char *name);

/*
 * CG_E_UNKNOWN for the first feature that isn't in the vocabulary, with the name that is
 * most like it.
 */
cg_must_check int cg_libvirt_cpu_check(const struct cg_libvirt_cpu *cpu,
				       const struct cg_vocabulary *vocabulary,
				       struct cg_error *err);

/* The <cpu> of a guest as XML, with libvirt's names. The caller frees it. */
cg_must_check int cg_libvirt_cpu_print(const struct cg_libvirt_cpu *cpu, char **out,
				       struct cg_error *err);

/*
 * Names that end up in command lines and configuration: letters, digits, '.', '_', '-' and
 * '+', shorter than CG_NAME_MAX. CG_E_PARSE if @name is none; @what is the element.
 */
cg_must_check int cg_libvirt_cpu_check_name(const char *what, const char *name,
					    struct cg_error *err);

#define cg_auto_libvirt_cpu cg_cleanup(cg_libvirt_cpu_deinit)
