/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a definition asks for, when only what its model asks for is known: set algebra
 * instead of QEMU. QEMU itself, asked for exactly this definition, is always right; this
 * is for records of hosts that aren't here.
 */
#pragma once

#include "cpumodels/definition.h"
#include "cpumodels/gates.h"

struct cg_request {
	struct cg_featureset features; /* E of the definition */
	struct cg_featureset on, off;  /* what it says by name */
	/*
	 * What may come to light with a gate that it switches on: a model lists what is
	 * behind vmx and svm even where these are off.
	 */
	struct cg_featureset perhaps;
	const char *unknown; /* an override that is no feature and no property */
};

/*
 * From @model, E of the plain model over @vocabulary. @properties is an object with
 * what else the emulator takes; NULL if nobody knows, then anything goes. Borrows
 * @unknown from the definition.
 */
struct cg_request cg_request_make(const struct cg_featureset *model,
				  const struct cg_definition *definition,
				  const struct cg_vocabulary *vocabulary,
				  const struct cg_gates *gates, const json_t *properties);
