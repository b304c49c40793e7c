// SPDX-License-Identifier: LGPL-2.1-or-later
/* What can't be had: U, and what QEMU itself says that each model lacks, which must be E ∩ U. */
#include "probe/keep.h"

#include <string.h>

/* U of the machine types that are like the first one measured: see cg_keep_put_unsupported(). */
#define COMMON "*"

static int get_unsupported(struct cg_facts *facts, const char *accel, const char *name,
			   bool *known, struct cg_featureset *out, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;

	*known = false;
	if (cg_keep_get(facts, CG_KIND_UNSUPPORTED, accel, name, &fact, err) < 0)
		return -1;
	if (fact && cg_featureset_from_hex(out, cg_json_text(fact, "features"), err) < 0)
		return -1;
	*known = fact != NULL;
	return 0;
}

/* Does the machine type share U with the others? A property of the emulator, found by comparing. */
static int is_common(struct cg_facts *facts, const char *accel, const char *machine,
		     bool *common, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;

	if (cg_keep_get(facts, CG_KIND_LIKENESS, accel, machine, &fact, err) < 0)
		return -1;
	*common = json_is_true(json_object_get(fact, "common"));
	return 0;
}

int cg_facts_unsupported(struct cg_facts *facts, const char *accel, const char *machine,
			 bool *known, struct cg_featureset *out, struct cg_error *err)
{
	bool common;

	if (is_common(facts, accel, machine, &common, err) < 0)
		return -1;
	return get_unsupported(facts, accel, common ? COMMON : machine, known, out, err);
}

static int put_set(struct cg_facts *facts, const char *accel, const char *name,
		   const struct cg_featureset *set, struct cg_error *err)
{
	char hex[CG_FEATURESET_HEX];
	cg_auto_json json_t *fact =
		json_pack("{s:s}", "features", cg_featureset_to_hex(set, hex));

	return cg_keep_put(facts, CG_KIND_UNSUPPORTED, accel, name, fact, err);
}

/*
 * U doesn't depend on the machine type, but for those that want another interrupt controller mode
 * of KVM by default (split: pc-q35-4.0, microvm). Which ones is found by comparison: a machine
 * type whose U is the common one shares it from then on, also when the host changes.
 */
int cg_keep_put_unsupported(struct cg_facts *facts, const char *accel,
			    const char *machine, const struct cg_featureset *set,
			    struct cg_error *err)
{
	cg_auto_json json_t *likeness = json_pack("{s:b}", "common", 1);
	struct cg_featureset common;
	bool known, shares;

	if (is_common(facts, accel, machine, &shares, err) < 0 ||
	    get_unsupported(facts, accel, COMMON, &known, &common, err) < 0)
		return -1;
	if (shares || !known)
		common = *set;
	if ((shares || !known) && put_set(facts, accel, COMMON, set, err) < 0)
		return -1;
	if (!cg_featureset_equal(&common, set))
		return put_set(facts, accel, machine, set, err);
	return cg_keep_put(facts, CG_KIND_LIKENESS, accel, machine, likeness, err);
}

/* The names of @set; each is made once and kept in @names, as most models lack the same. */
static json_t *list_of(const struct cg_vocabulary *vocabulary,
		       const struct cg_featureset *set, json_t **names)
{
	json_t *list = json_array();

	cg_featureset_each(set, i) {
		const char *name = cg_vocabulary_name(vocabulary, i);

		if (name && !names[i])
			names[i] = json_string(name);
		if (name)
			json_array_append(list, names[i]);
	}
	return list;
}

static json_t *unpack_unavailable(const struct cg_vocabulary *vocabulary,
				  const json_t *fact)
{
	json_t *lists = json_object(), *hex, *names[CG_FEATURES_MAX] = { NULL };
	struct cg_featureset set;
	struct cg_error err;
	const char *name;

	cg_json_each(fact, name, hex)
		if (cg_featureset_from_hex(&set, json_string_value(hex), &err) == 0)
			json_object_set_new(lists, name,
					    list_of(vocabulary, &set, names));
	for (size_t i = 0; i < CG_FEATURES_MAX; i++)
		json_decref(names[i]);
	return lists;
}

int cg_facts_unavailable(struct cg_facts *facts, const char *accel, const char *machine,
			 json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;

	*out = NULL;
	if (cg_keep_get(facts, CG_KIND_UNAVAILABLE, accel, machine, &fact, err) < 0)
		return -1;
	if (fact && facts->emulator.vocabulary)
		*out = unpack_unavailable(facts->emulator.vocabulary, fact);
	return 0;
}

