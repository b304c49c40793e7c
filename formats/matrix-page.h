/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reply of "matrix" as one HTML page that needs nothing else: no script, no
 * picture, no other file, and its own policy forbids browsers to load any.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/buffer.h"

#define CG_MATRIX_PAGE_BYTES (256 << 20)

/*
 * Appends to @out. @made is the date to put on it, in seconds since 1970. CG_E_LIMIT if it
 * doesn't fit.
 */
cg_must_check int cg_matrix_page_print(struct cg_buffer *out, const json_t *reply,
				       int64_t made, struct cg_error *err);
