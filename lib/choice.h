/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a CPU for many hosts is chosen from, and what there is to tell of such a CPU: the
 * definition, its price, and what would be better without some of the hosts. Members are
 * flags for the fleet's classes, NULL for all of them.
 */
#pragma once

#include "cpumodels/loss.h"
#include "lib/candidates.h"

struct cg_choice {
	struct cg_baseline_options options;
	const struct cg_records *records; /* with a machine type */
	struct cg_candidates candidates;
	struct cg_fleet fleet;
};

/* Borrows the records. */
cg_must_check int cg_choice_open(struct cg_choice *out, const struct cg_records *records,
				 const struct cg_baseline_options *options,
				 struct cg_error *err);
void cg_choice_deinit(struct cg_choice *choice);

struct cg_baseline cg_choice_make(const struct cg_choice *choice, const bool *members);

/* CG_E_CORRUPT if one of them couldn't run it, however it was found. */
cg_must_check int cg_choice_check(const struct cg_choice *choice,
				  const struct cg_baseline *baseline, const bool *members,
				  struct cg_error *err);

/* Put "model", "definition" and "features" into @out. */
cg_must_check int cg_choice_describe(const struct cg_choice *choice,
				     const struct cg_baseline *baseline,
				     const bool *members, json_t *out,
				     struct cg_error *err);

/*
 * libvirt's <cpu> for the same, as a JSON string; NULL if it has no words for it. New
 * reference.
 */
json_t *cg_choice_libvirt(const struct cg_choice *choice,
			  const struct cg_baseline *baseline);

/* Lists as cpugate(1) tells of them. New references. */
json_t *cg_choice_lost(const struct cg_choice *choice, const struct cg_losses *losses);
json_t *cg_choice_left_out(const struct cg_choice *choice,
			   const struct cg_baseline *baseline);

/* Put "without" into @out, if leaving one kind of hosts out would win something. */
cg_must_check int cg_choice_put_gain(const struct cg_choice *choice,
				     const struct cg_baseline *baseline, json_t *out,
				     struct cg_error *err);

/* Put "partition" into @out: at most so many groups. */
cg_must_check int cg_choice_put_partition(const struct cg_choice *choice, size_t groups,
					  json_t *out, struct cg_error *err);
