// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every stage at which a feature can be lost, on hosts that are only texts; and on CPUs
 * of real hosts, as others recorded them, that what their QEMU didn't get is told to be
 * lost where it was.
 */
#include "lib/trail.h"

#include <stdio.h>
#include <string.h>

#include "cpumodels/switches.h"
#include "tests/unit/recorded-hosts.h"

#define INTEL "GenuineIntel"
#define AMD "AuthenticAMD"

static json_t *json_of(const char *text)
{
	json_t *json = NULL;
	struct cg_error err;

	assert_ok(cg_json_parse(&json, text, strlen(text), 1 << 20, &err));
	return json;
}

/* One feature on one host: which stages it is in which state, and the cause. */
struct expected {
	const char *vendor, *feature;
	const char *cpuid, *kvm; /* members of those parts */
	const char *rest, *boot; /* more parts; how the kernel was started */
	const char *states;      /* "cpu kernel ..." that are absent */
	enum cg_reason cause;
	const char *told; /* somewhere in the words of a stage, or in the remedy */
};

static void expect_text(const struct expected *e, const json_t *said)
{
	cg_auto_free char *text = cg_json_canonical(said);

	if (!strstr(text, e->told))
		fail_msg("%s: no \"%s\" in %s", e->feature, e->told, text);
}

static void expect_states(const struct expected *e, const json_t *stages)
{
	char absent[128] = "";
	const json_t *stage;
	size_t i;

	json_array_foreach(stages, i, stage) {
		if (strcmp(cg_json_text(stage, "state"), "absent") != 0)
			continue;
		if (*absent)
			strcat(absent, " ");
		strcat(absent, cg_json_text(stage, "stage"));
	}
	if (strcmp(absent, e->states) != 0)
		fail_msg("%s: absent at \"%s\", not \"%s\"", e->feature, absent,
			 e->states);
}

static void expect(const struct expected *e)
{
	cg_auto_free char *text = NULL;
	cg_auto_json json_t *parts = NULL, *boot = e->boot ? json_of(e->boot) : NULL;
	cg_auto_json json_t *said = NULL, *stages = NULL;
	struct cg_trail_host host = { .boot = boot, .vendor = e->vendor };
	struct cg_trail trail;

	assert_true(asprintf(&text,
			     "{\"microcode\":\"0x12\",\"kernel\":{\"release\":\"6.1\"},"
			     "\"cpuid\":{\"cpu\":{\"0x1.edx\":\"0x1\"%s}},"
			     "\"kvm-cpuid\":{\"0x1.edx\":\"0x1\"%s}%s}",
			     e->cpuid, e->kvm, e->rest) > 0);
	parts = json_of(text);
	host.parts = parts;
	cg_trail_begin(&trail, e->feature, true, &host);
	stages = cg_trail_stages(&trail);
	expect_states(e, stages);
	if (cg_trail_cause(&trail) != e->cause)
		fail_msg("%s: %s, not %s", e->feature,
			 cg_reason_code(cg_trail_cause(&trail)),
			 cg_reason_code(e->cause));
	said = json_pack("[O, o]", stages, cg_trail_reason(&trail, e->feature, "node-3"));
	expect_text(e, said);
}

#define PARAMETERS(text_) ",\"kvm-parameters\":{" text_ "}"
#define MSRS(text_) ",\"kvm-msrs\":{\"feature\":{" text_ "},\"index\":{}}"
#define SVM ",\"0x80000001.ecx\":\"0x4\""
#define VMX ",\"0x1.ecx\":\"0x20\""
#define AVX ",\"0x1.ecx\":\"0x10000000\""
#define VIRTUAL_AVX ",\"0x1.ecx\":\"0x90000000\""

