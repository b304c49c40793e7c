// SPDX-License-Identifier: LGPL-2.1-or-later
/* Every feature that somebody speaks of, on or off, and then the numbers. */
#include "lib/spelled.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "cpumodels/gates.h"

struct spelling {
	const struct cg_launch *launch;
	const struct cg_vocabulary *vocabulary;
	const char *model;
	bool host_bound;
	struct cg_featureset on, off;
	struct cg_buffer text;
};

static const struct cg_prediction *cpu_of(const struct spelling *s)
{
	return &s->launch->prediction;
}

/* E of the model without overrides, which was measured with them if it was measured here. */
static int plain_features(const struct spelling *s, struct cg_featureset *out,
			  struct cg_error *err)
{
	const struct cg_question *q = &s->launch->question;
	cg_auto_expansion struct cg_expansion expansion = { 0 };
	bool known;

	if (cg_facts_expansion(q->facts, q->accel, q->machine,
			       s->launch->definition.model, s->host_bound, &known,
			       &expansion, err) < 0)
		return -1;
	if (known)
		*out = cg_featureset_or(out, &expansion.features);
	return 0;
}

static bool is_feature(const struct spelling *s, const char *name)
{
	return cg_vocabulary_find(s->vocabulary, name) < CG_FEATURES_MAX;
}

/*
 * Where QEMU chooses the family of max by itself, it goes by whether lm was switched on by
 * lm=on (9.1 and later, max_x86_cpu_realize()): + and - come after that, and so does what max
 * has anyway. So it is in these words exactly if it was in the user's.
 */
static int leave_to_qemu(struct spelling *s, struct cg_error *err)
{
	const json_t *family = json_object_get(cpu_of(s)->expansion.scalars, "family");
	const struct cg_override *o = cg_definition_find(&s->launch->definition, "lm");
	size_t lm = cg_vocabulary_find(s->vocabulary, "lm");
	bool was_on = o && o->assigned_on;
	uint64_t number;

	if (!s->host_bound || lm == CG_FEATURES_MAX || !cg_json_uint(family, &number) ||
	    number)
		return 0;
	if (was_on && !cg_featureset_has(&s->on, lm))
		return cg_error_set(err, CG_E_USAGE,
				    "-cpu %s: lm=on and then -lm: QEMU goes by the one for "
				    "the family and by the other for the feature; leave "
				    "one out",
				    s->model);
	if (!was_on)
		cg_featureset_remove(&s->on, lm);
	return 0;
}

/*
 * A feature without the other that it belongs to is switched off: QEMU doesn't take it from a
 * user. One that a guest can't find because its CPUID ends before stays: others may follow from
 * it. What nobody speaks of in a model that is
 * another one on another host is off as well.
 */
static int sort_features(struct spelling *s, struct cg_error *err)
{
	const struct cg_prediction *p = cpu_of(s);
	const struct cg_definition *d = &s->launch->definition;
	struct cg_gates gates = cg_gates_of(s->vocabulary);
	struct cg_featureset named =
		cg_featureset_or(&p->expansion.features, &p->removed);

	if (plain_features(s, &named, err) < 0)
		return -1;
	for (size_t i = 0; i < d->count; i++)
		if (is_feature(s, d->overrides[i].name))
			cg_featureset_add(&named,
					  cg_vocabulary_find(s->vocabulary,
							     d->overrides[i].name));
	for (size_t i = 0; s->host_bound && i < cg_vocabulary_count(s->vocabulary); i++)
		cg_featureset_add(&named, i);
	s->on = cg_gates_close(&gates, &p->effective);
	s->off = cg_featureset_minus(&named, &s->on);
	return leave_to_qemu(s, err);
}

static int put(struct spelling *s, const char *name, const char *value,
	       struct cg_error *err)
{
	return cg_buffer_printf(&s->text, err, ",%s=%s", name, value);
}

static int put_features(struct spelling *s, struct cg_error *err)
{
	struct cg_featureset all = cg_featureset_or(&s->on, &s->off);

	cg_featureset_each(&all, i)
		if (put(s, cg_vocabulary_name(s->vocabulary, i),
			cg_featureset_has(&s->on, i) ? "on" : "off", err) < 0)
			return -1;
	return 0;
}

/* Is it the user's own number? 0 stands for QEMU's choice of some. */
static bool is_chosen(const struct spelling *s, const char *name)
{
	return cg_definition_find(&s->launch->definition, name) &&
	       strcmp(name, "phys-bits") != 0 && strcmp(name, "tsc-frequency") != 0 &&
	       !(s->host_bound && strcmp(name, "family") == 0);
}

