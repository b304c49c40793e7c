// SPDX-License-Identifier: LGPL-2.1-or-later
/* x86_ext_save_areas[] of QEMU. */
#include "cpumodels/xsave.h"

static const struct {
	const char *feature;
	uint64_t parts;
} table[] = {
	{ "avx", 0x4 },    { "mpx", 0x18 },  { "avx512f", 0xe0 },
	{ "avx10", 0xe0 }, { "pku", 0x200 }, { "amx-tile", 0x60000 },
};

uint64_t cg_xsave_of_features(const struct cg_vocabulary *names,
			      const struct cg_featureset *features)
{
	uint64_t out = 0;

	for (size_t i = 0; i < CG_COUNT(table); i++)
		if (cg_vocabulary_has(names, features, table[i].feature))
			out |= table[i].parts;
	return cg_vocabulary_has(names, features, "xsave") ? out : 0;
}

uint64_t cg_xsave_of_definition(const struct cg_definition *definition)
{
	uint64_t out = 0;

	for (size_t i = 0; i < CG_COUNT(table); i++)
		if (cg_definition_is_on(definition, table[i].feature))
			out |= table[i].parts;
	return cg_definition_is_on(definition, "xsave") ? out : 0;
}
