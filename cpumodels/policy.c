// SPDX-License-Identifier: LGPL-2.1-or-later
/* libvirt's rules, in libvirt's order: the first that fails decides. */
#include "cpumodels/policy.h"

#include <string.h>

static bool has_vendor(const struct cg_policies *wanted, const char *host_vendor)
{
	return !wanted->vendor ||
	       (host_vendor && strcmp(wanted->vendor, host_vendor) == 0);
}

/* What the host needn't answer for. */
static struct cg_featureset exempt_of(const struct cg_policies *wanted)
{
	struct cg_featureset set = cg_featureset_or(&wanted->force, &wanted->optional);

	return cg_featureset_or(&set, &wanted->disable);
}

enum cg_policy_result cg_policy_compare(const struct cg_policies *wanted,
					const struct cg_featureset *host,
					const char *host_vendor,
					struct cg_featureset *missing)
{
	struct cg_featureset exempt = exempt_of(wanted);
	struct cg_featureset need = cg_featureset_or(&wanted->model, &wanted->require);
	struct cg_featureset forbidden = cg_featureset_and(host, &wanted->forbid);
	struct cg_featureset lacking, more;

	need = cg_featureset_minus(&need, &exempt);
	lacking = cg_featureset_minus(&need, host);
	if (missing)
		*missing = lacking;
	if (!has_vendor(wanted, host_vendor) || !cg_featureset_is_empty(&forbidden) ||
	    !cg_featureset_is_empty(&lacking))
		return CG_POLICY_INCOMPATIBLE;
	more = cg_featureset_minus(host, &need);
	more = cg_featureset_minus(&more, &exempt);
	if (cg_featureset_is_empty(&more))
		return CG_POLICY_IDENTICAL;
	return wanted->strict ? CG_POLICY_INCOMPATIBLE : CG_POLICY_SUPERSET;
}
