// SPDX-License-Identifier: LGPL-2.1-or-later
/* What isn't given is computed, which leaves little that can be wrong. */
#include "gate/topology.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"

#define FORM_VERSION 1    /* of contracts */
#define COUNT_MAX 1048576 /* of anything; QEMU's own limit is far below */

enum {
	CPUS,
	MAXCPUS,
	DRAWERS,
	BOOKS,
	SOCKETS,
	DIES,
	CLUSTERS,
	MODULES,
	CORES,
	THREADS,
	PLACES
};

static const char *const names[PLACES] = { "cpus",    "maxcpus", "drawers",  "books",
					   "sockets", "dies",    "clusters", "modules",
					   "cores",   "threads" };

static int place_of(const char *name)
{
	int place = 0;

	while (place < PLACES && strcmp(names[place], name) != 0)
		place++;
	return place;
}

static int read_count(uint64_t *out, const char *name, const json_t *value,
		      struct cg_error *err)
{
	const char *text = json_string_value(value);
	char *end = NULL;
	unsigned long long count;

	errno = 0;
	count = text ? strtoull(text, &end, 0) : 0;
	if (!text || errno || end == text || *end || strchr(text, '-') ||
	    count > COUNT_MAX)
		return cg_error_set(err, CG_E_USAGE, "smp: %s=%s is no number of CPUs",
				    name, text ? text : "...");
	if (!count)
		return cg_error_set(err, CG_E_UNDECIDED,
				    "smp: %s=0: some QEMUs take it, others refuse it",
				    name);
	*out = count;
	return 0;
}

static int read_counts(uint64_t counts[PLACES], const json_t *smp, struct cg_error *err)
{
	const char *name;
	json_t *value;

	cg_json_each(smp, name, value) {
		int place = place_of(name);

		if (place == PLACES)
			return cg_error_set(err, CG_E_USAGE, "smp: no parameter %s",
					    name);
		if (read_count(&counts[place], name, value, err) < 0)
			return -1;
	}
	return 0;
}

/* Sockets, cores and threads take up what is left; if all are given nothing may be left. */
static int fit(uint64_t counts[PLACES], struct cg_error *err)
{
	uint64_t product = 1, all;

	for (int i = DRAWERS; i < PLACES; i++)
		if (counts[i] && product <= COUNT_MAX)
			product *= counts[i];
	all = counts[MAXCPUS] ? counts[MAXCPUS] : counts[CPUS] ? counts[CPUS] : product;
	if (product > COUNT_MAX || all % product ||
	    (counts[SOCKETS] && counts[CORES] && counts[THREADS] && all != product))
		return cg_error_set(
			err, CG_E_USAGE,
			"smp: the parts of the topology don't multiply to %llu",
			(unsigned long long)all);
	counts[MAXCPUS] = all;
	counts[CPUS] = counts[CPUS] ? counts[CPUS] : all;
	if (counts[CPUS] > all)
		return cg_error_set(err, CG_E_USAGE, "smp: maxcpus is less than cpus");
	return 0;
}

static uint64_t or_one(uint64_t count)
{
	return count ? count : 1;
}

static struct cg_topology pack(const uint64_t counts[PLACES])
{
	return (struct cg_topology){ .cpus = counts[CPUS],
				     .maxcpus = counts[MAXCPUS],
				     .dies = or_one(counts[DIES]),
				     .modules = or_one(counts[MODULES]),
				     .cores = or_one(counts[CORES]),
				     .threads = or_one(counts[THREADS]),
				     .others = or_one(counts[DRAWERS]) *
					       or_one(counts[BOOKS]) *
					       or_one(counts[CLUSTERS]) };
}

int cg_topology_read(struct cg_topology *out, const json_t *smp, struct cg_error *err)
{
	uint64_t counts[PLACES] = { 0 };

	if (read_counts(counts, smp, err) < 0 || fit(counts, err) < 0)
		return -1;
	*out = pack(counts);
	return 0;
}

/* Who gets what is left, if nobody said: machine_parse_smp_config() in hw/core/machine-smp.c. */
static int place_of_rest(const uint64_t counts[PLACES], bool sockets_first)
{
	int first = sockets_first ? SOCKETS : CORES,
	    second = sockets_first ? CORES : SOCKETS;

	if (!counts[first])
		return first;
	return counts[second] ? THREADS : second;
}

int cg_topology_resolve(struct cg_topology *out, const json_t *smp, bool sockets_first,
			struct cg_error *err)
{
	uint64_t counts[PLACES] = { 0 }, product = 1;
	bool counted;
	int rest;

