/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What people have in files of libvirt's: a <cpu>, a domain, the answers of virsh
 * capabilities and virsh domcapabilities. Each becomes the same small struct.
 */
#pragma once

#include "formats/libvirt-cpu.h"

#define CG_LIBVIRT_MODELS_MAX 1024

enum cg_libvirt_kind {
	CG_LIBVIRT_CPU,
	CG_LIBVIRT_DOMAIN,
	CG_LIBVIRT_CAPABILITIES,
	CG_LIBVIRT_DOMCAPABILITIES,
};

enum cg_libvirt_usable {
	CG_LIBVIRT_USABLE_UNKNOWN,
	CG_LIBVIRT_USABLE_YES,
	CG_LIBVIRT_USABLE_NO,
};

/* A row of domcapabilities. Those of libvirt before 10.9 have no blockers. */
struct cg_libvirt_model {
	char *name;
	char *vendor;    /* as CPUID has it, or NULL */
	char *canonical; /* the versioned model that it stands for, or NULL */
	enum cg_libvirt_usable usable;
	bool deprecated;
	char **blockers; /* features, canonical QEMU spelling */
	size_t count;
};

struct cg_libvirt_document {
	enum cg_libvirt_kind kind;
	/*
	 * The <cpu>; a domain's; capabilities' host; domcapabilities' host model. A domain
	 * need not have one, nor need libvirt know its host.
	 */
	bool has_cpu;
	struct cg_libvirt_cpu cpu;
	/* Of a domain and of domcapabilities; NULL: not said. */
	char *name; /* the domain's */
	char *emulator;
	char *machine;
	char *arch;
	char *accel;        /* in QEMU's words: kvm, tcg, hvf */
	unsigned int vcpus; /* the most there can be; 0: not said */
	/* Of domcapabilities. */
	bool passthrough, maximum; /* modes that it offers */
	struct cg_libvirt_model *models;
	size_t count;
};

/*
 * Any of the four. The caller deinits *out. Doesn't block. CG_E_PARSE and CG_E_LIMIT with
 * what is wrong, CG_E_USAGE for another hypervisor's and in a build without libxml2.
 */
cg_must_check int cg_libvirt_document_parse(struct cg_libvirt_document *out,
					    const char *text, size_t len,
					    struct cg_error *err);
void cg_libvirt_document_deinit(struct cg_libvirt_document *document);

/* True if @text can only be XML: the first character that isn't space is '<'. */
bool cg_libvirt_document_is_xml(const char *text, size_t len);

/* The row of that model, or NULL. */
const struct cg_libvirt_model *
cg_libvirt_document_model(const struct cg_libvirt_document *document, const char *name);

#define cg_auto_libvirt_document cg_cleanup(cg_libvirt_document_deinit)
