// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Comparing is a partial order, on random CPUs and on recordings of real ones; and
 * libvirt's rules, each with cases of its own.
 */
#include "cpumodels/compare.h"

#include "cpumodels/joint.h"
#include "cpumodels/policy.h"
#include "tests/unit/random.h"
#include "tests/unit/recorded-hosts.h"

#define ROUNDS 3000

static struct cg_featureset set_of(unsigned int bits)
{
	struct cg_featureset set = { 0 };

	set.words[0] = bits;
	return set;
}

/* Few features and few values, so that equal and comparable ones turn up. */
static struct cg_cpu random_cpu(void)
{
	static const char *const vendors[] = { "GenuineIntel", "GenuineIntel",
					       "GenuineIntel", "AuthenticAMD" };

	return (struct cg_cpu){
		.features = set_of((unsigned int)random_below(8)),
		.vendor = vendors[random_below(4)],
		.has_signature = true,
		.family = 6,
		.model = (uint32_t)random_below(2),
		.level = 13 + (uint32_t)random_below(2),
		.xlevel = 0x80000008,
		.phys_bits = 39 + (uint32_t)random_below(2),
		.tsc_frequency = 1000 + random_below(8) / 7,
	};
}

static enum cg_order order(const struct cg_cpu *a, const struct cg_cpu *b)
{
	return cg_compare(a, b).order;
}

static enum cg_order turned(enum cg_order order)
{
	if (order == CG_SUPERSET)
		return CG_SUBSET;
	return order == CG_SUBSET ? CG_SUPERSET : order;
}

static bool is_at_most(const struct cg_cpu *a, const struct cg_cpu *b)
{
	return order(a, b) == CG_SUBSET || order(a, b) == CG_IDENTICAL;
}

static void expect_order(const struct cg_cpu *a, const struct cg_cpu *b,
			 const struct cg_cpu *c)
{
	struct cg_comparison ab = cg_compare(a, b);
	bool nothing = cg_featureset_is_empty(&ab.only_a) &&
		       cg_featureset_is_empty(&ab.only_b) && !ab.properties;

	assert_int_equal(order(a, a), CG_IDENTICAL);
	assert_int_equal(order(b, a), turned(ab.order));
	assert_int_equal(ab.order == CG_IDENTICAL, nothing);
	if (is_at_most(a, b) && is_at_most(b, c))
		assert_true(is_at_most(a, c));
}

static void it_is_a_partial_order(void **state)
{
	size_t seen[4] = { 0 };

	(void)state;
	random_seed(4);
	for (int i = 0; i < ROUNDS; i++) {
		struct cg_cpu a = random_cpu(), b = random_cpu(), c = random_cpu();

		expect_order(&a, &b, &c);
		seen[order(&a, &b)]++;
	}
	for (size_t i = 0; i < CG_COUNT(seen); i++)
		assert_true(seen[i] > 10);
}

static struct cg_cpu cpu_of(const struct cg_supply *s)
{
	return (struct cg_cpu){ .features = s->gives, .vendor = s->vendor };
}

static void real_hosts_are_in_a_partial_order(void **state)
{
	struct recorded_hosts hosts;
	size_t pairs = 0;

	(void)state;
	recorded_open(&hosts);
	for (size_t i = 0; i < hosts.count; i++)
		for (size_t j = 0; j < hosts.count; j++) {
			struct cg_cpu a = cpu_of(&hosts.supplies[i]),
				      b = cpu_of(&hosts.supplies[j]);

			pairs += i != j;
			for (size_t k = 0; k < hosts.count; k++) {
				struct cg_cpu c = cpu_of(&hosts.supplies[k]);

				expect_order(&a, &b, &c);
			}
			if (strcmp(a.vendor, b.vendor) != 0)
				assert_int_equal(order(&a, &b), CG_INCOMPATIBLE);
		}
	if (hosts.count == 26)
		assert_int_equal(pairs, 650);
	recorded_close(&hosts);
}

