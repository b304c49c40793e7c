// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Baselines of random fleets and of recordings of real hosts: they run on every member,
 * nothing hangs on the order, and what they cost is what it says.
 */
#include "cpumodels/baseline.h"

#include "cpumodels/loss.h"
#include "cpumodels/partition.h"
#include "cpumodels/request.h"
#include "tests/unit/random.h"
#include "tests/unit/recorded-hosts.h"

#define ROUNDS 200
#define MODELS 30

/* A fleet and models for it, with the names of both. */
struct world {
	struct recorded_hosts hosts;
	struct cg_candidate models[MODELS];
	char texts[MODELS][32];
	size_t count;
};

static struct cg_featureset random_part(const struct cg_featureset *of, size_t one_in)
{
	struct cg_featureset part = { 0 };

	cg_featureset_each(of, i)
		if (random_below(one_in))
			cg_featureset_add(&part, i);
	return part;
}

/*
 * Emulators of different age: some don't know a few features. No model that all of them
 * have asks for these.
 */
static struct cg_featureset forget(struct recorded_hosts *hosts)
{
	struct cg_featureset all = { 0 }, new = { 0 };

	for (size_t i = 0; i < cg_vocabulary_count(hosts->names); i++)
		cg_featureset_add(&all, i);
	for (int i = 0; i < 5; i++)
		cg_featureset_add(&new, random_below(cg_vocabulary_count(hosts->names)));
	for (size_t i = 0; i < hosts->count; i++) {
		struct cg_supply *s = &hosts->supplies[i];

		s->known = all;
		if (random_below(2))
			continue;
		s->known = cg_featureset_minus(&all, &new);
		s->gives = cg_featureset_minus(&s->gives, &new);
		s->possible = cg_featureset_minus(&s->possible, &new);
	}
	return new;
}

/* Models are made after hosts, as in life; what is behind a gate comes with it. */
static void invent_models(struct world *w)
{
	struct cg_gates gates = cg_gates_of(w->hosts.names);
	struct cg_featureset new = forget(&w->hosts);

	for (w->count = 0; w->count < MODELS; w->count++) {
		const struct cg_supply *like =
			&w->hosts.supplies[random_below(w->hosts.count)];
		struct cg_featureset part =
			random_part(&like->gives, 2 + random_below(30));
		struct cg_candidate *model = &w->models[w->count];

		snprintf(w->texts[w->count], sizeof(w->texts[0]), "Model-v%zu", w->count);
		part = cg_featureset_minus(&part, &new);
		model->name = w->texts[w->count];
		model->requested = cg_gates_close(&gates, &part);
		model->family = random_below(3) ? like->family : 0;
	}
}

/* Hosts of nothing but chance, when there are no recordings. */
static void invent_hosts(struct recorded_hosts *hosts)
{
	cg_auto_json json_t *names = json_array();
	struct cg_error err;
	struct cg_featureset all = { 0 };
	const struct cg_leaf *leaves;
	size_t count;

	leaves = cg_leaves(&count);
	for (size_t i = 0; i < count; i++)
		if (!i || strcmp(leaves[i - 1].name, leaves[i].name) != 0)
			json_array_append_new(names, json_string(leaves[i].name));
	*hosts = (struct recorded_hosts){ .count = 20 };
	assert_ok(cg_vocabulary_from_json(&hosts->names, names, &err));
	for (size_t i = 0; i < cg_vocabulary_count(hosts->names); i++)
		cg_featureset_add(&all, i);
	for (size_t i = 0; i < hosts->count; i++) {
		struct cg_supply *s = &hosts->supplies[i];
		struct cg_gates gates = cg_gates_of(hosts->names);

		snprintf(hosts->texts[i], sizeof(hosts->texts[i]), "host-%zu", i);
		s->host = hosts->texts[i];
		s->vendor = random_below(2) ? "GenuineIntel" : "AuthenticAMD";
		s->family = 6;
		s->possible = random_part(&all, 8);
		s->gives = random_part(&s->possible, 20);
		s->gives = cg_gates_close(&gates, &s->gives);
	}
}

static void open_world(struct world *w, bool real)
{
	random_seed(7);
	*w = (struct world){ 0 };
	if (real)
		recorded_open(&w->hosts);
	if (!w->hosts.count) {
		cg_vocabulary_free(w->hosts.names);
		invent_hosts(&w->hosts);
	}
	invent_models(w);
}

