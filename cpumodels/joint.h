/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One vocabulary for what several emulators know, so that sets of theirs can be combined.
 * What a member doesn't know isn't lacking there, it is unknown: see cg_joint_known().
 * Immutable once made; lookups don't allocate.
 */
#pragma once

#include "cpumodels/vocabulary.h"

struct cg_joint;

/*
 * Of @count vocabularies, which are copied; many of them are usually the same, and are
 * kept once. CG_E_LIMIT if all of them together are more than a set can hold.
 */
cg_must_check int cg_joint_new(struct cg_joint **out,
			       const struct cg_vocabulary *const *members, size_t count,
			       struct cg_error *err);
struct cg_joint *cg_joint_free(struct cg_joint *joint);

const struct cg_vocabulary *cg_joint_names(const struct cg_joint *joint); /* borrowed */

/* What the @member-th of them knows, and a set of its own, over the joint names. */
struct cg_featureset cg_joint_known(const struct cg_joint *joint, size_t member);
struct cg_featureset cg_joint_map(const struct cg_joint *joint, size_t member,
				  const struct cg_featureset *set);

static inline void cg_joint_freep(struct cg_joint **joint)
{
	cg_joint_free(*joint);
}
#define cg_auto_joint cg_cleanup(cg_joint_freep)
