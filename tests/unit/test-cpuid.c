// SPDX-License-Identifier: LGPL-2.1-or-later
#include "host/cpuid.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if CG_HOST_X86
#include <libcpuid/libcpuid.h>
#endif

#include "base/json.h"
#include "tests/unit/unit.h"

#define RECORDED 512

/* A CPU that was written down, which answers like one of its vendor. */
struct recorded {
	struct cg_cpuid_row row[RECORDED];
	size_t n;
	size_t asked;
};

static const struct cg_cpuid_row *look_up(const struct recorded *cpu, uint32_t leaf,
					  uint32_t subleaf)
{
	for (size_t i = 0; i < cpu->n; i++)
		if (cpu->row[i].leaf == leaf && cpu->row[i].subleaf == subleaf)
			return &cpu->row[i];
	return NULL;
}

/* Intel's manner: a leaf that isn't there is answered with the highest basic one. */
static void answer(void *arg, uint32_t reg[CG_REGS])
{
	struct recorded *cpu = arg;
	const struct cg_cpuid_row *first = look_up(cpu, 0, 0), *row;

	cpu->asked++;
	row = look_up(cpu, reg[CG_EAX], reg[CG_ECX]);
	if (!row && first && !look_up(cpu, reg[CG_EAX], 0))
		row = look_up(cpu, first->reg[CG_EAX], 0);
	memset(reg, 0, CG_REGS * sizeof(reg[0]));
	if (row)
		memcpy(reg, row->reg, sizeof(row->reg));
}

#define REGS(...) ((const uint32_t[CG_REGS]){ __VA_ARGS__ })

static void record(struct recorded *cpu, uint32_t leaf, uint32_t subleaf,
		   const uint32_t reg[CG_REGS])
{
	struct cg_cpuid_row *row = &cpu->row[cpu->n++];

	assert_true(cpu->n < RECORDED);
	row->leaf = leaf;
	row->subleaf = subleaf;
	memcpy(row->reg, reg, sizeof(row->reg));
}

static json_t *collect(struct recorded *cpu)
{
	struct cg_cpuid_row rows[CG_CPUID_ROWS];
	json_t *json = cg_cpuid_json(rows, cg_cpuid_collect(rows, answer, cpu));

	assert_non_null(json);
	return json;
}

static void check_mask(struct cg_cpuid_row row, const uint32_t want[CG_REGS])
{
	assert_true(cg_cpuid_mask(&row));
	for (int i = 0; i < CG_REGS; i++)
		assert_int_equal(row.reg[i], want[i]);
}

static void clears_what_belongs_to_one_cpu(void **state)
{
	static const uint32_t all[] = { ~0U, ~0U, ~0U, ~0U };
	static const struct {
		uint32_t leaf, subleaf, want[CG_REGS];
	} cases[] = {
		{ 0x1, 0, { ~0U, 0x00ffffff, 0xf7ffffff, ~0U } }, /* APIC id, OSXSAVE */
		{ 0x6, 0, { 0x4, 0, 0, 0 } },                     /* turbo, HFI row */
		{ 0x7, 0, { ~0U, ~0U, 0xffffffef, ~0U } },        /* OSPKE */
		{ 0xd, 0, { ~0U, 0, ~0U, ~0U } },                 /* size for XCR0 */
		{ 0xd, 1, { ~0U, 0, ~0U, ~0U } },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		struct cg_cpuid_row row = { .leaf = cases[i].leaf,
					    .subleaf = cases[i].subleaf };

		memcpy(row.reg, all, sizeof(all));
		check_mask(row, cases[i].want);
	}
}