/* @count hosts, of one vendor if @one_vendor, and perhaps some of them twice. */
static void pick(const struct world *w, struct cg_supply *out, size_t count,
		 bool one_vendor)
{
	for (size_t i = 0; i < count;) {
		out[i] = w->hosts.supplies[random_below(w->hosts.count)];
		i += !i || !one_vendor || strcmp(out[i].vendor, out[0].vendor) == 0;
	}
}

static struct cg_baseline choose(const struct world *w, const struct cg_supply *hosts,
				 size_t count, const struct cg_baseline_options *options)
{
	cg_auto_fleet struct cg_fleet fleet = { 0 };
	struct cg_error err;

	assert_ok(cg_fleet_init(&fleet, w->hosts.names, hosts, count, &err));
	return cg_baseline_choose(&fleet, NULL, w->models, w->count, options);
}

static void expect_same(const struct cg_baseline *a, const char *name_a,
			const struct cg_baseline *b, const char *name_b)
{
	assert_int_equal(a->end, b->end);
	if (a->end != CG_BASELINE_FOUND)
		return;
	assert_string_equal(name_a, name_b);
	assert_true(cg_featureset_equal(&a->on, &b->on));
	assert_true(cg_featureset_equal(&a->off, &b->off));
	assert_true(cg_featureset_equal(&a->effective, &b->effective));
}

static void each_world(void (*test)(struct world *))
{
	for (int real = 0; real < 2; real++) {
		struct world w;

		open_world(&w, real);
		test(&w);
		recorded_close(&w.hosts);
	}
}

static struct cg_baseline_options random_options(void)
{
	return (struct cg_baseline_options){ .named = random_below(4) == 0,
					     .nested = random_below(2),
					     .cross_vendor = random_below(2) };
}

static void run_everywhere(struct world *w)
{
	size_t found = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct cg_baseline_options options = random_options();
		size_t count = 1 + random_below(8);
		struct cg_supply hosts[8];
		struct cg_baseline b;

		pick(w, hosts, count, !options.cross_vendor);
		b = choose(w, hosts, count, &options);
		if (b.end != CG_BASELINE_FOUND)
			continue;
		found++;
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(cg_baseline_check(&b, &w->models[b.candidate],
							   &hosts[i]),
					 CG_FEATURES_MAX);
			assert_true(cg_featureset_is_subset(&b.effective,
							    &hosts[i].possible));
		}
		if (!options.named)
			assert_true(cg_featureset_is_subset(&b.goal, &b.effective));
	}
	assert_true(found > ROUNDS / 4);
}

static void it_runs_on_every_member(void **state)
{
	(void)state;
	each_world(run_everywhere);
}

static void shuffle(void *items, size_t count, size_t size)
{
	char *at = items, spare[1024];

	assert_true(size <= sizeof(spare));
	for (size_t i = count; i > 1; i--) {
		size_t j = random_below(i);

		memcpy(spare, at + j * size, size);
		memmove(at + j * size, at + (i - 1) * size, size);
		memcpy(at + (i - 1) * size, spare, size);
	}
}

static void shuffle_all(struct world *w)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct cg_baseline_options options = random_options();
		size_t count = 1 + random_below(8);
		struct cg_supply hosts[9];
		struct cg_baseline before, after;
		const char *name;

		pick(w, hosts, count, !options.cross_vendor);
		before = choose(w, hosts, count, &options);
		name = w->models[before.candidate].name;
		shuffle(hosts, count, sizeof(hosts[0]));
		shuffle(w->models, w->count, sizeof(w->models[0]));
		hosts[count] = hosts[random_below(count)]; /* once more changes nothing */
		after = choose(w, hosts, count + 1, &options);
		expect_same(&before, name, &after, w->models[after.candidate].name);
	}
}

static void order_and_repetition_do_not_matter(void **state)
{
	(void)state;
	each_world(shuffle_all);
}

