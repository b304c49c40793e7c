/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A feature file for the local source of Kubernetes' Node Feature Discovery, which makes
 * labels of nodes from it. Ten labels; features have none.
 */
#pragma once

#include "formats/export.h"

/*
 * Appends to @out. What Kubernetes wouldn't take in a label becomes '_', and what is too long is
 * cut. CG_E_LIMIT if it doesn't fit.
 */
cg_must_check int cg_nfd_print(struct cg_buffer *out, const struct cg_export *export,
			       struct cg_error *err);
