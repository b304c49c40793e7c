// SPDX-License-Identifier: LGPL-2.1-or-later
/* A sorted list of names. Names live in one block behind the list. */
#include "cpumodels/vocabulary.h"

#include <string.h>

#include "cpumodels/spelling.h"

struct cg_vocabulary {
	size_t count,
		bytes; /* names, and of them with their NULs, in the order they came in */
	char *names[];
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int check(const struct cg_vocabulary *v, struct cg_error *err)
{
	for (size_t i = 1; i < v->count; i++)
		if (strcmp(v->names[i - 1], v->names[i]) == 0)
			return cg_error_set(err, CG_E_PARSE, "feature %s is there twice",
					    v->names[i]);
	return 0;
}

int cg_vocabulary_new(struct cg_vocabulary **out, const char *const *names, size_t count,
		      struct cg_error *err)
{
	cg_auto_vocabulary struct cg_vocabulary *v = NULL;
	size_t bytes = 0;
	char *text;

	if (count > CG_FEATURES_MAX)
		return cg_error_set(err, CG_E_LIMIT, "%zu features, more than %d", count,
				    CG_FEATURES_MAX);
	for (size_t i = 0; i < count; i++)
		bytes += strlen(names[i]) + 1;
	v = malloc(sizeof(*v) + count * sizeof(v->names[0]) + bytes);
	if (!v)
		return cg_error_errno(err, "%zu feature names", count);
	v->count = count;
	v->bytes = bytes;
	text = (char *)(v->names + count);
	for (size_t i = 0; i < count; i++) {
		v->names[i] = text;
		text = stpcpy(text, names[i]) + 1;
	}
	qsort(v->names, count, sizeof(v->names[0]), by_name);
	if (check(v, err) < 0)
		return -1;
	*out = cg_take(v);
	return 0;
}

struct cg_vocabulary *cg_vocabulary_free(struct cg_vocabulary *vocabulary)
{
	free(vocabulary);
	return NULL;
}

int cg_vocabulary_from_json(struct cg_vocabulary **out, const json_t *list,
			    struct cg_error *err)
{
	const char *names[CG_FEATURES_MAX];
	size_t count = json_array_size(list);

	if (!json_is_array(list) || count > CG_FEATURES_MAX)
		return cg_error_set(err, CG_E_CORRUPT, "not a list of features");
	for (size_t i = 0; i < count; i++) {
		names[i] = json_string_value(json_array_get(list, i));
		if (!names[i])
			return cg_error_set(err, CG_E_CORRUPT, "feature %zu has no name",
					    i);
	}
	return cg_vocabulary_new(out, names, count, err);
}

json_t *cg_vocabulary_to_json(const struct cg_vocabulary *vocabulary)
{
	json_t *list = json_array();

	for (size_t i = 0; i < vocabulary->count; i++)
		json_array_append_new(list, json_string(vocabulary->names[i]));
	return list;
}

static const char *first_text(const struct cg_vocabulary *v)
{
	return (const char *)(v->names + v->count);
}

bool cg_vocabulary_equal(const struct cg_vocabulary *a, const struct cg_vocabulary *b)
{
	if (a == b)
		return true;
	if (a->count != b->count || a->bytes != b->bytes)
		return false;
	if (memcmp(first_text(a), first_text(b), a->bytes) == 0)
		return true;
	for (size_t i = 0; i < a->count; i++) /* perhaps they came in another order */
		if (strcmp(a->names[i], b->names[i]) != 0)
			return false;
	return true;
}

size_t cg_vocabulary_count(const struct cg_vocabulary *vocabulary)
{
	return vocabulary->count;
}

const char *cg_vocabulary_name(const struct cg_vocabulary *vocabulary, size_t feature)
{
	return feature < vocabulary->count ? vocabulary->names[feature] : NULL;
}

size_t cg_vocabulary_find(const struct cg_vocabulary *vocabulary, const char *name)
{
	char *const *at = bsearch(&name, vocabulary->names, vocabulary->count,
				  sizeof(vocabulary->names[0]), by_name);

	return at ? (size_t)(at - vocabulary->names) : CG_FEATURES_MAX;
}

bool cg_vocabulary_has(const struct cg_vocabulary *vocabulary,
		       const struct cg_featureset *set, const char *name)
{
	size_t f = cg_vocabulary_find(vocabulary, name);

	return f < CG_FEATURES_MAX && cg_featureset_has(set, f);
}

size_t cg_vocabulary_resolve(const struct cg_vocabulary *vocabulary, const char *spelling)
{
	size_t exact = cg_vocabulary_find(vocabulary, spelling);
	char name[CG_NAME_MAX];

	if (exact < CG_FEATURES_MAX)
		return exact;
	return cg_vocabulary_find(vocabulary, cg_spelling_canonical(spelling, name));
}

const char *cg_vocabulary_nearest(const struct cg_vocabulary *vocabulary,
				  const char *spelling)
{
	size_t best = strlen(spelling) / 3 + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < vocabulary->count; i++) {
		size_t distance = cg_spelling_distance(vocabulary->names[i], spelling);

		if (distance < best || (distance == best && !nearest)) {
			best = distance;
			nearest = vocabulary->names[i];
		}
	}
	return nearest;
}

json_t *cg_vocabulary_list(const struct cg_vocabulary *vocabulary,
			   const struct cg_featureset *set)
{
	json_t *list = json_array();

	cg_featureset_each(set, i)
		if (i < vocabulary->count)
			json_array_append_new(list, json_string(vocabulary->names[i]));
	return list;
}

struct cg_featureset cg_vocabulary_set(const struct cg_vocabulary *vocabulary,
				       const json_t *names, size_t *unknown)
{
	struct cg_featureset set = { 0 };
	const json_t *name;
	size_t i;

	*unknown = 0;
	json_array_foreach(names, i, name) {
		const char *text = json_string_value(name);
		size_t feature = text ? cg_vocabulary_find(vocabulary, text)
				      : CG_FEATURES_MAX;

		if (feature < CG_FEATURES_MAX)
			cg_featureset_add(&set, feature);
		else
			(*unknown)++;
	}
	return set;
}