static void keeps_every_other_bit(void **state)
{
	static const uint32_t all[] = { ~0U, ~0U, ~0U, ~0U };
	static const uint32_t leaves[][2] = {
		{ 0x0, 0 },        { 0x7, 1 },        { 0x7, 2 },
		{ 0xa, 0 },        { 0xd, 2 },        { 0x12, 0 },
		{ 0x14, 0 },       { 0x24, 0 },       { 0x40000001, 0 },
		{ 0x80000001, 0 }, { 0x80000007, 0 }, { 0x80000008, 0 },
		{ 0x8000000a, 0 }, { 0x8000001f, 0 }, { 0x80000021, 0 },
		{ 0xc0000001, 0 },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(leaves); i++) {
		struct cg_cpuid_row row = { .leaf = leaves[i][0],
					    .subleaf = leaves[i][1] };

		memcpy(row.reg, all, sizeof(all));
		check_mask(row, all);
	}
}

static void leaves_out_topology_caches_and_frequencies(void **state)
{
	static const uint32_t leaves[] = { 0x2,        0x3,        0x4,        0xb,
					   0x15,       0x16,       0x18,       0x1f,
					   0x80000005, 0x80000006, 0x80000019, 0x8000001d,
					   0x8000001e, 0x80000026, 0x40000010 };

	(void)state;
	for (size_t i = 0; i < CG_COUNT(leaves); i++) {
		struct cg_cpuid_row row = { .leaf = leaves[i], .reg = { 1, 2, 3, 4 } };

		assert_false(cg_cpuid_mask(&row));
	}
}

static void leaves_out_registers_that_are_zero(void **state)
{
	static const struct cg_cpuid_row rows[] = {
		{ 0x7, 1, true, { 0x20, 0, 0, 0 } },
		{ 0x7, 2, true, { 0, 0, 0, 0 } },
		{ 0x80000001, 0, false, { 0, 0, 1, 0xffffffff } },
	};
	cg_auto_json json_t *json = cg_cpuid_json(rows, CG_COUNT(rows));
	cg_auto_free char *text = cg_json_canonical(json);

	(void)state;
	assert_string_equal(text, "{\"0x7.1.eax\":\"0x20\",\"0x80000001.ecx\":\"0x1\","
				  "\"0x80000001.edx\":\"0xffffffff\"}");
}

static void asks_only_for_what_the_cpu_has(void **state)
{
	struct recorded cpu = { 0 };
	cg_auto_json json_t *json = NULL;
	cg_auto_free char *text = NULL;

	(void)state;
	record(&cpu, 0x0, 0, REGS(0x16, 0x756e6547, 0x6c65746e, 0x49656e69));
	record(&cpu, 0x1, 0, REGS(0x50654, 0, 0, 0)); /* neither XSAVE nor a hypervisor */
	record(&cpu, 0x6, 0, REGS(0x77, 2, 9, 0));
	record(&cpu, 0x7, 0, REGS(0, 0, 0, 0)); /* no SGX, no PT, no 7.1 */
	record(&cpu, 0xd, 0, REGS(7, 7, 7, 7));
	record(&cpu, 0x16, 0,
	       REGS(0x834, 0xe74, 0x64, 0)); /* the highest: Intel's answer */
	record(&cpu, 0x80000000, 0, REGS(0x80000001, 0, 0, 0));
	record(&cpu, 0x80000001, 0, REGS(0, 0, 0x121, 0));
	json = collect(&cpu);
	text = cg_json_canonical(json);
	assert_string_equal(text, "{\"0x0.eax\":\"0x16\",\"0x0.ebx\":\"0x756e6547\","
				  "\"0x0.ecx\":\"0x6c65746e\",\"0x0.edx\":\"0x49656e69\","
				  "\"0x1.eax\":\"0x50654\",\"0x6.eax\":\"0x4\","
				  "\"0x80000000.eax\":\"0x80000001\","
				  "\"0x80000001.ecx\":\"0x121\"}");
	assert_int_equal(cpu.asked, 6);
}

