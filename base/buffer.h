/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes that grow up to a limit. @data is always NUL-terminated once anything was put in. */
#pragma once

#include <stddef.h>

#include "base/error.h"

struct cg_buffer {
	char *data;
	size_t len;
	size_t size;  /* allocated */
	size_t limit; /* of len; reaching it is CG_E_LIMIT */
};

#define CG_BUFFER(max) ((struct cg_buffer){ .limit = (max) })

/* Room for @more bytes behind @len; CG_E_LIMIT beyond the limit. */
cg_must_check int cg_buffer_reserve(struct cg_buffer *buffer, size_t more,
				    struct cg_error *err);

cg_must_check int cg_buffer_put(struct cg_buffer *buffer, const void *data, size_t len,
				struct cg_error *err);
cg_must_check int cg_buffer_printf(struct cg_buffer *buffer, struct cg_error *err,
				   const char *fmt, ...) cg_printf(3, 4);

/* Forget the first @len bytes. */
void cg_buffer_drop(struct cg_buffer *buffer, size_t len);

/* Free the bytes; the buffer is empty and usable again. */
void cg_buffer_deinit(struct cg_buffer *buffer);

#define cg_auto_buffer cg_cleanup(cg_buffer_deinit)
