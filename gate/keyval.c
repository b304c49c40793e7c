// SPDX-License-Identifier: LGPL-2.1-or-later
/* Both readers take one item after the other; they differ in what an item is. */
#include "gate/keyval.h"

#include <ctype.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"

#define VALUE_MAX (64 << 20)
#define FRAGMENT_MAX 127
#define DEPTH_MAX 8 /* no parameter of QEMU's has more parts */

struct item {
	json_t *object;      /* that it is to go into */
	const char *text;    /* the rest */
	const char *implied; /* of the first item; then NULL */
	bool *help;
};

typedef int item_fn(struct item *item, struct cg_error *err);

/* A value to the next single comma, which is taken as well. */
static json_t *take_value(const char **text, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer value = CG_BUFFER(VALUE_MAX);
	const char *rest = *text;
	json_t *string;

	for (;;) {
		size_t len = strcspn(rest, ",");

		if (cg_buffer_put(&value, rest, len, err) < 0)
			return NULL;
		rest += len;
		if (!rest[0] || rest[1] != ',')
			break;
		if (cg_buffer_put(&value, ",", 1, err) < 0)
			return NULL;
		rest += 2;
	}
	*text = *rest ? rest + 1 : rest;
	string = json_stringn(value.data, value.len);
	if (!string)
		(void)cg_error_set(err, CG_E_USAGE, "a value that isn't UTF-8");
	return string;
}

static bool is_help(const char *text, size_t len)
{
	return (len == 1 && *text == '?') ||
	       (len == 4 && strncmp(text, "help", len) == 0);
}

/* Part of a strict name: letters first, or a number if it isn't the first part. */
static bool is_fragment(const char *text, size_t len, bool first)
{
	bool number = !first && isdigit((unsigned char)*text);

	if (!len || len > FRAGMENT_MAX || (!number && !isalpha((unsigned char)*text)))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!(number ? isdigit((unsigned char)text[i])
			     : isalnum((unsigned char)text[i]) || strchr("-_", text[i])))
			return false;
	return true;
}

/* The member @name of @object as an object, made if it isn't there; NULL if it is a string. */
static json_t *open_member(json_t *object, const char *name)
{
	json_t *member = json_object_get(object, name);

	if (member)
		return json_is_object(member) ? member : NULL;
	member = json_object();
	json_object_set_new(object, name, member);
	return member;
}

int cg_keyval_put(json_t *object, const char *name, json_t *value, struct cg_error *err)
{
	char fragment[FRAGMENT_MAX + 1];
	const char *rest = name;

	for (int depth = 0;; depth++) {
		size_t len = strcspn(rest, ".");

		if (depth == DEPTH_MAX || !is_fragment(rest, len, rest == name))
			return cg_error_set(err, CG_E_USAGE, "invalid parameter '%s'",
					    name);
		memcpy(fragment, rest, len);
		fragment[len] = '\0';
		rest += len;
		if (!*rest++)
			break;
		object = open_member(object, fragment);
		if (!object)
			break;
	}
	if (!object || json_is_object(json_object_get(object, fragment)))
		return cg_error_set(err, CG_E_USAGE, "parameter '%s' used inconsistently",
				    name);
	return json_object_set(object, fragment, value) == 0
		       ? 0
		       : cg_error_set(err, CG_E_SYSTEM, "no memory for parameters");
}

static int take_name(const char *text, size_t len, char **out, struct cg_error *err)
{
	*out = strndup(text, len);
	return *out ? 0 : cg_error_errno(err, "parameters");
}

static int take_strict(struct item *item, struct cg_error *err)
{
	size_t len = strcspn(item->text, "=,");
	cg_auto_json json_t *value = NULL;
	cg_auto_free char *name = NULL;

	if (item->text[len] == '=') {
		if (take_name(item->text, len, &name, err) < 0)
			return -1;
		item->text += len + 1;
		value = take_value(&item->text, err);
		return value ? cg_keyval_put(item->object, name, value, err) : -1;
	}
	if (len && is_help(item->text, len)) {
		*item->help = true;
	} else if (!len || !item->implied) {
		return cg_error_set(err, CG_E_USAGE,
				    "expected '=' after parameter '%.*s'",
				    (int)(len < 80 ? len : 80), item->text);
	} else {
		value = json_stringn(item->text, len);
		if (!value)
			return cg_error_set(err, CG_E_USAGE, "a value that isn't UTF-8");
		json_object_set(item->object, item->implied, value);
	}
	item->text += len + (item->text[len] == ',');
	return 0;
}

/* "NAME" is on and "noNAME" off; what QEMU makes of "no" itself is an empty name. */
static int put_flag(struct item *item, const char *name, struct cg_error *err)
{
	bool off = strncmp(name, "no", 2) == 0;

	if (is_help(name, strlen(name)))
		*item->help = true;
	else if (json_object_set_new(item->object, off ? name + 2 : name,
				     json_string(off ? "off" : "on")) < 0)
		return cg_error_set(err, CG_E_USAGE, "a name that isn't UTF-8");
	return 0;
}

static int take_loose(struct item *item, struct cg_error *err)
{
	size_t len = strcspn(item->text, "=,");
	bool named = item->text[len] == '=';
	cg_auto_json json_t *value = NULL;
	cg_auto_free char *name = NULL;

	if (take_name(item->text, len, &name, err) < 0)
		return -1;
	if (!named && !item->implied) {
		item->text += len + (item->text[len] == ',');
		return put_flag(item, name, err);
	}
	item->text += named ? len + 1 : 0;
	value = take_value(&item->text, err);
	if (!value)
		return -1;
	if (!named && is_help(name, len))
		*item->help = true;
	if (json_object_set(item->object, named ? name : item->implied, value) < 0)
		return cg_error_set(err, CG_E_USAGE, "a name that isn't UTF-8");
	return 0;
}

static int take_all(json_t **out, const char *text, const char *implied, bool *help,
		    item_fn *take, struct cg_error *err)
{
	cg_auto_json json_t *object = json_object();
	struct item item = { object, text, implied, help };

	*help = false;
	while (*item.text) {
		if (take(&item, err) < 0)
			return -1;
		item.implied = NULL;
	}
	*out = cg_take(object);
	return 0;
}

int cg_keyval_strict(json_t **out, const char *text, const char *implied, bool *help,
		     struct cg_error *err)
{
	return take_all(out, text, implied, help, take_strict, err);
}

int cg_keyval_loose(json_t **out, const char *text, const char *implied, bool *help,
		    struct cg_error *err)
{
	return take_all(out, text, implied, help, take_loose, err);
}

int cg_keyval_merge(json_t *into, const json_t *from, struct cg_error *err)
{
	const char *name;
	json_t *value;

	cg_json_each(from, name, value) {
		json_t *old = json_object_get(into, name);
		bool was_object = json_is_object(old);
		bool is_object = json_is_object(value);

		if (old && was_object != is_object)
			return cg_error_set(err, CG_E_USAGE,
					    "parameter '%s' used inconsistently", name);
		if (was_object) {
			if (cg_keyval_merge(old, value, err) < 0)
				return -1;
		} else {
			cg_auto_json json_t *copy = json_deep_copy(value);

			json_object_set(into, name, copy);
		}
	}
	return 0;
}
