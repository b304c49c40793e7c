// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files of libvirt's, and what of them counts. */
#include "formats/libvirt-document.h"

#include <string.h>

#include "tests/unit/outcome.h"

static void xml_is_told_from_other_text(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{ "<cpu/>", true },
		{ "\n\t <cpu/>", true },
		{ "\xef\xbb\xbf<cpu/>", true },
		{ "", false },
		{ "  ", false },
		{ "{}", false },
		{ "Haswell", false },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++)
		assert_int_equal(cg_libvirt_document_is_xml(cases[i].text,
							    strlen(cases[i].text)),
				 cases[i].is);
}

#ifdef HAVE_LIBXML2

static struct cg_libvirt_document parsed(const char *text)
{
	struct cg_libvirt_document document = { 0 };
	struct cg_error err;

	if (cg_libvirt_document_parse(&document, text, strlen(text), &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	return document;
}

static void expect_refused(const char *text, enum cg_errc code, const char *part)
{
	struct cg_libvirt_document document = { 0 };
	struct cg_error err;

	if (cg_libvirt_document_parse(&document, text, strlen(text), &err) == 0)
		fail_msg("taken: %s", text);
	assert_string_equal(cg_errc_name(err.code), cg_errc_name(code));
	assert_contains(err.msg, part);
	assert_null(document.models);
}

static void a_cpu_alone_is_a_document(void **state)
{
	cg_auto_libvirt_document struct cg_libvirt_document d =
		parsed("<cpu><model>Haswell</model></cpu>");

	(void)state;
	assert_int_equal(d.kind, CG_LIBVIRT_CPU);
	assert_true(d.has_cpu);
	assert_string_equal(d.cpu.model, "Haswell");
	assert_null(d.accel);
}

static void a_domain_has_its_machine_emulator_and_cpus(void **state)
{
	cg_auto_libvirt_document struct cg_libvirt_document d = parsed(
		"<domain type='kvm' id='7' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
		"<name>a guest</name><vcpu placement='static' current='2'>8</vcpu>"
		"<os><type arch='x86_64' machine='pc-q35-8.2'>hvm</type></os>"
		"<cpu mode='custom' match='exact' check='full'><model>Haswell</model></cpu>"
		"<clock offset='utc'><timer name='rtc'/>"
		"<timer name='tsc' frequency='2600000000'/></clock>"
		"<devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices>"
		"<qemu:commandline><qemu:arg value='-cpu'/></qemu:commandline></domain>");

	(void)state;
	assert_int_equal(d.kind, CG_LIBVIRT_DOMAIN);
	assert_string_equal(d.name, "a guest");
	assert_string_equal(d.accel, "kvm");
	assert_string_equal(d.arch, "x86_64");
	assert_string_equal(d.machine, "pc-q35-8.2");
	assert_string_equal(d.emulator, "/usr/bin/qemu-system-x86_64");
	assert_int_equal(d.vcpus, 8);
	assert_true(d.has_cpu);
	assert_int_equal(d.cpu.check, CG_LIBVIRT_CHECK_FULL);
	assert_true(d.cpu.tsc_hz == 2600000000);
}

static void a_domain_may_say_very_little(void **state)
{
	cg_auto_libvirt_document struct cg_libvirt_document d =
		parsed("<domain type='qemu'><os><type>hvm</type></os></domain>");

	(void)state;
	assert_string_equal(d.accel, "tcg");
	assert_false(d.has_cpu);
	assert_null(d.machine);
	assert_null(d.emulator);
	assert_int_equal(d.vcpus, 0);
}

static void capabilities_have_a_host(void **state)
{
	cg_auto_libvirt_document struct cg_libvirt_document
		d = parsed(
			"<capabilities><host><uuid>u</uuid><cpu><arch>x86_64</arch>"
			"<model>EPYC</model><vendor>AMD</vendor><feature name='ht'/></cpu>"
			"</host><guest><arch name='i686'/></guest></capabilities>"),
		none = parsed("<capabilities><host/></capabilities>");

	(void)state;
	assert_int_equal(d.kind, CG_LIBVIRT_CAPABILITIES);
	assert_true(d.has_cpu && d.cpu.is_host);
	assert_string_equal(d.arch, "x86_64");
	assert_string_equal(d.cpu.features[0].name, "ht");
	assert_false(none.has_cpu);
}

static const char domcapabilities[] =
	"<domainCapabilities><path>/usr/bin/qemu-system-x86_64</path><domain>kvm</domain>"
	"<machine>pc-q35-10.0</machine><arch>x86_64</arch><vcpu max='4096'/><cpu>"
	"<mode name='host-passthrough' supported='yes'><enum name='hostPassthroughMigratable'>"
	"<value>on</value></enum></mode><mode name='maximum' supported='no'/>"
	"<mode name='host-model' supported='yes'><model fallback='forbid'>EPYC-Milan</model>"
	"<vendor>AMD</vendor><maxphysaddr mode='passthrough' limit='48'/>"
	"<feature policy='require' name='tsc_adjust'/>"
	"<feature policy='disable' name='pcid'/></mode>"
	"<mode name='custom' supported='yes'>"
	"<model usable='yes' vendor='unknown'>qemu64</model>"
	"<model usable='no' deprecated='yes' vendor='Intel' canonical='Haswell-v1'>Haswell</model>"
	"<blockers model='Haswell'><feature name='pclmuldq'/><feature name='hle'/></blockers>"
	"<model usable='unknown' vendor='AMD'>EPYC</model></mode></cpu></domainCapabilities>";

static void domcapabilities_have_a_host_model_and_blockers(void **state)
{
	cg_auto_libvirt_document struct cg_libvirt_document d = parsed(domcapabilities);
	const struct cg_libvirt_model *model = cg_libvirt_document_model(&d, "Haswell");

	(void)state;
	assert_int_equal(d.kind, CG_LIBVIRT_DOMCAPABILITIES);
	assert_string_equal(d.emulator, "/usr/bin/qemu-system-x86_64");
	assert_string_equal(d.machine, "pc-q35-10.0");
	assert_int_equal(d.vcpus, 4096);
	assert_true(d.passthrough);
	assert_false(d.maximum);
	assert_true(d.has_cpu);
	assert_string_equal(d.cpu.model, "EPYC-Milan");
	assert_string_equal(d.cpu.features[0].name, "tsc-adjust");
	assert_int_equal(d.cpu.features[1].policy, CG_LIBVIRT_DISABLE);
	assert_int_equal(d.count, 3);
	assert_string_equal(model->vendor, "GenuineIntel");
	assert_string_equal(model->canonical, "Haswell-v1");
	assert_true(model->deprecated);
	assert_int_equal(model->usable, CG_LIBVIRT_USABLE_NO);
	assert_int_equal(model->count, 2);
	assert_string_equal(model->blockers[0], "pclmulqdq");
	assert_null(d.models[0].vendor);
	assert_null(d.models[0].blockers);
	assert_int_equal(d.models[0].usable, CG_LIBVIRT_USABLE_YES);
	assert_int_equal(d.models[2].usable, CG_LIBVIRT_USABLE_UNKNOWN);
	assert_null(cg_libvirt_document_model(&d, "Penryn"));
}

#define CUSTOM(inside)                                                                   \
	"<domainCapabilities><domain>kvm</domain><cpu>"                                  \
	"<mode name='custom' supported='yes'>" inside                                    \
	"</mode></cpu></domainCapabilities>"

static void what_is_not_understood_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum cg_errc code;
		const char *part;
	} cases[] = {
		{ "<cpudata arch='x86'/>", CG_E_PARSE, "<cpudata> isn't one of" },
		{ "<!DOCTYPE cpu><cpu/>", CG_E_PARSE, "document type" },
		{ "<cpu mode='x'/>", CG_E_PARSE, "mode='x'" },
		{ "<domain/>", CG_E_USAGE, "type '' isn't QEMU's" },
		{ "<domain type='xen'/>", CG_E_USAGE, "type 'xen' isn't QEMU's" },
		{ "<domain type='kvm'><vcpu>two</vcpu></domain>", CG_E_PARSE, "two" },
		{ "<domain type='kvm'><vcpu>9999999</vcpu></domain>", CG_E_PARSE,
		  "<vcpu>" },
		{ "<domain type='kvm'><os><type machine='pc,accel=tcg'/></os></domain>",
		  CG_E_PARSE, "'pc,accel=tcg'" },
		{ "<domain type='kvm'><clock><timer name='tsc' frequency='1G'/></clock></domain>",
		  CG_E_PARSE, "frequency='1G'" },
		{ "<domainCapabilities/>", CG_E_USAGE, "isn't QEMU's" },
		{ CUSTOM("<model usable='often'>a</model>"), CG_E_PARSE,
		  "usable='often'" },
		{ CUSTOM("<model/>"), CG_E_PARSE, "<model> names nothing" },
		{ CUSTOM("<model>a</model><blockers model='b'/>"), CG_E_PARSE,
		  "model='b'>: there is no such model" },
		{ CUSTOM("<model>a</model><blockers/>"), CG_E_PARSE, "no such model" },
		{ CUSTOM("<model>a</model><blockers model='a'/><blockers model='a'/>"),
		  CG_E_PARSE, "a second time" },
		{ CUSTOM("<model>a</model><blockers model='a'><feature/></blockers>"),
		  CG_E_PARSE, "<blockers> names nothing" },
		{ CUSTOM("</mode><mode name='custom' supported='yes'>"), CG_E_PARSE,
		  "twice" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++)
		expect_refused(cases[i].text, cases[i].code, cases[i].part);
}

#else

static void libvirts_files_are_refused_with_a_sentence(void **state)
{
	struct cg_libvirt_document document = { 0 };
	struct cg_error err;

	(void)state;
	assert_error(cg_libvirt_document_parse(&document, "<cpu/>", 6, &err), CG_E_USAGE);
	assert_contains(err.msg, "libxml2");
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xml_is_told_from_other_text),
#ifdef HAVE_LIBXML2
		cmocka_unit_test(a_cpu_alone_is_a_document),
		cmocka_unit_test(a_domain_has_its_machine_emulator_and_cpus),
		cmocka_unit_test(a_domain_may_say_very_little),
		cmocka_unit_test(capabilities_have_a_host),
		cmocka_unit_test(domcapabilities_have_a_host_model_and_blockers),
		cmocka_unit_test(what_is_not_understood_is_refused),
#else
		cmocka_unit_test(libvirts_files_are_refused_with_a_sentence),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
