// SPDX-License-Identifier: LGPL-2.1-or-later
/* Set algebra on bitmaps of a fixed size: no allocation, nothing that can fail but reading hex. */
#include "cpumodels/featureset.h"

#include <string.h>

struct cg_featureset cg_featureset_and(const struct cg_featureset *a,
				       const struct cg_featureset *b)
{
	struct cg_featureset out;

	for (size_t i = 0; i < CG_FEATURESET_WORDS; i++)
		out.words[i] = a->words[i] & b->words[i];
	return out;
}

struct cg_featureset cg_featureset_or(const struct cg_featureset *a,
				      const struct cg_featureset *b)
{
	struct cg_featureset out;

	for (size_t i = 0; i < CG_FEATURESET_WORDS; i++)
		out.words[i] = a->words[i] | b->words[i];
	return out;
}

struct cg_featureset cg_featureset_minus(const struct cg_featureset *a,
					 const struct cg_featureset *b)
{
	struct cg_featureset out;

	for (size_t i = 0; i < CG_FEATURESET_WORDS; i++)
		out.words[i] = a->words[i] & ~b->words[i];
	return out;
}

bool cg_featureset_equal(const struct cg_featureset *a, const struct cg_featureset *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool cg_featureset_is_empty(const struct cg_featureset *set)
{
	return cg_featureset_next(set, 0) == CG_FEATURES_MAX;
}

bool cg_featureset_is_subset(const struct cg_featureset *a,
			     const struct cg_featureset *of)
{
	uint64_t outside = 0;

	for (size_t i = 0; i < CG_FEATURESET_WORDS; i++)
		outside |= a->words[i] & ~of->words[i];
	return outside == 0;
}

size_t cg_featureset_count(const struct cg_featureset *set)
{
	size_t count = 0;

	for (size_t i = 0; i < CG_FEATURESET_WORDS; i++)
		count += (size_t)__builtin_popcountll(set->words[i]);
	return count;
}

size_t cg_featureset_next(const struct cg_featureset *set, size_t from)
{
	for (size_t i = from / 64; i < CG_FEATURESET_WORDS; i++) {
		uint64_t word = set->words[i];

		if (i == from / 64)
			word &= ~UINT64_C(0) << (from % 64);
		if (word)
			return i * 64 + (size_t)__builtin_ctzll(word);
	}
	return CG_FEATURES_MAX;
}

static unsigned int byte_at(const struct cg_featureset *set, size_t i)
{
	return set->words[i / 8] >> (i % 8 * 8) & 0xff;
}

char *cg_featureset_to_hex(const struct cg_featureset *set,
			   char hex[static CG_FEATURESET_HEX])
{
	static const char digits[] = "0123456789abcdef";
	size_t bytes = CG_FEATURES_MAX / 8;

	while (bytes > 0 && !byte_at(set, bytes - 1))
		bytes--;
	for (size_t i = 0; i < bytes; i++) {
		hex[2 * i] = digits[byte_at(set, i) >> 4];
		hex[2 * i + 1] = digits[byte_at(set, i) & 15];
	}
	hex[2 * bytes] = '\0';
	return hex;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int cg_featureset_from_hex(struct cg_featureset *out, const char *hex,
			   struct cg_error *err)
{
	struct cg_featureset set = { 0 };
	size_t len = strlen(hex);

	if (len % 2 || len >= CG_FEATURESET_HEX)
		return cg_error_set(err, CG_E_CORRUPT, "a feature set of %zu digits",
				    len);
	for (size_t i = 0; i < len / 2; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return cg_error_set(err, CG_E_CORRUPT,
					    "a feature set that is not hexadecimal");
		set.words[i / 8] |= (uint64_t)(high << 4 | low) << (i % 8 * 8);
	}
	*out = set;
	return 0;
}