	if (read_counts(counts, smp, err) < 0)
		return -1;
	counted = counts[CPUS] || counts[MAXCPUS];
	if (fit(counts, err) < 0)
		return -1;
	rest = counted ? place_of_rest(counts, sockets_first) : PLACES;
	for (int i = DRAWERS; i < PLACES; i++)
		product *= or_one(counts[i]);
	if (rest < PLACES && !counts[rest])
		counts[rest] = counts[MAXCPUS] / product;
	*out = pack(counts);
	return 0;
}

int cg_topology_from_machine(struct cg_topology *out, const json_t *smp,
			     struct cg_error *err)
{
	uint64_t counts[PLACES] = { 0 };

	for (int i = 0; i < PLACES; i++) {
		const json_t *value = json_object_get(smp, names[i]);

		if (value && (!cg_json_uint(value, &counts[i]) || !counts[i] ||
			      counts[i] > COUNT_MAX))
			return cg_error_set(err, CG_E_PROTOCOL,
					    "smp: %s is no number of CPUs", names[i]);
	}
	if (!counts[CPUS] || !counts[MAXCPUS] || fit(counts, err) < 0)
		return cg_error_set(err, CG_E_PROTOCOL,
				    "smp: the numbers don't fit together");
	*out = pack(counts);
	return 0;
}

bool cg_topology_equal(const struct cg_topology *a, const struct cg_topology *b)
{
	return a->cpus == b->cpus && a->maxcpus == b->maxcpus && a->dies == b->dies &&
	       a->modules == b->modules && a->cores == b->cores &&
	       a->threads == b->threads && a->others == b->others;
}

/* What a contract keeps, by name; the first two are always said. */
static const struct {
	const char *name;
	size_t at;
} kept[] = {
	{ "cpus", offsetof(struct cg_topology, cpus) },
	{ "maxcpus", offsetof(struct cg_topology, maxcpus) },
	{ "dies", offsetof(struct cg_topology, dies) },
	{ "modules", offsetof(struct cg_topology, modules) },
	{ "cores", offsetof(struct cg_topology, cores) },
	{ "threads", offsetof(struct cg_topology, threads) },
	{ "others", offsetof(struct cg_topology, others) },
};

static uint64_t *kept_at(struct cg_topology *topology, size_t i)
{
	return (uint64_t *)(void *)((char *)topology + kept[i].at);
}

json_t *cg_topology_json(const struct cg_topology *topology)
{
	struct cg_topology copy = *topology;
	json_t *out = json_object();

	for (size_t i = 0; i < CG_COUNT(kept); i++)
		if ((i < 2 || *kept_at(&copy, i) != 1) &&
		    json_object_set_new(out, kept[i].name,
					cg_json_from_uint(*kept_at(&copy, i))) < 0) {
			json_decref(out);
			return NULL;
		}
	return out;
}

/* No product of two counts overflows. */
static bool fits(const struct cg_topology *t)
{
	const uint64_t parts[] = { t->dies, t->modules, t->cores, t->threads, t->others };
	uint64_t product = 1;

	for (size_t i = 0; i < CG_COUNT(parts) && product <= COUNT_MAX; i++)
		product *= parts[i];
	return t->cpus <= t->maxcpus && t->maxcpus % product == 0;
}

int cg_topology_from_json(struct cg_topology *out, const json_t *json,
			  struct cg_error *err)
{
	struct cg_topology topology = { 0 };
	struct cg_member members[CG_COUNT(kept)];

	for (size_t i = 0; i < CG_COUNT(kept); i++)
		members[i] = (struct cg_member){ kept[i].name, JSON_INTEGER, i >= 2 };
	if (cg_document_check_members(json, "the topology", FORM_VERSION, members,
				      CG_COUNT(members), err) < 0)
		return -1;
	for (size_t i = 0; i < CG_COUNT(kept); i++) {
		const json_t *count = json_object_get(json, kept[i].name);
		json_int_t value = count ? json_integer_value(count) : 1;

		if (value < 1 || value > COUNT_MAX)
			return cg_error_set(err, CG_E_CORRUPT,
					    "%s of the topology is %lld", kept[i].name,
					    (long long)value);
		*kept_at(&topology, i) = (uint64_t)value;
	}
	if (!fits(&topology))
		return cg_error_set(err, CG_E_CORRUPT,
				    "the topology's parts don't fit together");
	*out = topology;
	return 0;
}
