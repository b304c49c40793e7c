// SPDX-License-Identifier: LGPL-2.1-or-later
/* The rules, each alone. That guests agree is in tests/cli/guest.bats. */
#include "cpumodels/visible.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "tests/unit/unit.h"

/* What the tests are about, and a name that no table has yet. */
static const char *const names[] = {
	"ace2",        "apic",        "arch-capabilities",
	"avx512-bf16", "avx2",        "cmp-legacy",
	"fpu",         "from-2030",   "full-width-write",
	"ht",          "kvmclock",    "lm",
	"npt",         "pdcm",        "pku",
	"rdctl-no",    "sha512",      "svm",
	"syscall",     "tsc",         "vmx",
	"vmx-ept",     "vmx-ept-1gb", "vmx-secondary-ctls",
	"xsave",       "xsavec",      "hypervisor",
};

struct world {
	struct cg_vocabulary *vocabulary;
	struct cg_vcpu vcpu;
};

static int start(void **state)
{
	static struct world world;
	struct cg_error err;

	if (cg_vocabulary_new(&world.vocabulary, names, CG_COUNT(names), &err) < 0)
		return -1;
	world.vcpu = (struct cg_vcpu){ .vendor = "GenuineIntel",
				       .level = 0xd,
				       .level_func7 = 1,
				       .xlevel = 0x80000008,
				       .threads = 1 };
	*state = &world;
	return 0;
}

static int stop(void **state)
{
	struct world *world = *state;

	world->vocabulary = cg_vocabulary_free(world->vocabulary);
	return 0;
}

/* The names in @text, which are separated by blanks. */
static struct cg_featureset set_of(const struct world *world, const char *text)
{
	struct cg_featureset set = { 0 };
	char copy[512], *rest = copy, *name;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((name = strsep(&rest, " "))) {
		size_t feature = cg_vocabulary_find(world->vocabulary, name);

		if (!*name)
			continue;
		assert_true(feature < CG_FEATURES_MAX);
		cg_featureset_add(&set, feature);
	}
	return set;
}

static struct cg_visible see(const struct world *world, const char *effective)
{
	struct cg_featureset set = set_of(world, effective);

	return cg_visible(world->vocabulary, &set, &world->vcpu);
}

static void expect(const struct world *world, const char *effective, const char *visible)
{
	struct cg_featureset wanted = set_of(world, visible);
	struct cg_visible seen = see(world, effective);

	if (!cg_featureset_equal(&seen.features, &wanted))
		fail_msg("of '%s' a guest doesn't see '%s'", effective, visible);
}

static void leaves_a_plain_set_alone(void **state)
{
	expect(*state, "", "");
	expect(*state, "fpu tsc avx2 lm ht cmp-legacy", "fpu tsc avx2 lm ht cmp-legacy");
}

static void threads_show_as_ht(void **state)
{
	struct world *world = *state;

	world->vcpu.threads = 2;
	expect(world, "fpu", "fpu ht");
	expect(world, "fpu ht", "fpu ht");
}

static void threads_of_others_show_as_cmp_legacy_too(void **state)
{
	static const char *const vendors[] = { "AuthenticAMD", "HygonGenuine",
					       "TCGTCGTCGTCG" };
	struct world *world = *state;

	for (size_t i = 0; i < CG_COUNT(vendors); i++) {
		strcpy(world->vcpu.vendor, vendors[i]);
		world->vcpu.threads = 4;
		expect(world, "fpu", "fpu ht cmp-legacy");
		world->vcpu.threads = 1;
		expect(world, "fpu", "fpu");
	}
}

static void zhaoxin_is_like_intel_since_10_0(void **state)
{
	static const char *const vendors[] = { "CentaurHauls", "  Shanghai  " };
	struct world *world = *state;

	world->vcpu.threads = 2;
	for (size_t i = 0; i < CG_COUNT(vendors); i++) {
		strcpy(world->vcpu.vendor, vendors[i]);
		world->vcpu.threads_first = false;
		expect(world, "fpu", "fpu ht cmp-legacy");
		world->vcpu.threads_first = true;
		expect(world, "fpu", "fpu ht");
	}
}

