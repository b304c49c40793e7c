// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gate/platform.h"

#include <dirent.h>
#include <string.h>

#include "base/json.h"
#include "tests/unit/outcome.h"

static json_t *json_of(const char *text)
{
	json_t *json = NULL;
	struct cg_error err;

	assert_ok(cg_json_parse(&json, text, strlen(text), 1 << 16, &err));
	return json;
}

/* "x2apic:irqchip" and so on, in their order. */
static void expect(const json_t *platform, const char *expected)
{
	char text[1024] = "";
	const json_t *entry;
	size_t i, used = 0;

	json_array_foreach(platform, i, entry) {
		const json_t *found = json_object_get(entry, "found");

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s:%s%s",
					 i ? " " : "", cg_json_text(entry, "name"),
					 cg_json_text(entry, "depends-on"),
					 !found                 ? "?"
					 : json_is_false(found) ? "-"
								: "");
	}
	assert_string_equal(text, expected);
}

static void tells_what_the_host_decides(void **state)
{
	cg_auto_json json_t *features = json_of(
		"[\"aes\",\"amx-tile\",\"arat\",\"arch-capabilities\",\"avx2\",\"erms\","
		"\"fsrm\",\"full-width-write\",\"hypervisor\",\"invtsc\","
		"\"kvm-hint-dedicated\",\"kvm-pv-eoi\",\"kvm-pv-unhalt\",\"kvmclock\",\"npt\","
		"\"pdcm\",\"rdctl-no\",\"sgx1\",\"split-lock-detect\",\"svm\",\"topoext\","
		"\"tsc-deadline\",\"unheard-of\",\"vmx-ept\",\"x2apic\",\"xsaveopt\"]");
	cg_auto_json json_t *list = cg_platform_of_cpu(features, NULL, "kvm");

	(void)state;
	expect(list,
	       "amx-tile:permission arch-capabilities:msr erms:cpu fsrm:cpu "
	       "full-width-write:pmu invtsc:tsc kvm-pv-eoi:kvm "
	       "kvm-pv-unhalt:irqchip kvmclock:kvm npt:nested pdcm:pmu rdctl-no:msr "
	       "sgx1:permission split-lock-detect:msr svm:nested "
	       "tsc-deadline:timer vmx-ept:nested x2apic:irqchip");
}

static void owes_nothing_to_the_host_under_tcg(void **state)
{
	cg_auto_json json_t *features = json_of("[\"erms\",\"svm\"]");
	cg_auto_json json_t *list = cg_platform_of_cpu(features, NULL, "tcg");

	(void)state;
	expect(list, "");
}

static void names_the_pmu_if_it_is_on(void **state)
{
	static const char *const texts[] = { "host,pmu=on", "host,pmu=off", "host" };
	cg_auto_json json_t *none = json_array();
	struct cg_error err;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++) {
		cg_auto_definition struct cg_definition definition = { 0 };
		cg_auto_json json_t *list = NULL;

		assert_ok(cg_definition_parse(&definition, texts[i], &err));
		list = cg_platform_of_cpu(none, &definition, "kvm");
		expect(list, i ? "" : "pmu:pmu");
	}
}

static void tells_what_a_tap_gives_or_that_nobody_knows(void **state)
{
	const struct cg_tap tap = { .vnet_hdr = true, .uso = true };
	cg_auto_json json_t *known = json_array(), *unknown = json_array();

	(void)state;
	assert_true(cg_platform_add_tap(known, &tap));
	expect(known, "mq:tap- ufo:tap- uso:tap vnet_hdr:tap");
	assert_true(cg_platform_add_tap(unknown, NULL));
	expect(unknown, "mq:tap? ufo:tap? uso:tap? vnet_hdr:tap?");
}

static void finds_a_tap_on_a_command_line(void **state)
{
	static const char *const with[] = {
		"[\"qemu\",\"-netdev\",\"tap,id=n\"]",
		"[\"qemu\",\"--nic\",\"tap\"]",
		"[\"qemu\",\"-netdev\",\"id=n,type=tap\"]",
		"[\"qemu\",\"-netdev\",\"{\\\"type\\\":\\\"tap\\\",\\\"id\\\":\\\"n\\\"}\"]",
	};
	static const char *const without[] = {
		"[\"qemu\"]",
		"[\"tap\"]",
		"[\"qemu\",\"-netdev\",\"user,id=tap\"]",
		"[\"qemu\",\"-name\",\"tap\"]",
		"[\"qemu\",\"-netdev\",\"tapestry\"]",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(with); i++) {
		cg_auto_json json_t *words = json_of(with[i]);

		assert_true(cg_platform_has_tap(words));
	}
	for (size_t i = 0; i < CG_COUNT(without); i++) {
		cg_auto_json json_t *words = json_of(without[i]);

		assert_false(cg_platform_has_tap(words));
	}
}

static size_t interfaces(void)
{
	DIR *folder = opendir("/sys/class/net");
	size_t count = 0;

	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

static bool probe(struct cg_tap *out)
{
	struct cg_tap_look look;
	bool seen;

	cg_tap_look(&look);
	seen = cg_tap_seen(&look, out);
	cg_tap_look_away(&look);
	return seen;
}

static void nothing_is_seen_without_a_look(void **state)
{
	struct cg_tap_look look = CG_TAP_LOOK;
	struct cg_tap tap;

	(void)state;
	assert_false(cg_tap_seen(&look, &tap));
	cg_tap_look_away(&look);
	cg_tap_look(&look);
	cg_tap_look_away(&look);
	assert_false(cg_tap_seen(&look, &tap));
}

/* Whatever this machine allows: twice the same, and nothing of it stays. */
static void a_probe_changes_nothing_and_says_the_same_twice(void **state)
{
	struct cg_tap one = { 0 }, two = { 0 };
	size_t before = interfaces();
	bool known = probe(&one);

	(void)state;
	assert_int_equal(probe(&two), known);
	assert_memory_equal(&one, &two, sizeof(one));
	assert_int_equal(interfaces(), before);
	assert_false(known && !one.vnet_hdr && (one.ufo || one.uso));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_the_host_decides),
		cmocka_unit_test(owes_nothing_to_the_host_under_tcg),
		cmocka_unit_test(names_the_pmu_if_it_is_on),
		cmocka_unit_test(tells_what_a_tap_gives_or_that_nobody_knows),
		cmocka_unit_test(finds_a_tap_on_a_command_line),
		cmocka_unit_test(nothing_is_seen_without_a_look),
		cmocka_unit_test(a_probe_changes_nothing_and_says_the_same_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
