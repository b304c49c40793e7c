// SPDX-License-Identifier: LGPL-2.1-or-later
/* Expansions: split into features and the rest, and their compact stored form. */
#include "probe/expansion.h"

#include <string.h>

#include "cpumodels/scalars.h"
#include "cpumodels/spelling.h"

#define TEXT_MAX (64 * 1024)

/* A bool property that is no CPUID or MSR bit: MCG_CAP.LMCE_P is filtered by nobody. */
static const char *const not_features[] = { "lmce" };

static bool is_feature(const char *name, const json_t *value)
{
	if (!json_is_boolean(value))
		return false;
	for (size_t i = 0; i < CG_COUNT(not_features); i++)
		if (strcmp(name, not_features[i]) == 0)
			return false;
	return true;
}

int cg_expansion_vocabulary(struct cg_vocabulary **out, const json_t *props,
			    struct cg_error *err)
{
	const char *names[CG_FEATURES_MAX], *name;
	size_t count = 0;
	json_t *value;

	cg_json_each(props, name, value) {
		if (!is_feature(name, value))
			continue;
		if (count == CG_FEATURES_MAX)
			return cg_error_set(err, CG_E_LIMIT, "more than %d features",
					    CG_FEATURES_MAX);
		names[count++] = name;
	}
	return cg_vocabulary_new(out, names, count, err);
}

/* Is @key only another spelling of a feature, with the feature's own value? */
static bool is_alias(const char *key, const json_t *value, const json_t *props,
		     const struct cg_vocabulary *vocabulary)
{
	char name[CG_NAME_MAX];

	cg_spelling_canonical(key, name);
	return strcmp(name, key) != 0 &&
	       cg_vocabulary_find(vocabulary, name) < CG_FEATURES_MAX &&
	       json_equal(json_object_get(props, name), value);
}

int cg_expansion_from_props(struct cg_expansion *out, const json_t *props,
			    const struct cg_vocabulary *vocabulary, struct cg_error *err)
{
	struct cg_expansion expansion = { .scalars = json_object() };
	json_t *value;
	const char *key;

	if (!expansion.scalars)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for an expansion");
	cg_json_each(props, key, value) {
		size_t feature = cg_vocabulary_find(vocabulary, key);

		if (feature < CG_FEATURES_MAX) {
			if (json_is_true(value))
				cg_featureset_add(&expansion.features, feature);
		} else if (!json_is_null(value) &&
			   !is_alias(key, value, props, vocabulary)) {
			json_object_set(expansion.scalars, key, value);
		}
	}
	*out = expansion;
	return 0;
}

void cg_expansion_deinit(struct cg_expansion *expansion)
{
	json_decref(expansion->scalars);
	*expansion = (struct cg_expansion){ 0 };
}

char *cg_expansion_encode(const struct cg_expansion *expansion, const json_t *defaults)
{
	cg_auto_json json_t *json = NULL;
	char hex[CG_FEATURESET_HEX];

	json = json_pack("{s:s, s:o}", "f",
			 cg_featureset_to_hex(&expansion->features, hex), "p",
			 cg_scalars_difference(expansion->scalars, defaults));
	return cg_json_canonical(json);
}

int cg_expansion_decode(struct cg_expansion *out, const char *text,
			const json_t *defaults, struct cg_error *err)
{
	struct cg_expansion expansion = { 0 };
	cg_auto_json json_t *json = NULL;
	const char *hex;
	json_t *delta;

	if (cg_json_parse(&json, text, strlen(text), TEXT_MAX, err) < 0) {
		err->code = CG_E_CORRUPT;
		return cg_error_prefix(err, "a stored expansion");
	}
	hex = cg_json_text(json, "f");
	delta = json_object_get(json, "p");
	if (!hex || !json_is_object(delta))
		return cg_error_set(err, CG_E_CORRUPT,
				    "a stored expansion has no features");
	if (cg_featureset_from_hex(&expansion.features, hex, err) < 0)
		return cg_error_prefix(err, "a stored expansion");
	expansion.scalars = cg_scalars_apply(defaults, delta);
	*out = expansion;
	return 0;
}
