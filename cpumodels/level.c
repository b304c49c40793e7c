// SPDX-License-Identifier: LGPL-2.1-or-later
/* The lists of the psABI, in QEMU's names. */
#include "cpumodels/level.h"

#include <string.h>

/*
 * OSFXSR and OSXSAVE are the operating system's answers to fxsr and xsave; LZCNT is
 * abm. A guest in long mode has lm, and what the psABI takes for granted with it isn't
 * listed.
 */
static const struct {
	enum cg_level level;
	const char *feature;
} needs[] = {
	{ CG_LEVEL_V1, "cmov" },     { CG_LEVEL_V1, "cx8" },
	{ CG_LEVEL_V1, "fpu" },      { CG_LEVEL_V1, "fxsr" },
	{ CG_LEVEL_V1, "lm" },       { CG_LEVEL_V1, "mmx" },
	{ CG_LEVEL_V1, "sse" },      { CG_LEVEL_V1, "sse2" },
	{ CG_LEVEL_V1, "syscall" },  { CG_LEVEL_V2, "cx16" },
	{ CG_LEVEL_V2, "lahf-lm" },  { CG_LEVEL_V2, "pni" },
	{ CG_LEVEL_V2, "popcnt" },   { CG_LEVEL_V2, "sse4.1" },
	{ CG_LEVEL_V2, "sse4.2" },   { CG_LEVEL_V2, "ssse3" },
	{ CG_LEVEL_V3, "abm" },      { CG_LEVEL_V3, "avx" },
	{ CG_LEVEL_V3, "avx2" },     { CG_LEVEL_V3, "bmi1" },
	{ CG_LEVEL_V3, "bmi2" },     { CG_LEVEL_V3, "f16c" },
	{ CG_LEVEL_V3, "fma" },      { CG_LEVEL_V3, "movbe" },
	{ CG_LEVEL_V3, "xsave" },    { CG_LEVEL_V4, "avx512bw" },
	{ CG_LEVEL_V4, "avx512cd" }, { CG_LEVEL_V4, "avx512dq" },
	{ CG_LEVEL_V4, "avx512f" },  { CG_LEVEL_V4, "avx512vl" },
};

static const char *const names[] = { "", "x86-64-v1", "x86-64-v2", "x86-64-v3",
				     "x86-64-v4" };

enum cg_level cg_level_find(const char *name)
{
	for (enum cg_level level = CG_LEVEL_V1; level <= CG_LEVEL_V4; level++)
		if (strcmp(names[level], name) == 0)
			return level;
	return CG_LEVEL_NONE;
}

const char *cg_level_name(enum cg_level level)
{
	return names[level];
}

struct cg_featureset cg_level_features(enum cg_level level,
				       const struct cg_vocabulary *vocabulary,
				       const char **unknown)
{
	struct cg_featureset set = { 0 };

	*unknown = NULL;
	for (size_t i = 0; i < CG_COUNT(needs); i++) {
		size_t feature;

		if (needs[i].level > level)
			continue;
		feature = cg_vocabulary_find(vocabulary, needs[i].feature);
		if (feature < CG_FEATURES_MAX)
			cg_featureset_add(&set, feature);
		else if (!*unknown)
			*unknown = needs[i].feature;
	}
	return set;
}