/* Has the equation been checked, and did it fail? */
static int get_verdict(struct cg_facts *facts, const char *accel, const char *machine,
		       bool *known, bool *contradicted, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;
	int ret = cg_keep_get(facts, CG_KIND_CONTRADICTED, accel, machine, &fact, err);

	*known = fact != NULL;
	*contradicted = json_is_true(json_object_get(fact, "contradicted"));
	return ret;
}

static int put_verdict(struct cg_facts *facts, const char *accel, const char *machine,
		       bool contradicted, struct cg_error *err)
{
	cg_auto_json json_t *fact = json_pack("{s:b}", "contradicted", contradicted);

	return cg_keep_put(facts, CG_KIND_CONTRADICTED, accel, machine, fact, err);
}

int cg_facts_knows_unavailable(struct cg_facts *facts, const char *accel,
			       const char *machine, bool read, bool *known,
			       struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;
	bool contradicted;

	if (get_verdict(facts, accel, machine, known, &contradicted, err) < 0)
		return -1;
	if (!*known)
		return 0;
	if (!read && !contradicted)
		return cg_keep_has(facts, CG_KIND_UNAVAILABLE, accel, machine, known,
				   err);
	if (cg_keep_get(facts, CG_KIND_UNAVAILABLE, accel, machine, &fact, err) < 0)
		return -1;
	*known = fact != NULL;
	return 0;
}

int cg_facts_contradicted(struct cg_facts *facts, const char *accel, const char *machine,
			  bool *out, struct cg_error *err)
{
	bool known;

	return get_verdict(facts, accel, machine, &known, out, err);
}

/* A check of E ∩ U against what QEMU itself says of each plain model. */
struct check {
	const struct cg_vocabulary *vocabulary;
	const struct cg_session_result *result;
	size_t models; /* that were looked at */
	bool holds;
};

static void check_model(struct check *check, const char *model,
			const struct cg_expansion *expansion)
{
	const json_t *names = json_object_get(check->result->unavailable, model);
	struct cg_featureset ours, theirs;
	size_t unknown;

	ours = cg_featureset_and(&expansion->features, &check->result->unsupported);
	theirs = cg_vocabulary_set(check->vocabulary, names, &unknown);
	check->holds &= cg_featureset_equal(&ours, &theirs);
	check->models++;
}

static int check_row(void *data, const char *model, size_t piece,
		     const struct cg_expansion *expansion, struct cg_error *err)
{
	(void)piece;
	(void)err;
	check_model(data, model, expansion);
	return 0;
}

/*
 * By what this session expanded, and by what the sheet holds from before: after a change of the host the
 * session brings U and QEMU's lists, and the expansions are the old ones.
 */
static int check_equation(struct cg_facts *facts, const char *accel, const char *machine,
			  struct check *check, struct cg_error *err)
{
	const struct cg_session_result *result = check->result;

	for (size_t i = 0; i < result->count; i++)
		if (!result->items[i].refusal &&
		    cg_session_find_model(result->models, result->items[i].definition))
			check_model(check, result->items[i].definition,
				    &result->items[i].expansion);
	if (result->count >= json_array_size(result->models))
		return 0;
	return cg_facts_each_expansion(facts, accel,
				       result->like ? result->like : machine, check_row,
				       check, err);
}

static json_t *pack_unavailable(const struct cg_vocabulary *vocabulary,
				const json_t *lists)
{
	json_t *fact = json_object(), *list;
	char hex[CG_FEATURESET_HEX];
	struct cg_featureset set;
	const char *name;
	size_t unknown;

	cg_json_each(lists, name, list) {
		set = cg_vocabulary_set(vocabulary, list, &unknown);
		json_object_set_new(fact, name,
				    json_string(cg_featureset_to_hex(&set, hex)));
	}
	return fact;
}

int cg_keep_put_unavailable(struct cg_facts *facts, const char *accel,
			    const char *machine, const struct cg_session_result *result,
			    struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;
	bool known, contradicted;
	struct check check = { .vocabulary = facts->emulator.vocabulary,
			       .result = result,
			       .holds = result->has_unsupported };

	if (facts->emulator.measure == CG_MEASURE_NONE)
		return 0;
	fact = pack_unavailable(facts->emulator.vocabulary, result->unavailable);
	if (cg_keep_put(facts, CG_KIND_UNAVAILABLE, accel, machine, fact, err) < 0)
		return -1;
	if (check_equation(facts, accel, machine, &check, err) < 0)
		return -1;
	if (get_verdict(facts, accel, machine, &known, &contradicted, err) < 0)
		return -1;
	/* A part of the models can't take back what another one showed. */
	if (contradicted && check.models < json_array_size(result->models))
		return 0;
	return put_verdict(facts, accel, machine, !check.holds, err);
}
