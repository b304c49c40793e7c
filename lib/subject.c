// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a word on the command line to a CPU that can be compared. */
#include "lib/subject.h"

#include <string.h>

#include "base/given.h"
#include "formats/libvirt-definition.h"
#include "lib/subject-inside.h"

#define MONITOR "qmp:"

static bool is_file(const char *text)
{
	return strchr(text, '/') || cg_given_has(text);
}

/* QEMU's name of a target that libvirt calls by the name of its CPUs. */
static const char *target_of(const char *arch)
{
	static const struct {
		const char *arch, *target;
	} others[] = { { "i686", "i386" }, { "armv7l", "arm" }, { "ppc64le", "ppc64" } };

	for (size_t i = 0; arch && i < CG_COUNT(others); i++)
		if (strcmp(others[i].arch, arch) == 0)
			return others[i].target;
	return arch;
}

const struct cg_libvirt_cpu *cg_subject_libvirt(const struct cg_subject *subject)
{
	return subject->kind == CG_SUBJECT_DEFINITION &&
			       subject->evidence.document.has_cpu
		       ? &subject->evidence.document.cpu
		       : NULL;
}

/* libvirt's documents. */

static int take_document(struct cg_subject *s, struct cg_error *err)
{
	const struct cg_libvirt_document *d = &s->evidence.document;

	s->target = target_of(d->arch ? d->arch : d->cpu.arch);
	s->accel = d->accel;
	if (d->kind == CG_LIBVIRT_DOMCAPABILITIES) {
		s->kind = CG_SUBJECT_HOST;
		return 0;
	}
	s->machine = d->machine;
	if (!d->has_cpu)
		return cg_error_set(err, CG_E_USAGE,
				    "%s: it has no <cpu>, which leaves the CPU to QEMU",
				    s->text);
	if (cg_libvirt_definition_from_cpu(&s->definition, &d->cpu, err) < 0)
		return cg_error_prefix(err, "%s", s->text);
	return 0;
}

static int read_file(struct cg_subject *s, struct cg_error *err)
{
	if (cg_evidence_read(&s->evidence, s->text, err) < 0)
		return -1;
	if (!s->evidence.record)
		return take_document(s, err);
	s->kind = CG_SUBJECT_HOST;
	return 0;
}

/* A guest that runs. */

struct cg_featureset cg_subject_without_threads(const struct cg_vocabulary *names,
						const struct cg_featureset *features)
{
	static const char *const of_threads[] = { "ht", "cmp-legacy" };
	struct cg_featureset out = *features;

	for (size_t i = 0; i < CG_COUNT(of_threads); i++) {
		size_t f = cg_vocabulary_find(names, of_threads[i]);

		if (f < CG_FEATURES_MAX)
			cg_featureset_remove(&out, f);
	}
	return out;
}

/* Without invtsc a guest isn't promised that its TSC keeps its frequency. */
static bool keeps_tsc(const struct cg_subject *s)
{
	return cg_vocabulary_has(s->words, &s->features, "invtsc");
}

static int read_guest(struct cg_subject *s, struct cg_context *context,
		      struct cg_error *err)
{
	struct cg_qmp_limits limits = cg_context_limits(context);

	if (cg_guest_read(&s->guest, s->text + strlen(MONITOR), &limits, err) < 0)
		return -1;
	s->kind = CG_SUBJECT_GUEST;
	s->target = cg_json_text(s->guest.about, "target");
	s->machine = s->guest.machine;
	s->accel = s->guest.accel;
	s->words = s->guest.vocabulary;
	s->features = s->guest.features;
	if (s->guest.vcpus > 1)
		s->features = cg_subject_without_threads(s->words, &s->features);
	cg_cpu_take_scalars(&s->cpu, s->guest.scalars);
	if (!keeps_tsc(s))
		s->cpu.tsc_frequency = 0;
	return 0;
}

int cg_subject_read(struct cg_subject *out, struct cg_context *context, const char *text,
		    struct cg_error *err)
{
	out->text = strdup(text);
	if (!out->text)
		return cg_error_errno(err, "%s", text);
	if (strncmp(text, MONITOR, strlen(MONITOR)) == 0)
		return read_guest(out, context, err);
	if (strcmp(text, "host") == 0) {
		out->kind = CG_SUBJECT_HOST;
		return 0;
	}
	return is_file(text) ? read_file(out, err)
			     : cg_definition_parse(&out->definition, text, err);
}

/* Both. */

json_t *cg_subject_arguments(const struct cg_subject_setting *setting,
			     const struct cg_subject *subject,
			     const struct cg_subject *other)
{
	static const char *const common[] = { "emulator", "machine", "accel", "record" };
	json_t *out = json_object();

	for (size_t i = 0; i < CG_COUNT(common); i++)
		if (json_object_get(setting->args, common[i]))
			json_object_set(out, common[i],
					json_object_get(setting->args, common[i]));
	if (json_object_get(out, "record")) /* says itself what it is of */
		json_object_del(out, "accel");
	else if (!json_object_get(out, "accel") && (subject->accel || other->accel))
		json_object_set_new(out, "accel",
				    json_string(subject->accel ? subject->accel
							       : other->accel));
	if (!json_object_get(out, "machine") && (subject->machine || other->machine))
		json_object_set_new(out, "machine",
				    json_string(subject->machine ? subject->machine
								 : other->machine));
	return out;
}

