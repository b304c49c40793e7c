// SPDX-License-Identifier: LGPL-2.1-or-later
/* JSON text walked by its quotes and brackets alone. */
#include "tests/fake-qemu/raw.h"

#include <string.h>

struct raw raw_of(const char *text)
{
	return (struct raw){ .at = text, .len = text ? strlen(text) : 0 };
}

bool raw_equal(struct raw a, struct raw b)
{
	return a.at && b.at && a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

bool raw_is(struct raw raw, const char *text)
{
	return raw_equal(raw, raw_of(text));
}

/* Behind the closing quote of the string that begins at @i, or @len. */
static size_t skip_string(const char *text, size_t i, size_t len)
{
	for (i++; i < len && text[i] != '"'; i++)
		if (text[i] == '\\')
			i++;
	return i < len ? i + 1 : len;
}

/* Behind the value that begins at @i: the next comma or closing bracket of this level. */
static size_t skip_value(const char *text, size_t i, size_t len)
{
	size_t depth = 0;

	while (i < len) {
		char c = text[i];

		if (c == '"') {
			i = skip_string(text, i, len);
			continue;
		}
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']' || c == ',') && depth == 0)
			break;
		else if (c == '}' || c == ']')
			depth--;
		i++;
	}
	return i;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static struct raw trim(struct raw raw)
{
	while (raw.len && is_space(raw.at[0])) {
		raw.at++;
		raw.len--;
	}
	while (raw.len && is_space(raw.at[raw.len - 1]))
		raw.len--;
	return raw;
}

struct raw raw_unquote(struct raw raw)
{
	if (raw.len >= 2 && raw.at[0] == '"')
		return (struct raw){ .at = raw.at + 1, .len = raw.len - 2 };
	return raw;
}

struct raw raw_inside(struct raw raw)
{
	raw = trim(raw);
	if (raw.len >= 2 && (raw.at[0] == '{' || raw.at[0] == '['))
		return trim((struct raw){ .at = raw.at + 1, .len = raw.len - 2 });
	return (struct raw){ .at = raw.at, .len = 0 };
}

bool raw_next(struct raw *rest, struct raw *key, struct raw *value)
{
	const char *text = rest->at;
	size_t len = rest->len, i = 0, begin;

	while (i < len && (is_space(text[i]) || text[i] == ','))
		i++;
	if (i >= len)
		return false;
	begin = i;
	*key = (struct raw){ .at = text + i, .len = 0 };
	if (text[i] == '"') {
		size_t end = skip_string(text, i, len), colon = end;

		while (colon < len && is_space(text[colon]))
			colon++;
		if (colon < len && text[colon] == ':') {
			*key = (struct raw){ .at = text + i + 1, .len = end - i - 2 };
			begin = colon + 1;
		}
	}
	i = skip_value(text, begin, len);
	*value = trim((struct raw){ .at = text + begin, .len = i - begin });
	if (i ==
	    begin) /* a stray bracket: step over it, or we would stay here for ever */
		i++;
	*rest = (struct raw){ .at = text + i, .len = len - i };
	return true;
}

struct raw raw_get(struct raw object, const char *key)
{
	struct raw rest = object.at ? raw_inside(object) : object, name, value;

	while (rest.at && raw_next(&rest, &name, &value))
		if (name.len && raw_is(name, key))
			return value;
	return (struct raw){ .at = NULL };
}

size_t raw_object(const char *text, size_t len)
{
	size_t depth = 0, i = 0;

	while (i < len) {
		if (text[i] == '"') {
			size_t end = skip_string(text, i, len);

			if (end == len && (text[end - 1] != '"' || end - i < 2))
				return 0;
			i = end;
			continue;
		}
		if (text[i] == '{' || text[i] == '[')
			depth++;
		else if ((text[i] == '}' || text[i] == ']') && --depth == 0)
			return i + 1;
		i++;
	}
	return 0;
}