/* Several dies add a leaf, if nobody chose the highest one. */
static bool is_wanted(const struct spelling *s, const char *name, const json_t *value)
{
	const struct cg_topology *t = &s->launch->arguments.topology;
	static const char *const zero_is_own[] = { "family", "phys-bits", "tsc-frequency",
						   "level", "xlevel" };
	uint64_t number;

	if (!value || (json_is_string(value) && !*json_string_value(value)))
		return false;
	if (is_chosen(s, name))
		return true;
	if (strcmp(name, "level") == 0 && (t->dies > 1 || t->modules > 1))
		return false;
	for (size_t i = 0; i < CG_COUNT(zero_is_own); i++)
		if (strcmp(name, zero_is_own[i]) == 0 && cg_json_uint(value, &number) &&
		    !number)
			return false;
	return true;
}

static const char *const scalars[] = { "vendor", "family", "model",     "stepping",
				       "level",  "xlevel", "phys-bits", "tsc-frequency" };

static bool is_scalar(const char *name)
{
	for (size_t i = 0; i < CG_COUNT(scalars); i++)
		if (strcmp(scalars[i], name) == 0)
			return true;
	return false;
}

static int put_scalars(struct spelling *s, struct cg_error *err)
{
	const json_t *all = cpu_of(s)->expansion.scalars;
	bool identified = is_wanted(s, "family", json_object_get(all, "family"));

	for (size_t i = 0; i < CG_COUNT(scalars); i++) {
		const json_t *value = json_object_get(all, scalars[i]);
		cg_auto_free char *number = value ? cg_json_canonical(value) : NULL;

		if (!is_wanted(s, scalars[i], value) || !number)
			continue;
		if (!identified && (strcmp(scalars[i], "model") == 0 ||
				    strcmp(scalars[i], "stepping") == 0))
			continue;
		if (put(s, scalars[i],
			json_is_string(value) && !cg_json_is_big(value)
				? json_string_value(value)
				: number,
			err) < 0)
			return -1;
	}
	return 0;
}

/* What the user set that is neither: "pmu", "hv-relaxed". */
static int put_others(struct spelling *s, struct cg_error *err)
{
	const struct cg_definition *d = &s->launch->definition;

	for (size_t i = 0; i < d->count; i++) {
		const struct cg_override *o = &d->overrides[i];
		bool on;

		if (is_feature(s, o->name) || is_scalar(o->name) ||
		    strcmp(o->name, "check") == 0 || strcmp(o->name, "enforce") == 0)
			continue;
		if (put(s, o->name,
			cg_definition_bool(o->value, &on) ? (on ? "on" : "off")
							  : o->value,
			err) < 0)
			return -1;
	}
	return 0;
}

static int spell(struct spelling *s, struct cg_error *err)
{
	if (cg_buffer_printf(&s->text, err, "%s", s->model) < 0 ||
	    put_features(s, err) < 0 || put_scalars(s, err) < 0 || put_others(s, err) < 0)
		return -1;
	return cg_buffer_printf(&s->text, err, ",enforce=on");
}

/* The model by its versioned name, with what the user changed. */
static int spell_short(const struct spelling *s, char **out, struct cg_error *err)
{
	const char *text = cpu_of(s)->text;
	struct cg_buffer buffer = CG_BUFFER(2 * CG_DEFINITION_TEXT);

	if (cg_buffer_printf(&buffer, err, "%s%s", s->model, text + strcspn(text, ",")) <
	    0) {
		cg_buffer_deinit(&buffer);
		return -1;
	}
	*out = buffer.data;
	return 0;
}

static int spell_both(struct spelling *s, struct cg_spelled *out, struct cg_error *err)
{
	if (sort_features(s, err) < 0 || spell(s, err) < 0 ||
	    spell_short(s, &out->brief, err) < 0)
		return -1;
	out->full = s->text.data;
	s->text.data = NULL;
	return 0;
}

int cg_spelled_make(struct cg_spelled *out, const struct cg_launch *launch,
		    struct cg_error *err)
{
	const json_t *model = launch->prediction.model;
	const char *alias = cg_json_text(model, "alias-of");
	struct spelling s = { .launch = launch,
			      .vocabulary = launch->question.emulator->vocabulary,
			      .model = alias ? alias : cg_json_text(model, "name"),
			      .host_bound = cg_session_is_host_bound(model),
			      .text = CG_BUFFER(4 * CG_DEFINITION_TEXT) };
	struct cg_spelled made = { .model = s.model, .host_bound = s.host_bound };
	int ret;

	if (!launch->prediction.has_effective)
		return cg_error_set(err, CG_E_UNDECIDED,
				    "this target doesn't tell what a guest gets");
	ret = spell_both(&s, &made, err);
	cg_buffer_deinit(&s.text);
	if (ret == 0)
		*out = made;
	return ret;
}

void cg_spelled_deinit(struct cg_spelled *spelled)
{
	free(spelled->full);
	free(spelled->brief);
	*spelled = (struct cg_spelled){ 0 };
}
