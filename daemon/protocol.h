/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The messages of QMP, as QEMU's qmp-spec has them: what a client says, taken apart, and
 * what we say, put together as text. One message is one line, which ends with CRLF.
 */
#pragma once

#include "base/buffer.h"
#include "base/json.h"

/* A piece of text that is somebody else's; no NUL behind it. */
struct cg_span {
	const char *text; /* NULL for none */
	size_t len;
};

struct cg_request {
	json_t *json;
	const char *execute;     /* borrowed from it, as is the next */
	const json_t *arguments; /* an object, or NULL */
	struct cg_span id; /* as the client wrote it, in the message; or in @own_id */
	char *own_id;
};

/*
 * The value of "id" in a message, as it stands there. False if it has none, or none that could be
 * echoed without having parsed the message: then it is neither a plain number nor a plain text.
 */
bool cg_message_find_id(const char *text, size_t len, struct cg_span *out);

/*
 * Parse a message, which must stay as long as @out. On failure too @out->id is good for the
 * answer, if the message was an object; cg_request_deinit() always.
 */
cg_must_check int cg_request_parse(struct cg_request *out, const char *text, size_t len,
				   struct cg_error *err);
void cg_request_deinit(struct cg_request *request);

/* Everything below appends one line to @out; CG_E_LIMIT if it has no room. */

cg_must_check int cg_message_greet(struct cg_buffer *out, struct cg_error *err);

/* @value is the text of the "return" member. */
cg_must_check int cg_message_return(struct cg_buffer *out, struct cg_span value,
				    struct cg_span id, struct cg_error *err);

#define CG_CLASS_GENERIC "GenericError"
#define CG_CLASS_NOT_FOUND "CommandNotFound"

/* With the error's "code" beside QEMU's "class" (NULL: CG_CLASS_GENERIC) and "desc". */
cg_must_check int cg_message_error(struct cg_buffer *out, const char *class,
				   const struct cg_error *why, struct cg_span id,
				   struct cg_error *err);

/* @data is an object, or NULL. */
cg_must_check int cg_message_event(struct cg_buffer *out, const char *event,
				   const json_t *data, struct cg_error *err);

/* { "qemu": { "major", "minor", "micro" }, "package" } of such a version: "7.2.22". */
json_t *cg_message_version(const char *version, const char *package);

#define cg_auto_request cg_cleanup(cg_request_deinit)
