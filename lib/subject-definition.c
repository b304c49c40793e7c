// SPDX-License-Identifier: LGPL-2.1-or-later
/* A side that is a definition: what it asks for, by a record or by an emulator. */
#include <string.h>

#include "cpumodels/request.h"
#include "lib/command.h"
#include "lib/subject-inside.h"

/* By the record of the other side. */

static int refuse_name(const struct cg_subject *host, const char *name,
		       struct cg_error *err)
{
	const char *near = cg_vocabulary_nearest(host->words, name);

	return cg_error_set(err, CG_E_UNKNOWN, "%s knows no %s%s%s%s", host->text, name,
			    near ? " (did you mean " : "", near ? near : "",
			    near ? "?)" : "");
}

/*
 * E of exactly this definition, or of its model with the changes made to it. The scalars
 * are a new reference.
 */
static int look_up(const struct cg_subject *host, const char *machine,
		   const struct cg_definition *definition, struct cg_record_cpu *out,
		   struct cg_error *err)
{
	const struct cg_record *record = host->records.items[0];
	cg_auto_free char *printed = cg_definition_print(definition);
	struct cg_gates gates = cg_gates_of(host->words);
	struct cg_request r;

	if (printed && cg_record_expansion(record, machine, printed, out)) {
		out->scalars = json_deep_copy(out->scalars);
		return 0;
	}
	if (!cg_records_has_model(&host->records, 0, definition->model))
		return cg_error_set(err, CG_E_UNKNOWN, "%s has no CPU model %s",
				    host->text, definition->model);
	if (!cg_record_expansion(record, machine, definition->model, out))
		return cg_error_set(err, CG_E_UNDECIDED,
				    "%s doesn't tell what %s on %s asks for", host->text,
				    definition->model, machine);
	r = cg_request_make(&out->features, definition, host->words, &gates,
			    out->scalars);
	if (r.unknown)
		return refuse_name(host, r.unknown, err);
	out->features = r.features;
	out->scalars = json_deep_copy(out->scalars);
	return 0;
}

/* A change to a property that is no feature. */
static void change_scalars(json_t *scalars, const struct cg_definition *definition)
{
	for (size_t i = 0; i < definition->count; i++) {
		const struct cg_override *o = &definition->overrides[i];
		char *end;
		unsigned long long number = strtoull(o->value, &end, 0);

		if (strcmp(o->name, "vendor") == 0)
			json_object_set_new(scalars, o->name, json_string(o->value));
		else if (*o->value && !*end && json_object_get(scalars, o->name))
			json_object_set_new(scalars, o->name, cg_json_from_uint(number));
	}
}

static int find_machine(const struct cg_subject *s, const struct cg_subject *host,
			const struct cg_subject_setting *setting, char **out,
			struct cg_error *err)
{
	cg_auto_json json_t *args = cg_subject_arguments(setting, s, host);
	const char *wanted = cg_json_text(args, "machine");
	const char *machine = cg_record_resolve_machine(host->records.items[0], wanted);

	if (!machine)
		return cg_error_set(err, CG_E_UNKNOWN, "%s has no machine type %s",
				    host->text, wanted ? wanted : "that is the default");
	*out = strdup(machine);
	return *out ? 0 : cg_error_errno(err, "machine type");
}

static int find_in_record(struct cg_subject *s, const struct cg_subject *host,
			  const struct cg_subject_setting *setting, struct cg_error *err)
{
	cg_auto_free char *machine = NULL;
	struct cg_record_cpu cpu;

	if (find_machine(s, host, setting, &machine, err) < 0 ||
	    look_up(host, machine, &s->definition, &cpu, err) < 0)
		return -1;
	s->words = host->words;
	s->features = cpu.features;
	s->scalars = cg_json_mutable(cpu.scalars);
	change_scalars(s->scalars, &s->definition);
	return 0;
}

/* By an emulator. */

