// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a word on the command line to a CPU that can be compared. */
#include "lib/subject.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cpumodels/request.h"
#include "lib/command.h"

static bool is_file(const char *text)
{
	struct stat st;

	return strchr(text, '/') || (stat(text, &st) == 0 && !S_ISDIR(st.st_mode));
}

static int classify(struct cg_subject *s, const json_t *args, const char *name,
		    struct cg_error *err)
{
	const char *text = cg_json_text(args, name);

	if (!text)
		return cg_error_set(err, CG_E_USAGE,
				    "compare what with what? Definitions, records or "
				    "\"host\"");
	if (strncmp(text, "qmp:", 4) == 0)
		return cg_error_set(err, CG_E_USAGE, "%s: no live guests yet", text);
	s->text = strdup(text);
	if (!s->text)
		return cg_error_errno(err, "%s", text);
	if (strcmp(text, "host") == 0 || is_file(text))
		s->kind = CG_SUBJECT_HOST;
	else
		return cg_definition_parse(&s->definition, text, err);
	return 0;
}

static int open_host(struct cg_subject *s, struct cg_context *context, const json_t *args,
		     struct cg_error *err)
{
	cg_auto_json json_t *list = json_pack("[s]", s->text);
	const struct cg_supply *supply;

	if (cg_records_open(&s->records, context, args, list, err) < 0 ||
	    cg_records_use_machine(&s->records, NULL, err) < 0)
		return -1;
	supply = s->records.supplies;
	s->words = cg_joint_names(s->records.joint);
	s->features = supply->possible;
	s->cpu = (struct cg_cpu){ .vendor = supply->vendor,
				  .phys_bits = cg_records_phys_bits(&s->records, 0) };
	return 0;
}

/* Definitions. */

static int refuse_name(const struct cg_subject *s, const char *name, const char *where,
		       struct cg_error *err)
{
	const char *near = cg_vocabulary_nearest(s->words, name);

	return cg_error_set(err, CG_E_UNKNOWN, "%s knows no %s%s%s%s", where, name,
			    near ? " (did you mean " : "", near ? near : "",
			    near ? "?)" : "");
}

/*
 * E from the record: of exactly this definition, or of its model with the changes made
 * to it.
 */
static int look_up(struct cg_subject *s, const struct cg_subject *host,
		   const char *machine, struct cg_error *err)
{
	const struct cg_record *record = host->records.items[0];
	cg_auto_free char *printed = cg_definition_print(&s->definition);
	struct cg_gates gates = cg_gates_of(s->words);
	struct cg_record_cpu cpu;
	struct cg_request r;

	if (printed && cg_record_expansion(record, machine, printed, &cpu)) {
		s->features = cpu.features;
		s->scalars = json_deep_copy(cpu.scalars);
		return 0;
	}
	if (!cg_records_has_model(&host->records, 0, s->definition.model))
		return cg_error_set(err, CG_E_UNKNOWN, "%s has no CPU model %s",
				    host->text, s->definition.model);
	if (!cg_record_expansion(record, machine, s->definition.model, &cpu))
		return cg_error_set(err, CG_E_UNDECIDED,
				    "%s doesn't tell what %s on %s asks for", host->text,
				    s->definition.model, machine);
	r = cg_request_make(&cpu.features, &s->definition, s->words, &gates, cpu.scalars);
	if (r.unknown)
		return refuse_name(s, r.unknown, host->text, err);
	s->features = r.features;
	s->scalars = json_deep_copy(cpu.scalars);
	return 0;
}

/* A change to a property that is no feature. */
static void change_scalars(struct cg_subject *s)
{
	for (size_t i = 0; i < s->definition.count; i++) {
		const struct cg_override *o = &s->definition.overrides[i];
		char *end;
		unsigned long long number = strtoull(o->value, &end, 0);

		if (strcmp(o->name, "vendor") == 0)
			json_object_set_new(s->scalars, o->name, json_string(o->value));
		else if (*o->value && !*end && json_object_get(s->scalars, o->name))
			json_object_set_new(s->scalars, o->name,
					    cg_json_from_uint(number));
	}
}