/* A host that can just do the baseline changes nothing, and has itself as a baseline. */
static void repeat(struct world *w)
{
	const struct cg_baseline_options options = { .nested = true };

	for (int round = 0; round < ROUNDS; round++) {
		size_t count = 1 + random_below(6);
		struct cg_supply hosts[7], alone;
		struct cg_baseline b, again;

		pick(w, hosts, count, true);
		b = choose(w, hosts, count, &options);
		assert_int_equal(b.end, CG_BASELINE_FOUND);
		hosts[count] = hosts[0];
		hosts[count].gives = b.effective;
		hosts[count].possible = b.effective;
		alone = hosts[count];
		again = choose(w, hosts, count + 1, &options);
		assert_true(cg_featureset_is_subset(&again.effective, &b.effective));
		assert_true(cg_featureset_is_subset(&b.goal, &again.effective));
		again = choose(w, &alone, 1, &options);
		assert_true(cg_featureset_is_subset(&again.effective, &b.effective));
		assert_true(cg_featureset_is_subset(&b.goal, &again.effective));
	}
}

static void it_is_idempotent(void **state)
{
	(void)state;
	each_world(repeat);
}

static void more_hosts(struct world *w)
{
	const struct cg_baseline_options options = { .cross_vendor = true };

	for (int round = 0; round < ROUNDS; round++) {
		size_t count = 2 + random_below(6);
		struct cg_supply hosts[8];
		struct cg_baseline few, all;

		pick(w, hosts, count, false);
		few = choose(w, hosts, count - 1, &options);
		all = choose(w, hosts, count, &options);
		assert_true(cg_featureset_is_subset(&all.goal, &few.goal));
	}
}

static void another_host_never_adds(void **state)
{
	(void)state;
	each_world(more_hosts);
}

static void account(struct world *w)
{
	const struct cg_baseline_options options = { .cross_vendor = true };
	struct cg_error err;

	for (int round = 0; round < ROUNDS; round++) {
		cg_auto_fleet struct cg_fleet fleet = { 0 };
		cg_auto_losses struct cg_losses losses = { 0 };
		size_t count = 1 + random_below(8);
		struct cg_supply hosts[8];
		struct cg_baseline b;

		pick(w, hosts, count, false);
		assert_ok(cg_fleet_init(&fleet, w->hosts.names, hosts, count, &err));
		b = cg_baseline_choose(&fleet, NULL, w->models, w->count, &options);
		assert_ok(cg_losses_find(&losses, &fleet, &b, &options, &err));
		for (size_t i = 0; i < losses.count; i++) {
			const struct cg_loss *loss = &losses.items[i];
			struct cg_featureset both =
				cg_featureset_and(&loss->features, &b.effective);
			size_t blamed = 0;

			assert_true(cg_featureset_is_empty(&both));
			assert_false(cg_featureset_is_empty(&loss->features));
			for (size_t h = 0; h < count; h++)
				cg_featureset_each(&loss->features, f) {
					bool has = cg_featureset_has(&hosts[h].gives, f);

					assert_int_equal(loss->costs[fleet.class_of[h]],
							 !has);
				}
			for (size_t h = 0; h < count; h++)
				blamed += loss->costs[fleet.class_of[h]];
			assert_int_equal(blamed, loss->hosts);
			assert_true(blamed > 0); /* the goal is reached */
		}
	}
}

static void every_loss_has_its_hosts(void **state)
{
	(void)state;
	each_world(account);
}

static size_t common_without(const struct cg_supply *hosts, size_t count, size_t out,
			     const struct cg_fleet *fleet)
{
	struct cg_common all = cg_common_of_none();

	for (size_t i = 0; i < count; i++)
		if (fleet->class_of[i] != out)
			cg_common_join(&all, &hosts[i]);
	for (enum cg_caution c = CG_CAUTION_NONE + 1; c < CG_CAUTIONS; c++)
		all.gives = cg_featureset_minus(&all.gives, &fleet->cautions.sets[c]);
	return cg_featureset_count(&all.gives);
}

