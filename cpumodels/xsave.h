/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of a guest's XSAVE area. They have no names: QEMU makes them of features, in some
 * versions even of those that were asked for and can't be had.
 */
#pragma once

#include "cpumodels/definition.h"
#include "cpumodels/vocabulary.h"

/* Those bits of XCR0 that come with a feature; x87 and SSE are always there. */
#define CG_XSAVE_PARTS 0x602fcULL

/* What QEMU makes of features, or of those that are on in a definition; 0 without xsave. */
uint64_t cg_xsave_of_features(const struct cg_vocabulary *names,
			      const struct cg_featureset *features);
uint64_t cg_xsave_of_definition(const struct cg_definition *definition);
