/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The microarchitecture levels of the x86-64 psABI: what code compiled with
 * -march=x86-64-v3 may use without asking.
 */
#pragma once

#include "cpumodels/vocabulary.h"

enum cg_level { CG_LEVEL_NONE, CG_LEVEL_V1, CG_LEVEL_V2, CG_LEVEL_V3, CG_LEVEL_V4 };

/* "x86-64-v2" and so on; CG_LEVEL_NONE for any other text. */
enum cg_level cg_level_find(const char *name);
const char *cg_level_name(enum cg_level level);

/*
 * All that the level needs: its features and those of the levels below. *@unknown is
 * the first that the vocabulary lacks, or NULL.
 */
struct cg_featureset cg_level_features(enum cg_level level,
				       const struct cg_vocabulary *vocabulary,
				       const char **unknown);
