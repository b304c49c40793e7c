// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reading and printing -cpu strings. The order in which QEMU applies the parts is the subject here. */
#include "cpumodels/definition.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "cpumodels/spelling.h"

/* QEMU applies NAME=VALUE first, then +NAME, then -NAME. */
enum pass { PASS_ASSIGN, PASS_PLUS, PASS_MINUS, PASSES };

static int put(struct cg_definition *definition, const char *name, const char *value,
	       struct cg_error *err)
{
	size_t at = 0;
	char *copy;

	while (at < definition->count && strcmp(definition->overrides[at].name, name) < 0)
		at++;
	copy = strdup(value);
	if (!copy)
		return cg_error_errno(err, "definition");
	if (at < definition->count && strcmp(definition->overrides[at].name, name) == 0) {
		free(definition->overrides[at].value);
		definition->overrides[at].value = copy;
		return 0;
	}
	if (definition->count == CG_OVERRIDES_MAX) {
		free(copy);
		return cg_error_set(err, CG_E_LIMIT, "more than %d overrides",
				    CG_OVERRIDES_MAX);
	}
	memmove(&definition->overrides[at + 1], &definition->overrides[at],
		(definition->count - at) * sizeof(definition->overrides[0]));
	definition->overrides[at] =
		(struct cg_override){ .name = strdup(name), .value = copy };
	definition->count++;
	return definition->overrides[at].name ? 0 : cg_error_errno(err, "definition");
}

static enum pass pass_of(const char *item)
{
	return *item == '+' ? PASS_PLUS : *item == '-' ? PASS_MINUS : PASS_ASSIGN;
}

/* What printed and read again is the same name: no sign before it, no '=' in it. */
static int check_name(const char *name, struct cg_error *err)
{
	if (!*name)
		return cg_error_set(err, CG_E_USAGE,
				    "an empty feature name in the CPU definition");
	if (strlen(name) >= CG_NAME_MAX)
		return cg_error_set(err, CG_E_USAGE, "a feature name of %zu characters",
				    strlen(name));
	for (const char *p = name; *p; p++)
		if (!isgraph((unsigned char)*p) || *p == '=' ||
		    (p == name && strchr("+-_", *p)))
			return cg_error_set(err, CG_E_USAGE, "%s is no feature name",
					    name);
	return 0;
}

/* "tsc-freq=2.5G" is QEMU's old word for tsc-frequency, with a metric suffix. */
static int put_tsc_frequency(struct cg_definition *definition, const char *value,
			     struct cg_error *err)
{
	static const char units[] = "kmgt";
	char *end, text[32];
	double hz = strtod(value, &end);
	const char *unit = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;

	for (const char *u = units; unit && u <= unit; u++)
		hz *= 1000;
	if (end == value || (*end && (!unit || end[1])) || !(hz >= 0 && hz <= 1e18))
		return cg_error_set(err, CG_E_USAGE, "%s is no TSC frequency", value);
	snprintf(text, sizeof(text), "%.0f", hz);
	return put(definition, "tsc-frequency", text, err);
}

static int put_item(struct cg_definition *definition, char *item, enum pass pass,
		    struct cg_error *err)
{
	char *equals = pass == PASS_ASSIGN ? strchr(item, '=') : NULL;
	const char *spelling = pass == PASS_ASSIGN ? item : item + 1;
	const char *value = pass == PASS_MINUS ? "off" : "on";
	char name[CG_NAME_MAX];

	if (equals) {
		*equals = '\0';
		value = equals + 1;
	}
	if (check_name(spelling, err) < 0)
		return -1;
	cg_spelling_canonical(spelling, name);
	if (strcmp(name, "tsc-freq") == 0)
		return put_tsc_frequency(definition, value, err);
	return put(definition, name, value, err);
}

static int put_pass(struct cg_definition *definition, const char *items, enum pass pass,
		    struct cg_error *err)
{
	cg_auto_free char *copy = strdup(items);
	char *rest = copy, *item;

	if (!copy)
		return cg_error_errno(err, "definition");
	while ((item = strsep(&rest, ",")))
		if (pass_of(item) == pass && put_item(definition, item, pass, err) < 0)
			return -1;
	return 0;
}

