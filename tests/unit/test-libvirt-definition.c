// SPDX-License-Identifier: LGPL-2.1-or-later
/* From <cpu> to -cpu and back. */
#include "formats/libvirt-definition.h"

#include <string.h>

#include "base/json.h"
#include "formats/xml.h"
#include "tests/unit/outcome.h"

static struct cg_definition parsed(const char *text)
{
	struct cg_definition definition = { 0 };
	struct cg_error err;

	if (cg_definition_parse(&definition, text, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	return definition;
}

static void expect_xml(const char *text, const char *vendor, const char *want)
{
	cg_auto_definition struct cg_definition definition = parsed(text);
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = { 0 };
	cg_auto_free char *got = NULL;
	struct cg_error err;

	assert_ok(cg_libvirt_definition_to_cpu(&cpu, &definition, vendor, NULL, &err));
	assert_ok(cg_libvirt_cpu_print(&cpu, &got, &err));
	assert_string_equal(got, want);
}

static void a_definition_becomes_a_custom_cpu(void **state)
{
	(void)state;
	expect_xml("Haswell-v4", NULL,
		   "<cpu mode='custom' match='exact' check='full'>\n"
		   "  <model fallback='forbid'>Haswell-v4</model>\n"
		   "</cpu>\n");
	expect_xml(
		"EPYC-Rome,-xsaves,+pcid,+lahf_lm,host-phys-bits=on,host-phys-bits-limit=43",
		"AuthenticAMD",
		"<cpu mode='custom' match='exact' check='full'>\n"
		"  <model fallback='forbid'>EPYC-Rome</model>\n"
		"  <vendor>AMD</vendor>\n"
		"  <maxphysaddr mode='passthrough' limit='43'/>\n"
		"  <feature policy='require' name='lahf_lm'/>\n"
		"  <feature policy='require' name='pcid'/>\n"
		"  <feature policy='disable' name='xsaves'/>\n"
		"</cpu>\n");
	expect_xml("qemu64,phys-bits=40,vendor=GenuineIntel", NULL,
		   "<cpu mode='custom' match='exact' check='full'>\n"
		   "  <model fallback='forbid' vendor_id='GenuineIntel'>qemu64</model>\n"
		   "  <maxphysaddr mode='emulate' bits='40'/>\n"
		   "</cpu>\n");
	expect_xml("host,migratable=off,-vmx", "GenuineIntel",
		   "<cpu mode='host-passthrough' check='none' migratable='off'>\n"
		   "  <feature policy='disable' name='vmx'/>\n"
		   "</cpu>\n");
	expect_xml("max", NULL, "<cpu mode='maximum' check='none'>\n</cpu>\n");
}

static void what_a_cpu_has_no_word_for_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "Haswell,level=13", "can't say level=13" },
		{ "Haswell,model-id=X", "can't say model-id=X" },
		{ "Haswell,enforce", "can't say enforce=on" },
		{ "Haswell,kvm=off", "<kvm> of its" },
		{ "Haswell,kvm-pv-ipi=on", "<kvm> of its" },
		{ "Haswell,kvmclock=off", "<timer name='kvmclock'>" },
		{ "Haswell,pmu=off", "<pmu>" },
		{ "Haswell,l3-cache=off", "<cache>" },
		{ "Haswell,hv-vapic", "<hyperv>" },
		{ "Haswell,tsc-freq=2G", "<timer name='tsc'>" },
		{ "Haswell,phys-bits=100", "can't say phys-bits=100" },
		{ "Haswell,phys-bits=x", "can't say phys-bits=x" },
		{ "Haswell,host-phys-bits=2", "can't say host-phys-bits=2" },
		{ "Haswell,host-phys-bits-limit=40",
		  "can't say host-phys-bits-limit=40" },
		{ "Haswell,vendor=short", "can't say vendor=short" },
		{ "host,vendor=AuthenticAMD", "can't say vendor=AuthenticAMD" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		cg_auto_definition struct cg_definition definition = parsed(cases[i][0]);
		struct cg_libvirt_cpu cpu = { 0 };
		struct cg_error err;

		assert_error(cg_libvirt_definition_to_cpu(&cpu, &definition, NULL, NULL,
							  &err),
			     CG_E_USAGE);
		assert_contains(err.msg, cases[i][1]);
		assert_null(cpu.model);
	}
}

/* It runs without them, too; but to be rid of them it would have to say so. */
static void kvms_own_features_can_be_left_out(void **state)
{
	cg_auto_definition struct cg_definition
		on = parsed("Haswell,kvm-pv-ipi=on,kvmclock=on,vmx=on"),
		off = parsed("Haswell,kvm-pv-ipi=off");
	cg_auto_buffer struct cg_buffer names = CG_BUFFER(1000);
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = { 0 }, none = { 0 };
	struct cg_error err;

	(void)state;
	assert_ok(cg_libvirt_definition_to_cpu(&cpu, &on, NULL, &names, &err));
	assert_string_equal(names.data, " kvm-pv-ipi kvmclock");
	assert_int_equal(cpu.count, 1);
	assert_error(cg_libvirt_definition_to_cpu(&none, &off, NULL, &names, &err),
		     CG_E_USAGE);
	assert_contains(err.msg, "can't say kvm-pv-ipi=off");
}

