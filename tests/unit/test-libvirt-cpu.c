// SPDX-License-Identifier: LGPL-2.1-or-later
/* <cpu>: what each word means, what is refused, and that printing loses nothing. */
#include "formats/libvirt-cpu.h"

#include <string.h>

#include "base/buffer.h"
#include "cpumodels/definition.h"
#include "formats/xml.h"
#include "tests/unit/outcome.h"
#include "tests/unit/random.h"

#ifdef HAVE_LIBXML2

static struct cg_libvirt_cpu read_cpu(const char *text)
{
	cg_auto_xml struct cg_xml *xml = NULL;
	struct cg_libvirt_cpu cpu = { 0 };
	struct cg_error err;

	if (cg_xml_parse(&xml, text, strlen(text), &err) < 0 ||
	    cg_libvirt_cpu_read(&cpu, xml, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	return cpu;
}

static void expect_refused(const char *text, enum cg_errc code, const char *part)
{
	cg_auto_xml struct cg_xml *xml = NULL;
	struct cg_libvirt_cpu cpu = { 0 };
	struct cg_error err;

	assert_ok(cg_xml_parse(&xml, text, strlen(text), &err));
	if (cg_libvirt_cpu_read(&cpu, xml, &err) == 0)
		fail_msg("taken: %s", text);
	assert_string_equal(cg_errc_name(err.code), cg_errc_name(code));
	assert_contains(err.msg, part);
	assert_null(cpu.features);
}

static void expect_printed(const char *text, const char *want)
{
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = read_cpu(text);
	cg_auto_free char *got = NULL;
	struct cg_error err;

	assert_ok(cg_libvirt_cpu_print(&cpu, &got, &err));
	assert_string_equal(got, want);
}

static void nothing_said_has_libvirts_defaults(void **state)
{
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = read_cpu("<cpu/>");

	(void)state;
	assert_false(cpu.is_host);
	assert_int_equal(cpu.mode, CG_LIBVIRT_CUSTOM);
	assert_int_equal(cpu.match, CG_LIBVIRT_EXACT);
	assert_int_equal(cpu.check, CG_LIBVIRT_CHECK_UNSAID);
	assert_int_equal(cpu.migratable, CG_LIBVIRT_UNSAID);
	assert_true(cpu.fallback);
	assert_null(cpu.model);
	assert_null(cpu.vendor);
	assert_int_equal(cpu.count, 0);
	assert_int_equal(cpu.topology.sockets, 0);
}

static void a_guests_cpu_is_read(void **state)
{
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = read_cpu(
		"<cpu mode='custom' match='strict' check='partial'>"
		"<model fallback='forbid' vendor_id='KVMKVM  KVMK'> EPYC-Rome </model>"
		"<vendor>AMD</vendor><topology sockets='2' dies='3' cores='4' threads='5'/>"
		"<maxphysaddr mode='passthrough' limit='43'/><cache mode='passthrough'/>"
		"<feature policy='force' name='avx'/><feature name='lahf_lm'/>"
		"<feature policy='optional' name='pclmuldq'/>"
		"<feature policy='disable' name='sse4_1'/>"
		"<feature policy='forbid' name='x2apic'/><numa><cell id='0'/></numa></cpu>");
	static const char *const names[] = { "avx", "lahf-lm", "pclmulqdq", "sse4.1",
					     "x2apic" };
	static const enum cg_libvirt_policy policies[] = {
		CG_LIBVIRT_FORCE,   CG_LIBVIRT_REQUIRE, CG_LIBVIRT_OPTIONAL,
		CG_LIBVIRT_DISABLE, CG_LIBVIRT_FORBID,
	};

	(void)state;
	assert_int_equal(cpu.match, CG_LIBVIRT_STRICT);
	assert_int_equal(cpu.check, CG_LIBVIRT_CHECK_PARTIAL);
	assert_string_equal(cpu.model, "EPYC-Rome");
	assert_false(cpu.fallback);
	assert_string_equal(cpu.vendor_id, "KVMKVM  KVMK");
	assert_string_equal(cpu.vendor, "AuthenticAMD");
	assert_int_equal(cpu.topology.dies, 3);
	assert_int_equal(cpu.topology.clusters, 1);
	assert_int_equal(cpu.topology.threads, 5);
	assert_true(cpu.width.passthrough);
	assert_int_equal(cpu.width.limit, 43);
	assert_int_equal(cpu.count, CG_COUNT(names));
	for (size_t i = 0; i < cpu.count; i++) {
		assert_string_equal(cpu.features[i].name, names[i]);
		assert_int_equal(cpu.features[i].policy, policies[i]);
		assert_ptr_equal(cg_libvirt_cpu_find(&cpu, names[i]), &cpu.features[i]);
	}
	assert_null(cg_libvirt_cpu_find(&cpu, "lahf_lm"));
}

/* Its policies are no policies, and its features are there. */
static void a_hosts_cpu_is_read(void **state)
{
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = read_cpu(
		"<cpu><arch>x86_64</arch><model>Haswell-noTSX</model><vendor>Intel</vendor>"
		"<microcode version='54'/><signature family='6' model='60' stepping='3'/>"
		"<counter name='tsc' frequency='3492067000' scaling='yes'/><counter name='x'/>"
		"<topology sockets='1' dies='1' cores='4' threads='2'/>"
		"<maxphysaddr mode='emulate' bits='39'/><feature name='vme'/>"
		"<feature policy='disable' name='ds_cpl'/><feature name='osxsave'/>"
		"<feature name='mbm_total'/><pages unit='KiB' size='4'/></cpu>");
	const struct cg_libvirt_feature *feature = cg_libvirt_cpu_find(&cpu, "ds-cpl");

	(void)state;
	assert_true(cpu.is_host);
	assert_string_equal(cpu.arch, "x86_64");
	assert_string_equal(cpu.vendor, "GenuineIntel");
	assert_true(cpu.tsc_hz == 3492067000);
	assert_true(cpu.tsc_scaling);
	assert_int_equal(cpu.width.bits, 39);
	assert_false(cpu.width.passthrough);
	assert_int_equal(cpu.count, 2);
	assert_non_null(feature);
	assert_int_equal(feature->policy, CG_LIBVIRT_REQUIRE);
}

static void modes_are_known(void **state)
{
	static const struct {
		const char *text;
		enum cg_libvirt_mode mode;
	} cases[] = {
		{ "<cpu mode='custom'/>", CG_LIBVIRT_CUSTOM },
		{ "<cpu mode='host-model'/>", CG_LIBVIRT_HOST_MODEL },
		{ "<cpu mode='host-passthrough' migratable='off'/>",
		  CG_LIBVIRT_HOST_PASSTHROUGH },
		{ "<cpu mode='maximum' migratable='on'/>", CG_LIBVIRT_MAXIMUM },
		{ "<mode name='host-model' supported='yes'/>", CG_LIBVIRT_HOST_MODEL },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = read_cpu(cases[i].text);

		assert_int_equal(cpu.mode, cases[i].mode);
	}
}

static void what_libvirt_would_not_take_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "<cpu mode='best'/>", "<cpu mode='best'>" },
		{ "<cpu mode=''/>", "mode=''" },
		{ "<cpu match='roughly'/>", "match='roughly'" },
		{ "<cpu check='maybe'/>", "check='maybe'" },
		{ "<cpu check=''/>", "check=''" },
		{ "<cpu migratable='yes'/>", "migratable='yes'" },
		{ "<cpu><model fallback='no'>a</model></cpu>", "fallback='no'" },
		{ "<cpu><model>a</model><model>b</model></cpu>",
		  "more than one <model>" },
		{ "<cpu><model>Haswell,enforce</model></cpu>", "'Haswell,enforce'" },
		{ "<cpu><model>-Haswell</model></cpu>", "'-Haswell'" },
		{ "<cpu><model>a b</model></cpu>", "'a b'" },
		{ "<cpu><model vendor_id='short'>a</model></cpu>", "vendor_id='short'" },
		{ "<cpu><model vendor_id='AuthenticAM,'>a</model></cpu>",
		  "AuthenticAM," },
		{ "<cpu><vendor>A,B</vendor></cpu>", "<vendor>: 'A,B'" },
		{ "<cpu><feature/></cpu>", "<feature> names nothing" },
		{ "<cpu><feature name=''/></cpu>", "<feature> names nothing" },
		{ "<cpu><feature name='avx,level=1'/></cpu>", "'avx,level=1'" },
		{ "<cpu><feature name='+avx'/></cpu>", "'+avx'" },
		{ "<cpu><feature name='avx' policy='maybe'/></cpu>", "policy='maybe'" },
		{ "<cpu><feature name='avx'/><feature name='avx'/></cpu>", "avx twice" },
		{ "<cpu><feature name='lahf_lm'/><feature name='lahf-lm'/></cpu>",
		  "lahf-lm twice" },
		{ "<cpu><maxphysaddr mode='all'/></cpu>", "mode='all'" },
		{ "<cpu><maxphysaddr mode='emulate' bits='65'/></cpu>", "bits='65'" },
		{ "<cpu><maxphysaddr mode='emulate' bits='-1'/></cpu>", "bits='-1'" },
		{ "<cpu><maxphysaddr mode='emulate' bits='9999'/></cpu>", "bits='9999'" },
		{ "<cpu><maxphysaddr mode='emulate' bits=''/></cpu>", "bits=''" },
		{ "<cpu><maxphysaddr limit='99999999999999999999999'/></cpu>", "limit=" },
		{ "<cpu><topology sockets='1' cores='0' threads='1'/></cpu>",
		  "<topology>" },
		{ "<cpu><topology sockets='1'/></cpu>", "<topology>" },
		{ "<cpu><topology sockets='x' cores='1' threads='1'/></cpu>",
		  "sockets='x'" },
		{ "<cpu><counter name='tsc' frequency='fast'/></cpu>",
		  "frequency='fast'" },
		{ "<cpu><counter name='tsc' frequency='9223372036854775808'/></cpu>",
		  "frequency=" },
		{ "<cpu><counter name='tsc' scaling='on'/></cpu>", "scaling='on'" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++)
		expect_refused(cases[i][0], CG_E_PARSE, cases[i][1]);
}

