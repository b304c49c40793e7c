/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * E: what a CPU definition asks for on one machine type under one accelerator, as
 * query-cpu-model-expansion says it. It is a request: x86_cpu_filter_features() hasn't run, so
 * the guest gets this less what is unsupported here.
 */
#pragma once

#include "base/json.h"
#include "cpumodels/vocabulary.h"

/*
 * The features that a build knows by name: the bool properties of an expansion that names
 * all of them, such as the static one of "base". The caller owns *@out.
 */
cg_must_check int cg_expansion_vocabulary(struct cg_vocabulary **out, const json_t *props,
					  struct cg_error *err);

struct cg_expansion {
	struct cg_featureset features;
	json_t *scalars; /* every other property: vendor, family, level ...; owned; none is null */
};

/*
 * From a full expansion's { property: value }. Spelling aliases of features are left out, since they
 * are the same property.
 */
cg_must_check int cg_expansion_from_props(struct cg_expansion *out, const json_t *props,
					  const struct cg_vocabulary *vocabulary,
					  struct cg_error *err);
void cg_expansion_deinit(struct cg_expansion *expansion);

/*
 * Stored text: the feature set, and those scalars that differ from @defaults (an object), which
 * must be given again to read it. The caller frees the text. What can't be read is CG_E_CORRUPT.
 */
char *cg_expansion_encode(const struct cg_expansion *expansion, const json_t *defaults);
cg_must_check int cg_expansion_decode(struct cg_expansion *out, const char *text,
				      const json_t *defaults, struct cg_error *err);

#define cg_auto_expansion cg_cleanup(cg_expansion_deinit)
