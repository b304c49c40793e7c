// SPDX-License-Identifier: LGPL-2.1-or-later
/* Bit by bit and number by number. */
#include "gate/likeness.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cpumodels/gates.h"

/* Properties that a vCPU shows as they were asked for. */
static const char *const scalar_names[] = { "vendor",    "family",       "model",
					    "stepping",  "level",        "xlevel",
					    "phys-bits", "tsc-frequency" };

struct cg_featureset cg_likeness_findable(const struct cg_likeness *likeness,
					  const struct cg_featureset *features)
{
	static const char *const of_threads[] = { "ht", "cmp-legacy" };
	struct cg_gates gates = cg_gates_of(likeness->vocabulary);
	struct cg_featureset out = cg_gates_close(&gates, features);
	size_t f;

	out = cg_featureset_minus(&out, &likeness->hidden);
	for (size_t i = 0; likeness->threads && i < CG_COUNT(of_threads); i++) {
		f = cg_vocabulary_find(likeness->vocabulary, of_threads[i]);
		if (f < CG_FEATURES_MAX)
			cg_featureset_remove(&out, f);
	}
	return out;
}

static void check_features(const struct cg_likeness *likeness,
			   const struct cg_featureset *features,
			   struct cg_verdict *verdict)
{
	struct cg_featureset promised =
		cg_likeness_findable(likeness, &likeness->features);
	struct cg_featureset found = cg_likeness_findable(likeness, features);
	struct cg_featureset less = cg_featureset_minus(&promised, &found);
	struct cg_featureset more = cg_featureset_minus(&found, &promised);

	cg_featureset_each(&less, i)
		cg_verdict_add(verdict, CG_LAUNCH_DIFFERS,
			       cg_vocabulary_name(likeness->vocabulary, i), NULL,
			       "it is missing");
	cg_featureset_each(&more, i)
		cg_verdict_add(verdict, CG_LAUNCH_DIFFERS,
			       cg_vocabulary_name(likeness->vocabulary, i), NULL,
			       "nobody asked for it");
}

/* Numbers are written in many ways: 0x10 is 16. */
static bool is_value(const char *promised, const json_t *found, char text[static 32])
{
	uint64_t number;
	char *end;

	if (json_is_string(found) && !cg_json_is_big(found)) {
		snprintf(text, 32, "%.31s", json_string_value(found));
		return strcmp(promised, text) == 0;
	}
	if (!cg_json_uint(found, &number)) {
		snprintf(text, 32, "unknown");
		return false;
	}
	snprintf(text, 32, "%llu", (unsigned long long)number);
	return strtoull(promised, &end, 0) == number && !*end;
}

static void check_scalars(const struct cg_likeness *likeness, const json_t *scalars,
			  struct cg_verdict *verdict)
{
	for (size_t i = 0; i < CG_COUNT(scalar_names); i++) {
		const struct cg_override *promised =
			cg_definition_find(likeness->definition, scalar_names[i]);
		const json_t *found = json_object_get(scalars, scalar_names[i]);
		char text[32], words[96];

		if (!promised || !found || is_value(promised->value, found, text))
			continue;
		snprintf(words, sizeof(words), "%s, not %.40s", text, promised->value);
		cg_verdict_add(verdict, CG_LAUNCH_DIFFERS, scalar_names[i], NULL, words);
	}
}

void cg_likeness_check(const struct cg_likeness *likeness,
		       const struct cg_featureset *features, const json_t *scalars,
		       struct cg_verdict *verdict)
{
	check_features(likeness, features, verdict);
	check_scalars(likeness, scalars, verdict);
}
