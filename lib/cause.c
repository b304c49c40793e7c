// SPDX-License-Identifier: LGPL-2.1-or-later
/* What `cpugate explain` would say, from what the record holds. */
#include "lib/cause.h"

#include <string.h>

#include "lib/trail.h"

static bool is_x86(const json_t *about)
{
	const char *target = cg_json_text(about, "target");

	/* Others that tell of a host don't say what it is; they are x86 hosts. */
	return !target || !*target || strcmp(target, "x86_64") == 0 ||
	       strcmp(target, "i386") == 0;
}

enum cg_reason cg_cause_find(const struct cg_record *record, const char *feature)
{
	const struct cg_vocabulary *vocabulary = cg_record_vocabulary(record);
	bool is_kvm = strcmp(cg_record_accel(record), "kvm") == 0;
	char vendor[CG_BITS_VENDOR];
	struct cg_trail_host host = {
		.parts = cg_record_host_parts(record),
		.is_brief = true,
	};
	struct cg_trail trail;

	host.vendor = cg_bits_vendor(host.parts, vendor);
	cg_trail_begin(&trail, feature, is_x86(cg_record_about(record)),
		       is_kvm ? &host : NULL);
	trail.is_unknown = vocabulary &&
			   cg_vocabulary_find(vocabulary, feature) == CG_FEATURES_MAX;
	return cg_trail_cause(&trail);
}

json_t *cg_cause_reason(const struct cg_question *question, const json_t *boot,
			const char *feature)
{
	const struct cg_record *record = question->record;
	struct cg_trail_host host = { .boot = boot, .is_brief = true };
	struct cg_trail trail;

	if (question->host) {
		host.parts = cg_host_parts(question->host);
		host.vendor = cg_host_vendor(question->host);
	}
	cg_trail_begin(&trail, feature, is_x86(question->emulator->about),
		       strcmp(question->accel, "kvm") == 0 ? &host : NULL);
	return cg_trail_reason(&trail, feature, record ? cg_record_name(record) : NULL);
}
