/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set of CPU features: a bitmap over a vocabulary, as a plain value. Two sets can be combined only
 * if they are over the same vocabulary; the caller knows that.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CG_FEATURES_MAX 1024 /* QEMU 10.0 has 382 */
#define CG_FEATURESET_WORDS (CG_FEATURES_MAX / 64)
#define CG_FEATURESET_HEX (CG_FEATURES_MAX / 4 + 1)

struct cg_featureset {
	uint64_t words[CG_FEATURESET_WORDS];
};

static inline void cg_featureset_add(struct cg_featureset *set, size_t feature)
{
	set->words[feature / 64] |= UINT64_C(1) << (feature % 64);
}

static inline void cg_featureset_remove(struct cg_featureset *set, size_t feature)
{
	set->words[feature / 64] &= ~(UINT64_C(1) << (feature % 64));
}

static inline bool cg_featureset_has(const struct cg_featureset *set, size_t feature)
{
	return set->words[feature / 64] >> (feature % 64) & 1;
}

struct cg_featureset cg_featureset_and(const struct cg_featureset *a,
				       const struct cg_featureset *b);
struct cg_featureset cg_featureset_or(const struct cg_featureset *a,
				      const struct cg_featureset *b);
struct cg_featureset cg_featureset_minus(const struct cg_featureset *a,
					 const struct cg_featureset *b);

bool cg_featureset_equal(const struct cg_featureset *a, const struct cg_featureset *b);
bool cg_featureset_is_empty(const struct cg_featureset *set);
bool cg_featureset_is_subset(const struct cg_featureset *a,
			     const struct cg_featureset *of);
size_t cg_featureset_count(const struct cg_featureset *set);

/* The first feature in the set that is not below @from, or CG_FEATURES_MAX. */
size_t cg_featureset_next(const struct cg_featureset *set, size_t from);

#define cg_featureset_each(set, i)                                                       \
	for (size_t i = cg_featureset_next(set, 0); i < CG_FEATURES_MAX;                 \
	     i = cg_featureset_next(set, i + 1))

/*
 * Stored form: hexadecimal digits, the lowest features first, two digits a byte, without trailing
 * zero bytes. Returns @hex.
 */
char *cg_featureset_to_hex(const struct cg_featureset *set,
			   char hex[static CG_FEATURESET_HEX]);
cg_must_check int cg_featureset_from_hex(struct cg_featureset *out, const char *hex,
					 struct cg_error *err);