static int find_in_record(struct cg_subject *s, const struct cg_subject *host,
			  const json_t *args, struct cg_error *err)
{
	const struct cg_record *record = host->records.items[0];
	const char *wanted = cg_json_text(args, "machine");
	const char *machine = cg_record_resolve_machine(record, wanted);

	s->words = host->words;
	if (!machine)
		return cg_error_set(err, CG_E_UNKNOWN, "%s has no machine type %s",
				    host->text, wanted ? wanted : "that is the default");
	if (look_up(s, host, machine, err) < 0)
		return -1;
	change_scalars(s);
	return 0;
}

static int ask(struct cg_subject *s, struct cg_context *context, const json_t *args,
	       struct cg_error *err)
{
	static const char *const common[] = { "emulator", "machine", "accel", "record" };
	cg_auto_json json_t *reply = NULL, *taken = json_object();
	size_t unknown;

	for (size_t i = 0; i < CG_COUNT(common); i++)
		if (json_object_get(args, common[i]))
			json_object_set(taken, common[i],
					json_object_get(args, common[i]));
	json_object_set_new(taken, "definition", json_string(s->text));
	if (cg_command_run(context, "expand", taken, &reply, err) < 0 ||
	    cg_vocabulary_from_json(&s->own, json_object_get(reply, "requested"), err) <
		    0)
		return -1;
	s->words = s->own;
	s->features =
		cg_vocabulary_set(s->own, json_object_get(reply, "requested"), &unknown);
	s->scalars = json_incref(json_object_get(reply, "properties"));
	return 0;
}

static int open_definition(struct cg_subject *s, const struct cg_subject *other,
			   struct cg_context *context, const json_t *args,
			   struct cg_error *err)
{
	bool has_record = other->kind == CG_SUBJECT_HOST &&
			  strcmp(other->text, "host") != 0;

	if (has_record ? find_in_record(s, other, args, err) < 0
		       : ask(s, context, args, err) < 0)
		return -1;
	cg_cpu_take_scalars(&s->cpu, s->scalars);
	return 0;
}

static int open_both(struct cg_subject out[static 2], struct cg_context *context,
		     const json_t *args, struct cg_error *err)
{
	if (classify(&out[0], args, "a", err) < 0 ||
	    classify(&out[1], args, "b", err) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (out[i].kind == CG_SUBJECT_HOST &&
		    open_host(&out[i], context, args, err) < 0)
			return -1;
	for (size_t i = 0; i < 2; i++)
		if (out[i].kind == CG_SUBJECT_DEFINITION &&
		    open_definition(&out[i], &out[1 - i], context, args, err) < 0)
			return -1;
	return 0;
}

int cg_subjects_open(struct cg_subject out[static 2], struct cg_context *context,
		     const json_t *args, struct cg_error *err)
{
	out[0] = out[1] = (struct cg_subject){ 0 };
	if (open_both(out, context, args, err) == 0)
		return 0;
	cg_subjects_deinit(out);
	return -1;
}

void cg_subjects_deinit(struct cg_subject subjects[static 2])
{
	for (size_t i = 0; i < 2; i++) {
		struct cg_subject *s = &subjects[i];

		cg_records_deinit(&s->records);
		cg_definition_deinit(&s->definition);
		cg_vocabulary_free(s->own);
		json_decref(s->scalars);
		free(s->text);
		*s = (struct cg_subject){ 0 };
	}
}

json_t *cg_subject_json(const struct cg_subject *subject)
{
	const struct cg_record *record;

	if (subject->kind == CG_SUBJECT_DEFINITION) {
		cg_auto_free char *text = cg_definition_print(&subject->definition);

		return json_pack("{s:s*}", "definition", text);
	}
	record = subject->records.items[0];
	return json_pack("{s:s, s:s, s:s, s:s}", "host", subject->records.names[0],
			 "record", subject->text, "accel", cg_record_accel(record),
			 "honesty", cg_record_honesty(record));
}
