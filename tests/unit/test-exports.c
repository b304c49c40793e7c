// SPDX-License-Identifier: LGPL-2.1-or-later
/* What other programs are told, to the letter: they are strict readers. */
#include "formats/export.h"

#include <stdio.h>
#include <string.h>

#include "formats/nfd.h"
#include "formats/nova.h"
#include "formats/prometheus.h"
#include "formats/proxmox.h"
#include "tests/unit/outcome.h"

typedef int print_function(struct cg_buffer *out, const struct cg_export *export,
			   struct cg_error *err);

static const struct cg_export_model models[] = {
	{ "EPYC", true },
	{ "Haswell", false },
	{ "qemu64", true },
};

static const struct cg_export full = {
	.name = "pool-1",
	.vendor = "AuthenticAMD",
	.level = "x86-64-v3",
	.digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	.emulator = "7.2.22",
	.machine = "pc-q35-7.2",
	.accel = "kvm",
	.kernel = "6.1.0-56-amd64",
	.phys_bits = 48,
	.features = 214,
	.measured = 1700000000,
	.expires = 1700003600,
	.models = models,
	.count = CG_COUNT(models),
};

/* With that definition, if there is one. */
static void expect(print_function *print, const struct cg_export *base,
		   const char *definition, const char *want)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(100000);
	cg_auto_definition struct cg_definition parsed = { 0 };
	struct cg_export export = *base;
	struct cg_error err;

	if (definition) {
		assert_ok(cg_definition_parse(&parsed, definition, &err));
		export.definition = &parsed;
	}
	assert_ok(print(&text, &export, &err));
	assert_string_equal(text.data ? text.data : "", want);
}

static void expect_refused(print_function *print, const struct cg_export *base,
			   const char *definition, const char *part)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(100000);
	cg_auto_definition struct cg_definition parsed = { 0 };
	struct cg_export export = *base;
	struct cg_error err;

	if (definition) {
		assert_ok(cg_definition_parse(&parsed, definition, &err));
		export.definition = &parsed;
	}
	assert_error(print(&text, &export, &err), CG_E_USAGE);
	assert_contains(err.msg, part);
}

static void prometheus_gets_metrics(void **state)
{
	(void)state;
	expect(cg_prometheus_print, &full, NULL,
	       "# HELP cpugate_host_info What this host's CPUs for guests depend on; hosts of "
	       "one class give the same.\n"
	       "# TYPE cpugate_host_info gauge\n"
	       "cpugate_host_info{class=\"0123456789abcdef\",vendor=\"AuthenticAMD\","
	       "level=\"x86-64-v3\",emulator=\"7.2.22\",machine=\"pc-q35-7.2\",accel=\"kvm\","
	       "kernel=\"6.1.0-56-amd64\"} 1\n"
	       "# HELP cpugate_cpu_models CPU models, by whether a guest can have them here.\n"
	       "# TYPE cpugate_cpu_models gauge\n"
	       "cpugate_cpu_models{usable=\"yes\"} 2\n"
	       "cpugate_cpu_models{usable=\"no\"} 1\n"
	       "# HELP cpugate_cpu_model_usable Whether a guest can have the CPU model here.\n"
	       "# TYPE cpugate_cpu_model_usable gauge\n"
	       "cpugate_cpu_model_usable{model=\"EPYC\"} 1\n"
	       "cpugate_cpu_model_usable{model=\"Haswell\"} 0\n"
	       "cpugate_cpu_model_usable{model=\"qemu64\"} 1\n"
	       "# HELP cpugate_cpu_features CPU features that a guest can have here.\n"
	       "# TYPE cpugate_cpu_features gauge\n"
	       "cpugate_cpu_features 214\n"
	       "# HELP cpugate_measured_timestamp_seconds When that was measured.\n"
	       "# TYPE cpugate_measured_timestamp_seconds gauge\n"
	       "cpugate_measured_timestamp_seconds 1700000000\n");
}

