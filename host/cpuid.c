// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which CPUID leaves count, and which of their bits. The rule: what QEMU or KVM reads
 * to decide on a guest's features is in; what tells one CPU of a host from another is
 * out, and so is what changes while the host runs. Each leaf read has its price, since
 * a hypervisor below us traps it (3.6 µs where this was written), so leaves are read
 * only if the CPU says that it has what they describe.
 */
#include "host/cpuid.h"

#include <stdio.h>
#include <string.h>

#if CG_HOST_X86
#include <libcpuid/libcpuid.h>
#endif

#include "host/hex.h"

#define BIT(n) (UINT32_C(1) << (n))

enum need { ALWAYS, XSAVE, SGX, PT, LBR, AMX, AVX10, SVM, HYPERVISOR };

/* The bit that announces a leaf; looked up in rows that were read before. */
static const struct {
	uint32_t leaf, subleaf;
	int reg;
	uint32_t bit;
} announced[] = {
	[XSAVE] = { 0x1, 0, CG_ECX, BIT(26) },
	[SGX] = { 0x7, 0, CG_EBX, BIT(2) },
	[PT] = { 0x7, 0, CG_EBX, BIT(25) },
	[LBR] = { 0x7, 0, CG_EDX, BIT(19) },
	[AMX] = { 0x7, 0, CG_EDX, BIT(24) },
	[AVX10] = { 0x7, 1, CG_EDX, BIT(19) },
	[SVM] = { 0x80000001, 0, CG_ECX, BIT(2) },
	[HYPERVISOR] = { 0x1, 0, CG_ECX, BIT(31) },
};

/*
 * What is read from the CPU itself, in order. QEMU takes few words from there (vendor,
 * and erms, fsrm, fzrm and their like from leaf 7); the others tell core types apart
 * and explain a change. Not here are brand string, PMU and Centaur leaves: KVM hands
 * them on.
 */
static const struct wanted {
	uint32_t leaf, subleaf;
	bool has_subleaf;
	enum need need;
} wanted[] = {
	{ 0x0, 0, false, ALWAYS },
	{ 0x1, 0, false, ALWAYS },
	{ 0x6, 0, false, ALWAYS },
	{ 0x7, 0, true, ALWAYS },
	{ 0x7, 1, true, ALWAYS },
	{ 0x7, 2, true, ALWAYS },
	{ 0xd, 0, true, XSAVE },
	{ 0xd, 1, true, XSAVE },
	{ 0x12, 0, true, SGX },
	{ 0x12, 1, true, SGX },
	{ 0x14, 0, true, PT },
	{ 0x14, 1, true, PT },
	{ 0x1c, 0, true, LBR },
	{ 0x1d, 0, true, AMX },
	{ 0x1d, 1, true, AMX },
	{ 0x1e, 0, true, AMX },
	{ 0x1e, 1, true, AMX },
	{ 0x24, 0, true, AVX10 },
	{ 0x40000000, 0, false, HYPERVISOR },
	{ 0x80000000, 0, false, ALWAYS },
	{ 0x80000001, 0, false, ALWAYS },
	{ 0x80000007, 0, false, ALWAYS },
	{ 0x80000008, 0, false, ALWAYS },
	{ 0x8000000a, 0, false, SVM },
	{ 0x8000001f, 0, false, ALWAYS },
	{ 0x80000021, 0, false, ALWAYS },
	{ 0x80000022, 0, false, ALWAYS },
};
_Static_assert(CG_COUNT(wanted) <= CG_CPUID_ROWS,
	       "rows[] must have room for all of them");

static const struct cg_cpuid_row *find(const struct cg_cpuid_row *rows, size_t n,
				       uint32_t leaf, uint32_t subleaf)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].leaf == leaf && rows[i].subleaf == subleaf)
			return &rows[i];
	return NULL;
}

static uint32_t value(const struct cg_cpuid_row *rows, size_t n, uint32_t leaf,
		      uint32_t subleaf, int reg)
{
	const struct cg_cpuid_row *row = find(rows, n, leaf, subleaf);

	return row ? row->reg[reg] : 0;
}

/* Intel answers for a leaf that isn't there with the last one that is: so ask first. */
static bool is_there(const struct cg_cpuid_row *rows, size_t n, const struct wanted *w)
{
	uint32_t range = w->leaf & 0xffff0000;

	if (w->need != ALWAYS &&
	    !(value(rows, n, announced[w->need].leaf, announced[w->need].subleaf,
		    announced[w->need].reg) &
	      announced[w->need].bit))
		return false;
	if (w->leaf == 0x7 && w->subleaf > value(rows, n, 0x7, 0, CG_EAX))
		return false;
	return w->leaf == range || value(rows, n, range, 0, CG_EAX) >= w->leaf;
}