static void cmp_legacy_raises_the_extended_level_since_10_0(void **state)
{
	struct world *world = *state;

	strcpy(world->vcpu.vendor, "AuthenticAMD");
	world->vcpu.threads = 2;
	world->vcpu.xlevel = 0;
	world->vcpu.xlevel_follows = true;
	expect(world, "fpu", "fpu ht");
	world->vcpu.threads_first = true;
	expect(world, "fpu", "fpu ht cmp-legacy");
	assert_int_equal(see(world, "").vcpu.xlevel, 0x80000001);
	world->vcpu.xlevel = 0x80000008;
	assert_int_equal(see(world, "").vcpu.xlevel, 0x80000008);
	world->vcpu.xlevel = 0;
	world->vcpu.xlevel_follows = false;
	expect(world, "fpu", "fpu ht");
	world->vcpu.xlevel_follows = true;
	strcpy(world->vcpu.vendor, "GenuineIntel");
	expect(world, "fpu", "fpu ht");
	assert_int_equal(see(world, "").vcpu.xlevel, 0);
}

static void levels_hide_leaves(void **state)
{
	struct world *world = *state;

	expect(world, "avx2 sha512 xsave xsavec", "avx2 sha512 xsave xsavec");
	world->vcpu.level_func7 = 0;
	expect(world, "avx2 sha512 xsave xsavec", "avx2 xsave xsavec");
	world->vcpu.level = 7;
	expect(world, "avx2 sha512 xsave xsavec", "avx2 xsave");
	world->vcpu.level = 5;
	expect(world, "fpu avx2 sha512 xsave xsavec", "fpu xsave");
	world->vcpu.level = 0;
	expect(world, "fpu avx2 lm", "lm");
}

static void dies_raise_a_level_that_nobody_chose(void **state)
{
	struct world *world = *state;

	world->vcpu.dies = true;
	assert_int_equal(see(world, "").vcpu.level, 0xd);
	world->vcpu.level_follows = true;
	assert_int_equal(see(world, "").vcpu.level, 0x1f);
	world->vcpu.level = 0x24;
	assert_int_equal(see(world, "").vcpu.level, 0x24);
	world->vcpu.level = 5;
	expect(world, "avx2", "avx2");
	world->vcpu.dies = false;
	expect(world, "avx2", "");
}

static void extended_levels_hide_leaves(void **state)
{
	struct world *world = *state;

	world->vcpu.xlevel = 0x8000000a;
	expect(world, "fpu lm svm npt", "fpu lm svm npt");
	world->vcpu.xlevel = 0x80000009;
	expect(world, "fpu lm svm npt", "fpu lm svm");
	world->vcpu.xlevel = 0x80000000;
	expect(world, "fpu lm svm npt", "fpu");
	world->vcpu.xlevel = 0;
	expect(world, "fpu lm svm npt", "fpu");
	world->vcpu.threads = 2;
	strcpy(world->vcpu.vendor, "AuthenticAMD");
	expect(world, "fpu", "fpu ht");
	expect(world, "ace2", "ht");
	world->vcpu.xlevel2 = 0xc0000001;
	expect(world, "ace2", "ace2 ht");
}

static void children_go_with_their_parent(void **state)
{
	struct world *world = *state;

	world->vcpu.xlevel = 0x8000000a;
	expect(world, "arch-capabilities rdctl-no", "arch-capabilities rdctl-no");
	expect(world, "rdctl-no", "");
	expect(world, "npt", "");
	expect(world, "xsavec", "");
	expect(world, "kvmclock", "");
	expect(world, "hypervisor kvmclock", "hypervisor kvmclock");
	world->vcpu.level = 5;
	expect(world, "arch-capabilities rdctl-no", "");
}

