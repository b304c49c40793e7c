// SPDX-License-Identifier: LGPL-2.1-or-later
/* E of a definition from E of its model. */
#include "cpumodels/request.h"

static void read_overrides(struct cg_request *r, const struct cg_definition *definition,
			   const struct cg_vocabulary *vocabulary,
			   const json_t *properties)
{
	for (size_t i = 0; i < definition->count; i++) {
		const struct cg_override *o = &definition->overrides[i];
		size_t feature = cg_vocabulary_find(vocabulary, o->name);
		bool on;

		if (feature < CG_FEATURES_MAX && cg_definition_bool(o->value, &on))
			cg_featureset_add(on ? &r->on : &r->off, feature);
		else if (feature == CG_FEATURES_MAX && properties && !r->unknown &&
			 !json_object_get(properties, o->name))
			r->unknown = o->name;
	}
}

struct cg_request cg_request_make(const struct cg_featureset *model,
				  const struct cg_definition *definition,
				  const struct cg_vocabulary *vocabulary,
				  const struct cg_gates *gates, const json_t *properties)
{
	struct cg_request r = { 0 };
	struct cg_featureset new;

	read_overrides(&r, definition, vocabulary, properties);
	r.features = cg_featureset_or(model, &r.on);
	r.features = cg_featureset_minus(&r.features, &r.off);
	new = cg_featureset_minus(&r.on, model);
	r.perhaps = cg_gates_behind(gates, &new);
	r.perhaps = cg_featureset_minus(&r.perhaps, &r.on);
	r.perhaps = cg_featureset_minus(&r.perhaps, &r.off);
	r.perhaps = cg_featureset_minus(&r.perhaps, model);
	if (definition->count)
		r.features = cg_gates_close(gates, &r.features);
	return r;
}