/* clang-format off: a case, a few lines */
static const struct expected cases[] = {
	/* The CPU. */
	{ INTEL, "avx2", "", "", "", NULL, "cpu kvm", CG_MISSING_HOST,
	  "CPUID.(EAX=07H,ECX=0):EBX[5] is 0 (0x0)" },
	{ INTEL, "avx2", ",\"0x7.0.ebx\":\"0x219c07cb\"", "", "", NULL, "cpu kvm",
	  CG_MISSING_HOST, "CPUID.(EAX=07H,ECX=0):EBX[5] is 0 (0x219c07cb)" },
	{ INTEL, "vmx-ept", "", "", MSRS(""), NULL, "cpu kvm", CG_MISSING_HOST,
	  "it comes with vmx, and CPUID.01H:ECX[5] is 0" },
	{ AMD, "phe", "", "", "", NULL, "cpu kvm", CG_MISSING_HOST,
	  "CPUID.C0000001H:EDX[10] is 0" },
	{ "CentaurHauls", "phe", "", "", "", NULL, "kvm", CG_MISSING_UNSUPPORTED,
	  "nothing is known of it" },
	/* Microcode. */
	{ INTEL, "rtm", ",\"0x7.0.edx\":\"0x800\"", "", "", NULL, "cpu microcode kvm",
	  CG_MISSING_MICROCODE, "hides TSX (now 0x12)" },
	{ INTEL, "md-clear", AVX, "", "", NULL, "cpu microcode kvm", CG_MISSING_MICROCODE,
	  "update the microcode of node-3" },
	{ INTEL, "md-clear", AVX, "", MSRS("\"0x10a\":\"0x20\""), NULL, "cpu kvm",
	  CG_MISSING_HOST, "revision 0x12" },
	{ INTEL, "spec-ctrl", "", "", "", NULL, "cpu kvm", CG_MISSING_HOST, "0x12" },
	{ INTEL, "spec-ctrl", VIRTUAL_AVX, "", "", NULL, "cpu kvm", CG_MISSING_HOST,
	  "0x12" },
	{ AMD, "spec-ctrl", AVX, "", "", NULL, "cpu kvm", CG_MISSING_HOST, "0x12" },
	{ AMD, "ibpb", ",\"0x1.eax\":\"0x800f11\"", "", "", NULL, "cpu microcode kvm",
	  CG_MISSING_MICROCODE, "updates bring it" },
	{ AMD, "ibpb", ",\"0x1.eax\":\"0x600f12\"", "", "", NULL, "cpu kvm",
	  CG_MISSING_HOST, "0x12" },
	{ AMD, "rdseed", ",\"0x1.eax\":\"0xb00f21\"", "", "", NULL, "cpu microcode kvm",
	  CG_MISSING_MICROCODE, "until an update mends it" },
	/* The kernel. */
	{ INTEL, "smap", ",\"0x7.0.ebx\":\"0x100000\"", "", "",
	  "{\"parameters\":[\"quiet\",\"nosmap\"],\"flags\":[]}", "kernel kvm",
	  CG_MISSING_PARAMETER, "start the kernel of node-3 without nosmap" },
	{ INTEL, "smap", ",\"0x7.0.ebx\":\"0x100000\"", "", "",
	  "{\"parameters\":[\"clearcpuid=514,308\"],\"flags\":[]}", "kernel kvm",
	  CG_MISSING_PARAMETER, "clearcpuid=514,308 on its command line" },
	{ INTEL, "smap", ",\"0x7.0.ebx\":\"0x100000\"", "", "",
	  "{\"parameters\":[\"clearcpuid=smap\"],\"flags\":[]}", "kernel kvm",
	  CG_MISSING_PARAMETER, "clearcpuid=smap" },
	{ INTEL, "smap", ",\"0x7.0.ebx\":\"0x100000\"", "", "",
	  "{\"parameters\":[\"clearcpuid=smep\"],\"flags\":[\"smep\"]}", "kvm",
	  CG_MISSING_KERNEL, "nothing shows that Linux 6.1 takes it away" },
	{ INTEL, "smap", "", "", "", "{\"parameters\":[\"nosmap\"],\"flags\":[]}",
	  "cpu kernel kvm", CG_MISSING_HOST, "nosmap" },
	{ INTEL, "rtm", "", "", "", "{\"parameters\":[\"tsx=off\"],\"flags\":[]}",
	  "cpu kernel kvm", CG_MISSING_PARAMETER, "without tsx=off" },
	{ INTEL, "xsaveopt", ",\"0xd.1.eax\":\"0x1\"", "", "",
	  "{\"parameters\":[\"noxsave\"],\"flags\":[]}", "kernel kvm",
	  CG_MISSING_PARAMETER, "noxsave" },
	/* KVM. */
	{ INTEL, "mpx", ",\"0x7.0.ebx\":\"0x4000\"", "", "",
	  "{\"parameters\":[],\"flags\":[\"mpx\"]}", "kvm", CG_MISSING_KERNEL,
	  "among the flags in /proc/cpuinfo" },
	{ INTEL, "avx512vnni", ",\"0x7.0.ecx\":\"0x800\"", "", "",
	  "{\"parameters\":[],\"flags\":[\"avx512_vnni\"]}", "kvm", CG_MISSING_KERNEL,
	  "among the flags" },
	{ INTEL, "kvm-pv-ipi", "", "", "", NULL, "kvm", CG_MISSING_KERNEL,
	  "the KVM of node-3 doesn't offer kvm-pv-ipi" },
	{ INTEL, "mds-no", ",\"0x7.0.edx\":\"0x20000000\"", "", MSRS("\"0x10a\":\"0x1\""),
	  NULL, "kvm", CG_MISSING_UNSUPPORTED, "MSR 10AH[5] is 0 (0x1)" },
	{ INTEL, "monitor", ",\"0x1.ecx\":\"0x8\"", "", "", NULL, "kvm", CG_MISSING_VMM,
	  "-overcommit cpu-pm=on" },
	{ INTEL, "kvm-msi-ext-dest-id", "", "", "", NULL, "kvm", CG_MISSING_VMM,
	  "kernel-irqchip=split" },
	/* Parameters of its modules. */
	{ AMD, "svm", SVM, "", PARAMETERS("\"kvm_amd.nested\":\"0\""), NULL,
	  "kvm parameter", CG_MISSING_PARAMETER, "load kvm_amd on node-3 with nested=1" },
	{ AMD, "npt", SVM ",\"0x8000000a.edx\":\"0x1\"", "",
	  PARAMETERS("\"kvm_amd.nested\":\"0\",\"kvm_amd.npt\":\"1\""), NULL,
	  "kvm parameter", CG_MISSING_PARAMETER, "kvm_amd.nested is 0" },
	{ AMD, "npt", SVM ",\"0x8000000a.edx\":\"0x1\"", SVM,
	  PARAMETERS("\"kvm_amd.nested\":\"1\",\"kvm_amd.npt\":\"N\""), NULL,
	  "kvm parameter", CG_MISSING_PARAMETER, "kvm_amd.npt is N" },
	{ INTEL, "vmx", VMX, "", PARAMETERS("\"kvm_intel.nested\":\"N\""), NULL,
	  "kvm parameter", CG_MISSING_PARAMETER, "kvm_intel.nested on node-3 switches" },
	{ INTEL, "vmx-ept-1gb", VMX, VMX,
	  PARAMETERS("\"kvm_intel.nested\":\"Y\",\"kvm_intel.ept\":\"N\"") MSRS(""), NULL,
	  "kvm parameter", CG_MISSING_PARAMETER, "kvm_intel.ept is N" },
	{ INTEL, "vmx", "", "", PARAMETERS("\"kvm_intel.nested\":\"N\""), NULL,
	  "cpu kvm parameter", CG_MISSING_HOST, "kvm_intel.nested is N" },
	{ INTEL, "vmx", VMX, "", PARAMETERS("\"kvm_intel.nested\":\"Y\""), NULL, "kvm",
	  CG_MISSING_KERNEL, "none that is known" },
	{ INTEL, "pdcm", ",\"0x1.ecx\":\"0x8000\"", "",
	  PARAMETERS("\"kvm.enable_pmu\":\"N\""), NULL, "kvm parameter",
	  CG_MISSING_PARAMETER, "enable_pmu=1" },
	/* The emulator: KVM offers it. */
	{ INTEL, "avx2", "", ",\"0x7.0.ebx\":\"0x20\"", "", NULL, "cpu", CG_MISSING_VMM,
	  "(0x20)" },
	{ INTEL, "vmx-cr3-load-noexit", VMX, VMX, MSRS("\"0x48e\":\"0x7fff\""), NULL, "",
	  CG_MISSING_VMM, "MSR 48EH[15] is 0 (0x7fff)" },
	{ INTEL, "vmx-cr3-load-noexit", VMX, VMX, MSRS("\"0x48e\":\"0x8000\""), NULL,
	  "kvm", CG_MISSING_UNSUPPORTED, "MSR 48EH[15] is 1 (0x8000)" },
	/* A name that is newer than the table. */
	{ INTEL, "future", "", "", "", NULL, "", CG_MISSING_UNSUPPORTED,
	  "future can't be had on node-3" },
};
/* clang-format on */