static void grandchildren_go_too(void **state)
{
	expect(*state, "vmx vmx-secondary-ctls vmx-ept vmx-ept-1gb",
	       "vmx vmx-secondary-ctls vmx-ept vmx-ept-1gb");
	expect(*state, "vmx vmx-secondary-ctls vmx-ept-1gb", "vmx vmx-secondary-ctls");
	expect(*state, "vmx vmx-ept vmx-ept-1gb", "vmx");
	expect(*state, "vmx-secondary-ctls vmx-ept vmx-ept-1gb", "");
}

static void pdcm_needs_a_pmu(void **state)
{
	struct world *world = *state;

	expect(world, "pdcm full-width-write", "");
	world->vcpu.pmu = true;
	expect(world, "pdcm full-width-write", "pdcm full-width-write");
}

static void names_newer_than_the_table_stay(void **state)
{
	struct world *world = *state;

	world->vcpu.level = 0;
	world->vcpu.xlevel = 0;
	expect(world, "from-2030", "from-2030");
}

/* An emulator that has a name for the child alone. */
static void a_gate_without_a_name_hides_nothing(void **state)
{
	static const char *const old[] = { "rdctl-no", "fpu" };
	struct world *world = *state, other = *world;
	struct cg_error err;

	assert_int_equal(cg_vocabulary_new(&other.vocabulary, old, CG_COUNT(old), &err),
			 0);
	expect(&other, "rdctl-no", "rdctl-no");
	other.vocabulary = cg_vocabulary_free(other.vocabulary);
}

static void words_are_made_of_visible_features(void **state)
{
	struct world *world = *state;
	struct cg_visible v = see(world, "fpu tsc lm avx2 xsave xsavec sha512 rdctl-no");

	assert_int_equal(cg_visible_word(&v, 1, 0, CG_EDX), 1 << 0 | 1 << 4);
	assert_int_equal(cg_visible_word(&v, 1, 0, CG_ECX), 1 << 26);
	assert_int_equal(cg_visible_word(&v, 1, 0, CG_EAX), 0);
	assert_int_equal(cg_visible_word(&v, 7, 0, CG_EBX), 1 << 5);
	assert_int_equal(cg_visible_word(&v, 7, 1, CG_EAX), 1 << 0);
	assert_int_equal(cg_visible_word(&v, 0xd, 1, CG_EAX), 1 << 1);
	assert_int_equal(cg_visible_word(&v, 0x80000001, 0, CG_EDX), 1 << 29);
	assert_int_equal(cg_visible_word(&v, 0x10a, 0, CG_EAX), 0);
	v = see(world, "hypervisor kvmclock");
	assert_int_equal(cg_visible_word(&v, 0x40000001, 0, CG_EAX), 1 << 0 | 1 << 3);
}

static void amd_repeats_bits(void **state)
{
	struct world *world = *state;
	struct cg_visible v;

	world->vcpu.threads = 2; /* ht isn't repeated */
	strcpy(world->vcpu.vendor, "AuthenticAMD");
	v = see(world, "fpu tsc apic lm");
	assert_int_equal(cg_visible_word(&v, 0x80000001, 0, CG_EDX),
			 1 << 0 | 1 << 4 | 1 << 9 | 1 << 29);
	strcpy(world->vcpu.vendor, "HygonGenuine");
	v = see(world, "fpu tsc apic lm");
	assert_int_equal(cg_visible_word(&v, 0x80000001, 0, CG_EDX), 1 << 29);
	strcpy(world->vcpu.vendor, "AuthenticAMD");
	world->vcpu.xlevel = 0;
	v = see(world, "fpu tsc apic lm");
	assert_int_equal(cg_visible_word(&v, 0x80000001, 0, CG_EDX), 0);
}

