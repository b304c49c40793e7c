/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the vCPUs of a guest are to be, and where those that there are differ from it. Pure. */
#pragma once

#include "cpumodels/definition.h"
#include "cpumodels/reason.h"
#include "cpumodels/vocabulary.h"

struct cg_likeness {
	const struct cg_vocabulary *vocabulary; /* borrowed */
	struct cg_featureset features;          /* all that a guest is to have */
	struct cg_featureset hidden; /* what it couldn't find: see cpumodels/visible.h */
	/* Whose vendor, family ... are promised as far as it names them; borrowed. */
	const struct cg_definition *definition;
	/*
	 * With several vCPUs QEMU adds features to what was asked for: they come with the
	 * topology, and aren't compared.
	 */
	bool threads;
};

/*
 * A reason launch.differs for everything in which a vCPU with @features and @scalars isn't as
 * promised. What a guest can't find isn't compared, since what it belongs to isn't there.
 */
void cg_likeness_check(const struct cg_likeness *likeness,
		       const struct cg_featureset *features, const json_t *scalars,
		       struct cg_verdict *verdict);

/* Those of @features that a guest can find and that don't come with the topology. */
struct cg_featureset cg_likeness_findable(const struct cg_likeness *likeness,
					  const struct cg_featureset *features);