static void the_first_stage_that_explains_it_is_the_cause(void **state)
{
	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++)
		expect(&cases[i]);
}

/* What the emulator and the machine type have to say. */
static void later_stages_count_when_the_host_has_it(void **state)
{
	struct cg_trail trail;

	(void)state;
	cg_trail_begin(&trail, "avx512f", true, NULL);
	cg_trail_tell(&trail, CG_STAGE_TCG, CG_ABSENT, "no");
	assert_int_equal(cg_trail_cause(&trail), CG_MISSING_VMM);
	trail.is_unknown = true;
	assert_int_equal(cg_trail_cause(&trail), CG_MISSING_EMULATOR);
	trail.is_unknown = false;
	trail.newest = "pc-q35-9.9";
	cg_trail_tell(&trail, CG_STAGE_MACHINE, CG_ABSENT, "off");
	assert_int_equal(cg_trail_cause(&trail), CG_MISSING_VMM);
}

static void nothing_is_known_of_a_host_without_parts(void **state)
{
	const struct cg_trail_host host = { 0 };
	struct cg_trail trail;

	(void)state;
	cg_trail_begin(&trail, "avx2", true, &host);
	for (enum cg_stage i = 0; i < CG_STAGES; i++)
		assert_true(!trail.stages[i].told || trail.stages[i].state == CG_UNKNOWN);
	assert_int_equal(cg_trail_cause(&trail), CG_MISSING_UNSUPPORTED);
	cg_trail_begin(&trail, "aes", false, &host); /* of another target */
	assert_null(trail.places);
}