static void kvm_shows_the_apic_of_several(void **state)
{
	struct world *world = *state;
	struct cg_visible v;

	strcpy(world->vcpu.vendor, "AuthenticAMD");
	world->vcpu.shows_apic = true;
	expect(world, "fpu", "fpu apic");
	expect(world, "fpu apic", "fpu apic");
	v = see(world, "fpu");
	assert_int_equal(cg_visible_word(&v, 1, 0, CG_EDX), 1 << 0 | 1 << 9);
	assert_int_equal(cg_visible_word(&v, 0x80000001, 0, CG_EDX), 1 << 0);
	assert_int_equal(cg_visible_dynamic(&v, 1, 0, CG_EDX), 1 << 9);
	v = see(world, "fpu apic");
	assert_int_equal(cg_visible_word(&v, 0x80000001, 0, CG_EDX), 1 << 0 | 1 << 9);
	world->vcpu.level = 0;
	expect(world, "fpu", "");
}

static void knows_the_bits_that_change(void **state)
{
	struct world *world = *state;
	struct cg_visible v = see(world, "");

	assert_int_equal(cg_visible_dynamic(&v, 1, 0, CG_ECX), 0);
	assert_int_equal(cg_visible_dynamic(&v, 1, 0, CG_EDX), 0);
	assert_int_equal(cg_visible_dynamic(&v, 7, 0, CG_ECX), 0);
	assert_int_equal(cg_visible_dynamic(&v, 0x80000001, 0, CG_EDX), 0);
	v = see(world, "apic xsave pku syscall");
	assert_int_equal(cg_visible_dynamic(&v, 1, 0, CG_ECX), 1 << 27);
	assert_int_equal(cg_visible_dynamic(&v, 1, 0, CG_EDX), 1 << 9);
	assert_int_equal(cg_visible_dynamic(&v, 7, 0, CG_ECX), 1 << 4);
	assert_int_equal(cg_visible_dynamic(&v, 7, 1, CG_ECX), 0);
	assert_int_equal(cg_visible_dynamic(&v, 0x80000001, 0, CG_EDX), 1 << 11);
	strcpy(world->vcpu.vendor, "AuthenticAMD");
	v = see(world, "apic xsave pku syscall");
	assert_int_equal(cg_visible_dynamic(&v, 0x80000001, 0, CG_EDX), 0);
}

static json_t *properties(void)
{
	return json_pack("{s:s, s:I, s:I, s:i, s:i, s:i, s:i, s:b, s:b}", "vendor",
			 "AuthenticAMD", "xlevel", (json_int_t)0x8000001e, "min-xlevel",
			 (json_int_t)0x8000000a, "xlevel2", 0, "level", 13, "min-level",
			 13, "level-func7", 1, "pmu", 1, "full-cpuid-auto-level", 1);
}

static void is_filled_from_properties(void **state)
{
	cg_auto_json json_t *json = properties();
	struct cg_vcpu vcpu;
	struct cg_error err;

	(void)state;
	assert_int_equal(cg_vcpu_from_json(&vcpu, json, &err), 0);
	assert_string_equal(vcpu.vendor, "AuthenticAMD");
	assert_int_equal(vcpu.level, 13);
	assert_int_equal(vcpu.level_func7, 1);
	assert_int_equal(vcpu.xlevel, 0x8000001e);
	assert_int_equal(vcpu.xlevel2, 0);
	assert_int_equal(vcpu.threads, 1);
	assert_true(vcpu.pmu);
	json_object_del(json, "pmu");
	assert_int_equal(cg_vcpu_from_json(&vcpu, json, &err), 0);
	assert_false(vcpu.pmu);
}