static void what_is_not_known_is_no_metric(void **state)
{
	static const struct cg_export nothing = { 0 };

	(void)state;
	expect(cg_prometheus_print, &nothing, NULL,
	       "# HELP cpugate_host_info What this host's CPUs for guests depend on; hosts of "
	       "one class give the same.\n"
	       "# TYPE cpugate_host_info gauge\n"
	       "cpugate_host_info 1\n");
}

static void labels_are_escaped(void **state)
{
	const struct cg_export_model model = { "a\"b\\c\nd\xff", true };
	const struct cg_export export = { .models = &model, .count = 1 };
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(100000);
	struct cg_error err;

	(void)state;
	assert_ok(cg_prometheus_print(&text, &export, &err));
	assert_contains(text.data, "{model=\"a\\\"b\\\\c d?\"} 1\n");
}

static void nfd_gets_ten_labels(void **state)
{
	(void)state;
	expect(cg_nfd_print, &full, "EPYC-Rome,hle=off",
	       "# +expiry-time=2023-11-14T23:13:20Z\n"
	       "feature.node.kubernetes.io/cpugate-class=0123456789abcdef\n"
	       "feature.node.kubernetes.io/cpugate-model=EPYC-Rome\n"
	       "feature.node.kubernetes.io/cpugate-vendor=AuthenticAMD\n"
	       "feature.node.kubernetes.io/cpugate-level=x86-64-v3\n"
	       "feature.node.kubernetes.io/cpugate-emulator=7.2.22\n"
	       "feature.node.kubernetes.io/cpugate-machine=pc-q35-7.2\n"
	       "feature.node.kubernetes.io/cpugate-accel=kvm\n"
	       "feature.node.kubernetes.io/cpugate-phys-bits=48\n"
	       "feature.node.kubernetes.io/cpugate-features=214\n"
	       "feature.node.kubernetes.io/cpugate-models-usable=2\n");
	expect(cg_nfd_print, &(struct cg_export){ 0 }, NULL, "");
}

