// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How long questions about many hosts take once the records are loaded: the algebra
 * alone, in this process. Fleets are made of the hosts that others recorded: in one
 * kind of fleet one host in ten has lost a feature, in the other each has lost its own
 * four, so that hardly two are equal.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cpumodels/compare.h"
#include "cpumodels/loss.h"
#include "tests/unit/random.h"
#include "tests/unit/recorded-hosts.h"

#define MODELS 150 /* QEMU 10.0 has 154 */
#define HOSTS_MAX 10000
#define RUNS 9

struct bench {
	struct recorded_hosts recorded;
	struct cg_supply *hosts;
	struct cg_candidate models[MODELS];
	char names[MODELS][16];
};

static const struct cg_supply *any_intel(const struct bench *b)
{
	const struct cg_supply *s;

	do
		s = &b->recorded.supplies[random_below(b->recorded.count)];
	while (strcmp(s->vendor, "GenuineIntel") != 0);
	return s;
}

static void lose(struct cg_supply *host, size_t features, size_t times)
{
	for (size_t i = 0; i < times; i++) {
		size_t feature = random_below(features);

		cg_featureset_remove(&host->gives, feature);
		cg_featureset_remove(&host->possible, feature);
	}
}

static void make_fleet(struct bench *b, bool distinct)
{
	size_t features = cg_vocabulary_count(b->recorded.names);

	random_seed(1);
	for (size_t i = 0; i < HOSTS_MAX; i++) {
		b->hosts[i] = *any_intel(b);
		for (size_t f = 0; f < features; f++)
			cg_featureset_add(&b->hosts[i].known, f);
		lose(&b->hosts[i], features, distinct ? 4 : random_below(10) == 0);
	}
	for (size_t i = 0; i < MODELS; i++) {
		struct cg_supply like = *any_intel(b);

		lose(&like, features, 20);
		snprintf(b->names[i], sizeof(b->names[i]), "Model-v%zu", i);
		b->models[i] = (struct cg_candidate){ b->names[i], NULL, 6, like.gives };
	}
}

/* The definition, checked on every host, with what it costs. */
static size_t find_baseline(const struct bench *b, size_t count)
{
	const struct cg_baseline_options options = { 0 };
	cg_auto_fleet struct cg_fleet fleet = { 0 };
	cg_auto_losses struct cg_losses losses = { 0 };
	struct cg_baseline found;
	struct cg_error err;
	struct cg_gain gain;

	if (cg_fleet_init(&fleet, b->recorded.names, b->hosts, count, &err) < 0)
		abort();
	found = cg_baseline_choose(&fleet, NULL, b->models, MODELS, &options);
	for (size_t i = 0; i < fleet.class_count; i++)
		if (found.end != CG_BASELINE_FOUND ||
		    cg_baseline_check(&found, &b->models[found.candidate],
				      fleet.classes[i].supply) < CG_FEATURES_MAX)
			abort();
	if (cg_losses_find(&losses, &fleet, &found, &options, &err) < 0 ||
	    cg_gain_find(&gain, &fleet, &options, &err) < 0)
		abort();
	return fleet.class_count;
}

static size_t compare_all(const struct bench *b, size_t count)
{
	struct cg_cpu guest = { .features = b->models[0].requested }, host = { 0 };
	size_t able = 0;

	for (size_t i = 0; i < count; i++) {
		host.features = b->hosts[i].possible;
		host.vendor = b->hosts[i].vendor;
		able += cg_compare(&guest, &host).order == CG_SUBSET;
	}
	return able;
}

/* The best of some runs: @goal in ms, 0 for none. */
static void report(const struct bench *b, const char *what, size_t count, double goal,
		   size_t (*run)(const struct bench *, size_t))
{
	int64_t best = INT64_MAX;
	size_t result = 0;

	for (int i = 0; i < RUNS; i++) {
		int64_t start = cg_clock_now(), took;

		result = run(b, count);
		took = cg_clock_now() - start;
		best = took < best ? took : best;
	}
	printf("%-34s %6zu hosts %5zu %9.3f ms", what, count, result, (double)best / 1e6);
	if (goal > 0)
		printf("   goal %.1f ms: %s", goal,
		       (double)best / 1e6 <= goal ? "reached" : "missed");
	putchar('\n');
}

int main(void)
{
	struct bench *b = calloc(1, sizeof(*b));

	recorded_open(&b->recorded);
	b->hosts = calloc(HOSTS_MAX, sizeof(*b->hosts));
	for (int distinct = 0; distinct < 2 && b->recorded.count; distinct++) {
		const char *what = distinct ? "baseline, all different, classes"
					    : "baseline, classes";

		make_fleet(b, distinct);
		report(b, what, 100, 0.5, find_baseline);
		report(b, what, 1000, 5, find_baseline);
		report(b, what, HOSTS_MAX, 0, find_baseline);
	}
	if (b->recorded.count)
		report(b, "hosts for a guest, able", HOSTS_MAX, 10, compare_all);
	recorded_close(&b->recorded);
	free(b->hosts);
	free(b);
	return 0;
}
