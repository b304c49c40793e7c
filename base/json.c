// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * jansson with the house rules. Large integers go through as marked strings: on the way in the
 * text is rewritten before jansson sees it, on the way out after jansson wrote it. A string of
 * somebody else's that begins with the mark is refused, so a mark is always ours.
 */
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/given.h"

#define MARK "\x01u64:"            /* in memory */
#define MARK_ESCAPED "\\u0001u64:" /* as jansson prints it */

/* The end of the string literal whose opening quote is at @p: behind its closing quote. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p < end ? p + 1 : end;
}

/* The end of what is written like a number and begins at @p. */
static const char *skip_number(const char *p, const char *end)
{
	while (p < end && *p && strchr("0123456789.eE+-", *p))
		p++;
	return p;
}

/* An integer that int64 can't hold but uint64 can. */
static bool is_big_integer(const char *text, size_t len)
{
	static const char int64_max[] = "9223372036854775807";
	static const char uint64_max[] = "18446744073709551615";

	if (len < sizeof(int64_max) - 1 || len > sizeof(uint64_max) - 1 || *text == '0')
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	if (len == sizeof(int64_max) - 1)
		return memcmp(text, int64_max, len) > 0;
	return memcmp(text, uint64_max, len) <= 0;
}

/* True for a string literal that could read as our mark: \u0001 has only this one spelling. */
static bool forges_mark(const char *p, const char *end)
{
	static const char escaped[] = "\"\\u0001";

	return (size_t)(end - p) >= sizeof(escaped) - 1 &&
	       strncmp(p, escaped, sizeof(escaped) - 1) == 0;
}

/* A number where a key should be must not become one by being marked. */
static bool is_key(const char *p, const char *end)
{
	while (p < end && *p && strchr(" \t\r\n", *p))
		p++;
	return p < end && *p == ':';
}

/* Copy of @text with large integers marked; *@out stays empty if there is none. */
static int mark_big_integers(struct cg_buffer *out, const char *text, size_t len,
			     struct cg_error *err)
{
	const char *p = text, *end = text + len, *copied = text, *next;

	for (; p < end; p = next) {
		next = p + 1;
		if (*p == '"') {
			if (forges_mark(p, end))
				return cg_error_set(err, CG_E_PARSE, "a reserved string");
			next = skip_string(p, end);
		} else if (*p == '-' || (*p >= '0' && *p <= '9')) {
			next = skip_number(p, end);
			if (!is_big_integer(p, (size_t)(next - p)) || is_key(next, end))
				continue;
			if (cg_buffer_put(out, copied, (size_t)(p - copied), err) < 0 ||
			    cg_buffer_printf(out, err, "\"%s%.*s\"", MARK_ESCAPED,
					     (int)(next - p), p) < 0)
				return -1;
			copied = next;
		}
	}
	return copied == text ? 0
			      : cg_buffer_put(out, copied, (size_t)(end - copied), err);
}

int cg_json_parse(json_t **out, const char *text, size_t len, size_t limit,
		  struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer marked = CG_BUFFER(SIZE_MAX / 2);
	json_error_t why;
	json_t *json;

	if (len > limit)
		return cg_error_set(err, CG_E_LIMIT, "more than %zu bytes of JSON",
				    limit);
	if (len && memchr(text, '\0', len)) /* jansson passes over one behind a number */
		return cg_error_set(err, CG_E_PARSE, "not JSON: it has a NUL byte");
	if (mark_big_integers(&marked, text, len, err) < 0)
		return -1;
	if (marked.len) {
		text = marked.data;
		len = marked.len;
	}
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (!json)
		return cg_error_set(err, CG_E_PARSE, "not JSON at line %d, column %d: %s",
				    why.line, why.column, why.text);
	*out = json;
	return 0;
}

/* The end of the object that begins at @p: behind its closing brace, or @end. */
static const char *skip_object(const char *p, const char *end)
{
	size_t depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		depth += *p == '{' || *p == '[';
		depth -= *p == '}' || *p == ']';
		p++;
		if (!depth)
			break;
	}
	return p;
}

int cg_json_find(json_t **out, const char *text, const char *member, const char *value,
		 struct cg_error *err)
{
	const char *end = text + strlen(text), *p = strchrnul(text, '{'), *next;
	cg_auto_free char *quoted = NULL;

	*out = NULL;
	if (asprintf(&quoted, "\"%s\"", value) < 0) {
		quoted = NULL;
		return cg_error_errno(err, "%s", value);
	}
	for (; p < end; p = strchrnul(next, '{')) {
		cg_auto_json json_t *item = NULL;
		const char *is;

		next = skip_object(p, end);
		if (!memmem(p, (size_t)(next - p), quoted, strlen(quoted)))
			continue;
		if (cg_json_parse(&item, p, (size_t)(next - p), SIZE_MAX, err) < 0)
			return -1;
		is = cg_json_text(item, member);
		if (is && strcmp(is, value) == 0) {
			*out = cg_take(item);
			return 0;
		}
	}
	return 0;
}

