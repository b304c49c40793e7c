// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Composes the fingerprint. The parts are all there is; whatever else a cg_host tells is
 * taken from them or from the same reading.
 */
#include "host/fingerprint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "host/cores.h"
#include "host/cpuid.h"
#include "host/kernel.h"
#include "host/kvm.h"
#include "host/modules.h"
#include "host/tree.h"

struct cg_host {
	json_t *parts;
	bool has_kvm;
	char *digest; /* "" until it is asked for */
	char vendor[CG_CPUID_VENDOR];
	char backend[CG_MODULE_NAME];
	char kernel[160];
};

/* A reading under way: what is needed on each core type. */
struct reading {
	json_t *parts;
	json_t *cpuid; /* the part; borrowed from @parts */
	int kvm;       /* fd, -1 without KVM */
	bool kvm_read;
};

static int put(json_t *parts, const char *name, json_t *part)
{
	return json_object_set_new_nocheck(parts, name, part);
}

/* KVM is asked once, however many core types there are. */
static int put_kvm(struct reading *r)
{
	if (r->kvm < 0 || r->kvm_read)
		return 0;
	r->kvm_read = true;
	return cg_kvm_put(r->parts, r->kvm);
}

/*
 * One core type of a hybrid CPU. KVM copies from the CPU that asks whatever isn't a
 * feature (a name, a size), so it is asked on the first type that we can reach, not on
 * any.
 */
static int visit(void *arg, const char *name, bool there)
{
	struct cg_cpuid_row rows[CG_CPUID_ROWS];
	struct reading *r = arg;
	size_t n;

	if (!there)
		return put(r->cpuid, name, json_string("not allowed to run there"));
	n = cg_cpuid_collect(rows, cg_cpuid_native, NULL);
	if (put(r->cpuid, name, cg_cpuid_json(rows, n)) < 0)
		return -1;
	return put_kvm(r);
}

/*
 * CPUID, and KVM on the same core. Without hybrid cores the CPU that we are on stands
 * for all: KVM computes what it supports once, when it is loaded, and to compare all
 * CPUs (mixed steppings in two sockets) means going to each or reading all of
 * /proc/cpuinfo, which takes milliseconds on a large host.
 */
static int put_cores(struct cg_host *host, int root, struct reading *r,
		     const struct cg_cpuid_row *rows, size_t n)
{
	struct cg_core_type types[CG_CORE_TYPES];
	int n_types;

	if (put(host->parts, "cpuid", json_object()) < 0)
		return -1;
	r->cpuid = json_object_get(host->parts, "cpuid");
	if (!cg_cpuid_is_hybrid(rows, n)) {
		if (put(r->cpuid, "cpu", cg_cpuid_json(rows, n)) < 0)
			return -1;
		return put_kvm(r);
	}
	n_types = cg_cores_list(root, types);
	if (n_types < 0 || cg_cores_visit(types, n_types, visit, r) < 0)
		return -1;
	return put_kvm(r); /* if no type could be reached */
}

static const char *access_to(int root, const char *path)
{
	/* As the effective user, and without opening: a device may do something then. */
	if (faccessat(root, path, R_OK | W_OK, AT_EACCESS) == 0)
		return "yes";
	return cg_tree_why(errno);
}

static json_t *devices(int root)
{
	return json_pack("{s:s, s:s, s:s}", "sgx_vepc", access_to(root, "dev/sgx_vepc"),
			 "sgx_provision", access_to(root, "dev/sgx_provision"), "sev",
			 access_to(root, "dev/sev"));
}

static int put_modules(struct cg_host *host, int root, const struct cg_cpuid_row *rows,
		       size_t n)
{
	struct cg_modules modules;
	const char *backend;

	if (cg_modules_find(&modules, root) < 0)
		return -1;
	backend = cg_modules_backend(&modules, host->vendor,
				     cg_cpuid_can_virtualize(rows, n));
	snprintf(host->backend, sizeof(host->backend), "%s", backend);
	if (put(host->parts, "kvm-backend", json_string(*backend ? backend : "unknown")) <
		    0 ||
	    put(host->parts, "kvm-modules", cg_modules_builds(&modules, root)) < 0)
		return -1;
	return put(host->parts, "kvm-parameters", cg_modules_parameters(&modules, root));
}

/* Everything, in the order in which people want to read it. -1 if memory is out. */
static int put_parts(struct cg_host *host, int root)
{
	struct cg_cpuid_row rows[CG_CPUID_ROWS];
	size_t n = cg_cpuid_collect(rows, cg_cpuid_native, NULL);
	cg_auto_close int kvm = -1;
	struct reading r = { .parts = host->parts };
	const char *access;

	cg_cpuid_vendor(rows, n, host->vendor);
	if (put(host->parts, "kernel", cg_kernel_json(root)) < 0 ||
	    put(host->parts, "microcode", cg_kernel_microcode(root)) < 0 ||
	    put_modules(host, root, rows, n) < 0)
		return -1;
	r.kvm = kvm = cg_kvm_open(root, &access);
	host->has_kvm = kvm >= 0;
	if (put(host->parts, "kvm-access", json_string(access)) < 0 ||
	    put(host->parts, "devices", devices(root)) < 0)
		return -1;
	return put_cores(host, root, &r, rows, n);
}

