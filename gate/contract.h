/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest was promised: its CPU, on which machine type, by which means, for how many
 * vCPUs. Written down before the guest runs; whoever starts or moves it later holds to it.
 * See cpugate-contract(5).
 */
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "base/json.h"
#include "gate/topology.h"

#define CG_CONTRACT_VERSION 1
#define CG_CONTRACT_BYTES (1 << 20) /* of a file */
#define CG_CONTRACT_NAME 128        /* longest name, in bytes */
#define CG_CONTRACT_UUID 36         /* digits and hyphens */
#define CG_CONTRACT_PLATFORM 256    /* entries */

struct cg_contract {
	char *name, *uuid; /* either may be NULL */
	char *target, *machine, *accel;
	char *definition; /* of the CPU, as it was asked for, with its versioned model */
	char *cpu;        /* the same spelled out, as cpugate pin does: what -cpu takes */
	json_t *features; /* names of those that every vCPU has, sorted by strcmp(), each once */
	/*
	 * Of "vendor", "family", "model", "stepping", "level", "xlevel", "phys-bits",
	 * "tsc-frequency", those that are known: numbers, but for the vendor.
	 */
	json_t *scalars;
	struct cg_topology topology;
	json_t *allowed; /* "allow-missing": names that the guest may do without, sorted */
	/*
	 * What the host rather than the machine type decides, a list of { "device", "name",
	 * "depends-on", "found" }. No "found": nobody could look.
	 */
	json_t *platform;
	/*
	 * When, and what by: { "at" (seconds since 1970), "emulator": { "version", "package",
	 * "target", "sha256" }, "host" (its fingerprint; KVM only), "kernel" (its release) }.
	 */
	json_t *made;
};

/*
 * From a JSON object, all of which is checked, the digest too: CG_E_PARSE for what isn't a
 * contract at all, CG_E_NEWER for the version of a later cpugate, else CG_E_CORRUPT, naming
 * the member at fault. @json isn't consumed, but parts of it are shared: it isn't to be
 * changed afterwards.
 */
cg_must_check int cg_contract_parse(struct cg_contract *out, const json_t *json,
				    struct cg_error *err);

/* The same from a file, which messages name. Blocks on it. */
cg_must_check int cg_contract_read(struct cg_contract *out, const char *path,
				   struct cg_error *err);
void cg_contract_deinit(struct cg_contract *contract);

/*
 * The whole as one object with its "digest". New reference, which shares parts with the
 * contract; NULL if memory is out. What is in the contract isn't checked: that is for who
 * reads it.
 */
json_t *cg_contract_json(const struct cg_contract *contract);

/*
 * May a contract have this name? It is also a word of a command line and part of a file's
 * name: up to CG_CONTRACT_NAME bytes of clean text without '/', the first one neither '.'
 * nor '-'.
 */
bool cg_contract_is_name(const char *text);

/* As QEMU prints a UUID, but for the case of letters. */
bool cg_contract_is_uuid(const char *text);

#define cg_auto_contract cg_cleanup(cg_contract_deinit)
