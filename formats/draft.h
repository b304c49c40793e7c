/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A record that is being written. What several machine types share is put into it once:
 * lists of models, properties, what models ask for. Equal facts make equal records,
 * whatever order they are added in by name.
 */
#pragma once

#include "formats/record.h"

struct cg_draft;

/*
 * @head has the members of a record that are said as they are: name, accel, emulator,
 * host, measured, enforced, honesty, measure, expansion, machines, untold. @vocabulary
 * may be NULL for a target that doesn't name its features; else @defaults are the
 * emulator's. All borrowed until the draft is freed.
 */
cg_must_check int cg_draft_new(struct cg_draft **out, const json_t *head,
			       const struct cg_vocabulary *vocabulary,
			       const json_t *defaults, struct cg_error *err);
struct cg_draft *cg_draft_free(struct cg_draft *draft);

struct cg_draft_machine {
	const char *name;
	const json_t *models;   /* CpuDefinitionInfo */
	const json_t *defaults; /* properties of its bare model; NULL: the emulator's */
	const struct cg_record_cpu
		*cpus; /* E by place of the model; no scalars if it isn't known */
	const struct cg_featureset
		*unavailable; /* QEMU's own lists by place; NULL: not known */
	const struct cg_featureset *unsupported; /* NULL: not known */
};
cg_must_check int cg_draft_add_machine(struct cg_draft *draft,
				       const struct cg_draft_machine *machine,
				       struct cg_error *err);

/* A member of the head that is known later; takes the value. */
void cg_draft_set(struct cg_draft *draft, const char *name, json_t *value);

/* E of a definition in its printed form, on a machine type that was added. */
cg_must_check int cg_draft_add_definition(struct cg_draft *draft, const char *machine,
					  const char *definition,
					  const struct cg_record_cpu *cpu,
					  struct cg_error *err);

/*
 * @machine NULL: on the default machine type. @end is how QEMU ended, NULL if it started.
 */
void cg_draft_add_start(struct cg_draft *draft, const char *machine,
			const char *definition, const json_t *end);

/*
 * The record's document, with its digest. What was put into it is read back before, so -1
 * is a broken promise of the facts.
 */
cg_must_check int cg_draft_finish(struct cg_draft *draft, json_t **out,
				  struct cg_error *err);

static inline void cg_draft_freep(struct cg_draft **draft)
{
	cg_draft_free(*draft);
}
#define cg_auto_draft cg_cleanup(cg_draft_freep)