static void numbers_of_features_and_letters_have_limits(void **state)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(100000);
	struct cg_error err;

	(void)state;
	assert_ok(cg_buffer_printf(&text, &err, "<cpu>"));
	for (int i = 0; i <= CG_OVERRIDES_MAX; i++)
		assert_ok(cg_buffer_printf(&text, &err, "<feature name='f%d'/>", i));
	assert_ok(cg_buffer_printf(&text, &err, "</cpu>"));
	expect_refused(text.data, CG_E_LIMIT, "512 features");
	cg_buffer_deinit(&text);
	assert_ok(cg_buffer_printf(&text, &err, "<cpu><feature name='%064d'/></cpu>", 1));
	expect_refused(text.data, CG_E_PARSE, "64 characters");
}

static void a_cpu_is_printed_in_libvirts_words(void **state)
{
	(void)state;
	expect_printed(
		"<cpu match='exact' check='full'><model fallback='forbid'>Haswell</model>"
		"<vendor>Intel</vendor><feature policy='require' name='pclmulqdq'/>"
		"<feature policy='disable' name='lahf-lm'/></cpu>",
		"<cpu mode='custom' match='exact' check='full'>\n"
		"  <model fallback='forbid'>Haswell</model>\n"
		"  <vendor>Intel</vendor>\n"
		"  <feature policy='require' name='pclmuldq'/>\n"
		"  <feature policy='disable' name='lahf_lm'/>\n"
		"</cpu>\n");
	expect_printed(
		"<cpu mode='host-passthrough' migratable='on' check='none'/>",
		"<cpu mode='host-passthrough' check='none' migratable='on'>\n</cpu>\n");
	expect_printed(
		"<cpu><model vendor_id='&lt;&apos;&quot;&amp;45678901'>a</model>"
		"<topology sockets='1' dies='2' clusters='3' cores='4' threads='5'/>"
		"<maxphysaddr mode='emulate' bits='40'/></cpu>",
		"<cpu mode='custom' match='exact'>\n"
		"  <model fallback='allow' vendor_id='&lt;&apos;&quot;&amp;45678901'>a"
		"</model>\n"
		"  <topology sockets='1' dies='2' clusters='3' cores='4' threads='5'/>\n"
		"  <maxphysaddr mode='emulate' bits='40'/>\n"
		"</cpu>\n");
	expect_printed(
		"<cpu mode='maximum'><maxphysaddr mode='passthrough' limit='46'/></cpu>",
		"<cpu mode='maximum'>\n"
		"  <maxphysaddr mode='passthrough' limit='46'/>\n"
		"</cpu>\n");
}

