// SPDX-License-Identifier: LGPL-2.1-or-later
/* The partial order of CPUs. */
#include "cpumodels/compare.h"

#include <string.h>

#include "base/json.h"

const char *cg_order_word(enum cg_order order)
{
	static const char *const words[] = { "identical", "superset", "subset",
					     "incompatible" };

	return words[order];
}

const char *cg_property_name(enum cg_property property)
{
	static const char *const names[] = { "vendor",    "family",       "model",
					     "stepping",  "level",        "xlevel",
					     "phys-bits", "tsc-frequency" };

	return names[property];
}

/* As it grows: who has more of what. */
struct scales {
	struct cg_comparison *out;
	bool a_more, b_more, apart, other_signature;
};

static bool note(struct scales *s, enum cg_property property, bool differs)
{
	if (differs)
		s->out->properties |= 1u << property;
	return differs;
}

/* Of 0, nothing is known. */
static void weigh(struct scales *s, enum cg_property property, uint32_t a, uint32_t b)
{
	if (!a || !b || !note(s, property, a != b))
		return;
	if (a > b)
		s->a_more = true;
	else
		s->b_more = true;
}

static void compare_identity(struct scales *s, const struct cg_cpu *a,
			     const struct cg_cpu *b)
{
	if (a->vendor && b->vendor &&
	    note(s, CG_PROPERTY_VENDOR, strcmp(a->vendor, b->vendor) != 0))
		s->apart = true;
	if (a->tsc_frequency && b->tsc_frequency &&
	    note(s, CG_PROPERTY_TSC_FREQUENCY, a->tsc_frequency != b->tsc_frequency))
		s->apart = true;
	if (!a->has_signature || !b->has_signature)
		return;
	s->other_signature = note(s, CG_PROPERTY_FAMILY, a->family != b->family);
	s->other_signature |= note(s, CG_PROPERTY_MODEL, a->model != b->model);
	s->other_signature |= note(s, CG_PROPERTY_STEPPING, a->stepping != b->stepping);
}

static enum cg_order order_of(const struct scales *s)
{
	if (s->apart || (s->a_more && s->b_more))
		return CG_INCOMPATIBLE;
	if (s->a_more)
		return CG_SUPERSET;
	if (s->b_more)
		return CG_SUBSET;
	return s->other_signature ? CG_INCOMPATIBLE : CG_IDENTICAL;
}

struct cg_comparison cg_compare(const struct cg_cpu *a, const struct cg_cpu *b)
{
	struct cg_comparison out = {
		.only_a = cg_featureset_minus(&a->features, &b->features),
		.only_b = cg_featureset_minus(&b->features, &a->features),
	};
	struct scales s = { .out = &out,
			    .a_more = !cg_featureset_is_empty(&out.only_a),
			    .b_more = !cg_featureset_is_empty(&out.only_b) };

	compare_identity(&s, a, b);
	weigh(&s, CG_PROPERTY_LEVEL, a->level, b->level);
	weigh(&s, CG_PROPERTY_XLEVEL, a->xlevel, b->xlevel);
	weigh(&s, CG_PROPERTY_PHYS_BITS, a->phys_bits, b->phys_bits);
	out.order = order_of(&s);
	return out;
}

json_t *cg_compare_responsible(const struct cg_comparison *comparison,
			       const struct cg_vocabulary *names)
{
	struct cg_featureset differ =
		cg_featureset_or(&comparison->only_a, &comparison->only_b);
	json_t *list = json_array();

	for (enum cg_property p = 0; p < CG_PROPERTIES; p++)
		if (comparison->properties & 1u << p)
			json_array_append_new(list, json_string(cg_property_name(p)));
	cg_featureset_each(&differ, i)
		json_array_append_new(list, json_string(cg_vocabulary_name(names, i)));
	return list;
}

static uint32_t number(const json_t *scalars, const char *name)
{
	uint64_t value;

	return cg_json_uint(json_object_get(scalars, name), &value) && value <= UINT32_MAX
		       ? (uint32_t)value
		       : 0;
}

void cg_cpu_take_scalars(struct cg_cpu *cpu, const json_t *scalars)
{
	cpu->vendor = cg_json_text(scalars, "vendor");
	cpu->has_signature = json_object_get(scalars, "family");
	cpu->family = number(scalars, "family");
	cpu->model = number(scalars, "model");
	cpu->stepping = number(scalars, "stepping");
	cpu->level = number(scalars, "level");
	cpu->xlevel = number(scalars, "xlevel");
	cpu->phys_bits = number(scalars, "phys-bits");
	if (!cg_json_uint(json_object_get(scalars, "tsc-frequency"), &cpu->tsc_frequency))
		cpu->tsc_frequency = 0;
}