static void asks_for_what_the_cpu_announces(void **state)
{
	struct recorded cpu = { 0 };
	cg_auto_json json_t *json = NULL;

	(void)state;
	record(&cpu, 0x0, 0, REGS(0x24, 0x756e6547, 0x6c65746e, 0x49656e69));
	record(&cpu, 0x1, 0, REGS(0, 0, 0x84000000, 0));          /* XSAVE, hypervisor */
	record(&cpu, 0x7, 0, REGS(2, 0x02000004, 0, 0x01080000)); /* SGX PT LBR AMX */
	record(&cpu, 0x7, 1, REGS(0, 0, 0, 0x00080000));          /* AVX10 */
	record(&cpu, 0x7, 2, REGS(0, 0, 0, 0x20));
	for (uint32_t leaf = 0x8; leaf <= 0x24; leaf++) {
		record(&cpu, leaf, 0, REGS(0x100 + leaf, 0, 0, 0));
		record(&cpu, leaf, 1, REGS(0x200 + leaf, 0, 0, 0));
	}
	record(&cpu, 0x40000000, 0, REGS(0x40000001, 0x4b4d564b, 0x564b4d56, 0x4d));
	json = collect(&cpu);
	assert_string_equal(cg_json_text(json, "0x7.2.edx"), "0x20");
	assert_string_equal(cg_json_text(json, "0xd.1.eax"), "0x20d");
	assert_string_equal(cg_json_text(json, "0x12.1.eax"), "0x212");
	assert_string_equal(cg_json_text(json, "0x14.0.eax"), "0x114");
	assert_string_equal(cg_json_text(json, "0x1c.0.eax"), "0x11c");
	assert_string_equal(cg_json_text(json, "0x1d.1.eax"), "0x21d");
	assert_string_equal(cg_json_text(json, "0x1e.0.eax"), "0x11e");
	assert_string_equal(cg_json_text(json, "0x24.0.eax"), "0x124");
	assert_string_equal(cg_json_text(json, "0x40000000.edx"), "0x4d");
	assert_null(json_object_get(json, "0x1f.eax"));
	assert_null(json_object_get(json, "0x80000000.eax"));
}

static void no_cpuid_is_no_rows(void **state)
{
	struct cg_cpuid_row rows[CG_CPUID_ROWS];
	struct recorded cpu = { 0 };
	char vendor[CG_CPUID_VENDOR];

	(void)state;
	assert_int_equal(cg_cpuid_collect(rows, answer, &cpu), 0);
	cg_cpuid_vendor(rows, 0, vendor);
	assert_string_equal(vendor, "");
	assert_false(cg_cpuid_is_hybrid(rows, 0));
	assert_false(cg_cpuid_can_virtualize(rows, 0));
}

static void spells_the_vendor(void **state)
{
	static const struct cg_cpuid_row amd = {
		0, 0, false, { 0x1c, 0x68747541, 0x444d4163, 0x69746e65 }
	};
	static const struct cg_cpuid_row odd = { 0, 0, false, { 1, 0xff01, 0, 0 } };
	char vendor[CG_CPUID_VENDOR];

	(void)state;
	cg_cpuid_vendor(&amd, 1, vendor);
	assert_string_equal(vendor, "AuthenticAMD");
	cg_cpuid_vendor(&odd, 1, vendor);
	assert_string_equal(vendor, "??");
}

static void knows_hybrid_cpus_and_those_that_virtualize(void **state)
{
	static const struct cg_cpuid_row hybrid = { 7, 0, true, { 0, 0, 0, 1 << 15 } };
	static const struct cg_cpuid_row vmx = { 1, 0, false, { 0, 0, 1 << 5, 0 } };
	static const struct cg_cpuid_row svm = { 0x80000001, 0, false, { 0, 0, 4, 0 } };

	(void)state;
	assert_true(cg_cpuid_is_hybrid(&hybrid, 1));
	assert_false(cg_cpuid_is_hybrid(&vmx, 1));
	assert_true(cg_cpuid_can_virtualize(&vmx, 1));
	assert_true(cg_cpuid_can_virtualize(&svm, 1));
	assert_false(cg_cpuid_can_virtualize(&hybrid, 1));
}