static char *random_cpu(void)
{
	static const char *const names[] = { "avx", "lahf_lm", "pclmuldq", "sse4.1",
					     "vme" };
	static const char *const policies[] = { "require", "force", "optional", "disable",
						"forbid" };
	static const char *const attributes[] = {
		"",
		" match='minimum'",
		" check='none'",
		" match='strict' check='partial'",
		" mode='host-model'",
		" mode='maximum' migratable='off'",
	};
	static const char *const children[] = {
		"",
		"<vendor>AMD</vendor>",
		"<vendor>Other</vendor><topology sockets='1' cores='2' threads='3'/>",
		"<maxphysaddr mode='passthrough'/>",
		"<maxphysaddr mode='emulate' bits='52'/>",
	};
	struct cg_buffer text = CG_BUFFER(10000);
	struct cg_error err;

	assert_ok(cg_buffer_printf(&text, &err, "<cpu%s><model>M%d</model>%s",
				   attributes[random_below(CG_COUNT(attributes))],
				   (int)random_below(9),
				   children[random_below(CG_COUNT(children))]));
	for (size_t i = 0; i < CG_COUNT(names); i++)
		if (random_below(2))
			assert_ok(cg_buffer_printf(
				&text, &err, "<feature name='%s' policy='%s'/>", names[i],
				policies[random_below(CG_COUNT(policies))]));
	assert_ok(cg_buffer_printf(&text, &err, "</cpu>"));
	return text.data;
}