static void a_level_follows_unless_it_was_chosen(void **state)
{
	cg_auto_json json_t *json = properties();
	struct cg_vcpu vcpu;
	struct cg_error err;

	(void)state;
	assert_int_equal(cg_vcpu_from_json(&vcpu, json, &err), 0);
	assert_true(vcpu.level_follows);
	assert_false(vcpu.xlevel_follows);
	json_object_set_new(json, "min-xlevel", json_integer(0x8000001e));
	assert_int_equal(cg_vcpu_from_json(&vcpu, json, &err), 0);
	assert_true(vcpu.xlevel_follows);
	json_object_set_new(json, "x-vendor-cpuid-only", json_true());
	assert_int_equal(cg_vcpu_from_json(&vcpu, json, &err), 0);
	assert_false(vcpu.level_follows);
	json_object_set_new(json, "vendor", json_string("GenuineIntel"));
	assert_int_equal(cg_vcpu_from_json(&vcpu, json, &err), 0);
	assert_true(vcpu.level_follows);
	json_object_set_new(json, "full-cpuid-auto-level", json_false());
	assert_int_equal(cg_vcpu_from_json(&vcpu, json, &err), 0);
	assert_false(vcpu.level_follows);
	json_object_set_new(json, "full-cpuid-auto-level", json_true());
	json_object_set_new(json, "level", json_integer(14));
	assert_int_equal(cg_vcpu_from_json(&vcpu, json, &err), 0);
	assert_false(vcpu.level_follows);
}

static void refuses_properties_of_something_else(void **state)
{
	static const char *const needed[] = { "vendor",      "level",  "min-level",
					      "level-func7", "xlevel", "min-xlevel",
					      "xlevel2" };
	static const char *const wrong[] = { "-1", "4294967296", "\"7\"", "null", "1.5" };
	struct cg_vcpu vcpu = { .level = 99 };
	struct cg_error err;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(needed); i++) {
		cg_auto_json json_t *json = properties();

		json_object_del(json, needed[i]);
		assert_int_equal(cg_vcpu_from_json(&vcpu, json, &err), -1);
		assert_int_equal(err.code, CG_E_PROTOCOL);
		assert_non_null(strstr(err.msg, needed[i]));
	}
	for (size_t i = 0; i < CG_COUNT(wrong); i++) {
		cg_auto_json json_t *json = properties(), *list = NULL;
		char text[64];
		int len = snprintf(text, sizeof(text), "[%s]", wrong[i]);

		assert_int_equal(cg_json_parse(&list, text, (size_t)len, 64, &err), 0);
		json_object_set(json, "level", json_array_get(list, 0));
		assert_int_equal(cg_vcpu_from_json(&vcpu, json, &err), -1);
	}
	assert_int_equal(cg_vcpu_from_json(&vcpu, NULL, &err), -1);
	assert_int_equal(vcpu.level, 99);
}

static void refuses_a_vendor_that_is_too_long(void **state)
{
	cg_auto_json json_t *json = properties();
	struct cg_vcpu vcpu;
	struct cg_error err;

	(void)state;
	json_object_set_new(json, "vendor", json_string("GenuineIntels"));
	assert_int_equal(cg_vcpu_from_json(&vcpu, json, &err), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(leaves_a_plain_set_alone),
		TEST(threads_show_as_ht),
		TEST(threads_of_others_show_as_cmp_legacy_too),
		TEST(zhaoxin_is_like_intel_since_10_0),
		TEST(cmp_legacy_raises_the_extended_level_since_10_0),
		TEST(levels_hide_leaves),
		TEST(dies_raise_a_level_that_nobody_chose),
		TEST(extended_levels_hide_leaves),
		TEST(children_go_with_their_parent),
		TEST(grandchildren_go_too),
		TEST(pdcm_needs_a_pmu),
		TEST(names_newer_than_the_table_stay),
		TEST(a_gate_without_a_name_hides_nothing),
		TEST(words_are_made_of_visible_features),
		TEST(amd_repeats_bits),
		TEST(kvm_shows_the_apic_of_several),
		TEST(knows_the_bits_that_change),
		TEST(is_filled_from_properties),
		TEST(a_level_follows_unless_it_was_chosen),
		TEST(refuses_properties_of_something_else),
		TEST(refuses_a_vendor_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
