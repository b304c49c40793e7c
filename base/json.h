/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * House rules for JSON. The only place that calls jansson's parser and printer.
 *
 * jansson keeps integers as int64 and refuses larger ones, but QEMU sends them ("lbr-fmt" is
 * 18446744073709551552 in every x86 expansion). An integer in (INT64_MAX, UINT64_MAX] becomes
 * a string with a private mark when it is parsed and the same digits again when it is
 * printed, so nothing is lost on the way; cg_json_uint() reads either kind.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define cg_auto_json cg_cleanup(json_decrefp)

/* jansson's functions take no const for what they only read or copy. */
#define cg_json_mutable(json) ((json_t *)(uintptr_t)(json))
#define cg_json_each(object, key, value)                                                 \
	json_object_foreach(cg_json_mutable(object), key, value)

/*
 * Parse one JSON document of @len bytes (object or array). Duplicate keys, trailing text and nesting over 2048 are
 * refused with CG_E_PARSE, more than @limit bytes with CG_E_LIMIT. The caller owns *@out.
 */
cg_must_check int cg_json_parse(json_t **out, const char *text, size_t len, size_t limit,
				struct cg_error *err);

/*
 * Of a list of objects as cg_json_canonical() prints it, the first one whose @member is the
 * text @value, which has nothing to escape; NULL if there is none. The others aren't parsed,
 * which would take longer than all else that one of them is wanted for.
 */
cg_must_check int cg_json_find(json_t **out, const char *text, const char *member,
			       const char *value, struct cg_error *err);

/* A document from a file, which is read at most to @limit bytes. */
cg_must_check int cg_json_read_file(json_t **out, const char *path, size_t limit,
				    struct cg_error *err);

/*
 * Canonical text: compact, keys sorted. NUL-terminated; the caller frees it. NULL only if memory is out.
 * Two equal documents have the same text, so the text can be digested and compared.
 */
char *cg_json_canonical(const json_t *json);

/*
 * @object, an object's canonical text, with one member more: the text that @value, a text, makes of it under
 * @name, which it doesn't have yet and which has nothing to escape. Without printing all of it again. The caller frees it.
 */
char *cg_json_insert(const char *object, const char *name, const char *value);

/* One line, keys in the order they were put in, for others to read. The caller frees it. */
char *cg_json_line(const json_t *json);

/* For people: two spaces, keys in the order they were put in. The caller frees it. */
char *cg_json_pretty(const json_t *json);

/* An integer of 0..UINT64_MAX in whichever form it is kept; false if @json is none. */
bool cg_json_uint(const json_t *json, uint64_t *out);

/* A JSON integer for any uint64. New reference. */
json_t *cg_json_from_uint(uint64_t value);

/* True for a large integer in its marked form, which is not a string to anybody. */
bool cg_json_is_big(const json_t *json);

/* Is it one of a list of texts? Takes NULL for an empty one, as well as what is no list. */
bool cg_json_lists(const json_t *list, const char *text);

/* A member that is a string (not a marked integer), else NULL. Borrowed. */
const char *cg_json_text(const json_t *object, const char *key);