#define INTEL "GenuineIntel"
#define AMD "AuthenticAMD"
#define CPU(bits, ...)                                                                   \
	{                                                                                \
		.features = { { bits } }, __VA_ARGS__                                    \
	}
#define FMS(m) .has_signature = true, .family = 6, .model = (m)

static const struct {
	const char *name;
	struct cg_cpu a, b;
	enum cg_order order;
} cases[] = {
	{ "the same", CPU(3), CPU(3), CG_IDENTICAL },
	{ "A has more, so B runs where A does", CPU(3), CPU(1), CG_SUPERSET },
	{ "A has less", CPU(1), CPU(3), CG_SUBSET },
	{ "each has its own", CPU(1), CPU(2), CG_INCOMPATIBLE },
	{ "another vendor", CPU(3, .vendor = INTEL), CPU(1, .vendor = AMD),
	  CG_INCOMPATIBLE },
	{ "a vendor and any", CPU(3, .vendor = INTEL), CPU(3), CG_IDENTICAL },
	{ "a higher level", CPU(3, .level = 13), CPU(3, .level = 11), CG_SUPERSET },
	{ "a higher level, fewer features", CPU(1, .level = 13), CPU(3, .level = 11),
	  CG_INCOMPATIBLE },
	{ "wider addresses", CPU(3, .phys_bits = 40), CPU(3, .phys_bits = 46),
	  CG_SUBSET },
	{ "a width and none", CPU(3, .phys_bits = 40), CPU(3), CG_IDENTICAL },
	{ "a lower xlevel", CPU(3, .xlevel = 0x80000008), CPU(3, .xlevel = 0x8000001a),
	  CG_SUBSET },
	{ "another frequency", CPU(3, .tsc_frequency = 1), CPU(1, .tsc_frequency = 2),
	  CG_INCOMPATIBLE },
	{ "nothing but the model number", CPU(3, FMS(1)), CPU(3, FMS(2)),
	  CG_INCOMPATIBLE },
	{ "more, and another model number", CPU(3, FMS(1)), CPU(1, FMS(2)), CG_SUPERSET },
	{ "a signature and none", CPU(3, FMS(1)), CPU(3), CG_IDENTICAL },
};

static void words_and_direction_are_those_of_qemu(void **state)
{
	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		enum cg_order got = order(&cases[i].a, &cases[i].b);

		if (got != cases[i].order)
			fail_msg("%s: %s", cases[i].name, cg_order_word(got));
		assert_int_equal(order(&cases[i].b, &cases[i].a), turned(got));
	}
}

static void responsible_are_all_that_differ(void **state)
{
	static const char *const names[] = { "avx", "avx2", "sse2" };
	struct cg_cpu a = CPU(5, .vendor = INTEL, .level = 13, FMS(1));
	struct cg_cpu b = CPU(6, .vendor = AMD, .level = 13, FMS(2));
	struct cg_comparison c = cg_compare(&a, &b);
	cg_auto_vocabulary struct cg_vocabulary *v = NULL;
	cg_auto_json json_t *list = NULL;
	cg_auto_free char *text = NULL;
	struct cg_error err;

	(void)state;
	assert_ok(cg_vocabulary_new(&v, names, CG_COUNT(names), &err));
	list = cg_compare_responsible(&c, v);
	text = cg_json_canonical(list);
	assert_string_equal(text, "[\"vendor\",\"model\",\"avx\",\"avx2\"]");
}

static void scalars_are_read_from_an_expansion(void **state)
{
	cg_auto_json json_t *scalars =
		json_pack("{s:s, s:i, s:i, s:i, s:i, s:I, s:i, s:i}", "vendor", INTEL,
			  "family", 6, "model", 60, "stepping", 4, "level", 13, "xlevel",
			  (json_int_t)0x80000008, "phys-bits", 0, "tsc-frequency", 0);
	struct cg_cpu cpu = { 0 }, none = { 0 };

	(void)state;
	cg_cpu_take_scalars(&cpu, scalars);
	assert_string_equal(cpu.vendor, INTEL);
	assert_true(cpu.has_signature);
	assert_int_equal(cpu.model, 60);
	assert_int_equal(cpu.xlevel, 0x80000008);
	assert_int_equal(cpu.phys_bits, 0);
	cg_cpu_take_scalars(&none, NULL);
	assert_null(none.vendor);
	assert_false(none.has_signature);
}

