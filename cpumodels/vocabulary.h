/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The feature names that an emulator build knows, in its own canonical spelling, sorted; a
 * feature's place in the list is its bit in a feature set. Immutable once made.
 */
#pragma once

#include <jansson.h>

#include "cpumodels/featureset.h"

struct cg_vocabulary;

/* From any order of distinct names, which are copied. CG_E_LIMIT over CG_FEATURES_MAX of them. */
cg_must_check int cg_vocabulary_new(struct cg_vocabulary **out, const char *const *names,
				    size_t count, struct cg_error *err);
struct cg_vocabulary *cg_vocabulary_free(struct cg_vocabulary *vocabulary);

/* A JSON list of names, as it is stored. */
cg_must_check int cg_vocabulary_from_json(struct cg_vocabulary **out, const json_t *list,
					  struct cg_error *err);
json_t *cg_vocabulary_to_json(const struct cg_vocabulary *vocabulary); /* new reference */

/* The same names? */
bool cg_vocabulary_equal(const struct cg_vocabulary *a, const struct cg_vocabulary *b);

size_t cg_vocabulary_count(const struct cg_vocabulary *vocabulary);
const char *cg_vocabulary_name(const struct cg_vocabulary *vocabulary, size_t feature);

/* The feature of exactly this name, or CG_FEATURES_MAX. */
size_t cg_vocabulary_find(const struct cg_vocabulary *vocabulary, const char *name);

/* Is it a name, and in the @set? */
bool cg_vocabulary_has(const struct cg_vocabulary *vocabulary,
		       const struct cg_featureset *set, const char *name);

/*
 * The feature that a user's spelling means: aliases of QEMU's (x86_cpu_initfn() and
 * feat2prop() in target/i386/cpu.c) such as sse4_1, pclmuldq, xd; or CG_FEATURES_MAX.
 */
size_t cg_vocabulary_resolve(const struct cg_vocabulary *vocabulary,
			     const char *spelling);

/* The name most like @spelling, for "did you mean"; NULL if none is near. Borrowed. */
const char *cg_vocabulary_nearest(const struct cg_vocabulary *vocabulary,
				  const char *spelling);

/* The names of @set, sorted: a new JSON list, NULL if memory is out. */
json_t *cg_vocabulary_list(const struct cg_vocabulary *vocabulary,
			   const struct cg_featureset *set);

/* The set of a JSON list of names; names that are not in the vocabulary are counted, not taken. */
struct cg_featureset cg_vocabulary_set(const struct cg_vocabulary *vocabulary,
				       const json_t *names, size_t *unknown);

static inline void cg_vocabulary_freep(struct cg_vocabulary **vocabulary)
{
	cg_vocabulary_free(*vocabulary);
}
#define cg_auto_vocabulary cg_cleanup(cg_vocabulary_freep)