size_t cg_cpuid_collect(struct cg_cpuid_row rows[static CG_CPUID_ROWS],
			cg_cpuid_fn *cpuid, void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < CG_COUNT(wanted); i++) {
		const struct wanted *w = &wanted[i];
		struct cg_cpuid_row row = {
			w->leaf,
			w->subleaf,
			w->has_subleaf,
			{ [CG_EAX] = w->leaf, [CG_ECX] = w->subleaf }
		};

		if (!is_there(rows, n, w))
			continue;
		cpuid(arg, row.reg);
		/* A range that isn't there doesn't answer with a leaf of its own. */
		if ((w->leaf & 0xffff) == 0 &&
		    (!row.reg[CG_EAX] || (row.reg[CG_EAX] & 0xffff0000) != w->leaf))
			continue;
		rows[n++] = row;
	}
	return n;
}

void cg_cpuid_native(void *arg, uint32_t reg[CG_REGS])
{
	(void)arg;
#if CG_HOST_X86
	if (cpuid_present()) {
		cpu_exec_cpuid_ext(reg);
		return;
	}
#endif
	memset(reg, 0, CG_REGS * sizeof(reg[0]));
}

bool cg_cpuid_mask(struct cg_cpuid_row *row)
{
	switch (row->leaf) {
	case 0x1:
		row->reg[CG_EBX] &= 0x00ffffff; /* [31:24] is this CPU's APIC id */
		row->reg[CG_ECX] &= ~BIT(27);   /* OSXSAVE is the kernel's CR4 */
		return true;
	case 0x6:
		/* Turbo is a run-time switch, EDX[31:16] this CPU's row: ARAT is left. */
		row->reg[CG_EAX] &= BIT(2);
		row->reg[CG_EBX] = row->reg[CG_ECX] = row->reg[CG_EDX] = 0;
		return true;
	case 0x7:
		if (row->subleaf == 0)
			row->reg[CG_ECX] &= ~BIT(4); /* OSPKE is the kernel's CR4 */
		return true;
	case 0xd:
		if (row->subleaf < 2)
			row->reg[CG_EBX] = 0; /* size for the current XCR0 and XSS */
		return true;
	case 0x2:
	case 0x4:
	case 0x18:
	case 0x80000005:
	case 0x80000006:
	case 0x80000019:
	case 0x8000001d:
		/* Caches and TLBs: cores of one host may differ in them without differing
		 * in any feature (AMD's dense cores), and QEMU's answers lack them. */
		return false;
	case 0x3: /* serial number */
	case 0xb:
	case 0x1f:
	case 0x8000001e:
	case 0x80000026: /* where this CPU is in the topology, APIC ids */
	case 0x15:
	case 0x16:
	case 0x40000010: /* frequencies, as calibrated at boot */
		return false;
	default:
		return true;
	}
}

int cg_cpuid_put(json_t *object, const struct cg_cpuid_row *row)
{
	static const char names[CG_REGS][5] = { ".eax", ".ebx", ".ecx", ".edx" };
	char key[48], text[CG_HEX_SIZE];
	char *p = cg_hex(key, row->leaf);

	if (row->has_subleaf)
		p += snprintf(p, 16, ".%u", row->subleaf);
	for (int i = 0; i < CG_REGS; i++) {
		if (!row->reg[i])
			continue;
		memcpy(p, names[i], sizeof(names[i]));
		cg_hex(text, row->reg[i]);
		if (json_object_set_new_nocheck(object, key, json_string_nocheck(text)) <
		    0)
			return -1;
	}
	return 0;
}

json_t *cg_cpuid_json(const struct cg_cpuid_row *rows, size_t n)
{
	json_auto_t *object = json_object();

	for (size_t i = 0; object && i < n; i++) {
		struct cg_cpuid_row row = rows[i];

		if (cg_cpuid_mask(&row) && cg_cpuid_put(object, &row) < 0)
			return NULL;
	}
	return cg_take(object);
}

void cg_cpuid_vendor(const struct cg_cpuid_row *rows, size_t n, char out[CG_CPUID_VENDOR])
{
	const struct cg_cpuid_row *row = find(rows, n, 0, 0);

	memset(out, 0, CG_CPUID_VENDOR);
	if (!row)
		return;
	memcpy(out, &row->reg[CG_EBX], 4);
	memcpy(out + 4, &row->reg[CG_EDX], 4);
	memcpy(out + 8, &row->reg[CG_ECX], 4);
	for (size_t i = 0; out[i]; i++)
		if (out[i] < ' ' || out[i] > '~')
			out[i] = '?'; /* a hypervisor may let its users choose it */
}

bool cg_cpuid_is_hybrid(const struct cg_cpuid_row *rows, size_t n)
{
	return value(rows, n, 0x7, 0, CG_EDX) & BIT(15);
}

bool cg_cpuid_can_virtualize(const struct cg_cpuid_row *rows, size_t n)
{
	return (value(rows, n, 0x1, 0, CG_ECX) & BIT(5)) ||
	       (value(rows, n, 0x80000001, 0, CG_ECX) & BIT(2));
}
