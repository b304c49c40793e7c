/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What explanations draw on: a question, the same question about the newest machine
 * type of the family, and what this host's kernel says.
 */
#pragma once

#include "lib/prediction.h"
#include "lib/trail.h"

struct cg_inquiry {
	struct cg_question question;
	bool has_effective; /* is U known? */
	struct cg_featureset unsupported;
	struct cg_prediction
		prediction; /* of the definition; model NULL if none was made */
	/* The same on the newest machine type; nothing if that is it, or isn't known. */
	struct cg_question newer;
	struct cg_featureset newer_unsupported;
	struct cg_prediction newer_prediction;
	json_t *boot; /* NULL if the host isn't this one or doesn't count */
};

/* The question alone, with the models of the machine type. Arguments as everywhere. */
cg_must_check int cg_inquiry_open(struct cg_inquiry *out, struct cg_context *context,
				  const json_t *args, struct cg_error *err);

/*
 * And what is known of a definition. CG_E_UNKNOWN if there is no such model. Blocks for
 * as long as measuring takes.
 */
cg_must_check int cg_inquiry_predict(struct cg_inquiry *inquiry, const json_t *args,
				     const struct cg_definition *definition,
				     struct cg_error *err);
void cg_inquiry_deinit(struct cg_inquiry *inquiry);

/* The model that asks for all there is: "host" under KVM, else "max". Static. */
const char *cg_inquiry_fullest(const struct cg_inquiry *inquiry);

/* Does it tell of an emulator? Others tell of a host alone: see formats/host-model.h. */
bool cg_inquiry_has_emulator(const struct cg_inquiry *inquiry);

/* Are its CPUs x86, so that features have places in CPUID? */
bool cg_inquiry_has_cpuid(const struct cg_inquiry *inquiry);

/* NULL for this host. */
const char *cg_inquiry_host(const struct cg_inquiry *inquiry);

/* Can a guest have it? */
enum cg_answer cg_inquiry_answer(const struct cg_inquiry *inquiry, const char *feature);

void cg_inquiry_trail(const struct cg_inquiry *inquiry, const char *feature,
		      struct cg_trail *out);

/*
 * Why not, if it isn't to be had or that can't be told; NULL if nothing is known. Of a
 * record that doesn't tell it is record.untold. @words as in cg_trail_reason(). New
 * reference.
 */
json_t *cg_inquiry_reason(const struct cg_inquiry *inquiry, const char *feature,
			  const char *words);

#define cg_auto_inquiry cg_cleanup(cg_inquiry_deinit)