static void all_types_of_cores_must_have_it(void **state)
{
	cg_auto_json json_t *parts =
		json_of("{\"cpuid\":{\"core\":{\"0x7.0.ebx\":\"0x10020\"},"
			"\"atom\":{\"0x7.0.ebx\":\"0x20\"}}}");
	cg_auto_json json_t *hidden =
		json_of("{\"cpuid\":{\"core\":{\"0x7.0.ebx\":\"0x20\"},"
			"\"atom\":\"not allowed to run there\"}}");
	size_t count;

	(void)state;
	assert_int_equal(cg_bits_cpu(parts, cg_leaves_find("avx2", &count)).state,
			 CG_PRESENT);
	assert_int_equal(cg_bits_cpu(parts, cg_leaves_find("avx512f", &count)).state,
			 CG_ABSENT);
	assert_int_equal(cg_bits_cpu(hidden, cg_leaves_find("avx2", &count)).state,
			 CG_UNKNOWN);
}

static void switches_are_of_features_that_exist(void **state)
{
	size_t count, places;
	const struct cg_switch *sw = cg_switches(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		if (!cg_leaves_find(sw[i].feature, &places))
			fail_msg("%s: no feature %s", sw[i].parameter, sw[i].feature);
		assert_true(cg_switch_takes(&sw[i], sw[i].feature));
		assert_int_equal(strchr(sw[i].parameter, '.') != NULL,
				 sw[i].place == CG_SWITCH_MODULE);
	}
	assert_true(cg_switch_is_name("sse4_1", 6, "sse4.1"));
	assert_false(cg_switch_is_name("sse4_1", 5, "sse4.1"));
	assert_false(cg_switch_is_name("sse4_12", 7, "sse4.1"));
	assert_false(cg_switch_clears("", "smap"));
	assert_false(cg_switch_clears("3080,30,08,smapx", "smap"));
	assert_false(cg_switch_clears("308", "future"));
	assert_true(cg_switch_clears("1,308", "smap"));
}

/* Real hosts. */

static bool has_subleaves(unsigned int leaf)
{
	return leaf == 7 || leaf == 0xd || leaf == 0x12 || leaf == 0x14 || leaf == 0x24;
}

