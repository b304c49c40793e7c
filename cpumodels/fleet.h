/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many hosts and what each of them can give, over one vocabulary. Thousands of hosts are
 * few kinds of hosts, so equal ones are one class and everything is computed by class.
 */
#pragma once

#include "cpumodels/caution.h"

/* What one host can give. Borrows its texts. */
struct cg_supply {
	const char *host;   /* what to call it */
	const char *vendor; /* that its guests get; NULL if they may have any (TCG) */
	uint32_t family;    /* of its CPU; 0 if nobody knows */
	struct cg_featureset known;
	struct cg_featureset gives;    /* a CPU that gets all there is: host or max */
	struct cg_featureset possible; /* known − U: whoever asks by name gets it */
};

struct cg_class {
	const struct cg_supply *supply; /* the first of them */
	size_t count;                   /* of its hosts */
};

/* Borrows vocabulary and supplies. */
struct cg_fleet {
	const struct cg_vocabulary *names;
	const struct cg_supply *supplies;
	size_t count;
	struct cg_class *classes; /* in the order of each one's first host */
	size_t class_count;
	size_t *class_of; /* of each host */
	struct cg_gates gates;
	struct cg_cautions cautions;
};

cg_must_check int cg_fleet_init(struct cg_fleet *out, const struct cg_vocabulary *names,
				const struct cg_supply *supplies, size_t count,
				struct cg_error *err);
void cg_fleet_deinit(struct cg_fleet *fleet);

/*
 * What several classes have in common. Starts as cg_common_of_none(), which has
 * everything.
 */
struct cg_common {
	struct cg_featureset known, gives, possible;
	const char *vendor;
	bool mixed; /* not all of one vendor */
};
struct cg_common cg_common_of_none(void);
void cg_common_join(struct cg_common *common, const struct cg_supply *supply);

/*
 * Names of the hosts whose class is in @members (a flag for each class): a new JSON
 * list.
 */
json_t *cg_fleet_hosts(const struct cg_fleet *fleet, const bool *members);

#define cg_auto_fleet cg_cleanup(cg_fleet_deinit)