static void leave_out(struct world *w)
{
	const struct cg_baseline_options options = { 0 };
	struct cg_error err;

	for (int round = 0; round < ROUNDS; round++) {
		cg_auto_fleet struct cg_fleet fleet = { 0 };
		size_t count = 2 + random_below(7), now;
		struct cg_supply hosts[8];
		struct cg_gain gain;

		pick(w, hosts, count, true);
		assert_ok(cg_fleet_init(&fleet, w->hosts.names, hosts, count, &err));
		assert_ok(cg_gain_find(&gain, &fleet, &options, &err));
		if (fleet.class_count < 2) {
			assert_int_equal(gain.features, 0);
			continue;
		}
		now = common_without(hosts, count, fleet.class_count, &fleet);
		for (size_t i = 0; i < fleet.class_count; i++)
			assert_true(common_without(hosts, count, i, &fleet) - now <=
				    gain.features);
		assert_int_equal(common_without(hosts, count, gain.class, &fleet) - now,
				 gain.features);
	}
}

static void the_greatest_gain_is_found(void **state)
{
	(void)state;
	each_world(leave_out);
}

static uint64_t worth_of(const struct cg_fleet *fleet, const struct cg_partition *p)
{
	uint64_t kept = 0;

	for (size_t g = 0; g < p->groups; g++) {
		struct cg_common common = cg_common_of_none();
		size_t hosts = 0;

		for (size_t i = 0; i < fleet->class_count; i++) {
			if (p->group_of[i] != g)
				continue;
			cg_common_join(&common, fleet->classes[i].supply);
			hosts += fleet->classes[i].count;
		}
		assert_true(hosts > 0);
		kept += common.mixed ? 0 : hosts * cg_featureset_count(&common.gives);
	}
	return kept;
}

static void split(struct world *w)
{
	const struct cg_featureset aside = { 0 };
	struct cg_error err;

	for (int round = 0; round < 12; round++) {
		cg_auto_fleet struct cg_fleet fleet = { 0 };
		size_t count = round % 4 ? 7 : w->hosts.count;
		struct cg_supply hosts[RECORDED_MAX];
		uint64_t before = 0;

		pick(w, hosts, count, false);
		assert_ok(cg_fleet_init(&fleet, w->hosts.names, hosts, count, &err));
		for (size_t groups = 1; groups <= 5; groups++) {
			cg_auto_partition struct cg_partition p = { 0 };

			assert_ok(cg_partition_find(&p, &fleet, groups, &aside, &err));
			assert_true(p.groups <= groups);
			assert_true(worth_of(&fleet, &p) == p.kept);
			assert_int_equal(p.exact,
					 fleet.class_count <= CG_PARTITION_EXACT ||
						 fleet.class_count <= groups);
			assert_true(!p.exact || p.kept >= before);
			before = p.kept;
		}
	}
}

static void splits_are_counted_right(void **state)
{
	(void)state;
	each_world(split);
}

/* Tables. */

static struct cg_vocabulary *names_of(const char *const *names, size_t count)
{
	struct cg_vocabulary *v = NULL;
	struct cg_error err;

	assert_ok(cg_vocabulary_new(&v, names, count, &err));
	return v;
}

static struct cg_featureset those(const struct cg_vocabulary *v, const char *text)
{
	cg_auto_free char *copy = strdup(text);
	struct cg_featureset set = { 0 };
	char *rest = copy, *name;

	while ((name = strsep(&rest, " ")))
		if (*name) {
			assert_true(cg_vocabulary_find(v, name) < CG_FEATURES_MAX);
			cg_featureset_add(&set, cg_vocabulary_find(v, name));
		}
	return set;
}

static void expect_set(const struct cg_vocabulary *v, const struct cg_featureset *set,
		       const char *text)
{
	cg_auto_json json_t *got = cg_vocabulary_list(v, set), *wanted = NULL;
	struct cg_featureset expected = those(v, text);
	cg_auto_free char *a = NULL, *b = NULL;

	wanted = cg_vocabulary_list(v, &expected);
	a = cg_json_canonical(got);
	b = cg_json_canonical(wanted);
	assert_string_equal(a, b);
}

static const char *const words[] = {
	"arch-capabilities", "avx",      "avx2",     "invtsc", "npt",
	"nrip-save",         "rdctl-no", "sse2",     "ssse3",  "svm",
	"topoext",           "xsave",    "xsaveopt",
};

static struct cg_supply host(const struct cg_vocabulary *v, const char *gives,
			     const char *possible)
{
	struct cg_supply s = { .host = "h", .vendor = "AuthenticAMD", .family = 23 };

	for (size_t i = 0; i < cg_vocabulary_count(v); i++)
		cg_featureset_add(&s.known, i);
	s.gives = those(v, gives);
	s.possible = those(v, possible);
	return s;
}