static void put_register(json_t *out, unsigned int leaf, unsigned int subleaf,
			 const char *name, unsigned int value)
{
	char key[48];

	if (has_subleaves(leaf))
		snprintf(key, sizeof(key), "0x%x.%u.%s", leaf, subleaf, name);
	else
		snprintf(key, sizeof(key), "0x%x.%s", leaf, name);
	if (value && (has_subleaves(leaf) || !subleaf))
		json_object_set_new(out, key, json_sprintf("0x%x", value));
}

/* The CPUID of a host, a line each: <cpuid eax_in='0x..' ecx_in='0x..' eax='0x..' ... */
static json_t *read_cpuid(const char *host)
{
	const char *top = getenv("top_srcdir");
	unsigned int leaf, subleaf, eax, ebx, ecx, edx;
	char path[4096], line[256];
	json_t *out = json_object();
	FILE *f;

	snprintf(path, sizeof(path), "%s/../shared/data/hosts/%s.cpuid.xml",
		 top ? top : ".", host);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line,
			   " <cpuid eax_in='%x' ecx_in='%x' eax='%x' ebx='%x' ecx='%x' "
			   "edx='%x'",
			   &leaf, &subleaf, &eax, &ebx, &ecx, &edx) != 6)
			continue;
		put_register(out, leaf, subleaf, "eax", eax);
		put_register(out, leaf, subleaf, "ebx", ebx);
		put_register(out, leaf, subleaf, "ecx", ecx);
		put_register(out, leaf, subleaf, "edx", edx);
	}
	fclose(f);
	return out;
}

struct tally {
	size_t features, in_cpu, in_kvm, in_microcode, made_up;
};

/* The bits that KVM must have offered, for what QEMU got. */
static json_t *offered(const json_t *props)
{
	static const char *const registers[] = { "eax", "ebx", "ecx", "edx" };
	json_t *out = json_pack("{s:s}", "0x0.eax", "0x1");
	size_t count;
	const struct cg_leaf *leaf = cg_leaves(&count), *end = leaf + count;

	for (; leaf < end; leaf++) {
		char key[48];
		const char *was;

		if (leaf->kind != CG_LEAF_CPUID ||
		    !json_is_true(json_object_get(props, leaf->name)))
			continue;
		snprintf(key, sizeof(key),
			 has_subleaves(leaf->leaf) ? "0x%x.%u.%s" : "0x%x%.0u.%s",
			 leaf->leaf, has_subleaves(leaf->leaf) ? leaf->subleaf : 0,
			 registers[leaf->reg]);
		was = cg_json_text(out, key);
		json_object_set_new(out, key,
				    json_sprintf("0x%llx",
						 (was ? strtoull(was, NULL, 16) : 0) |
							 1ull << leaf->bit));
	}
	return out;
}

/* KVM and QEMU make these themselves, whatever the CPU has. */
static bool is_made_up(const char *feature)
{
	/* Mitigations of Intel's stand for AMD's, and the other way round. */
	static const char *const names[] = {
		"amd-no-ssb",   "amd-ssbd",   "amd-stibp", "arat",    "arch-capabilities",
		"cmp-legacy",   "hypervisor", "ibpb",      "ibrs",    "movbe",
		"spec-ctrl",    "ssbd",       "stibp",     "topoext", "tsc-adjust",
		"tsc-deadline", "umip",       "virt-ssbd", "x2apic",
	};

	for (size_t i = 0; i < CG_COUNT(names); i++)
		if (strcmp(names[i], feature) == 0)
			return true;
	return false;
}

static void check_feature(const char *name, const struct cg_leaf *leaf, bool given,
			  const struct cg_trail_host *host, struct tally *tally,
			  const char *which)
{
	enum cg_state cpu = cg_bits_cpu(host->parts, leaf).state;
	enum cg_reason cause;
	struct cg_trail trail;

	cg_trail_begin(&trail, name, true, host);
	assert_int_equal(trail.stages[CG_STAGE_CPU].state, cpu);
	tally->features++;
	if (given) {
		if (cpu != CG_PRESENT && !is_made_up(name))
			fail_msg("%s gave %s, and its CPU doesn't have it", which, name);
		tally->made_up += cpu != CG_PRESENT;
		return;
	}
	cause = cg_trail_cause(&trail);
	tally->in_cpu += cause == CG_MISSING_HOST;
	tally->in_microcode += cause == CG_MISSING_MICROCODE;
	tally->in_kvm += cause == CG_MISSING_KERNEL || cause == CG_MISSING_VMM;
	assert_int_equal(cpu == CG_PRESENT,
			 cause == CG_MISSING_KERNEL || cause == CG_MISSING_VMM);
}