/* libvirt, rule by rule. */

#define WANTED(...)                                                                      \
	{                                                                                \
		__VA_ARGS__                                                              \
	}
#define SET(bits)                                                                        \
	{                                                                                \
		{                                                                        \
			bits                                                             \
		}                                                                        \
	}

static const struct {
	const char *rule;
	struct cg_policies wanted;
	unsigned int host;
	const char *host_vendor;
	enum cg_policy_result result;
} rules[] = {
	{ "all that is there", WANTED(.model = SET(3)), 3, INTEL, CG_POLICY_IDENTICAL },
	{ "the host has more", WANTED(.model = SET(1)), 3, INTEL, CG_POLICY_SUPERSET },
	{ "the host has less", WANTED(.model = SET(3)), 1, INTEL,
	  CG_POLICY_INCOMPATIBLE },
	{ "more, but strict", WANTED(.model = SET(1), .strict = true), 3, INTEL,
	  CG_POLICY_INCOMPATIBLE },
	{ "strict, and the same", WANTED(.model = SET(3), .strict = true), 3, INTEL,
	  CG_POLICY_IDENTICAL },
	{ "another vendor", WANTED(.model = SET(1), .vendor = AMD), 3, INTEL,
	  CG_POLICY_INCOMPATIBLE },
	{ "the same vendor", WANTED(.model = SET(3), .vendor = INTEL), 3, INTEL,
	  CG_POLICY_IDENTICAL },
	{ "no vendor asked for never fails on it", WANTED(.model = SET(3)), 3, AMD,
	  CG_POLICY_IDENTICAL },
	{ "a vendor, and a host without one", WANTED(.model = SET(3), .vendor = INTEL), 3,
	  NULL, CG_POLICY_INCOMPATIBLE },
	{ "no vendor, and a host without one", WANTED(.model = SET(3)), 3, NULL,
	  CG_POLICY_IDENTICAL },
	{ "forbidden and there", WANTED(.model = SET(1), .forbid = SET(2)), 3, INTEL,
	  CG_POLICY_INCOMPATIBLE },
	{ "forbidden and not there", WANTED(.model = SET(1), .forbid = SET(2)), 1, INTEL,
	  CG_POLICY_IDENTICAL },
	{ "required and there", WANTED(.model = SET(1), .require = SET(2)), 3, INTEL,
	  CG_POLICY_IDENTICAL },
	{ "required and not there", WANTED(.model = SET(1), .require = SET(2)), 1, INTEL,
	  CG_POLICY_INCOMPATIBLE },
	{ "forced on a weaker host", WANTED(.model = SET(3), .force = SET(2)), 1, INTEL,
	  CG_POLICY_IDENTICAL },
	{ "forced, and strict, and the host has it",
	  WANTED(.model = SET(1), .force = SET(2), .strict = true), 3, INTEL,
	  CG_POLICY_IDENTICAL },
	{ "optional and not there", WANTED(.model = SET(1), .optional = SET(2)), 1, INTEL,
	  CG_POLICY_IDENTICAL },
	{ "optional and there", WANTED(.model = SET(1), .optional = SET(2)), 3, INTEL,
	  CG_POLICY_IDENTICAL },
	{ "optional, of the model", WANTED(.model = SET(3), .optional = SET(2)), 1, INTEL,
	  CG_POLICY_IDENTICAL },
	{ "disabled, of the model", WANTED(.model = SET(3), .disable = SET(2)), 1, INTEL,
	  CG_POLICY_IDENTICAL },
	{ "disabled, and the host has it", WANTED(.model = SET(3), .disable = SET(2)), 3,
	  INTEL, CG_POLICY_IDENTICAL },
	{ "a vendor comes before features",
	  WANTED(.model = SET(7), .vendor = AMD, .strict = true), 3, INTEL,
	  CG_POLICY_INCOMPATIBLE },
};