static int expand(const struct cg_subject *s, const struct cg_subject *other,
		  const struct cg_subject_setting *setting, const char *definition,
		  json_t **reply, struct cg_error *err)
{
	cg_auto_json json_t *args = cg_subject_arguments(setting, s, other);

	json_object_set_new(args, "definition", json_string(definition));
	return cg_command_run(setting->context, "expand", args, reply, err);
}

static int ask(struct cg_subject *s, const struct cg_subject *other,
	       const struct cg_subject_setting *setting, struct cg_error *err)
{
	cg_auto_free char *text = cg_definition_print(&s->definition);
	cg_auto_json json_t *reply = NULL;
	const json_t *requested;
	size_t unknown;

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a definition");
	if (expand(s, other, setting, text, &reply, err) < 0)
		return -1;
	requested = json_object_get(reply, "requested");
	if (cg_vocabulary_from_json(&s->own, requested, err) < 0)
		return -1;
	s->words = s->own;
	s->features = cg_vocabulary_set(s->own, requested, &unknown);
	s->scalars = json_incref(json_object_get(reply, "properties"));
	s->about = json_incref(json_object_get(reply, "emulator"));
	return 0;
}

/* Is there a record on the other side that tells of models? "host" is asked itself. */
static bool has_record(const struct cg_subject *other)
{
	return other->kind == CG_SUBJECT_HOST && strcmp(other->text, "host") != 0;
}

static int check_target(const struct cg_subject *s, const struct cg_subject *other,
			const char *target, struct cg_error *err)
{
	const char *where = has_record(other) ? other->text : "the emulator";

	if (!s->target || !target || strcmp(s->target, target) == 0)
		return 0;
	return cg_error_set(err, CG_E_USAGE, "%s is about %s, %s about %s", s->text,
			    s->target, where, target);
}

/* What libvirt's XML says of a CPU that a definition has no words for. */
static void take_from_libvirt(struct cg_subject *s, const struct cg_libvirt_cpu *cpu)
{
	if (cpu->tsc_hz)
		s->cpu.tsc_frequency = cpu->tsc_hz;
	if (cpu->is_host)
		s->cpu.vendor = cpu->vendor;
}

static int find(struct cg_subject *s, const struct cg_subject *other,
		const struct cg_subject_setting *setting, struct cg_error *err)
{
	return has_record(other) ? find_in_record(s, other, setting, err)
				 : ask(s, other, setting, err);
}

int cg_subject_open_definition(struct cg_subject *s, const struct cg_subject *other,
			       const struct cg_subject_setting *setting,
			       struct cg_error *err)
{
	const struct cg_libvirt_cpu *libvirt = cg_subject_libvirt(s);
	const char *target;

	if (find(s, other, setting, err) < 0)
		return libvirt ? cg_error_prefix(err, "%s", s->text) : -1;
	target = has_record(other) ? other->target : cg_json_text(s->about, "target");
	if (check_target(s, other, target, err) < 0)
		return -1;
	s->target = target;
	cg_cpu_take_scalars(&s->cpu, s->scalars);
	if (libvirt)
		take_from_libvirt(s, libvirt);
	return 0;
}

int cg_subject_look_up(const struct cg_subject sides[static 2], const char *definition,
		       struct cg_context *context, const json_t *args, json_t **out,
		       struct cg_error *err)
{
	const struct cg_subject_setting setting = { context, args };
	const struct cg_subject *s = &sides[0], *other = &sides[1];
	cg_auto_definition struct cg_definition d = { 0 };
	cg_auto_json json_t *reply = NULL;
	cg_auto_free char *machine = NULL;
	struct cg_record_cpu cpu;

	if (!has_record(other)) {
		if (expand(s, other, &setting, definition, &reply, err) < 0)
			return -1;
		*out = json_incref(json_object_get(reply, "requested"));
		return 0;
	}
	if (cg_definition_parse(&d, definition, err) < 0 ||
	    find_machine(s, other, &setting, &machine, err) < 0 ||
	    look_up(other, machine, &d, &cpu, err) < 0)
		return -1;
	*out = cg_vocabulary_list(other->words, &cpu.features);
	json_decref(cg_json_mutable(cpu.scalars));
	return 0;
}
