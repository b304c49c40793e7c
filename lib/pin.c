// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The same guest on every QEMU that accepts it: the machine type by its own name, and of the
 * CPU what is there and what isn't, feature by feature. With "enforce" a QEMU that can't give
 * it refuses.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "gate/words.h"
#include "lib/command.h"
#include "lib/launch.h"

static const char *const arguments[] = {
	"argv", "accel", "record", "short", "both", NULL
};

struct pin {
	const struct cg_launch *launch;
	const struct cg_vocabulary *vocabulary;
	const char *model; /* the versioned one */
	bool host_bound;
	struct cg_featureset on, off;
	struct cg_buffer text;
};

static const struct cg_prediction *cpu_of(const struct pin *pin)
{
	return &pin->launch->prediction;
}

/* E of the model without overrides, which was measured with them if it was measured here. */
static int plain_features(const struct pin *pin, struct cg_featureset *out,
			  struct cg_error *err)
{
	const struct cg_question *q = &pin->launch->question;
	cg_auto_expansion struct cg_expansion expansion = { 0 };
	bool known;

	if (cg_facts_expansion(q->facts, q->accel, q->machine,
			       pin->launch->definition.model, pin->host_bound, &known,
			       &expansion, err) < 0)
		return -1;
	if (known)
		*out = cg_featureset_or(out, &expansion.features);
	return 0;
}

static bool is_feature(const struct pin *pin, const char *name)
{
	return cg_vocabulary_find(pin->vocabulary, name) < CG_FEATURES_MAX;
}

/*
 * A feature that a guest can't find, because what it belongs to isn't there, is switched off:
 * QEMU doesn't take it from a user without the other. What nobody speaks of in a model that is
 * another one on another host is off as well.
 */
static int sort_features(struct pin *pin, struct cg_error *err)
{
	const struct cg_prediction *p = cpu_of(pin);
	const struct cg_definition *d = &pin->launch->definition;
	struct cg_featureset named =
		cg_featureset_or(&p->expansion.features, &p->removed);

	if (plain_features(pin, &named, err) < 0)
		return -1;
	for (size_t i = 0; i < d->count; i++)
		if (is_feature(pin, d->overrides[i].name))
			cg_featureset_add(&named,
					  cg_vocabulary_find(pin->vocabulary,
							     d->overrides[i].name));
	for (size_t i = 0; pin->host_bound && i < cg_vocabulary_count(pin->vocabulary);
	     i++)
		cg_featureset_add(&named, i);
	pin->on = cg_featureset_minus(&p->effective, &p->hidden);
	pin->off = cg_featureset_minus(&named, &pin->on);
	return 0;
}

static int put(struct pin *pin, const char *name, const char *value, struct cg_error *err)
{
	return cg_buffer_printf(&pin->text, err, ",%s=%s", name, value);
}

static int put_features(struct pin *pin, struct cg_error *err)
{
	struct cg_featureset all = cg_featureset_or(&pin->on, &pin->off);

	cg_featureset_each(&all, i)
		if (put(pin, cg_vocabulary_name(pin->vocabulary, i),
			cg_featureset_has(&pin->on, i) ? "on" : "off", err) < 0)
			return -1;
	return 0;
}