/* One host, one model. */
static struct cg_baseline try(const struct cg_vocabulary *v,
			      const struct cg_supply *supply, const char *model,
			      bool nested)
{
	struct cg_candidate candidate = { .name = "M", .requested = those(v, model) };
	const struct cg_baseline_options options = { .nested = nested };
	cg_auto_fleet struct cg_fleet fleet = { 0 };
	struct cg_error err;

	assert_ok(cg_fleet_init(&fleet, v, supply, 1, &err));
	return cg_baseline_choose(&fleet, NULL, &candidate, 1, &options);
}

static void what_a_model_has_and_a_host_can_stays(void **state)
{
	cg_auto_vocabulary struct cg_vocabulary *v = names_of(words, CG_COUNT(words));
	struct cg_supply s = host(v, "sse2 ssse3", "sse2 ssse3 topoext");
	struct cg_baseline b = try(v, &s, "sse2 topoext avx", false);

	(void)state;
	expect_set(v, &b.on, "ssse3");
	expect_set(v, &b.off, "avx");
	expect_set(v, &b.effective, "sse2 ssse3 topoext");
}

static void what_is_behind_a_gate_goes_with_it(void **state)
{
	cg_auto_vocabulary struct cg_vocabulary *v = names_of(words, CG_COUNT(words));
	struct cg_supply s = host(v, "sse2", "sse2 xsaveopt rdctl-no");
	struct cg_baseline b =
		try(v, &s, "sse2 xsave xsaveopt arch-capabilities rdctl-no", false);

	(void)state;
	expect_set(v, &b.on, "");
	expect_set(v, &b.off, "arch-capabilities xsave");
	expect_set(v, &b.effective, "sse2");
}

static void nested_guests_have_to_be_asked_for(void **state)
{
	cg_auto_vocabulary struct cg_vocabulary *v = names_of(words, CG_COUNT(words));
	struct cg_supply s =
		host(v, "sse2 svm npt invtsc", "sse2 svm npt nrip-save invtsc");
	struct cg_baseline without = try(v, &s, "sse2", false);
	struct cg_baseline with = try(v, &s, "sse2", true);

	(void)state;
	expect_set(v, &without.on, "");
	expect_set(v, &without.left_out[CG_CAUTION_NESTED], "npt svm");
	expect_set(v, &without.left_out[CG_CAUTION_MIGRATION], "invtsc");
	expect_set(v, &with.on, "npt svm");
	expect_set(v, &with.off, "nrip-save"); /* a model may hide it behind svm */
	expect_set(v, &with.left_out[CG_CAUTION_MIGRATION], "invtsc");
}

static void vendors_are_kept_apart(void **state)
{
	cg_auto_vocabulary struct cg_vocabulary *v = names_of(words, CG_COUNT(words));
	struct cg_supply hosts[2] = { host(v, "sse2 avx", "sse2 avx"),
				      host(v, "sse2 avx2", "sse2 avx2") };
	struct cg_candidate model = { .name = "M", .requested = those(v, "sse2") };
	struct cg_baseline_options options = { 0 };
	cg_auto_fleet struct cg_fleet fleet = { 0 };
	struct cg_baseline b;
	struct cg_error err;

	(void)state;
	hosts[1].vendor = "GenuineIntel";
	assert_ok(cg_fleet_init(&fleet, v, hosts, 2, &err));
	b = cg_baseline_choose(&fleet, NULL, &model, 1, &options);
	assert_int_equal(b.end, CG_BASELINE_VENDORS);
	options.cross_vendor = true;
	b = cg_baseline_choose(&fleet, NULL, &model, 1, &options);
	assert_int_equal(b.end, CG_BASELINE_FOUND);
	expect_set(v, &b.effective, "sse2");
}

static void a_name_that_an_emulator_does_not_know_is_not_used(void **state)
{
	cg_auto_vocabulary struct cg_vocabulary *v = names_of(words, CG_COUNT(words));
	struct cg_supply s = host(v, "sse2", "sse2");
	struct cg_baseline b;

	(void)state;
	cg_featureset_remove(&s.known, cg_vocabulary_find(v, "avx2"));
	b = try(v, &s, "sse2 avx2", false); /* avx2=off would be refused */
	assert_int_equal(b.end, CG_BASELINE_NO_MODEL);
	b = try(v, &s, "sse2 avx", false);
	assert_int_equal(b.end, CG_BASELINE_FOUND);
}

