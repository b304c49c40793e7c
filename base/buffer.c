// SPDX-License-Identifier: LGPL-2.1-or-later
/* A growing byte buffer that knows when to stop. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_SIZE 256

int cg_buffer_reserve(struct cg_buffer *buffer, size_t more, struct cg_error *err)
{
	size_t need, size = buffer->size ? buffer->size : FIRST_SIZE;
	char *grown;

	if (more > buffer->limit - buffer->len)
		return cg_error_set(err, CG_E_LIMIT, "more than %zu bytes",
				    buffer->limit);
	need = buffer->len + more + 1;
	if (need <= buffer->size)
		return 0;
	while (size < need)
		size *= 2;
	grown = realloc(buffer->data, size);
	if (!grown)
		return cg_error_errno(err, "allocate %zu bytes", size);
	buffer->data = grown;
	buffer->size = size;
	return 0;
}

int cg_buffer_put(struct cg_buffer *buffer, const void *data, size_t len,
		  struct cg_error *err)
{
	if (cg_buffer_reserve(buffer, len, err) < 0)
		return -1;
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	buffer->data[buffer->len] = '\0';
	return 0;
}

int cg_buffer_printf(struct cg_buffer *buffer, struct cg_error *err, const char *fmt, ...)
{
	cg_auto_free char *text = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0) {
		text = NULL;
		return cg_error_errno(err, "format text");
	}
	return cg_buffer_put(buffer, text, (size_t)len, err);
}

void cg_buffer_drop(struct cg_buffer *buffer, size_t len)
{
	if (!len)
		return;
	buffer->len -= len;
	memmove(buffer->data, buffer->data + len, buffer->len);
	buffer->data[buffer->len] = '\0';
}

void cg_buffer_deinit(struct cg_buffer *buffer)
{
	free(buffer->data);
	*buffer = CG_BUFFER(buffer->limit);
}
