/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside subjects: what each kind of them is found by, for the files of lib/subject.h. */
#pragma once

#include "lib/subject.h"

/* What both sides share. */
struct cg_subject_setting {
	struct cg_context *context;
	const json_t *args;
};

/*
 * The common arguments, with a machine type and an accelerator of @subject, or else of
 * @other, where the user named none. New reference.
 */
json_t *cg_subject_arguments(const struct cg_subject_setting *setting,
			     const struct cg_subject *subject,
			     const struct cg_subject *other);

/* All that can be had on a host; *@other may have the models that it speaks of. */
cg_must_check int cg_subject_open_host(struct cg_subject *subject,
				       const struct cg_subject *other,
				       const struct cg_subject_setting *setting,
				       struct cg_error *err);

/* What a definition asks for. */
cg_must_check int cg_subject_open_definition(struct cg_subject *subject,
					     const struct cg_subject *other,
					     const struct cg_subject_setting *setting,
					     struct cg_error *err);