static void every_feature_can_be_spelled_out(void **state)
{
	cg_auto_definition struct cg_definition definition = parsed("EPYC,-hle,+pcid");
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = { 0 };
	cg_auto_json json_t *present = json_pack("[s, s, s]", "pcid", "avx", "kvmclock"),
			    *absent = json_pack("[s, s]", "hle", "svm");
	cg_auto_free char *got = NULL;
	struct cg_error err;

	(void)state;
	assert_ok(cg_libvirt_definition_to_cpu(&cpu, &definition, NULL, NULL, &err));
	assert_ok(cg_libvirt_definition_complete(&cpu, present, absent, &err));
	assert_ok(cg_libvirt_cpu_print(&cpu, &got, &err));
	assert_string_equal(got, "<cpu mode='custom' match='exact' check='full'>\n"
				 "  <model fallback='forbid'>EPYC</model>\n"
				 "  <feature policy='require' name='avx'/>\n"
				 "  <feature policy='require' name='pcid'/>\n"
				 "  <feature policy='disable' name='hle'/>\n"
				 "  <feature policy='disable' name='svm'/>\n"
				 "</cpu>\n");
}

static void the_hosts_own_cpu_is_not_spelled_out(void **state)
{
	cg_auto_definition struct cg_definition definition = parsed("host,-vmx");
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = { 0 };
	cg_auto_json json_t *present = json_pack("[s]", "avx");
	struct cg_error err;

	(void)state;
	assert_ok(cg_libvirt_definition_to_cpu(&cpu, &definition, NULL, NULL, &err));
	assert_ok(cg_libvirt_definition_complete(&cpu, present, NULL, &err));
	assert_int_equal(cpu.count, 1);
}

static void a_definition_survives_the_way_there_and_back(void **state)
{
	static const char *const texts[] = {
		"Haswell",
		"Haswell,avx512f=on,hle=off",
		"EPYC,host-phys-bits=on,host-phys-bits-limit=48,lahf-lm=off",
		"host",
		"host,migratable=on",
		"max,pclmulqdq=off,phys-bits=39",
		"qemu64,vendor=AuthenticAMD",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++) {
		cg_auto_definition struct cg_definition once = parsed(texts[i]),
							again = { 0 };
		cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = { 0 };
		cg_auto_free char *first = cg_definition_print(&once), *second = NULL;
		struct cg_error err;

		assert_ok(cg_libvirt_definition_to_cpu(&cpu, &once, NULL, NULL, &err));
		assert_ok(cg_libvirt_definition_from_cpu(&again, &cpu, &err));
		second = cg_definition_print(&again);
		assert_string_equal(first, second);
	}
}

#ifdef HAVE_LIBXML2

static int from_xml(const char *text, struct cg_definition *out, struct cg_error *err)
{
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = { 0 };
	cg_auto_xml struct cg_xml *xml = NULL;

	assert_int_equal(cg_xml_parse(&xml, text, strlen(text), err), 0);
	assert_int_equal(cg_libvirt_cpu_read(&cpu, xml, err), 0);
	return cg_libvirt_definition_from_cpu(out, &cpu, err);
}

static void policies_are_switches(void **state)
{
	static const char *const cases[][2] = {
		{ "<cpu><model>Penryn</model></cpu>", "Penryn" },
		{ "<cpu><model>Penryn</model><feature name='avx' policy='force'/>"
		  "<feature name='aes'/><feature name='dca' policy='optional'/>"
		  "<feature name='x2apic' policy='disable'/>"
		  "<feature name='lahf_lm' policy='forbid'/></cpu>",
		  "Penryn,aes=on,avx=on,lahf-lm=off,x2apic=off" },
		{ "<cpu match='minimum'><model vendor_id='GenuineIntel'>Penryn</model>"
		  "<vendor>AMD</vendor></cpu>",
		  "Penryn,vendor=GenuineIntel" },
		{ "<cpu mode='host-passthrough' migratable='off'><feature name='invtsc'/>"
		  "<maxphysaddr mode='passthrough' limit='40'/></cpu>",
		  "host,host-phys-bits=on,host-phys-bits-limit=40,invtsc=on,migratable=off" },
		{ "<cpu mode='maximum'/>", "max" },
		{ "<mode name='host-model'><model>EPYC</model><feature name='ibpb'/></mode>",
		  "EPYC,ibpb=on" },
		{ "<cpu><arch>x86_64</arch><model>EPYC</model><feature name='ht'/></cpu>",
		  "EPYC,ht=on" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		cg_auto_definition struct cg_definition definition = { 0 };
		cg_auto_free char *got = NULL;
		struct cg_error err;

		assert_ok(from_xml(cases[i][0], &definition, &err));
		got = cg_definition_print(&definition);
		assert_string_equal(got, cases[i][1]);
	}
}

static void what_names_no_cpu_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "<cpu><topology sockets='1' cores='1' threads='1'/></cpu>", "<model>" },
		{ "<cpu mode='host-model'/>", "host-model" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		struct cg_definition definition = { 0 };
		struct cg_error err;

		assert_error(from_xml(cases[i][0], &definition, &err), CG_E_USAGE);
		assert_contains(err.msg, cases[i][1]);
	}
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_definition_becomes_a_custom_cpu),
		cmocka_unit_test(what_a_cpu_has_no_word_for_is_refused),
		cmocka_unit_test(kvms_own_features_can_be_left_out),
		cmocka_unit_test(every_feature_can_be_spelled_out),
		cmocka_unit_test(the_hosts_own_cpu_is_not_spelled_out),
		cmocka_unit_test(a_definition_survives_the_way_there_and_back),
#ifdef HAVE_LIBXML2
		cmocka_unit_test(policies_are_switches),
		cmocka_unit_test(what_names_no_cpu_is_refused),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
