/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Splitting a fleet into groups with a baseline each, so that the hosts together keep the
 * most features. Hosts of one class stay together.
 */
#pragma once

#include "cpumodels/fleet.h"

#define CG_PARTITION_EXACT 10 /* classes, of which every split is tried */

struct cg_partition {
	size_t *group_of; /* of each class, from 0 in the order of first classes */
	size_t groups;
	bool exact;    /* no other split keeps more */
	uint64_t kept; /* features that guests on each host have, summed over the hosts */
};

/*
 * Into at most @groups. Groups of several vendors keep nothing. Features in @aside
 * don't count. Takes a few milliseconds for all ways, and cubic time in the worst case
 * beyond that.
 */
cg_must_check int cg_partition_find(struct cg_partition *out,
				    const struct cg_fleet *fleet, size_t groups,
				    const struct cg_featureset *aside,
				    struct cg_error *err);
void cg_partition_deinit(struct cg_partition *partition);

#define cg_auto_partition cg_cleanup(cg_partition_deinit)