/* After the first pass. */
static void note_assigned(struct cg_definition *definition)
{
	for (size_t i = 0; i < definition->count; i++) {
		struct cg_override *o = &definition->overrides[i];
		bool on;

		o->assigned_on = cg_definition_bool(o->value, &on) && on;
	}
}

/* The one form can be longer than what was given, and is what goes on from here. */
static int check_printed(const struct cg_definition *definition, struct cg_error *err)
{
	cg_auto_free char *text = cg_definition_print(definition);

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a definition");
	if (strlen(text) >= CG_DEFINITION_TEXT)
		return cg_error_set(err, CG_E_LIMIT, "a CPU definition of %zu characters",
				    strlen(text));
	return 0;
}

int cg_definition_parse(struct cg_definition *out, const char *text, struct cg_error *err)
{
	cg_auto_definition struct cg_definition definition = { 0 };
	const char *comma = strchrnul(text, ',');

	if (strlen(text) >= CG_DEFINITION_TEXT)
		return cg_error_set(err, CG_E_LIMIT, "a CPU definition of %zu characters",
				    strlen(text));
	if (comma == text)
		return cg_error_set(err, CG_E_USAGE, "the CPU definition names no model");
	for (const char *p = text; *p; p++)
		if (iscntrl((unsigned char)*p))
			return cg_error_set(err, CG_E_USAGE,
					    "a control character in the CPU definition");
	definition.model = strndup(text, (size_t)(comma - text));
	definition.overrides = calloc(CG_OVERRIDES_MAX, sizeof(struct cg_override));
	if (!definition.model || !definition.overrides)
		return cg_error_errno(err, "definition");
	for (enum pass pass = PASS_ASSIGN; *comma && pass < PASSES; pass++) {
		if (put_pass(&definition, comma + 1, pass, err) < 0)
			return -1;
		if (pass == PASS_ASSIGN)
			note_assigned(&definition);
	}
	if (check_printed(&definition, err) < 0)
		return -1;
	*out = definition;
	definition = (struct cg_definition){ 0 };
	return 0;
}

void cg_definition_deinit(struct cg_definition *definition)
{
	for (size_t i = 0; i < definition->count; i++) {
		free(definition->overrides[i].name);
		free(definition->overrides[i].value);
	}
	free(definition->overrides);
	free(definition->model);
	*definition = (struct cg_definition){ 0 };
}

const struct cg_override *cg_definition_find(const struct cg_definition *definition,
					     const char *name)
{
	for (size_t i = 0; i < definition->count; i++)
		if (strcmp(definition->overrides[i].name, name) == 0)
			return &definition->overrides[i];
	return NULL;
}

char *cg_definition_print(const struct cg_definition *definition)
{
	struct cg_buffer text = CG_BUFFER(4 * CG_DEFINITION_TEXT);
	struct cg_error err;

	if (cg_buffer_printf(&text, &err, "%s", definition->model) < 0)
		goto fail;
	for (size_t i = 0; i < definition->count; i++) {
		const struct cg_override *o = &definition->overrides[i];
		const char *value = o->value;
		bool on;

		if (cg_definition_bool(value, &on))
			value = on ? "on" : "off";
		if (cg_buffer_printf(&text, &err, ",%s=%s", o->name, value) < 0)
			goto fail;
	}
	return text.data;
fail:
	cg_buffer_deinit(&text);
	return NULL;
}

bool cg_definition_bool(const char *text, bool *value)
{
	static const char *const on[] = { "on", "true", "yes", "y" };
	static const char *const off[] = { "off", "false", "no", "n" };

	for (size_t i = 0; i < CG_COUNT(on); i++)
		if (strcmp(text, on[i]) == 0)
			return *value = true;
	for (size_t i = 0; i < CG_COUNT(off); i++)
		if (strcmp(text, off[i]) == 0) {
			*value = false;
			return true;
		}
	return false;
}

bool cg_definition_is_on(const struct cg_definition *definition, const char *name)
{
	const struct cg_override *o = cg_definition_find(definition, name);
	bool on;

	return o && cg_definition_bool(o->value, &on) && on;
}
