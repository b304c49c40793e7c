// SPDX-License-Identifier: LGPL-2.1-or-later
/* libvirt's rules are in cpumodels/policy.h; here is what they are about, and the words. */
#include "lib/virsh.h"

#include <string.h>

#include "base/buffer.h"
#include "cpumodels/policy.h"

#define MESSAGE_BYTES 16384

struct virsh {
	const struct cg_vocabulary *names;
	struct cg_policies wanted;
	/* What no host can have, because nobody here knows it: required and forbidden. */
	const char *impossible;
};

static size_t find(const struct virsh *v, const char *name)
{
	return cg_vocabulary_find(v->names, name);
}

/* What a definition switches off is nobody's business. */
static void take_definition(struct virsh *v, const struct cg_definition *d)
{
	const struct cg_override *vendor = cg_definition_find(d, "vendor");
	bool on;

	v->wanted.vendor = vendor ? vendor->value : NULL;
	for (size_t i = 0; i < d->count; i++) {
		size_t f = find(v, d->overrides[i].name);

		if (f < CG_FEATURES_MAX &&
		    cg_definition_bool(d->overrides[i].value, &on) && !on)
			cg_featureset_add(&v->wanted.disable, f);
	}
}

static void take_policies(struct virsh *v, const struct cg_libvirt_cpu *cpu)
{
	struct cg_featureset *const sets[] = {
		[CG_LIBVIRT_REQUIRE] = &v->wanted.require,
		[CG_LIBVIRT_FORCE] = &v->wanted.force,
		[CG_LIBVIRT_OPTIONAL] = &v->wanted.optional,
		[CG_LIBVIRT_DISABLE] = &v->wanted.disable,
		[CG_LIBVIRT_FORBID] = &v->wanted.forbid,
	};

	for (size_t i = 0; i < cpu->count; i++) {
		enum cg_libvirt_policy policy = cpu->features[i].policy;
		size_t f = find(v, cpu->features[i].name);

		if (f < CG_FEATURES_MAX)
			cg_featureset_add(sets[cpu->is_host ? CG_LIBVIRT_REQUIRE : policy],
					  f);
	}
	v->wanted.vendor = cpu->vendor;
	v->wanted.strict = !cpu->is_host && cpu->match == CG_LIBVIRT_STRICT;
}

/* The model as it is, without any change. */
static void take_model(struct virsh *v, const json_t *features,
		       const struct cg_libvirt_cpu *cpu)
{
	const json_t *feature;
	size_t i;

	v->wanted.model = (struct cg_featureset){ 0 };
	json_array_foreach(features, i, feature) {
		const char *name = json_string_value(feature);
		size_t f = find(v, name);
		const struct cg_libvirt_feature *said = cg_libvirt_cpu_find(cpu, name);

		if (f < CG_FEATURES_MAX)
			cg_featureset_add(&v->wanted.model, f);
		else if (!said || said->policy == CG_LIBVIRT_REQUIRE ||
			 said->policy == CG_LIBVIRT_FORBID)
			v->impossible = name;
	}
}

/* A list in the words that libvirt has for it. */
static json_t *message_of_set(const struct virsh *v, const char *words,
			      const struct cg_featureset *set)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(MESSAGE_BYTES);
	const char *before = "";
	struct cg_error full;

	if (cg_buffer_printf(&text, &full, "%s: ", words) < 0)
		return NULL;
	cg_featureset_each(set, i) {
		if (cg_buffer_printf(&text, &full, "%s%s", before,
				     cg_vocabulary_name(v->names, i)) < 0)
			break;
		before = ", ";
	}
	return json_string(text.data);
}

/* Why not: what libvirt finds first. */
static json_t *message(const struct virsh *v, const struct cg_cpu *host,
		       const struct cg_featureset *missing)
{
	const struct cg_policies *w = &v->wanted;
	struct cg_featureset forbidden = cg_featureset_and(&host->features, &w->forbid);
	struct cg_featureset extra = cg_featureset_minus(&host->features, &w->model);

	if (w->vendor && (!host->vendor || strcmp(w->vendor, host->vendor) != 0))
		return json_sprintf("host CPU vendor does not match required CPU vendor "
				    "%s",
				    w->vendor);
	if (!cg_featureset_is_empty(&forbidden))
		return message_of_set(v, "Host CPU provides forbidden features",
				      &forbidden);
	if (!cg_featureset_is_empty(missing))
		return message_of_set(v, "Host CPU does not provide required features",
				      missing);
	if (v->impossible)
		return json_sprintf("Host CPU does not provide required features: %s",
				    v->impossible);
	extra = cg_featureset_minus(&extra, &w->require);
	extra = cg_featureset_minus(&extra, &w->force);
	extra = cg_featureset_minus(&extra, &w->optional);
	extra = cg_featureset_minus(&extra, &w->disable);
	return message_of_set(v,
			      "Host CPU does not strictly match guest CPU: Extra features",
			      &extra);
}

static json_t *answer(const struct virsh *v, const struct cg_cpu *host)
{
	static const char *const words[] = { "incompatible", "identical", "superset" };
	struct cg_featureset missing;
	enum cg_policy_result result =
		cg_policy_compare(&v->wanted, &host->features, host->vendor, &missing);

	if (v->impossible)
		result = CG_POLICY_INCOMPATIBLE;
	return json_pack("{s:s, s:i, s:b, s:o*}", "result", words[result], "number",
			 (int)result, "compatible", result != CG_POLICY_INCOMPATIBLE,
			 "message",
			 result == CG_POLICY_INCOMPATIBLE ? message(v, host, &missing)
							  : NULL);
}

json_t *cg_virsh_compare(const struct cg_subject sides[static 2],
			 const struct cg_joint *joint, const struct cg_cpu cpus[static 2],
			 const json_t *model)
{
	const struct cg_libvirt_cpu *cpu = cg_subject_libvirt(&sides[0]);
	struct virsh v = { .names = cg_joint_names(joint),
			   .wanted.model = cpus[0].features };

	if (cpu) {
		take_policies(&v, cpu);
		take_model(&v, model, cpu);
	} else if (sides[0].kind == CG_SUBJECT_DEFINITION) {
		take_definition(&v, &sides[0].definition);
	}
	return answer(&v, &cpus[1]);
}