static void any_text_becomes_a_value_that_kubernetes_takes(void **state)
{
	static const char *const cases[][2] = {
		{ "7.2.22 (Debian 1:7.2+dfsg)", "7.2.22__Debian_1_7.2_dfsg" },
		{ "-_.a", "a" },
		{ "a._-", "a" },
		{ "a\nb", "a_b" },
		{ "\xc3\xa9x", "x" },
		{ "(())", NULL },
		{ "", NULL },
		{ "0123456789012345678901234567890123456789012345678901234567890123456789",
		  "012345678901234567890123456789012345678901234567890123456789012" },
		{ "01234567890123456789012345678901234567890123456789012345678901-3456789",
		  "01234567890123456789012345678901234567890123456789012345678901" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		const struct cg_export export = { .emulator = cases[i][0] };
		char want[200] = "";

		if (cases[i][1])
			snprintf(want, sizeof(want),
				 "feature.node.kubernetes.io/cpugate-emulator=%s\n",
				 cases[i][1]);
		expect(cg_nfd_print, &export, NULL, want);
	}
}

static void nova_gets_models_and_flags(void **state)
{
	(void)state;
	expect(cg_nova_print, &full, "EPYC-Rome",
	       "[libvirt]\ncpu_mode = custom\ncpu_models = EPYC-Rome\n");
	expect(cg_nova_print, &full, "Haswell-noTSX,+pclmulqdq,-lahf-lm,+md-clear",
	       "[libvirt]\ncpu_mode = custom\ncpu_models = Haswell-noTSX\n"
	       "cpu_model_extra_flags = md-clear, pclmuldq, -lahf_lm\n");
	expect(cg_nova_print, &full, "EPYC,+kvm-pv-ipi,+kvmclock",
	       "# libvirt has no names for: kvm-pv-ipi kvmclock\n"
	       "[libvirt]\ncpu_mode = custom\ncpu_models = EPYC\n");
	expect(cg_nova_print, &full, "host,-vmx",
	       "[libvirt]\ncpu_mode = host-passthrough\ncpu_model_extra_flags = -vmx\n");
}

static void nova_is_told_what_libvirt_would_take_for_granted(void **state)
{
	json_t *absent = json_pack("[s, s, s]", "npt", "svm", "hle");
	struct cg_export export = full;

	(void)state;
	export.absent = absent;
	expect(cg_nova_print, &export, "EPYC,-hle,+pcid",
	       "[libvirt]\ncpu_mode = custom\ncpu_models = EPYC\n"
	       "cpu_model_extra_flags = pcid, -hle, -npt, -svm\n");
	json_decref(absent);
}

static void what_nova_cannot_say_is_refused(void **state)
{
	(void)state;
	expect_refused(cg_nova_print, &full, NULL, "definition");
	expect_refused(cg_nova_print, &full, "EPYC,level=13", "level=13");
	expect_refused(cg_nova_print, &full, "EPYC,phys-bits=40", "width");
	expect_refused(cg_nova_print, &full, "EPYC,vendor=GenuineIntel", "vendor");
	expect_refused(cg_nova_print, &full, "host,migratable=on", "migratable");
	expect_refused(cg_nova_print, &full, "max", "max");
}

static void proxmox_gets_a_section(void **state)
{
	(void)state;
	expect(cg_proxmox_print, &full, "EPYC-Rome-v2",
	       "cpu-model: pool-1\n\treported-model EPYC-Rome-v2\n\n");
	expect(cg_proxmox_print, &full,
	       "EPYC-Rome,-xsaves,+sse4_1,+md-clear,phys-bits=40,kvm=off,hv-vendor-id=me,"
	       "enforce,level=30,guest-phys-bits=46",
	       "cpu-model: pool-1\n\tflags +md-clear;+sse4.1;-xsaves\n\tguest-phys-bits 46\n"
	       "\thv-vendor-id me\n\thidden 1\n\tlevel 30\n\tphys-bits 40\n"
	       "\treported-model EPYC-Rome\n\n");
	expect(cg_proxmox_print, &full, "host,host-phys-bits=on,phys-bits=40",
	       "cpu-model: pool-1\n\tphys-bits host\n\treported-model host\n\n");
}

static void what_proxmox_cannot_say_is_refused(void **state)
{
	static const char *const names[] = { "", "a b", "custom-a", "-a", "a\nb", "a:b" };

	(void)state;
	expect_refused(cg_proxmox_print, &full, NULL, "definition");
	expect_refused(cg_proxmox_print, &full, "EPYC,stepping=1", "stepping=1");
	expect_refused(cg_proxmox_print, &full, "EPYC,vendor=GenuineIntel", "vendor=");
	expect_refused(cg_proxmox_print, &full, "EPYC,phys-bits=4", "phys-bits=4");
	expect_refused(cg_proxmox_print, &full, "EPYC,kvm=on", "kvm=on");
	expect_refused(cg_proxmox_print, &full, "EPYC,enforce=off", "enforce=off");
	expect_refused(cg_proxmox_print, &full, "EPYC,hv-vendor-id=a;b",
		       "hv-vendor-id=a;b");
	for (size_t i = 0; i < CG_COUNT(names); i++) {
		const struct cg_export export = { .name = names[i] };

		expect_refused(cg_proxmox_print, &export, "EPYC", "name");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prometheus_gets_metrics),
		cmocka_unit_test(what_is_not_known_is_no_metric),
		cmocka_unit_test(labels_are_escaped),
		cmocka_unit_test(nfd_gets_ten_labels),
		cmocka_unit_test(any_text_becomes_a_value_that_kubernetes_takes),
		cmocka_unit_test(nova_gets_models_and_flags),
		cmocka_unit_test(nova_is_told_what_libvirt_would_take_for_granted),
		cmocka_unit_test(what_nova_cannot_say_is_refused),
		cmocka_unit_test(proxmox_gets_a_section),
		cmocka_unit_test(what_proxmox_cannot_say_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
