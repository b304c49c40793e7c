// SPDX-License-Identifier: LGPL-2.1-or-later
/* Name by name. */
#include "lib/papers.h"

#include <string.h>

#include "cpumodels/definition.h"

#define TSC "tsc-frequency"

static int differs(struct cg_error *err, const char *what, const char *has,
		   const char *promised)
{
	return cg_error_set(err, CG_E_REFUSED,
			    "the guest isn't that of the contract: %s is %.80s, not %.80s",
			    what, has, promised);
}

static int check_text(const json_t *papers, const char *name, const char *promised,
		      struct cg_error *err)
{
	const char *has = cg_json_text(papers, name);

	if (!has)
		return cg_error_set(err, CG_E_PROTOCOL, "no guest: its %s isn't told",
				    name);
	return strcmp(has, promised) == 0 ? 0 : differs(err, name, has, promised);
}

/* They come with the topology, which is compared by itself. */
static bool is_of_threads(const char *feature)
{
	return strcmp(feature, "ht") == 0 || strcmp(feature, "cmp-legacy") == 0;
}

/* Of one list, what isn't in the other. */
static int check_in(const json_t *list, const json_t *other, const char *how,
		    struct cg_error *err)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *name = json_string_value(item);

		if (!name)
			return cg_error_set(err, CG_E_PROTOCOL,
					    "no guest: a feature without a name");
		if (!is_of_threads(name) && !cg_json_lists(other, name))
			return cg_error_set(
				err, CG_E_REFUSED,
				"the guest isn't that of the contract: %.80s %s", name,
				how);
	}
	return 0;
}

/*
 * Of a frequency that nobody chose, each host gives its guests its own, and a guest that comes
 * brings what it has.
 */
static int drop_unchosen(json_t *scalars, const char *cpu, struct cg_error *err)
{
	cg_auto_definition struct cg_definition definition = { 0 };

	if (cg_definition_parse(&definition, cpu, err) < 0)
		return -1;
	if (!cg_definition_find(&definition, TSC))
		json_object_del(scalars, TSC);
	return 0;
}

static int check_scalars(const json_t *has, const struct cg_contract *contract,
			 struct cg_error *err)
{
	cg_auto_json json_t *promised = json_copy(contract->scalars);
	const char *name;
	json_t *value;

	if (drop_unchosen(promised, contract->cpu, err) < 0)
		return -1;
	cg_json_each(promised, name, value) {
		const json_t *found = json_object_get(has, name);
		cg_auto_free char *a = found ? cg_json_canonical(found) : NULL;
		cg_auto_free char *b = cg_json_canonical(value);

		if (found && !json_equal(found, value))
			return differs(err, name, a ? a : "", b ? b : "");
	}
	return 0;
}

/* The contract's may leave to QEMU what the guest's own says. */
static int check_topology(const json_t *papers, const struct cg_topology *promised,
			  struct cg_error *err)
{
	struct cg_topology has;
	struct cg_error why;

	if (cg_topology_from_json(&has, json_object_get(papers, "topology"), &why) < 0)
		return cg_error_set(err, CG_E_PROTOCOL, "no guest: %s", why.msg);
	if (has.cpus == promised->cpus && has.maxcpus == promised->maxcpus &&
	    has.dies == promised->dies && has.threads == promised->threads &&
	    (promised->cores == 1 || has.cores == promised->cores))
		return 0;
	return cg_error_set(err, CG_E_REFUSED,
			    "the guest isn't that of the contract: its vCPUs are others");
}

int cg_papers_check(const json_t *papers, const struct cg_contract *contract,
		    struct cg_error *err)
{
	const json_t *features = json_object_get(papers, "features");

	if (check_text(papers, "target", contract->target, err) < 0 ||
	    check_text(papers, "machine", contract->machine, err) < 0 ||
	    check_text(papers, "accel", contract->accel, err) < 0 ||
	    check_in(features, contract->features, "is only in the guest", err) < 0 ||
	    check_in(contract->features, features, "is only in the contract", err) < 0 ||
	    check_scalars(json_object_get(papers, "scalars"), contract, err) < 0)
		return -1;
	return check_topology(papers, &contract->topology, err);
}