static void levels_are_refused_with_what_lacks(void **state)
{
	static const char *const all[] = {
		"abm",    "avx",   "avx2",    "bmi1",   "bmi2", "cmov",    "cx16",
		"cx8",    "f16c",  "fma",     "fpu",    "fxsr", "lahf-lm", "lm",
		"mmx",    "movbe", "pni",     "popcnt", "sse",  "sse2",    "sse4.1",
		"sse4.2", "ssse3", "syscall", "xsave",
	};
	cg_auto_vocabulary struct cg_vocabulary *v = names_of(all, CG_COUNT(all));
	struct cg_supply s = host(v, "", "");
	struct cg_candidate model = { .name = "M",
				      .requested = those(v, "fpu sse sse2 avx") };
	struct cg_baseline_options options = { .level = CG_LEVEL_V2 };
	cg_auto_fleet struct cg_fleet fleet = { 0 };
	struct cg_error err;
	struct cg_baseline b;

	(void)state;
	s.gives = s.possible = s.known;
	cg_featureset_remove(&s.gives, cg_vocabulary_find(v, "movbe"));
	s.possible = s.gives;
	assert_ok(cg_fleet_init(&fleet, v, &s, 1, &err));
	b = cg_baseline_choose(&fleet, NULL, &model, 1, &options);
	assert_int_equal(b.end, CG_BASELINE_FOUND);
	assert_true(cg_featureset_has(&b.effective, cg_vocabulary_find(v, "sse4.2")));
	assert_false(cg_featureset_has(&b.effective, cg_vocabulary_find(v, "fma")));
	options.level = CG_LEVEL_V3;
	b = cg_baseline_choose(&fleet, NULL, &model, 1, &options);
	assert_int_equal(b.end, CG_BASELINE_BELOW_LEVEL);
	expect_set(v, &b.lacking, "movbe");
	options.level = CG_LEVEL_V4; /* nobody here knows avx512f */
	b = cg_baseline_choose(&fleet, NULL, &model, 1, &options);
	assert_int_equal(b.end, CG_BASELINE_BELOW_LEVEL);
}

static void requests_follow_their_definition(void **state)
{
	cg_auto_vocabulary struct cg_vocabulary *v = names_of(words, CG_COUNT(words));
	struct cg_featureset model = those(v, "sse2 xsave xsaveopt");
	cg_auto_json json_t *properties = json_pack("{s:i}", "level", 13);
	cg_auto_definition struct cg_definition d = { 0 };
	struct cg_gates gates = cg_gates_of(v);
	struct cg_request r;
	struct cg_error err;

	(void)state;
	assert_ok(cg_definition_parse(&d,
				      "M,+avx,xsave=off,svm=on,npt=on,level=7,wings=on",
				      &err));
	r = cg_request_make(&model, &d, v, &gates, properties);
	expect_set(v, &r.features, "avx npt sse2 svm");
	expect_set(v, &r.on, "avx npt svm");
	expect_set(v, &r.off, "xsave");
	expect_set(v, &r.perhaps, "nrip-save");
	assert_string_equal(r.unknown, "wings");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_runs_on_every_member),
		cmocka_unit_test(order_and_repetition_do_not_matter),
		cmocka_unit_test(it_is_idempotent),
		cmocka_unit_test(another_host_never_adds),
		cmocka_unit_test(every_loss_has_its_hosts),
		cmocka_unit_test(the_greatest_gain_is_found),
		cmocka_unit_test(splits_are_counted_right),
		cmocka_unit_test(what_a_model_has_and_a_host_can_stays),
		cmocka_unit_test(what_is_behind_a_gate_goes_with_it),
		cmocka_unit_test(nested_guests_have_to_be_asked_for),
		cmocka_unit_test(vendors_are_kept_apart),
		cmocka_unit_test(a_name_that_an_emulator_does_not_know_is_not_used),
		cmocka_unit_test(levels_are_refused_with_what_lacks),
		cmocka_unit_test(requests_follow_their_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