int cg_json_read_file(json_t **out, const char *path, size_t limit, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(limit + 1);
	cg_auto_close int fd = -1;
	ssize_t got;

	if (cg_given_now()) {
		if (cg_given_read(&text, path, err) < 0)
			return -1;
		if (cg_json_parse(out, text.data ? text.data : "", text.len, limit, err) <
		    0)
			return cg_error_prefix(err, "%s", path);
		return 0;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cg_error_errno(err, "open %s", path);
	do {
		size_t room = limit + 1 - text.len < 65536 ? limit + 1 - text.len : 65536;

		if (cg_buffer_reserve(&text, room, err) < 0)
			return cg_error_prefix(err, "%s", path);
		got = read(fd, text.data + text.len, room);
		if (got < 0 && errno != EINTR)
			return cg_error_errno(err, "read %s", path);
		text.len += got > 0 ? (size_t)got : 0;
	} while (got != 0 && text.len <= limit);
	if (cg_json_parse(out, text.data, text.len, limit, err) < 0)
		return cg_error_prefix(err, "%s", path);
	return 0;
}

/* Is a string literal, quotes included, a marked integer and nothing else? */
static bool is_marked(const char *literal, size_t len)
{
	static const char mark[] = "\"" MARK_ESCAPED;
	size_t before = sizeof(mark) - 1;

	return len > before && memcmp(literal, mark, before) == 0 &&
	       is_big_integer(literal + before, len - before - 1);
}

/*
 * Turn the marked strings of jansson's output back into the integers they are, in place. What
 * only begins like one stays a string: it came from elsewhere, and printed bare it could be
 * anything. Most texts have none, and are left as they are.
 */
static char *unmark(char *text)
{
	char *first = strstr(text, MARK_ESCAPED), *to = text;
	const char *end, *p = text, *rest = text;

	if (!first)
		return text;
	for (end = first + strlen(first); p < end;) {
		const char *next = *p == '"' ? skip_string(p, end) : p + 1;

		if (is_marked(p, (size_t)(next - p))) {
			memmove(to, rest, (size_t)(p - rest));
			to += p - rest;
			p += sizeof(MARK_ESCAPED);
			memmove(to, p, (size_t)(next - p) - 1);
			to += next - p - 1;
			rest = next;
		}
		p = next;
	}
	memmove(to, rest, (size_t)(end - rest) + 1);
	return text;
}

char *cg_json_canonical(const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	return text ? unmark(text) : NULL;
}

char *cg_json_line(const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

	return text ? unmark(text) : NULL;
}

char *cg_json_pretty(const json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENCODE_ANY);

	return text ? unmark(text) : NULL;
}

/* The end of the value that begins at @p, in text that is canonical. */
static const char *skip_value(const char *p, const char *end)
{
	if (*p == '"')
		return skip_string(p, end);
	if (*p == '{' || *p == '[')
		return skip_object(p, end);
	return p + strcspn(p, ",}]");
}

char *cg_json_insert(const char *object, const char *name, const char *value)
{
	const char *end = object + strlen(object), *p = object + 1;
	cg_auto_json json_t *text = json_string(value);
	cg_auto_free char *quoted = text ? cg_json_canonical(text) : NULL;
	size_t len = strlen(name);
	char *out;

	while (*p == '"') {
		int order = strncmp(p + 1, name, len);

		if (order > 0 || (order == 0 && p[1 + len] != '"'))
			break;
		p = skip_value(skip_string(p, end) + 1, end);
		p += *p == ',';
	}
	if (!quoted || asprintf(&out, "%.*s%s\"%s\":%s%s%s", (int)(p - object), object,
				*p == '}' && p[-1] != '{' ? "," : "", name, quoted,
				*p == '}' ? "" : ",", p) < 0)
		return NULL;
	return out;
}

bool cg_json_is_big(const json_t *json)
{
	const char *text = json_string_value(json);

	return text && strncmp(text, MARK, sizeof(MARK) - 1) == 0 &&
	       is_big_integer(text + sizeof(MARK) - 1, strlen(text) - (sizeof(MARK) - 1));
}

bool cg_json_uint(const json_t *json, uint64_t *out)
{
	if (json_is_integer(json) && json_integer_value(json) >= 0) {
		*out = (uint64_t)json_integer_value(json);
		return true;
	}
	if (!cg_json_is_big(json))
		return false;
	*out = strtoull(json_string_value(json) + sizeof(MARK) - 1, NULL, 10);
	return true;
}

json_t *cg_json_from_uint(uint64_t value)
{
	if (value <= INT64_MAX)
		return json_integer((json_int_t)value);
	return json_sprintf(MARK "%" PRIu64, value);
}

bool cg_json_lists(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (json_is_string(item) && strcmp(json_string_value(item), text) == 0)
			return true;
	return false;
}

const char *cg_json_text(const json_t *object, const char *key)
{
	const json_t *member = json_object_get(object, key);

	return cg_json_is_big(member) ? NULL : json_string_value(member);
}
