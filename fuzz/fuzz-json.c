// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * JSON text from anywhere. What is parsed can be printed and parsed again without loss; what
 * jansson takes, we take, with the same meaning; our marks for large integers never show.
 */
#include <string.h>

#include "base/json.h"
#include "fuzz/fuzz.h"

static json_t *parse(const char *text, size_t size)
{
	struct cg_error err = { 0 };
	json_t *json = NULL;

	if (cg_json_parse(&json, text, size, size, &err) == 0)
		return json;
	must(err.code == CG_E_PARSE && !json);
	return NULL;
}

/* A large integer is a value; as a member's name it could not be printed. */
static void check_names(const json_t *json)
{
	const json_t *item;
	const char *name;
	json_t *value;
	size_t i;

	cg_json_each(json, name, value) {
		must(name[0] != '\x01' || strncmp(name + 1, "u64:", 4) != 0);
		check_names(value);
	}
	json_array_foreach(json, i, item)
		check_names(item);
}

static void check_printed(const json_t *json, char *printed)
{
	cg_auto_free char *text = printed;
	cg_auto_json json_t *again = NULL;

	must(text);
	again = parse(text, strlen(text));
	must(again && json_equal(json, again));
}

/* jansson alone takes no large integers, but any string, and some NULs. */
static void compare_with_jansson(const json_t *json, const char *text, size_t size)
{
	cg_auto_json json_t *plain = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);

	if (plain && json)
		must(json_equal(plain, json));
	else if (plain)
		must(memchr(text, '\0', size) || memmem(text, size, "\"\\u0001", 7));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	cg_auto_json json_t *json = parse(text, size), *none = NULL;
	struct cg_error err;

	compare_with_jansson(json, text, size);
	if (!json)
		return 0;
	check_names(json);
	check_printed(json, cg_json_canonical(json));
	check_printed(json, cg_json_pretty(json));
	must(cg_json_parse(&none, text, size, size - 1, &err) < 0 &&
	     err.code == CG_E_LIMIT);
	return 0;
}
