// SPDX-License-Identifier: LGPL-2.1-or-later
/* Transcript lines: cutting replies, saying one as changes of another, wrapping them. */
#include "tests/fake-qemu/compose.h"

#include <stdlib.h>
#include <string.h>

#define WRAP 88

void compose_line(FILE *out, char kind, const char *text)
{
	bool quoted = false;
	size_t column = 2;

	fprintf(out, "%c ", kind);
	for (const char *p = text; *p; p++, column++) {
		if (*p == '\\' && quoted)
			putc(*p++, out);
		else if (*p == '"')
			quoted = !quoted;
		if (*p != ' ' || quoted || p == text || p[-1] != ',' ||
		    (column + strcspn(p + 1, " ") < WRAP && p[1] != '{')) {
			putc(*p, out);
			continue;
		}
		fputs("\n  ", out);
		column = 1;
	}
	putc('\n', out);
}

/* @list has @name between commas. */
static bool is_in(const char *list, struct raw name)
{
	for (size_t len; list && *list; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		if (name.len == len && strncmp(name.at, list, len) == 0)
			return true;
	}
	return false;
}

char *compose_cut(char *reply, const char *names)
{
	struct raw list = raw_get(raw_of(reply), "return"), rest = raw_inside(list), key,
		   value;
	char *text;
	size_t size;
	FILE *out;
	bool first = true;

	if (!names || !list.at || list.at[0] != '[')
		return reply;
	out = open_memstream(&text, &size);
	fprintf(out, "%.*s[", (int)(list.at - reply), reply);
	while (raw_next(&rest, &key, &value)) {
		if (!is_in(names, raw_unquote(raw_get(value, "name"))))
			continue;
		fprintf(out, "%s%.*s", first ? "" : ", ", (int)value.len, value.at);
		first = false;
	}
	fprintf(out, "]%s", list.at + list.len);
	fclose(out);
	free(reply);
	return text;
}

void compose_hide_threads(char *cpus, size_t index)
{
	struct raw rest = raw_inside(raw_get(raw_of(cpus), "return")), key, value, id;
	char *at; /* the last first, for what stands behind a number moves */

	for (size_t i = 0; i <= index; i++)
		if (!raw_next(&rest, &key, &value))
			return;
	compose_hide_threads(cpus, index + 1);
	id = raw_get(value, "thread-id");
	if (!id.at)
		return;
	at = cpus + (id.at - cpus);
	*at++ = '1';
	memmove(at, id.at + id.len, strlen(id.at + id.len) + 1);
}

static struct raw props_of(struct raw reply)
{
	return raw_get(raw_get(raw_get(reply, "return"), "model"), "props");
}

char *compose_changes(const char *label, struct raw old, struct raw reply)
{
	struct raw rest = raw_inside(props_of(reply)), rest2 = raw_inside(props_of(old));
	struct raw key, value, key2, value2;
	bool first = true, same = rest.len && rest2.len;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	value = raw_get(raw_get(raw_get(reply, "return"), "model"), "name");
	fprintf(out, "%s {\"name\": %.*s, \"props\": {", label, (int)value.len, value.at);
	while (same && raw_next(&rest, &key, &value)) {
		same = raw_next(&rest2, &key2, &value2) && raw_equal(key, key2);
		if (!same || raw_equal(value, value2))
			continue;
		fprintf(out, "%s\"%.*s\": %.*s", first ? "" : ", ", (int)key.len, key.at,
			(int)value.len, value.at);
		first = false;
	}
	fputs("}}", out);
	fclose(out);
	if (same && !raw_next(&rest2, &key2, &value2))
		return text;
	free(text);
	return NULL;
}