#if CG_HOST_X86
/* Not what the kernel says: valgrind has a CPUID of its own. */
static void reads_what_libcpuid_reads_of_this_cpu(void **state)
{
	struct cg_cpuid_row rows[CG_CPUID_ROWS];
	size_t n = cg_cpuid_collect(rows, cg_cpuid_native, NULL);
	struct cpu_raw_data_t raw;
	size_t compared = 0;

	(void)state;
	assert_int_equal(cpuid_get_raw_data(&raw), 0);
	for (size_t i = 0; i < n; i++) {
		uint32_t leaf = rows[i].leaf, nth = leaf & 0xffff;
		struct cg_cpuid_row want = rows[i];

		if (rows[i].subleaf || nth >= MAX_CPUID_LEVEL || leaf == 0x40000000)
			continue;
		memcpy(want.reg, leaf >> 31 ? raw.ext_cpuid[nth] : raw.basic_cpuid[nth],
		       sizeof(want.reg));
		cg_cpuid_mask(&rows[i]);
		cg_cpuid_mask(&want);
		assert_memory_equal(rows[i].reg, want.reg, sizeof(want.reg));
		compared++;
	}
	assert_true(compared > 2);
}
#endif

/* One line of a recording: attributes in a fixed order, one element a line. */
static void read_line(struct recorded *cpu, const char *line)
{
	unsigned leaf, subleaf, eax, ebx, ecx, edx;

	if (sscanf(line,
		   " <cpuid eax_in='%x' ecx_in='%x' eax='%x' ebx='%x' ecx='%x' edx='%x'",
		   &leaf, &subleaf, &eax, &ebx, &ecx, &edx) == 6)
		record(cpu, leaf, subleaf, REGS(eax, ebx, ecx, edx));
}