static void what_is_printed_reads_the_same(void **state)
{
	(void)state;
	random_seed(4);
	for (int round = 0; round < 300; round++) {
		cg_auto_free char *text = random_cpu(), *once = NULL;
		cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = read_cpu(text);
		struct cg_error err;

		assert_ok(cg_libvirt_cpu_print(&cpu, &once, &err));
		expect_printed(once, once);
	}
}

static void an_unknown_feature_is_named_with_the_nearest(void **state)
{
	static const char *const known[] = { "avx", "avx2", "sse4.2", "vme" };
	cg_auto_libvirt_cpu struct cg_libvirt_cpu
		good = read_cpu(
			"<cpu><feature name='sse4_2'/><feature name='vme'/></cpu>"),
		near = read_cpu(
			"<cpu><feature name='vme'/><feature name='sse42x'/></cpu>"),
		far = read_cpu("<cpu><feature name='arch-facilities'/></cpu>");
	cg_auto_vocabulary struct cg_vocabulary *vocabulary = NULL;
	struct cg_error err;

	(void)state;
	assert_ok(cg_vocabulary_new(&vocabulary, known, CG_COUNT(known), &err));
	assert_ok(cg_libvirt_cpu_check(&good, vocabulary, &err));
	assert_error(cg_libvirt_cpu_check(&near, vocabulary, &err), CG_E_UNKNOWN);
	assert_contains(err.msg, "sse42x (did you mean sse4.2?)");
	assert_error(cg_libvirt_cpu_check(&far, vocabulary, &err), CG_E_UNKNOWN);
	assert_string_equal(err.msg, "<cpu> has an unknown feature arch-facilities");
}

#endif

static void deinit_twice_is_harmless(void **state)
{
	struct cg_libvirt_cpu cpu = { 0 };
	struct cg_error err;

	(void)state;
	assert_ok(cg_libvirt_cpu_add(&cpu, "avx", CG_LIBVIRT_REQUIRE, &err));
	assert_error(cg_libvirt_cpu_add(&cpu, "avx", CG_LIBVIRT_FORBID, &err),
		     CG_E_PARSE);
	cg_libvirt_cpu_deinit(&cpu);
	cg_libvirt_cpu_deinit(&cpu);
	assert_null(cg_libvirt_cpu_find(&cpu, "avx"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAVE_LIBXML2
		cmocka_unit_test(nothing_said_has_libvirts_defaults),
		cmocka_unit_test(a_guests_cpu_is_read),
		cmocka_unit_test(a_hosts_cpu_is_read),
		cmocka_unit_test(modes_are_known),
		cmocka_unit_test(what_libvirt_would_not_take_is_refused),
		cmocka_unit_test(numbers_of_features_and_letters_have_limits),
		cmocka_unit_test(a_cpu_is_printed_in_libvirts_words),
		cmocka_unit_test(what_is_printed_reads_the_same),
		cmocka_unit_test(an_unknown_feature_is_named_with_the_nearest),
#endif
		cmocka_unit_test(deinit_twice_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
