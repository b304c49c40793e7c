// SPDX-License-Identifier: LGPL-2.1-or-later
/* By name: what these features do is no property that QEMU tells of. */
#include "cpumodels/caution.h"

#include <string.h>

#include "cpumodels/leaves.h"

#define ARCH_CAPABILITIES 0x10a

/*
 * What a guest's kernel looks for; the bits of arch-capabilities are known by their
 * MSR.
 */
static const char *const mitigations[] = {
	"amd-no-ssb",
	"amd-psfd",
	"amd-ssbd",
	"amd-stibp",
	"arch-capabilities",
	"auto-ibrs",
	"bhi-ctrl",
	"ddpd-u",
	"flush-l1d",
	"ibpb",
	"ibpb-brtype",
	"ibrs",
	"intel-psfd",
	"ipred-ctrl",
	"lfence-always-serializing",
	"mcdt-no",
	"md-clear",
	"null-sel-clr-base",
	"rrsba-ctrl",
	"sbpb",
	"spec-ctrl",
	"srso-no",
	"srso-user-kernel-no",
	"ssbd",
	"stibp",
	"stibp-always-on",
	"virt-ssbd",
};

static const struct {
	const char *feature;
	enum cg_caution caution;
} cautions[] = {
	{ "invtsc", CG_CAUTION_MIGRATION },    { "ht", CG_CAUTION_TOPOLOGY },
	{ "cmp-legacy", CG_CAUTION_TOPOLOGY }, { "topoext", CG_CAUTION_TOPOLOGY },
	{ "intel-pt", CG_CAUTION_DEVICE },     { "pdcm", CG_CAUTION_DEVICE },
	{ "arch-lbr", CG_CAUTION_DEVICE },     { "sgx", CG_CAUTION_DEVICE },
	{ "sgxlc", CG_CAUTION_DEVICE },        { "ds", CG_CAUTION_DEVICE },
	{ "dtes64", CG_CAUTION_DEVICE },       { "monitor", CG_CAUTION_DEVICE },
	{ "avx10", CG_CAUTION_DEVICE },        { "vmx", CG_CAUTION_NESTED },
	{ "svm", CG_CAUTION_NESTED },
};

const char *cg_caution_words(enum cg_caution caution)
{
	static const char *const words[] = {
		[CG_CAUTION_NONE] = "",
		[CG_CAUTION_MIGRATION] = "it would tie the guest to its host",
		[CG_CAUTION_TOPOLOGY] = "it follows from -smp",
		[CG_CAUTION_DEVICE] = "it takes more than a CPU",
		[CG_CAUTION_NESTED] = "guests of guests have to be asked for",
	};

	return words[caution];
}

bool cg_caution_is_mitigation(const char *feature)
{
	const struct cg_leaf *leaf;
	size_t count;

	for (size_t i = 0; i < CG_COUNT(mitigations); i++)
		if (strcmp(mitigations[i], feature) == 0)
			return true;
	leaf = cg_leaves_find(feature, &count);
	return leaf && leaf->kind == CG_LEAF_MSR && leaf->leaf == ARCH_CAPABILITIES &&
	       strcmp(feature, "rsba") != 0; /* says that there is a hole */
}

struct cg_cautions cg_cautions_of(const struct cg_vocabulary *vocabulary,
				  const struct cg_gates *gates)
{
	struct cg_cautions out = { 0 };

	for (size_t i = 0; i < CG_COUNT(cautions); i++) {
		size_t f = cg_vocabulary_find(vocabulary, cautions[i].feature);

		if (f < CG_FEATURES_MAX)
			cg_featureset_add(&out.sets[cautions[i].caution], f);
	}
	for (enum cg_caution c = CG_CAUTION_NONE + 1; c < CG_CAUTIONS; c++) {
		struct cg_featureset more = cg_gates_behind(gates, &out.sets[c]);

		out.sets[c] = cg_featureset_or(&out.sets[c], &more);
	}
	for (size_t i = 0; i < cg_vocabulary_count(vocabulary); i++)
		if (cg_caution_is_mitigation(cg_vocabulary_name(vocabulary, i)))
			cg_featureset_add(&out.mitigations, i);
	return out;
}