static size_t recorded_hosts(struct recorded *cpus, char names[][256], size_t room)
{
	const char *top = getenv("top_srcdir");
	char path[4096], line[512];
	size_t n = 0;
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/../shared/data/hosts", top ? top : ".");
	dir = opendir(path);
	while (dir && n < room && (entry = readdir(dir))) {
		FILE *f;

		if (!strstr(entry->d_name, ".cpuid.xml"))
			continue;
		snprintf(path, sizeof(path), "%s/../shared/data/hosts/%s",
			 top ? top : ".", entry->d_name);
		f = fopen(path, "re");
		assert_non_null(f);
		while (fgets(line, sizeof(line), f))
			read_line(&cpus[n], line);
		fclose(f);
		snprintf(names[n++], 256, "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (!n)
		fprintf(stderr, "# no recordings in %s: nothing compared\n", path);
	return n;
}

/* The same host as another of its CPUs would see it, at another time. */
static void move_to_another_cpu(struct recorded *cpu)
{
	for (size_t i = 0; i < cpu->n; i++) {
		struct cg_cpuid_row *row = &cpu->row[i];

		switch (row->leaf) {
		case 0x1:
			row->reg[CG_EBX] ^= 0xa5000000;
			row->reg[CG_ECX] ^= 1U << 27;
			break;
		case 0x6:
			row->reg[CG_EAX] ^= 0x2;
			row->reg[CG_EDX] ^= 0x10000;
			break;
		case 0x7:
			row->reg[CG_ECX] ^= row->subleaf ? 0 : 0x10;
			break;
		case 0xb:
		case 0x1f:
			row->reg[CG_EDX] ^= 0x55;
			break;
		case 0xd:
			row->reg[CG_EBX] ^= row->subleaf < 2 ? 0x240 : 0;
			break;
		case 0x16:
			row->reg[CG_EAX] += 100;
			break;
		case 0x8000001e:
			row->reg[CG_EAX] ^= 0x55;
			break;
		}
	}
}

static void has_feature_bits(json_t *json, const struct recorded *cpu, uint32_t leaf,
			     int reg, uint32_t mask)
{
	static const char *const names[] = { "eax", "ebx", "ecx", "edx" };
	const struct cg_cpuid_row *row = look_up(cpu, leaf, 0);
	char key[32], want[32];
	const char *got;

	snprintf(key, sizeof(key), leaf == 7 ? "0x%x.0.%s" : "0x%x.%s", leaf, names[reg]);
	snprintf(want, sizeof(want), "0x%x", row ? row->reg[reg] & mask : 0);
	got = cg_json_text(json, key);
	assert_string_equal(got ? got : "0x0", want);
}

static struct recorded hosts[64];
static char host_names[64][256];

static void recorded_hosts_are_the_same_on_each_of_their_cpus(void **state)
{
	size_t n = recorded_hosts(hosts, host_names, CG_COUNT(hosts));

	(void)state;
	for (size_t i = 0; i < n; i++) {
		json_auto_t *here = collect(&hosts[i]), *there = NULL;

		has_feature_bits(here, &hosts[i], 0x1, CG_ECX, ~(1U << 27));
		has_feature_bits(here, &hosts[i], 0x1, CG_EDX, ~0U);
		has_feature_bits(here, &hosts[i], 0x1, CG_EBX, 0x00ffffff);
		has_feature_bits(here, &hosts[i], 0x7, CG_EBX, ~0U);
		has_feature_bits(here, &hosts[i], 0x7, CG_ECX, ~0x10U);
		has_feature_bits(here, &hosts[i], 0x80000001, CG_ECX, ~0U);
		has_feature_bits(here, &hosts[i], 0x80000001, CG_EDX, ~0U);
		move_to_another_cpu(&hosts[i]);
		there = collect(&hosts[i]);
		if (!json_equal(here, there))
			fail_msg("%s differs from CPU to CPU", host_names[i]);
		memset(&hosts[i], 0, sizeof(hosts[i]));
	}
}

static bool is_same(const struct recorded *a, const struct recorded *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (memcmp(a->row[i].reg, b->row[i].reg, sizeof(a->row[i].reg)) != 0)
			return false;
	return a->n == b->n;
}

/* But for two of the same model, whose recordings are the same to the letter. */
static void recorded_hosts_differ_from_each_other(void **state)
{
	size_t n = recorded_hosts(hosts, host_names, CG_COUNT(hosts));
	json_t *all[CG_COUNT(hosts)];

	(void)state;
	for (size_t i = 0; i < n; i++)
		all[i] = collect(&hosts[i]);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (json_equal(all[i], all[j]) && !is_same(&hosts[i], &hosts[j]))
				fail_msg("%s equals %s", host_names[i], host_names[j]);
	for (size_t i = 0; i < n; i++)
		json_decref(all[i]);
	memset(hosts, 0, sizeof(hosts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clears_what_belongs_to_one_cpu),
		cmocka_unit_test(keeps_every_other_bit),
		cmocka_unit_test(leaves_out_topology_caches_and_frequencies),
		cmocka_unit_test(leaves_out_registers_that_are_zero),
		cmocka_unit_test(asks_only_for_what_the_cpu_has),
		cmocka_unit_test(asks_for_what_the_cpu_announces),
		cmocka_unit_test(no_cpuid_is_no_rows),
		cmocka_unit_test(spells_the_vendor),
		cmocka_unit_test(knows_hybrid_cpus_and_those_that_virtualize),
#if CG_HOST_X86
		cmocka_unit_test(reads_what_libcpuid_reads_of_this_cpu),
#endif
		cmocka_unit_test(recorded_hosts_are_the_same_on_each_of_their_cpus),
		cmocka_unit_test(recorded_hosts_differ_from_each_other),
	};

	return cmocka_run_group_tests_name("cpuid", tests, NULL, NULL);
}
