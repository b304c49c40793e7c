/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each reason means, at length: the paragraphs that cpugate(1) has under REASONS,
 * where tests look them up.
 */
#pragma once

#include "cpumodels/reason.h"

/* A paragraph; static. */
const char *cg_meaning(enum cg_reason reason);

/* The code most like @text, for "did you mean"; NULL if none is near. Static. */
const char *cg_meaning_nearest(const char *text);