/* Several dies add a leaf, if nobody chose the highest one. */
static bool is_wanted(const struct pin *pin, const char *name, const json_t *value)
{
	const struct cg_topology *t = &pin->launch->arguments.topology;
	static const char *const zero_is_own[] = { "family", "phys-bits", "tsc-frequency",
						   "level", "xlevel" };
	uint64_t number;

	if (!value || (json_is_string(value) && !*json_string_value(value)))
		return false;
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

static int put_scalars(struct pin *pin, struct cg_error *err)
{
	const json_t *all = cpu_of(pin)->expansion.scalars;
	bool identified = is_wanted(pin, "family", json_object_get(all, "family"));

	for (size_t i = 0; i < CG_COUNT(scalars); i++) {
		const json_t *value = json_object_get(all, scalars[i]);
		cg_auto_free char *number = value ? cg_json_canonical(value) : NULL;

		if (!is_wanted(pin, scalars[i], value) || !number)
			continue;
		if (!identified && (strcmp(scalars[i], "model") == 0 ||
				    strcmp(scalars[i], "stepping") == 0))
			continue;
		if (put(pin, scalars[i],
			json_is_string(value) && !cg_json_is_big(value)
				? json_string_value(value)
				: number,
			err) < 0)
			return -1;
	}
	return 0;
}

/* What the user set that is neither: "pmu", "hv-relaxed". */
static int put_others(struct pin *pin, struct cg_error *err)
{
	const struct cg_definition *d = &pin->launch->definition;

	for (size_t i = 0; i < d->count; i++) {
		const struct cg_override *o = &d->overrides[i];
		bool on;

		if (is_feature(pin, o->name) || is_scalar(o->name) ||
		    strcmp(o->name, "check") == 0 || strcmp(o->name, "enforce") == 0)
			continue;
		if (put(pin, o->name,
			cg_definition_bool(o->value, &on) ? (on ? "on" : "off")
							  : o->value,
			err) < 0)
			return -1;
	}
	return 0;
}

static int spell(struct pin *pin, struct cg_error *err)
{
	if (cg_buffer_printf(&pin->text, err, "%s", pin->model) < 0 ||
	    put_features(pin, err) < 0 || put_scalars(pin, err) < 0 ||
	    put_others(pin, err) < 0)
		return -1;
	return cg_buffer_printf(&pin->text, err, ",enforce=on");
}

/* The model by its versioned name, with what the user changed. */
static int spell_short(const struct pin *pin, char **out, struct cg_error *err)
{
	const char *text = cpu_of(pin)->text;
	struct cg_buffer buffer = CG_BUFFER(2 * CG_DEFINITION_TEXT);

	if (cg_buffer_printf(&buffer, err, "%s%s", pin->model,
			     text + strcspn(text, ",")) < 0) {
		cg_buffer_deinit(&buffer);
		return -1;
	}
	*out = buffer.data;
	return 0;
}

/* The reply. */

static json_t *notes_of(const struct pin *pin)
{
	const struct cg_prediction *p = cpu_of(pin);
	json_t *notes = cg_launch_doubts(pin->launch);

	if (pin->host_bound)
		json_array_append_new(
			notes,
			json_sprintf("%s is another CPU on another host, and a newer "
				     "QEMU may add features that this one doesn't know",
				     p->text));
	if (!cg_featureset_is_empty(&p->removed))
		json_array_append_new(
			notes, json_string("what can't be had here is switched off: the "
					   "guest wouldn't get it anyway"));
	if (p->why)
		json_array_append_new(notes,
				      json_string("QEMU doesn't start with it here"));
	return notes;
}

static json_t *form_of(const struct pin *pin, const char *cpu)
{
	const char *machine = cg_json_text(pin->launch->machine, "name");
	json_t *words = cg_words_replace(pin->launch->words, &pin->launch->arguments,
					 machine, cpu);
	cg_auto_free char *line = words ? cg_words_quote(words) : NULL;

	return json_pack("{s:s, s:s, s:o}", "cpu", cpu, "command", line ? line : "",
			 "argv", words);
}

static int describe(const struct pin *pin, json_t **reply, struct cg_error *err)
{
	const struct cg_question *q = &pin->launch->question;
	cg_auto_free char *brief = NULL;

	if (spell_short(pin, &brief, err) < 0)
		return -1;
	*reply = json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s}", "emulator",
			   cg_question_emulator(q), "machine", q->machine, "accel",
			   q->accel, "model", pin->model, "removed",
			   cg_vocabulary_list(pin->vocabulary, &cpu_of(pin)->removed),
			   "short", form_of(pin, brief), "long",
			   form_of(pin, pin->text.data), "notes", notes_of(pin), "from",
			   cg_question_source(q));
	return 0;
}

static int pin_down(const struct cg_launch *launch, json_t **reply, struct cg_error *err)
{
	const json_t *model = launch->prediction.model;
	const char *alias = cg_json_text(model, "alias-of");
	struct pin pin = { .launch = launch,
			   .vocabulary = launch->question.emulator->vocabulary,
			   .model = alias ? alias : cg_json_text(model, "name"),
			   .host_bound = cg_session_is_host_bound(model),
			   .text = CG_BUFFER(4 * CG_DEFINITION_TEXT) };
	int ret = -1;

	if (sort_features(&pin, err) == 0 && spell(&pin, err) == 0)
		ret = describe(&pin, reply, err);
	cg_buffer_deinit(&pin.text);
	return ret;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_launch struct cg_launch launch = { 0 };

	if (!json_array_size(json_object_get(args, "argv")))
		return cg_error_set(err, CG_E_USAGE, "pin: -- QEMU ARGUMENT...");
	if (cg_launch_read(&launch, args, err) < 0 ||
	    cg_launch_open(&launch, context, args, err) < 0 ||
	    cg_launch_predict(&launch, err) < 0)
		return -1;
	if (!launch.prediction.has_effective)
		return cg_error_set(err, CG_E_UNDECIDED,
				    "this target doesn't tell what a guest gets");
	return pin_down(&launch, reply, err);
}

const struct cg_command cg_command_pin = { "pin", arguments, run };
