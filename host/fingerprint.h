/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this computer can give a KVM guest, as named parts, and a digest over them.
 * Everything that QEMU's answers under KVM depend on is in it, so equal fingerprints mean
 * equal answers, and a changed one can be explained by the part that differs. TCG depends
 * on none of it.
 *
 * A part is a string, or an object of strings, integers and such objects. What is zero or
 * absent has no member. Equal hosts have equal parts whoever asks and on whichever CPU,
 * but for what the asker may do: "kvm-access", "devices", and what needs /dev/kvm.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"

struct cg_host;

/*
 * Read the host: CPUID of every distinct core type (by libcpuid, masked), KVM's ioctls,
 * sysfs and uname. Takes well under a millisecond on most hosts and waits for nothing.
 * What a host lacks (no /dev/kvm, no sysfs) is no failure: the part says so. Fails if
 * memory is out or @root can't be opened.
 * @root is a folder to read /proc, /sys and /dev from, for tests; NULL for the real ones.
 * On CPUs of several core types the calling thread moves to each of them and back.
 */
cg_must_check int cg_host_read(struct cg_host **out, const char *root,
			       struct cg_error *err);
/*
 * A host that isn't here, or this one as it was, from the parts that were kept of it. Reads
 * nothing. CG_E_CORRUPT if they aren't the parts of a host.
 */
cg_must_check int cg_host_from_parts(struct cg_host **out, const json_t *parts,
				     struct cg_error *err);
struct cg_host *cg_host_free(struct cg_host *host); /* takes NULL; returns NULL */

/* The named parts, an object. Borrowed. */
json_t *cg_host_parts(const struct cg_host *host);

/*
 * SHA-256 of the parts' canonical text, hexadecimal; "" if memory is out. Computed when it is
 * first asked for, on one thread. Borrowed. To see whether two hosts are the same, compare parts.
 */
const char *cg_host_digest(const struct cg_host *host);

/*
 * The CPU vendor as CPUID leaf 0 spells it ("GenuineIntel"); "" where there is no CPUID.
 * Borrowed.
 */
const char *cg_host_vendor(const struct cg_host *host);

/* May this process use /dev/kvm, as far as can be known without starting a guest? */
bool cg_host_has_kvm(const struct cg_host *host);

/* KVM's back end ("kvm_intel", "kvm_amd", "kvm_pvm"), or "" if unknown. Borrowed. */
const char *cg_host_kvm_backend(const struct cg_host *host);

/* "Linux 6.1.0-56-amd64": for people. Borrowed. */
const char *cg_host_kernel(const struct cg_host *host);

static inline void cg_host_freep(struct cg_host **host)
{
	cg_host_free(*host);
}
#define cg_auto_host cg_cleanup(cg_host_freep)