static void check_host(const struct recorded_hosts *hosts, size_t i, struct tally *tally)
{
	const json_t *props = hosts->props[i];
	cg_auto_json json_t *parts =
		json_pack("{s:s, s:{s:o}, s:o}", "microcode", "0x1", "cpuid", "cpu",
			  read_cpuid(hosts->texts[i]), "kvm-cpuid", offered(props));
	const struct cg_trail_host host = { .parts = parts,
					    .vendor = hosts->supplies[i].vendor };
	const char *name;
	json_t *value;

	cg_json_each(props, name, value) {
		size_t count;
		const struct cg_leaf *leaf = cg_leaves_find(name, &count);

		/* Some recordings lack second subleaves. */
		if (json_is_boolean(value) && leaf && leaf->kind == CG_LEAF_CPUID &&
		    !leaf->subleaf &&
		    (leaf->leaf < 0x40000000 || leaf->leaf >= 0x80000000))
			check_feature(name, leaf, json_is_true(value), &host, tally,
				      hosts->texts[i]);
	}
}

static void real_hosts_lost_it_where_it_says(void **state)
{
	struct tally tally = { 0 };
	struct recorded_hosts hosts;

	(void)state;
	recorded_open(&hosts);
	for (size_t i = 0; i < hosts.count; i++)
		check_host(&hosts, i, &tally);
	if (hosts.count)
		fprintf(stderr,
			"# %zu hosts, %zu features: not in the CPU %zu, microcode %zu, "
			"not from KVM %zu; made up %zu\n",
			hosts.count, tally.features, tally.in_cpu, tally.in_microcode,
			tally.in_kvm, tally.made_up);
	recorded_close(&hosts);
}

/* What everybody knows of one generation. */
static void a_sandy_bridge_lacks_what_came_later(void **state)
{
	static const char *const later[] = { "avx2",     "bmi1", "f16c", "fma",
					     "movbe",    "erms", "smep", "rdrand",
					     "fsgsbase", "adx" };
	struct recorded_hosts hosts;

	(void)state;
	recorded_open(&hosts);
	for (size_t i = 0; i < hosts.count; i++) {
		cg_auto_json json_t *parts = NULL;
		struct cg_trail_host host = { .vendor = INTEL };
		struct cg_trail trail;

		if (strncmp(hosts.texts[i], "Core-i7-2600", 12) != 0)
			continue;
		parts = json_pack("{s:s, s:{s:o}, s:o}", "microcode", "0x29", "cpuid",
				  "cpu", read_cpuid(hosts.texts[i]), "kvm-cpuid",
				  offered(hosts.props[i]));
		host.parts = parts;
		for (size_t f = 0; f < CG_COUNT(later); f++) {
			cg_trail_begin(&trail, later[f], true, &host);
			assert_int_equal(cg_trail_cause(&trail), CG_MISSING_HOST);
		}
		cg_trail_begin(&trail, "spec-ctrl", true, &host);
		assert_int_equal(cg_trail_cause(&trail), CG_MISSING_MICROCODE);
		cg_trail_begin(&trail, "monitor", true, &host);
		assert_int_equal(cg_trail_cause(&trail), CG_MISSING_VMM);
	}
	recorded_close(&hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_stage_that_explains_it_is_the_cause),
		cmocka_unit_test(later_stages_count_when_the_host_has_it),
		cmocka_unit_test(nothing_is_known_of_a_host_without_parts),
		cmocka_unit_test(all_types_of_cores_must_have_it),
		cmocka_unit_test(switches_are_of_features_that_exist),
		cmocka_unit_test(real_hosts_lost_it_where_it_says),
		cmocka_unit_test(a_sandy_bridge_lacks_what_came_later),
	};

	return cmocka_run_group_tests_name("trail", tests, NULL, NULL);
}
