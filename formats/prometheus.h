/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Metrics as text for the textfile collector of Prometheus' node_exporter. A series for a
 * model, none for a feature.
 */
#pragma once

#include "formats/export.h"

/* Appends to @out. CG_E_LIMIT if it doesn't fit. */
cg_must_check int cg_prometheus_print(struct cg_buffer *out,
				      const struct cg_export *export,
				      struct cg_error *err);
