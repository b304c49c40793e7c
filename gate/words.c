// SPDX-License-Identifier: LGPL-2.1-or-later
/* Editing in place: what nobody asked about stays as it was, byte for byte. */
#include "gate/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"

#define TEXT_MAX (256 << 20)

/* How long the first item of "A=B,C=D" is; a doubled comma belongs to its value. */
static size_t item_length(const char *text)
{
	size_t len = strcspn(text, ",");
	bool named = memchr(text, '=', len) != NULL;

	while (named && text[len] == ',' && text[len + 1] == ',')
		len += 2 + strcspn(text + len + 2, ",");
	return len;
}

/* -machine's value with another type. */
static json_t *replace_type(const char *value, const char *type)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(TEXT_MAX);
	struct cg_error err;

	for (const char *item = value; *item;) {
		size_t len = item_length(item);
		bool named = memchr(item, '=', len) != NULL;
		int ret;

		if (item == value && !named)
			ret = cg_buffer_put(&text, type, strlen(type), &err);
		else if (len >= 5 && strncmp(item, "type=", 5) == 0)
			ret = cg_buffer_printf(&text, &err, "type=%s", type);
		else
			ret = cg_buffer_put(&text, item, len, &err);
		item += len;
		if (ret < 0 || (*item && cg_buffer_put(&text, item++, 1, &err) < 0))
			return NULL;
	}
	return json_string(text.data);
}

json_t *cg_words_replace(const json_t *words, const struct cg_arguments *arguments,
			 const char *machine, const char *cpu)
{
	size_t machine_at = arguments->machine_at, cpu_at = arguments->cpu_at;
	json_t *out = json_copy(cg_json_mutable(words));

	if (machine_at) {
		const char *value = json_string_value(json_array_get(words, machine_at));

		json_array_set_new(out, machine_at, replace_type(value, machine));
	} else {
		json_array_append_new(out, json_string("-machine"));
		json_array_append_new(out, json_string(machine));
	}
	if (cpu_at) {
		json_array_set_new(out, cpu_at, json_string(cpu));
	} else {
		json_array_append_new(out, json_string("-cpu"));
		json_array_append_new(out, json_string(cpu));
	}
	return out;
}

static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=,./:@%";

	return *word && !word[strspn(word, plain)];
}

static int put_quoted(struct cg_buffer *text, const char *word, struct cg_error *err)
{
	if (is_plain(word))
		return cg_buffer_put(text, word, strlen(word), err);
	if (cg_buffer_put(text, "'", 1, err) < 0)
		return -1;
	for (const char *rest = word;;) {
		size_t len = strcspn(rest, "'");

		if (cg_buffer_put(text, rest, len, err) < 0)
			return -1;
		if (!rest[len])
			return cg_buffer_put(text, "'", 1, err);
		if (cg_buffer_put(text, "'\\''", 4, err) < 0)
			return -1;
		rest += len + 1;
	}
}

char *cg_words_quote(const json_t *words)
{
	struct cg_buffer text = CG_BUFFER(TEXT_MAX);
	struct cg_error err;
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word)
		if ((i && cg_buffer_put(&text, " ", 1, &err) < 0) ||
		    put_quoted(&text, json_string_value(word), &err) < 0) {
			cg_buffer_deinit(&text);
			return NULL;
		}
	return text.data;
}