static void libvirt_rules_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < CG_COUNT(rules); i++) {
		struct cg_featureset host = set_of(rules[i].host), missing;
		enum cg_policy_result got = cg_policy_compare(&rules[i].wanted, &host,
							      rules[i].host_vendor,
							      &missing);

		if (got != rules[i].result)
			fail_msg("%s: %d", rules[i].rule, (int)got);
	}
}

/* Where only features differ, both ways to compare say the same. */
static void libvirt_and_qemu_agree_on_plain_features(void **state)
{
	(void)state;
	random_seed(42);
	for (int i = 0; i < ROUNDS; i++) {
		struct cg_cpu guest = { .features =
						set_of((unsigned int)random_below(8)) };
		struct cg_cpu host = { .features =
					       set_of((unsigned int)random_below(8)) };
		struct cg_policies wanted = { .model = guest.features };
		enum cg_order o = order(&guest, &host);
		enum cg_policy_result r =
			cg_policy_compare(&wanted, &host.features, NULL, NULL);

		assert_int_equal(r == CG_POLICY_IDENTICAL, o == CG_IDENTICAL);
		assert_int_equal(r == CG_POLICY_SUPERSET, o == CG_SUBSET);
	}
}

/* Vocabularies of different emulators. */

static void joint_sets_keep_their_names(void **state)
{
	static const char *const old[] = { "avx", "sse2", "xsave" };
	static const char *const new[] = { "amx-tile", "avx", "sse2", "sse4.1", "xsave" };
	cg_auto_vocabulary struct cg_vocabulary *a = NULL, *b = NULL, *again = NULL;
	cg_auto_joint struct cg_joint *joint = NULL;
	struct cg_error err;

	(void)state;
	assert_ok(cg_vocabulary_new(&a, old, CG_COUNT(old), &err));
	assert_ok(cg_vocabulary_new(&b, new, CG_COUNT(new), &err));
	assert_ok(cg_vocabulary_new(&again, old, CG_COUNT(old), &err));
	assert_ok(cg_joint_new(&joint,
			       (const struct cg_vocabulary *const[]){ a, b, again }, 3,
			       &err));
	assert_int_equal(cg_vocabulary_count(cg_joint_names(joint)), 5);
	for (size_t member = 0; member < 3; member++) {
		const struct cg_vocabulary *v = member == 1 ? b : a;
		struct cg_featureset known = cg_joint_known(joint, member);

		assert_int_equal(cg_featureset_count(&known), cg_vocabulary_count(v));
		for (size_t f = 0; f < cg_vocabulary_count(v); f++) {
			struct cg_featureset one = { 0 }, mapped;
			size_t at;

			cg_featureset_add(&one, f);
			mapped = cg_joint_map(joint, member, &one);
			assert_int_equal(cg_featureset_count(&mapped), 1);
			at = cg_featureset_next(&mapped, 0);
			assert_string_equal(cg_vocabulary_name(cg_joint_names(joint), at),
					    cg_vocabulary_name(v, f));
			assert_true(cg_featureset_has(&known, at));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_a_partial_order),
		cmocka_unit_test(real_hosts_are_in_a_partial_order),
		cmocka_unit_test(words_and_direction_are_those_of_qemu),
		cmocka_unit_test(responsible_are_all_that_differ),
		cmocka_unit_test(scalars_are_read_from_an_expansion),
		cmocka_unit_test(libvirt_rules_hold),
		cmocka_unit_test(libvirt_and_qemu_agree_on_plain_features),
		cmocka_unit_test(joint_sets_keep_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