/* A host without parts; its digest has room. */
static struct cg_host *new_host(void)
{
	cg_auto_host struct cg_host *host = calloc(1, sizeof(*host));

	if (host)
		host->digest = calloc(1, CG_DIGEST_HEX);
	return host && host->digest ? cg_take(host) : NULL;
}

int cg_host_read(struct cg_host **out, const char *root, struct cg_error *err)
{
	cg_auto_host struct cg_host *host = new_host();
	cg_auto_close int dir = -1;

	if (cg_tree_open(&dir, root, err) < 0)
		return -1;
	if (host)
		host->parts = json_object();
	if (!host || !host->parts || put_parts(host, dir) < 0)
		return cg_error_set(err, CG_E_SYSTEM, "out of memory");
	snprintf(host->kernel, sizeof(host->kernel), "Linux %s",
		 cg_json_text(json_object_get(host->parts, "kernel"), "release"));
	*out = cg_take(host);
	return 0;
}

/* Four characters of the vendor, as they were put by cg_cpuid_put(). */
static void vendor_register(const json_t *cpuid, const char *name, char *out)
{
	const char *text = cg_json_text(cpuid, name);
	unsigned long value = text ? strtoul(text, NULL, 16) : 0;

	for (int i = 0; i < 4; i++)
		out[i] = (char)(value >> 8 * i);
}

/* Leaf 0 as it was read: any core type that could be reached says the same. */
static void vendor_from_parts(const json_t *parts, char out[CG_CPUID_VENDOR])
{
	const char *name;
	json_t *cpuid;

	memset(out, 0, CG_CPUID_VENDOR);
	cg_json_each(json_object_get(parts, "cpuid"), name, cpuid) {
		if (!json_object_get(cpuid, "0x0.ebx"))
			continue;
		vendor_register(cpuid, "0x0.ebx", out);
		vendor_register(cpuid, "0x0.edx", out + 4);
		vendor_register(cpuid, "0x0.ecx", out + 8);
		break;
	}
	for (size_t i = 0; out[i]; i++)
		if (out[i] < ' ' || out[i] > '~')
			out[i] = '?';
}

static void derive(struct cg_host *host, const char *release)
{
	const char *backend = cg_json_text(host->parts, "kvm-backend");
	const char *access = cg_json_text(host->parts, "kvm-access");

	vendor_from_parts(host->parts, host->vendor);
	snprintf(host->kernel, sizeof(host->kernel), "Linux %s", release);
	if (backend && strcmp(backend, "unknown") != 0)
		snprintf(host->backend, sizeof(host->backend), "%s", backend);
	host->has_kvm = access && strcmp(access, "yes") == 0;
}

int cg_host_from_parts(struct cg_host **out, const json_t *parts, struct cg_error *err)
{
	const char *release = cg_json_text(json_object_get(parts, "kernel"), "release");
	cg_auto_host struct cg_host *host = NULL;

	if (!release || !json_is_object(json_object_get(parts, "cpuid")))
		return cg_error_set(err, CG_E_CORRUPT, "not the fingerprint of a host");
	host = new_host();
	if (host)
		host->parts = json_deep_copy(parts);
	if (!host || !host->parts)
		return cg_error_set(err, CG_E_SYSTEM, "out of memory");
	derive(host, release);
	*out = cg_take(host);
	return 0;
}

struct cg_host *cg_host_free(struct cg_host *host)
{
	if (!host)
		return NULL;
	json_decref(host->parts);
	free(host->digest);
	free(host);
	return NULL;
}

json_t *cg_host_parts(const struct cg_host *host)
{
	return host->parts;
}

/* When it is asked for: most questions are answered without. */
const char *cg_host_digest(const struct cg_host *host)
{
	cg_auto_free char *text = NULL;
	struct cg_digest digest;

	if (*host->digest)
		return host->digest;
	text = cg_json_canonical(host->parts);
	if (!text)
		return host->digest;
	cg_digest_of(&digest, text, strlen(text));
	return cg_digest_hex(&digest, host->digest);
}

const char *cg_host_vendor(const struct cg_host *host)
{
	return host->vendor;
}

bool cg_host_has_kvm(const struct cg_host *host)
{
	return host->has_kvm;
}

const char *cg_host_kvm_backend(const struct cg_host *host)
{
	return host->backend;
}

const char *cg_host_kernel(const struct cg_host *host)
{
	return host->kernel;
}
