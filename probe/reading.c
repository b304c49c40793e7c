// SPDX-License-Identifier: LGPL-2.1-or-later
/* Feature by feature, with several questions on their way, or by feature words. */
#include "probe/reading.h"

#include <string.h>

#include "cpumodels/leaves.h"
#include "emulator/query.h"

#define AHEAD 8

static json_t *get_args(const char *path, const char *property)
{
	return json_pack("{s:s, s:s}", "path", path, "property", property);
}

/* One qom-get for each feature in @which, a few on their way at any time. */
static int read_properties(struct cg_reading *r, struct cg_qmp *qmp, const char *path,
			   const struct cg_featureset *which, struct cg_error *err)
{
	size_t next = cg_featureset_next(which, 0), ahead = 0;

	cg_featureset_each(which, taken) {
		cg_auto_json json_t *value = NULL;

		if (cg_clock_left_ms(r->deadline) == 0)
			return cg_error_set(err, CG_E_TIMEOUT, "%s: it takes too long",
					    path);
		for (; next < CG_FEATURES_MAX && ahead < AHEAD; ahead++) {
			if (cg_qmp_send(qmp, "qom-get",
					get_args(path,
						 cg_vocabulary_name(r->vocabulary, next)),
					err) < 0)
				return -1;
			next = cg_featureset_next(which, next + 1);
		}
		if (cg_qmp_receive(qmp, &value, err) < 0)
			return cg_error_prefix(err, "%s",
					       cg_vocabulary_name(r->vocabulary, taken));
		ahead--;
		if (json_is_true(value))
			cg_featureset_add(&r->live, taken);
	}
	return 0;
}

/* The word of feature-words that a CPUID feature is in; NULL if there is none. */
static const json_t *find_word(const json_t *words, const struct cg_leaf *leaf)
{
	static const char *const registers[] = { "EAX", "EBX", "ECX", "EDX" };
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word) {
		const json_t *ecx = json_object_get(word, "cpuid-input-ecx");
		const char *reg = cg_json_text(word, "cpuid-register");

		if (json_integer_value(json_object_get(word, "cpuid-input-eax")) ==
			    leaf->leaf &&
		    (!ecx || json_integer_value(ecx) == leaf->subleaf) && reg &&
		    strcmp(reg, registers[leaf->reg]) == 0)
			return word;
	}
	return NULL;
}

/* Is the feature in the words at all, and on there? Several bits must be on together. */
static bool in_words(const json_t *words, const char *name, bool *on)
{
	size_t count = 0;
	const struct cg_leaf *leaf = cg_leaves_find(name, &count);

	*on = leaf != NULL;
	for (size_t i = 0; leaf && i < count; i++) {
		const json_t *word =
			leaf[i].kind == CG_LEAF_CPUID ? find_word(words, &leaf[i]) : NULL;

		if (!word)
			return false;
		*on &= json_integer_value(json_object_get(word, "features")) >>
			       leaf[i].bit &
		       1;
	}
	return leaf != NULL;
}

/* Of @rest what a guest can find beside what is live already. */
static struct cg_featureset findable(const struct cg_reading *r,
				     const struct cg_featureset *rest)
{
	struct cg_featureset all = cg_featureset_or(rest, &r->live);

	all = cg_gates_close(r->gates, &all);
	return cg_featureset_and(&all, rest);
}

static int read_words(struct cg_reading *r, struct cg_qmp *qmp, const char *path,
		      struct cg_featureset *rest, struct cg_error *err)
{
	cg_auto_json json_t *words = NULL;
	bool on;

	if (cg_query_property(qmp, path, "feature-words", &words, err) < 0)
		return -1;
	for (size_t i = 0; i < cg_vocabulary_count(r->vocabulary); i++) {
		if (!in_words(words, cg_vocabulary_name(r->vocabulary, i), &on)) {
			if (cg_featureset_has(&r->ask, i))
				cg_featureset_add(rest, i);
		} else if (on) {
			cg_featureset_add(&r->live, i);
		}
	}
	if (r->gates)
		*rest = findable(r, rest);
	return 0;
}

int cg_reading_take(struct cg_reading *r, struct cg_qmp *qmp, const char *path,
		    struct cg_error *err)
{
	struct cg_featureset rest = { 0 };

	for (size_t i = 0; !r->quick && i < cg_vocabulary_count(r->vocabulary); i++)
		cg_featureset_add(&rest, i);
	if (r->quick && read_words(r, qmp, path, &rest, err) < 0)
		return -1;
	return read_properties(r, qmp, path, &rest, err);
}
