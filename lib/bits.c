// SPDX-License-Identifier: LGPL-2.1-or-later
/* A fingerprint lists no register that is zero: what isn't there is 0. */
#include "lib/bits.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "host/hex.h"

#define KEY_SIZE 48

const char *cg_state_word(enum cg_state state)
{
	static const char *const words[] = { "present", "absent", "unknown" };

	return words[state];
}

static struct cg_bit read_bit(const char *text, const struct cg_leaf *leaf)
{
	uint64_t value = text ? strtoull(text, NULL, 16) : 0;
	bool set = value >> leaf->bit & 1;

	if (leaf->kind == CG_LEAF_MSR_CLEAR)
		set = text && !set;
	return (struct cg_bit){ set ? CG_PRESENT : CG_ABSENT, value };
}

/* "0x1.ecx" or "0x7.0.ebx". Many are looked up for an answer about many hosts. */
static const char *find_register(const json_t *registers, const struct cg_leaf *leaf)
{
	static const char names[][5] = { ".eax", ".ebx", ".ecx", ".edx" };
	char key[KEY_SIZE], *end = cg_hex(key, leaf->leaf);
	const char *text;

	memcpy(end, names[leaf->reg], sizeof(names[0]));
	text = cg_json_text(registers, key);
	if (text)
		return text;
	*end++ = '.';
	*end++ = (char)('0' + leaf->subleaf);
	memcpy(end, names[leaf->reg], sizeof(names[0]));
	return cg_json_text(registers, key);
}

static struct cg_bit find_cpuid(const json_t *registers, const struct cg_leaf *leaf)
{
	if (!json_object_size(registers)) /* a text says why it couldn't be read */
		return (struct cg_bit){ CG_UNKNOWN, 0 };
	return read_bit(find_register(registers, leaf), leaf);
}

struct cg_bit cg_bits_cpu(const json_t *parts, const struct cg_leaf *leaf)
{
	struct cg_bit all = { CG_UNKNOWN, 0 };
	const char *type;
	json_t *registers;

	if (leaf->kind != CG_LEAF_CPUID)
		return all;
	cg_json_each(json_object_get(parts, "cpuid"), type, registers) {
		all = find_cpuid(registers, leaf);
		if (all.state != CG_PRESENT)
			break;
	}
	return all;
}

char *cg_bits_vendor(const json_t *parts, char out[static CG_BITS_VENDOR])
{
	static const char *const keys[] = { "0x0.ebx", "0x0.edx", "0x0.ecx" };
	json_t *types = json_object_get(parts, "cpuid");
	const json_t *first = json_object_iter_value(json_object_iter(types));

	memset(out, 0, CG_BITS_VENDOR);
	for (size_t i = 0; i < CG_COUNT(keys); i++) {
		const char *text = cg_json_text(first, keys[i]);
		unsigned long value = text ? strtoul(text, NULL, 16) : 0;

		for (size_t byte = 0; byte < 4; byte++)
			out[4 * i + byte] = (char)(value >> 8 * byte);
	}
	return out;
}

struct cg_bit cg_bits_kvm(const json_t *parts, const struct cg_leaf *leaf)
{
	const json_t *msrs = json_object_get(parts, "kvm-msrs");
	char key[KEY_SIZE];

	if (leaf->kind == CG_LEAF_CPUID)
		return find_cpuid(json_object_get(parts, "kvm-cpuid"), leaf);
	if (!json_is_object(msrs))
		return (struct cg_bit){ CG_UNKNOWN, 0 };
	cg_hex(key, leaf->leaf);
	return read_bit(cg_json_text(json_object_get(msrs, "feature"), key), leaf);
}

uint32_t cg_bits_phys(const json_t *parts)
{
	const char *type, *text;
	uint32_t least = 0, bits;
	json_t *registers;

	cg_json_each(json_object_get(parts, "cpuid"), type, registers) {
		text = cg_json_text(registers, "0x80000008.eax");
		bits = text ? strtoul(text, NULL, 16) & 0xff : 0;
		if (bits && (!least || bits < least))
			least = bits;
	}
	return least;
}
