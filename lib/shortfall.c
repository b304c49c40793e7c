// SPDX-License-Identifier: LGPL-2.1-or-later
/* Features that are missing for the same reason and have the same remedy are one line. */
#include "lib/shortfall.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cpumodels/caution.h"

/* Several features are spoken of in the plural, as far as the templates can. */
#define SEVERAL "these"

static void append(json_t *cause, const char *list, const char *feature)
{
	if (!json_object_get(cause, list))
		json_object_set_new(cause, list, json_array());
	json_array_append_new(json_object_get(cause, list), json_string(feature));
}

static bool is_alike(const json_t *a, const json_t *b)
{
	return json_equal(json_object_get(a, "code"), json_object_get(b, "code")) &&
	       json_equal(json_object_get(a, "remedy"), json_object_get(b, "remedy"));
}

static json_t *find_alike(const json_t *causes, const json_t *reason)
{
	json_t *cause;
	size_t i;

	json_array_foreach(causes, i, cause)
		if (is_alike(cause, reason))
			return cause;
	return NULL;
}

static void add(json_t *causes, json_t *reason, const char *feature)
{
	json_t *cause = find_alike(causes, reason);

	if (!cause) {
		cause = reason;
		json_array_append(causes, cause);
		json_object_del(cause, "feature");
	}
	append(cause, "features", feature);
	if (cg_caution_is_mitigation(feature))
		append(cause, "mitigations", feature);
}

static enum cg_reason code_of(const json_t *cause)
{
	return cg_reason_find(cg_json_text(cause, "code"));
}

/* Stable, so that features stay in the order of their names. */
static json_t *sorted(const json_t *causes)
{
	json_t *out = json_array(), *cause;
	size_t i;

	for (enum cg_reason r = 0; r < CG_REASONS; r++)
		json_array_foreach(causes, i, cause)
			if (code_of(cause) == r)
				json_array_append(out, cause);
	return out;
}

/* One feature alone is called by its name. */
static void name_single(const struct cg_inquiry *inquiry, json_t *causes)
{
	json_t *cause;
	size_t i;

	json_array_foreach(causes, i, cause) {
		const json_t *features = json_object_get(cause, "features");
		const char *name = json_string_value(json_array_get(features, 0));
		cg_auto_json json_t *reason = NULL;

		if (json_array_size(features) != 1)
			continue;
		reason = cg_inquiry_reason(inquiry, name, name);
		json_object_update_existing(cause, reason);
	}
}

json_t *cg_shortfall_causes(const struct cg_inquiry *inquiry)
{
	const struct cg_prediction *p = &inquiry->prediction;
	cg_auto_json json_t *causes = json_array();
	json_t *out;

	cg_featureset_each(&p->removed, f) {
		const char *name =
			cg_vocabulary_name(inquiry->question.emulator->vocabulary, f);
		cg_auto_json json_t *reason = cg_inquiry_reason(inquiry, name, SEVERAL);

		if (reason)
			add(causes, reason, name);
	}
	name_single(inquiry, causes);
	out = sorted(causes);
	if (p->why)
		json_array_append_new(out, cg_reason_json(CG_START_FAILED, NULL,
							  cg_inquiry_host(inquiry),
							  cg_json_text(p->why, "words")));
	return out;
}

/* Versions of a model. */

static bool is_suffix(const char *text, size_t len)
{
	static const char *const known[] = { "noTSX", "IBRS", "IBPB" };
	size_t digits = 1;

	for (size_t i = 0; i < CG_COUNT(known); i++)
		if (len == strlen(known[i]) && strncmp(text, known[i], len) == 0)
			return true;
	while (digits < len && isdigit((unsigned char)text[digits]))
		digits++;
	return len > 1 && *text == 'v' && digits == len;
}

/* The length of a name without "-v2", "-noTSX-IBRS" and their like. */
static size_t stem(const char *name)
{
	size_t len = strlen(name), at = len;

	while (at > 0) {
		while (at > 0 && name[at - 1] != '-')
			at--;
		if (!at || !is_suffix(name + at, len - at))
			return len;
		len = --at;
	}
	return len;
}

static bool is_version(const json_t *model, const char *of)
{
	const char *name = cg_json_text(model, "name");
	size_t len = stem(of);

	return strcmp(name, of) != 0 && stem(name) == len && strncmp(name, of, len) == 0;
}

static int rank(const json_t *version)
{
	const json_t *usable = json_object_get(version, "usable");

	return json_is_true(usable) ? 0 : json_is_null(usable) ? 1 : 2;
}

static int by_fitness(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	size_t m = json_array_size(json_object_get(x, "missing")),
	       n = json_array_size(json_object_get(y, "missing"));

	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	if (m != n)
		return m < n ? -1 : 1;
	return strverscmp(cg_json_text(x, "model"), cg_json_text(y, "model"));
}

/* Names that stand for it. */
static json_t *aliases_of(const json_t *models, const char *name)
{
	json_t *out = json_array();
	const json_t *model;
	size_t i;

	json_array_foreach(models, i, model) {
		const char *same = cg_json_text(model, "alias-of");

		if (same && strcmp(same, name) == 0)
			json_array_append(out, json_object_get(model, "name"));
	}
	return out;
}

/* A name that only stands for another one is that one. */
static json_t *list_versions(const json_t *models, const char *of)
{
	const json_t *self = cg_session_find_model(models, of), *model;
	const char *same = cg_json_text(self, "alias-of");
	json_t *out = json_array();
	size_t i;

	json_array_foreach(models, i, model) {
		const char *name = cg_json_text(model, "name");

		if (!is_version(model, of) || cg_json_text(model, "alias-of") ||
		    (same && strcmp(name, same) == 0))
			continue;
		json_array_append_new(
			out, json_pack("{s:s, s:o, s:O, s:O}", "model", name, "aliases",
				       aliases_of(models, name), "usable",
				       json_object_get(model, "usable"), "missing",
				       json_object_get(model, "unavailable-features")));
	}
	return out;
}

int cg_shortfall_versions(json_t **out, const json_t *models, const char *model,
			  struct cg_error *err)
{
	cg_auto_json json_t *list = list_versions(models, model);
	size_t count = json_array_size(list);
	cg_auto_free json_t **order = calloc(count + 1, sizeof(json_t *));

	if (!order)
		return cg_error_errno(err, "versions of %s", model);
	for (size_t i = 0; i < count; i++)
		order[i] = json_array_get(list, i);
	qsort(order, count, sizeof(json_t *), by_fitness);
	*out = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append(*out, order[i]);
	return 0;
}