static int differ(const struct cg_subject sides[static 2], const char *a, const char *b,
		  const char *why, struct cg_error *err)
{
	return cg_error_set(err, CG_E_USAGE, "%s is about %s, %s about %s: %s",
			    sides[0].text, a, sides[1].text, b, why);
}

/* Definitions are asked for the accelerator of the other side, unless they have their own. */
static int check_kinds(const struct cg_subject sides[static 2], const json_t *args,
		       struct cg_error *err)
{
	const struct cg_subject *a = &sides[0], *b = &sides[1];

	if (a->target && b->target && strcmp(a->target, b->target) != 0)
		return differ(sides, a->target, b->target,
			      "guests of one can't run on the other", err);
	if (a->kind == b->kind || !a->accel || !b->accel ||
	    json_object_get(args, "accel") || strcmp(a->accel, b->accel) == 0)
		return 0;
	return differ(sides, a->accel, b->accel, "a guest runs under one accelerator",
		      err);
}

static int read_both(struct cg_subject out[static 2],
		     const struct cg_subject_setting *setting, struct cg_error *err)
{
	static const char *const names[2] = { "a", "b" };

	for (size_t i = 0; i < 2; i++) {
		const char *text = cg_json_text(setting->args, names[i]);

		if (!text)
			return cg_error_set(err, CG_E_USAGE,
					    "compare what with what? Definitions, "
					    "files, qmp:SOCKET or \"host\"");
		if (cg_subject_read(&out[i], setting->context, text, err) < 0)
			return -1;
	}
	return check_kinds(out, setting->args, err);
}

static bool names_models(const struct cg_subject *s)
{
	return s->evidence.document.kind == CG_LIBVIRT_DOMCAPABILITIES;
}

/* What names models comes after what may have them. */
static int open_hosts(struct cg_subject out[static 2],
		      const struct cg_subject_setting *setting, struct cg_error *err)
{
	for (size_t i = 0; i < 4; i++) {
		struct cg_subject *s = &out[i % 2];

		if (s->kind == CG_SUBJECT_HOST && names_models(s) == (i >= 2) &&
		    cg_subject_open_host(s, &out[1 - i % 2], setting, err) < 0)
			return -1;
	}
	return check_kinds(out, setting->args, err);
}

static int open_both(struct cg_subject out[static 2],
		     const struct cg_subject_setting *setting, struct cg_error *err)
{
	if (read_both(out, setting, err) < 0 || open_hosts(out, setting, err) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (out[i].kind == CG_SUBJECT_DEFINITION &&
		    cg_subject_open_definition(&out[i], &out[1 - i], setting, err) < 0)
			return -1;
	return check_kinds(out, setting->args, err);
}

int cg_subjects_open(struct cg_subject out[static 2], struct cg_context *context,
		     const json_t *args, struct cg_error *err)
{
	const struct cg_subject_setting setting = { context, args };

	out[0] = out[1] = (struct cg_subject){ 0 };
	if (open_both(out, &setting, err) == 0)
		return 0;
	cg_subjects_deinit(out);
	return -1;
}

void cg_subject_deinit(struct cg_subject *s)
{
	cg_records_deinit(&s->records);
	cg_definition_deinit(&s->definition);
	cg_evidence_deinit(&s->evidence);
	cg_guest_deinit(&s->guest);
	cg_vocabulary_free(s->own);
	json_decref(s->scalars);
	json_decref(s->about);
	free(s->text);
	*s = (struct cg_subject){ 0 };
}

void cg_subjects_deinit(struct cg_subject subjects[static 2])
{
	for (size_t i = 0; i < 2; i++)
		cg_subject_deinit(&subjects[i]);
}

/* For replies. */

static json_t *guest_json(const struct cg_subject *s)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s*, s:I}", "guest", s->text, "model",
			 s->guest.model, "machine", s->machine, "accel", s->accel,
			 "version", cg_json_text(s->guest.about, "version"), "vcpus",
			 (json_int_t)s->guest.vcpus);
}

json_t *cg_subject_json(const struct cg_subject *subject)
{
	const struct cg_record *record;

	if (subject->kind == CG_SUBJECT_GUEST)
		return guest_json(subject);
	if (subject->kind == CG_SUBJECT_DEFINITION) {
		cg_auto_free char *text = cg_definition_print(&subject->definition);

		return json_pack("{s:s*, s:s*}", "definition", text, "file",
				 cg_subject_libvirt(subject) ? subject->text : NULL);
	}
	record = subject->records.items[0];
	return json_pack("{s:s, s:s, s:s, s:s}", "host", subject->records.names[0],
			 "record", subject->text, "accel", cg_record_accel(record),
			 "honesty", cg_record_honesty(record));
}
