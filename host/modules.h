/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * KVM's modules, loaded or built in: which back end it has, with which parameters.
 * @root is a folder as in host/tree.h.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

#define CG_MODULES 4
#define CG_MODULE_NAME 56 /* the kernel's MODULE_NAME_LEN */

struct cg_modules {
	size_t n; /* back ends that may be in use, most often one */
	char name[CG_MODULES][CG_MODULE_NAME];
};

/* Returns -1 if memory is out. */
cg_must_check int cg_modules_find(struct cg_modules *out, int root);

/*
 * The back end in use, or "" if there is none. Of several that are built in, it is the
 * one of the CPU's vendor if the CPU @can_virtualize, as KVM takes the first that fits.
 * Borrowed from @modules.
 */
const char *cg_modules_backend(const struct cg_modules *modules, const char *vendor,
			       bool can_virtualize);

/*
 * {"kvm.enable_pmu": "N", "kvm_amd.nested": "1" ...}: all of each back end's, and those
 * of kvm's that matter. New reference; NULL if memory is out.
 */
json_t *cg_modules_parameters(const struct cg_modules *modules, int root);

/*
 * {"kvm": BUILD-ID, "kvm_amd": BUILD-ID} of what was loaded as a module. New reference;
 * NULL if memory is out.
 */
json_t *cg_modules_builds(const struct cg_modules *modules, int root);
