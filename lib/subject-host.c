// SPDX-License-Identifier: LGPL-2.1-or-later
/* A side that is a host: its record, and where models come from that it only names. */
#include <string.h>

#include "lib/command.h"
#include "lib/subject-inside.h"

/* This host, or the record that the user named for everything. */
static int ask(struct cg_record **out, const struct cg_subject_setting *setting,
	       const json_t *args, struct cg_error *err)
{
	const char *path = cg_json_text(args, "record");
	cg_auto_json json_t *reply = NULL;

	if (path)
		return cg_record_read(out, path, err);
	if (cg_command_run(setting->context, "record", args, &reply, err) < 0)
		return -1;
	return cg_record_from_json(out, reply, err);
}

static int record_this_host(struct cg_subject *s, const struct cg_subject *other,
			    const struct cg_subject_setting *setting,
			    struct cg_record **out, struct cg_error *err)
{
	cg_auto_json json_t *args = cg_subject_arguments(setting, s, other);
	cg_auto_json json_t *reply = NULL;

	json_object_del(args, "record"); /* that is another host */
	if (!json_object_get(setting->args, "machine"))
		json_object_del(args, "machine"); /* a host is about all of them */
	if (cg_command_run(setting->context, "record", args, &reply, err) < 0)
		return -1;
	return cg_record_from_json(out, reply, err);
}

/* domcapabilities name models. What they ask for is in any record of an emulator. */
static int join(struct cg_subject *s, const struct cg_subject *other,
		const struct cg_subject_setting *setting, struct cg_record **out,
		struct cg_error *err)
{
	cg_auto_json json_t *args = cg_subject_arguments(setting, s, other);
	const struct cg_record *source = other->records.count ? other->records.items[0]
							      : NULL;
	cg_auto_record struct cg_record *asked = NULL;

	if (!source || cg_record_is_foreign(source) || !s->accel ||
	    strcmp(cg_record_accel(source), s->accel) != 0) {
		if (ask(&asked, setting, args, err) < 0)
			return cg_error_prefix(err, "%s: what its CPU models ask for",
					       s->text);
		source = asked;
	}
	return cg_evidence_join(out, &s->evidence.document, s->text, source, err);
}

static int find_record(struct cg_subject *s, const struct cg_subject *other,
		       const struct cg_subject_setting *setting, struct cg_record **out,
		       struct cg_error *err)
{
	if (s->evidence.record) {
		*out = cg_take(s->evidence.record);
		return 0;
	}
	return strcmp(s->text, "host") == 0
		       ? record_this_host(s, other, setting, out, err)
		       : join(s, other, setting, out, err);
}

int cg_subject_open_host(struct cg_subject *s, const struct cg_subject *other,
			 const struct cg_subject_setting *setting, struct cg_error *err)
{
	cg_auto_record struct cg_record *record = NULL;
	const char *target;

	if (find_record(s, other, setting, &record, err) < 0 ||
	    cg_records_take(&s->records, setting->context, setting->args, cg_take(record),
			    s->text, err) < 0 ||
	    cg_records_use_machine(&s->records, NULL, err) < 0)
		return -1;
	target = cg_json_text(cg_record_about(s->records.items[0]), "target");
	s->target = target ? target : s->target;
	s->accel = cg_record_accel(s->records.items[0]);
	s->words = cg_joint_names(s->records.joint);
	s->features = s->records.supplies->possible;
	s->cpu = (struct cg_cpu){ .vendor = s->records.supplies->vendor,
				  .phys_bits = cg_records_phys_bits(&s->records, 0) };
	return 0;
}
