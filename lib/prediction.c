// SPDX-License-Identifier: LGPL-2.1-or-later
/* E, U and dry runs, put together. */
#include "lib/prediction.h"

#include <string.h>

#include "cpumodels/visible.h"

struct subject {
	const struct cg_question *question;
	const char *accel, *machine;
	const struct cg_definition *definition;
};

static int load(struct cg_prediction *p, const struct subject *s,
		struct cg_featureset *unsupported, struct cg_error *err)
{
	struct cg_facts *facts = s->question->facts;
	bool known = false, has_models;

	p->text = cg_definition_print(s->definition);
	if (!p->text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a definition");
	if (cg_facts_model(facts, s->accel, s->machine, s->definition->model, &has_models,
			   &p->model, err) < 0)
		return -1;
	if (p->model && (cg_facts_expansion(facts, s->accel, s->machine, p->text,
					    cg_session_is_host_bound(p->model), &known,
					    &p->expansion, err) < 0 ||
			 cg_facts_unsupported(facts, s->accel, s->machine,
					      &p->has_effective, unsupported, err) < 0))
		return -1;
	if (!known)
		return cg_error_set(err, CG_E_UNKNOWN,
				    "%s doesn't say what its CPU models consist of",
				    cg_identity_path(s->question->identity));
	return 0;
}

/* What the definition switches on by name. */
static struct cg_featureset switched_on(const struct subject *s)
{
	const struct cg_vocabulary *vocabulary = s->question->emulator->vocabulary;
	struct cg_featureset set = { 0 };
	bool on;

	for (size_t i = 0; i < s->definition->count; i++) {
		const struct cg_override *o = &s->definition->overrides[i];
		size_t feature = cg_vocabulary_find(vocabulary, o->name);

		if (feature < CG_FEATURES_MAX && cg_definition_bool(o->value, &on) && on)
			cg_featureset_add(&set, feature);
	}
	return set;
}

/*
 * Without KVM (or with kvm=off) x86_cpu_expand_features() clears the word of KVM's paravirtual features before
 * anything is filtered, so that asking for one of them is neither granted nor reported. They are known by
 * their names, and by not being among what the accelerator can't give, since nobody asks it.
 */
static struct cg_featureset dropped_in_silence(const struct cg_prediction *p,
					       const struct subject *s,
					       const struct cg_featureset *unsupported)
{
	const struct cg_vocabulary *vocabulary = s->question->emulator->vocabulary;
	struct cg_featureset set = { 0 };

	cg_featureset_each(&p->removed, i)
		if (strncmp(cg_vocabulary_name(vocabulary, i), "kvm", strlen("kvm")) ==
			    0 &&
		    !cg_featureset_has(&p->expansion.features, i) &&
		    !cg_featureset_has(unsupported, i))
			cg_featureset_add(&set, i);
	return set;
}

/* Where QEMU's own list for a plain model isn't E ∩ U, QEMU is right about its own binary. */
static int use_own_list(struct cg_prediction *p, const struct subject *s,
			struct cg_error *err)
{
	struct cg_facts *facts = s->question->facts;
	cg_auto_json json_t *unavailable = NULL;
	size_t unknown;

	if (cg_facts_contradicted(facts, s->accel, s->machine, &p->contradicted, err) < 0)
		return -1;
	if (!p->contradicted || s->definition->count)
		return 0;
	if (cg_facts_unavailable(facts, s->accel, s->machine, &unavailable, err) < 0)
		return -1;
	p->removed = cg_vocabulary_set(s->question->emulator->vocabulary,
				       json_object_get(unavailable, s->definition->model),
				       &unknown);
	p->effective = cg_featureset_minus(&p->expansion.features, &p->removed);
	return 0;
}

/*
 * What QEMU keeps but CPUID doesn't show: above the level, behind a leaf that isn't there, pdcm without pmu. One thread;
 * more of them add ht and cmp-legacy.
 */
static int hide(struct cg_prediction *p, const struct subject *s, struct cg_error *err)
{
	const struct cg_emulator_facts *e = s->question->emulator;
	struct cg_visible visible;
	struct cg_vcpu vcpu;

	if (e->measure != CG_MEASURE_GLOBALS)
		return 0;
	if (cg_vcpu_from_json(&vcpu, p->expansion.scalars, err) < 0)
		return cg_error_prefix(err, "%s",
				       cg_identity_path(s->question->identity));
	visible = cg_visible(e->vocabulary, &p->effective, &vcpu);
	p->hidden = cg_featureset_minus(&p->effective, &visible.features);
	return 0;
}

static int decide(struct cg_prediction *p, const struct subject *s, struct cg_error *err)
{
	struct cg_featureset untold = cg_question_untold(s->question, &p->removed);
	struct cg_facts *facts = s->question->facts;
	enum cg_started own, largest;

	p->usable = CG_USABLE_NO;
	if (!cg_featureset_equal(&p->removed, &untold) ||
	    json_object_get(p->model, "blockers"))
		return 0;
	if (!cg_featureset_is_empty(&untold)) {
		p->usable = CG_USABLE_UNKNOWN;
		return 0;
	}
	if (cg_facts_started(facts, s->accel, s->machine, p->text, &own, &p->why, err) <
		    0 ||
	    cg_facts_started(facts, s->accel, NULL, "max", &largest, NULL, err) < 0)
		return -1;
	if (own == CG_STARTED_YES || (own == CG_STARTED_UNKNOWN &&
				      largest == CG_STARTED_YES && !s->definition->count))
		p->usable = CG_USABLE_YES;
	else if (own != CG_STARTED_NO)
		p->usable = CG_USABLE_UNKNOWN;
	return 0;
}

static int make(struct cg_prediction *p, const struct subject *s, struct cg_error *err)
{
	struct cg_featureset unsupported = { 0 }, wanted;

	if (load(p, s, &unsupported, err) < 0)
		return -1;
	p->usable = CG_USABLE_UNKNOWN;
	if (!p->has_effective)
		return 0;
	p->effective = cg_featureset_minus(&p->expansion.features, &unsupported);
	wanted = switched_on(s);
	wanted = cg_featureset_or(&wanted, &p->expansion.features);
	p->removed = cg_featureset_minus(&wanted, &p->effective);
	p->ignored = dropped_in_silence(p, s, &unsupported);
	if (use_own_list(p, s, err) < 0 || hide(p, s, err) < 0)
		return -1;
	return decide(p, s, err);
}

int cg_prediction_make(struct cg_prediction *out, const struct cg_question *question,
		       const char *accel, const char *machine,
		       const struct cg_definition *definition, struct cg_error *err)
{
	struct subject subject = { question, accel, machine, definition };
	cg_auto_prediction struct cg_prediction prediction = { 0 };

	if (make(&prediction, &subject, err) < 0)
		return -1;
	*out = prediction;
	prediction = (struct cg_prediction){ 0 };
	return 0;
}

void cg_prediction_deinit(struct cg_prediction *prediction)
{
	free(prediction->text);
	json_decref(prediction->model);
	cg_expansion_deinit(&prediction->expansion);
	json_decref(prediction->why);
	*prediction = (struct cg_prediction){ 0 };
}
