// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Kinds of facts, and the scope that each is kept under. Nothing here measures; nothing elsewhere
 * decides what a fact depends on.
 */
#include "probe/facts.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "machine/catalogue.h"

#define FACT_BYTES (4 << 20)
#define NAME_BYTES (CG_DEFINITION_TEXT + 256)

enum scope { SCOPE_EMULATOR, SCOPE_ACCEL, SCOPE_VENDOR, SCOPE_HOST, SCOPES };
enum accel { ACCEL_TCG, ACCEL_KVM, ACCELS };

enum kind {
	KIND_EMULATOR,	     /* version, machine types, vocabulary */
	KIND_LIKENESS,	     /* does a machine type share U with the others? */
	KIND_MODELS,	     /* models of a machine type */
	KIND_SHEET,	     /* E of all its models but those bound to the host */
	KIND_REQUESTED,	     /* E of one definition */
	KIND_HOST_REQUESTED, /* the same where the model is bound to the host */
	KIND_UNSUPPORTED,    /* U */
	KIND_UNAVAILABLE,    /* QEMU's own list per model */
	KIND_STARTED,	     /* did a vCPU start? */
	KIND_FAILURE,	     /* a measurement that failed */
	KINDS
};

static const struct {
	const char *name;
	enum scope scope;
} kinds[] = {
	[KIND_EMULATOR] = { "emulator", SCOPE_EMULATOR },
	[KIND_LIKENESS] = { "likeness", SCOPE_ACCEL },
	[KIND_MODELS] = { "models", SCOPE_VENDOR },
	[KIND_SHEET] = { "sheet", SCOPE_VENDOR },
	[KIND_REQUESTED] = { "requested", SCOPE_VENDOR },
	[KIND_HOST_REQUESTED] = { "host-requested", SCOPE_HOST },
	[KIND_UNSUPPORTED] = { "unsupported", SCOPE_HOST },
	[KIND_UNAVAILABLE] = { "unavailable", SCOPE_HOST },
	[KIND_STARTED] = { "started", SCOPE_HOST },
	[KIND_FAILURE] = { "failure", SCOPE_HOST },
};

/* Under which binary a path was last measured; its key is the path and nothing else. */
#define PATH_KIND "path"

/* U of the machine types that are like the first one measured: see put_unsupported(). */
#define COMMON "*"

struct cg_facts {
	struct cg_store *store;
	const struct cg_identity *identity;
	char *keys[ACCELS][SCOPES];
	bool has_emulator;
	struct cg_emulator_facts emulator;
};

static enum accel accel_index(const char *accel)
{
	return strcmp(accel, "kvm") == 0 ? ACCEL_KVM : ACCEL_TCG;
}

static const char *key(const struct cg_facts *facts, enum kind kind, const char *accel)
{
	return facts->keys[accel_index(accel)][kinds[kind].scope];
}

/* The scope's members over the narrower one's. */
static int make_key(char **out, const json_t *narrower, const json_t *members, struct cg_error *err)
{
	cg_auto_json json_t *parts = json_copy(cg_json_mutable(narrower));

	json_object_update(parts, cg_json_mutable(members));
	free(*out);
	*out = cg_json_canonical(parts);
	return *out ? 0 : cg_error_set(err, CG_E_SYSTEM, "no memory for a key");
}

static int make_emulator_keys(struct cg_facts *facts, struct cg_error *err)
{
	static const char *const names[] = { [ACCEL_TCG] = "tcg", [ACCEL_KVM] = "kvm" };
	const json_t *parts = cg_identity_parts(facts->identity);

	for (enum accel a = 0; a < ACCELS; a++) {
		cg_auto_json json_t *member = json_pack("{s:s}", "accel", names[a]);
		enum scope widest = a == ACCEL_TCG ? SCOPE_HOST : SCOPE_ACCEL;

		if (make_key(&facts->keys[a][SCOPE_EMULATOR], parts, NULL, err) < 0)
			return -1;
		for (enum scope s = SCOPE_ACCEL; s <= widest; s++)
			if (make_key(&facts->keys[a][s], parts, member, err) < 0)
				return -1;
	}
	return 0;
}

int cg_facts_new(struct cg_facts **out, struct cg_store *store, const struct cg_identity *identity,
		 struct cg_error *err)
{
	cg_auto_facts struct cg_facts *facts = calloc(1, sizeof(*facts));

	if (!facts)
		return cg_error_errno(err, "facts");
	facts->store = store;
	facts->identity = identity;
	if (make_emulator_keys(facts, err) < 0)
		return -1;
	*out = cg_take(facts);
	return 0;
}

int cg_facts_set_host(struct cg_facts *facts, const struct cg_host *host, struct cg_error *err)
{
	const json_t *parts = cg_identity_parts(facts->identity);
	cg_auto_json json_t *vendor = NULL, *all = NULL;

	vendor = json_pack("{s:s, s:s}", "accel", "kvm", "cpu-vendor", cg_host_vendor(host));
	all = json_deep_copy(cg_host_parts(host));
	json_object_set_new(all, "accel", json_string("kvm"));
	if (make_key(&facts->keys[ACCEL_KVM][SCOPE_VENDOR], parts, vendor, err) < 0)
		return -1;
	return make_key(&facts->keys[ACCEL_KVM][SCOPE_HOST], parts, all, err);
}

struct cg_facts *cg_facts_free(struct cg_facts *facts)
{
	if (!facts)
		return NULL;
	for (enum accel a = 0; a < ACCELS; a++)
		for (enum scope s = 0; s < SCOPES; s++)
			free(facts->keys[a][s]);
	json_decref(facts->emulator.about);
	json_decref(facts->emulator.machines);
	json_decref(facts->emulator.defaults);
	cg_vocabulary_free(facts->emulator.vocabulary);
	free(facts);
	return NULL;
}

const char *cg_facts_key(const struct cg_facts *facts, const char *accel)
{
	return key(facts, KIND_UNSUPPORTED, accel);
}

size_t cg_facts_kinds(void)
{
	return KINDS;
}

const char *cg_facts_kind(const struct cg_facts *facts, size_t kind, const char *accel,
			  const char **parts)
{
	*parts = key(facts, (enum kind)kind, accel);
	return kinds[kind].name;
}

/* Parsed fact, or NULL in *out. */
static int get(struct cg_facts *facts, enum kind kind, const char *accel, const char *name,
	       json_t **out, struct cg_error *err)
{
	cg_auto_free char *text = NULL;

	*out = NULL;
	if (cg_store_get(facts->store, kinds[kind].name, key(facts, kind, accel), name, &text,
			 err) < 0)
		return -1;
	if (text && cg_json_parse(out, text, strlen(text), FACT_BYTES, err) < 0)
		return cg_error_prefix(err, "%s: a fact of kind %s", cg_store_path(facts->store),
				       kinds[kind].name);
	return 0;
}

static int put_text(struct cg_facts *facts, enum kind kind, const char *accel, const char *name,
		    const char *text, struct cg_error *err)
{
	return cg_store_put(facts->store, kinds[kind].name, key(facts, kind, accel), name, text,
			    cg_clock_wall(), err);
}

static int put(struct cg_facts *facts, enum kind kind, const char *accel, const char *name,
	       const json_t *fact, struct cg_error *err)
{
	cg_auto_free char *text = cg_json_canonical(fact);

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a fact");
	return put_text(facts, kind, accel, name, text, err);
}

static char *about_definition(char name[static NAME_BYTES], const char *machine,
			      const char *definition)
{
	snprintf(name, NAME_BYTES, "%s %s", machine ? machine : "-", definition);
	return name;
}

/* The emulator. */

static int load_emulator(struct cg_facts *facts, json_t *fact, struct cg_error *err)
{
	struct cg_emulator_facts *e = &facts->emulator;
	const json_t *vocabulary = json_object_get(fact, "vocabulary");

	e->about = json_incref(json_object_get(fact, "about"));
	e->machines = json_incref(json_object_get(fact, "machines"));
	e->defaults = json_incref(json_object_get(fact, "defaults"));
	if (!e->about || !e->machines)
		return cg_error_set(err, CG_E_CORRUPT, "%s: what is known of the emulator",
				    cg_store_path(facts->store));
	if (json_is_array(vocabulary) &&
	    cg_vocabulary_from_json(&e->vocabulary, vocabulary, err) < 0)
		return -1;
	facts->has_emulator = true;
	return 0;
}

int cg_facts_emulator(struct cg_facts *facts, const struct cg_emulator_facts **out,
		      struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;

	if (!facts->has_emulator) {
		if (get(facts, KIND_EMULATOR, "tcg", "", &fact, err) < 0)
			return -1;
		if (fact && load_emulator(facts, fact, err) < 0)
			return -1;
	}
	*out = facts->has_emulator ? &facts->emulator : NULL;
	return 0;
}

int cg_facts_put_emulator(struct cg_facts *facts, const struct cg_session_result *result,
			  struct cg_error *err)
{
	cg_auto_json json_t *fact = json_pack("{s:O, s:o}", "about", result->about, "machines",
					      cg_catalogue_sorted(result->machines));

	if (result->vocabulary) {
		json_object_set_new(fact, "vocabulary", cg_vocabulary_to_json(result->vocabulary));
		json_object_set(fact, "defaults", result->defaults);
	}
	if (put(facts, KIND_EMULATOR, "tcg", "", fact, err) < 0)
		return -1;
	return facts->has_emulator ? 0 : load_emulator(facts, fact, err);
}

/* Models, E and U. */

int cg_facts_models(struct cg_facts *facts, const char *accel, const char *machine, json_t **out,
		    struct cg_error *err)
{
	return get(facts, KIND_MODELS, accel, machine, out, err);
}

static int get_unsupported(struct cg_facts *facts, const char *accel, const char *name, bool *known,
			   struct cg_featureset *out, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;
	const char *hex;

	*known = false;
	if (get(facts, KIND_UNSUPPORTED, accel, name, &fact, err) < 0)
		return -1;
	if (!fact)
		return 0;
	hex = cg_json_text(fact, "features");
	if (!hex || cg_featureset_from_hex(out, hex, err) < 0)
		return cg_error_set(err, CG_E_CORRUPT, "%s: unsupported features",
				    cg_store_path(facts->store));
	*known = true;
	return 0;
}

/* Does the machine type share U with the others? A property of the emulator, found by comparing. */
static int is_common(struct cg_facts *facts, const char *accel, const char *machine, bool *common,
		     struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;

	if (get(facts, KIND_LIKENESS, accel, machine, &fact, err) < 0)
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

	return put(facts, KIND_UNSUPPORTED, accel, name, fact, err);
}

/*
 * U doesn't depend on the machine type, but for those that want another interrupt controller mode
 * of KVM by default (split: pc-q35-4.0, microvm). Which ones is found by comparison: a machine
 * type whose U is the common one shares it from then on, also when the host changes.
 */
static int put_unsupported(struct cg_facts *facts, const char *accel, const char *machine,
			   const struct cg_featureset *set, struct cg_error *err)
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
	return put(facts, KIND_LIKENESS, accel, machine, likeness, err);
}

static int get_sheet_row(struct cg_facts *facts, const json_t *sheet, const char *model,
			 char **out, struct cg_error *err)
{
	const json_t *id = json_object_get(sheet, model);

	*out = NULL;
	return id ? cg_store_get_blob(facts->store, json_integer_value(id), out, err) : 0;
}

static int get_expansion_text(struct cg_facts *facts, const char *accel, const char *machine,
			      const char *definition, bool host_bound, char **out,
			      struct cg_error *err)
{
	enum kind kind = host_bound ? KIND_HOST_REQUESTED : KIND_REQUESTED;
	cg_auto_free char *name = malloc(NAME_BYTES);
	cg_auto_json json_t *sheet = NULL;

	if (!name)
		return cg_error_errno(err, "expansion");
	if (!host_bound && !strchr(definition, ',')) {
		if (get(facts, KIND_SHEET, accel, machine, &sheet, err) < 0 ||
		    get_sheet_row(facts, sheet, definition, out, err) < 0)
			return -1;
		if (*out)
			return 0;
	}
	return cg_store_get(facts->store, kinds[kind].name, key(facts, kind, accel),
			    about_definition(name, machine, definition), out, err);
}

int cg_facts_expansion(struct cg_facts *facts, const char *accel, const char *machine,
		       const char *definition, bool host_bound, bool *known,
		       struct cg_expansion *out, struct cg_error *err)
{
	cg_auto_free char *text = NULL;

	*known = false;
	if (get_expansion_text(facts, accel, machine, definition, host_bound, &text, err) < 0)
		return -1;
	if (!text || !facts->has_emulator)
		return 0;
	if (cg_expansion_decode(out, text, facts->emulator.defaults, err) < 0)
		return cg_error_prefix(err, "%s", cg_store_path(facts->store));
	*known = true;
	return 0;
}

int cg_facts_has_sheet(struct cg_facts *facts, const char *accel, const char *machine, bool *known,
		       struct cg_error *err)
{
	cg_auto_json json_t *sheet = NULL;

	if (get(facts, KIND_SHEET, accel, machine, &sheet, err) < 0)
		return -1;
	*known = sheet != NULL;
	return 0;
}

int cg_facts_unavailable(struct cg_facts *facts, const char *accel, const char *machine,
			 json_t **out, bool *contradicted, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;

	*out = NULL;
	*contradicted = false;
	if (get(facts, KIND_UNAVAILABLE, accel, machine, &fact, err) < 0)
		return -1;
	if (!fact)
		return 0;
	*contradicted = json_is_true(json_object_get(fact, "contradicted"));
	*out = json_incref(json_object_get(fact, "models"));
	return 0;
}

static const json_t *find_model(const json_t *models, const char *name)
{
	const json_t *model;
	size_t i;

	json_array_foreach(models, i, model)
		if (strcmp(cg_json_text(model, "name"), name) == 0)
			return model;
	return NULL;
}

/* Is E ∩ U what QEMU itself says for every plain model that was expanded? */
static bool equation_holds(const struct cg_facts *facts, const struct cg_session_result *result)
{
	const struct cg_vocabulary *vocabulary = facts->emulator.vocabulary;

	for (size_t i = 0; i < result->count; i++) {
		const struct cg_session_item *item = &result->items[i];
		struct cg_featureset ours, theirs;
		size_t unknown;

		if (!find_model(result->models, item->definition))
			continue;
		ours = cg_featureset_and(&item->expansion.features, &result->unsupported);
		theirs = cg_vocabulary_set(vocabulary,
					   json_object_get(result->unavailable, item->definition),
					   &unknown);
		if (!cg_featureset_equal(&ours, &theirs))
			return false;
	}
	return true;
}

static int put_unavailable(struct cg_facts *facts, const char *accel, const char *machine,
			   const struct cg_session_result *result, struct cg_error *err)
{
	bool holds = !result->has_unsupported || equation_holds(facts, result);
	cg_auto_json json_t *fact = json_pack("{s:O, s:b}", "models", result->unavailable,
					      "contradicted", !holds);

	return put(facts, KIND_UNAVAILABLE, accel, machine, fact, err);
}

static int put_requested(struct cg_facts *facts, const char *accel, const char *machine,
			 const struct cg_session_item *item, bool host_bound, struct cg_error *err)
{
	cg_auto_free char *text = cg_expansion_encode(&item->expansion, facts->emulator.defaults);
	cg_auto_free char *name = malloc(NAME_BYTES);

	if (!text || !name)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for an expansion");
	return put_text(facts, host_bound ? KIND_HOST_REQUESTED : KIND_REQUESTED, accel,
			about_definition(name, machine, item->definition), text, err);
}

static bool is_host_bound(const struct cg_session_result *result, const char *definition)
{
	char model[CG_DEFINITION_TEXT];
	const json_t *info;

	snprintf(model, sizeof(model), "%.*s", (int)strcspn(definition, ","), definition);
	info = find_model(result->models, model);
	return info && cg_session_is_host_bound(info);
}

static int put_sheet_row(struct cg_facts *facts, const struct cg_session_item *item, json_t *sheet,
			 struct cg_error *err)
{
	cg_auto_free char *text = cg_expansion_encode(&item->expansion, facts->emulator.defaults);
	int64_t id;

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for an expansion");
	if (cg_store_put_blob(facts->store, text, &id, err) < 0)
		return -1;
	json_object_set_new(sheet, item->definition, json_integer(id));
	return 0;
}

static int put_items(struct cg_facts *facts, const char *accel, const char *machine,
		     enum cg_session_expand expanded, const struct cg_session_result *result,
		     struct cg_error *err)
{
	cg_auto_json json_t *sheet = json_object();

	for (size_t i = 0; i < result->count; i++) {
		const struct cg_session_item *item = &result->items[i];
		bool host_bound = is_host_bound(result, item->definition);
		int ret;

		if (expanded == CG_EXPAND_ALL && !host_bound)
			ret = put_sheet_row(facts, item, sheet, err);
		else
			ret = put_requested(facts, accel, machine, item, host_bound, err);
		if (ret < 0)
			return -1;
	}
	if (expanded != CG_EXPAND_ALL)
		return 0;
	return put(facts, KIND_SHEET, accel, machine, sheet, err);
}

static int put_all(struct cg_facts *facts, const char *accel, const char *machine,
		   enum cg_session_expand expanded, const struct cg_session_result *result,
		   struct cg_error *err)
{
	if (result->models &&
	    (put(facts, KIND_MODELS, accel, machine, result->models, err) < 0 ||
	     put_unavailable(facts, accel, machine, result, err) < 0))
		return -1;
	if (result->has_unsupported &&
	    put_unsupported(facts, accel, machine, &result->unsupported, err) < 0)
		return -1;
	if (result->items && put_items(facts, accel, machine, expanded, result, err) < 0)
		return -1;
	return cg_store_forget(facts->store, kinds[KIND_FAILURE].name,
			       key(facts, KIND_FAILURE, accel), machine, err);
}

int cg_facts_put_session(struct cg_facts *facts, const char *accel, const char *machine,
			 enum cg_session_expand expanded, const struct cg_session_result *result,
			 struct cg_error *err)
{
	if (cg_store_begin(facts->store, err) < 0)
		return -1;
	if (put_all(facts, accel, machine, expanded, result, err) < 0 ||
	    cg_store_commit(facts->store, err) < 0) {
		cg_store_rollback(facts->store);
		return -1;
	}
	return 0;
}

/* Starts and failures. */

static json_t *outcome_to_json(const struct cg_outcome *outcome)
{
	json_t *json = json_object();

	if (outcome->ended && outcome->end.signal)
		json_object_set_new(json, "signal", json_integer(outcome->end.signal));
	else if (outcome->ended)
		json_object_set_new(json, "status", json_integer(outcome->end.status));
	if (*outcome->words)
		json_object_set_new(json, "words", json_string(outcome->words));
	return json;
}

int cg_facts_started(struct cg_facts *facts, const char *accel, const char *machine,
		     const char *definition, enum cg_started *out, json_t **why,
		     struct cg_error *err)
{
	cg_auto_free char *name = malloc(NAME_BYTES);
	cg_auto_json json_t *fact = NULL;

	*out = CG_STARTED_UNKNOWN;
	if (!name)
		return cg_error_errno(err, "started");
	if (get(facts, KIND_STARTED, accel, about_definition(name, machine, definition),
		&fact, err) < 0)
		return -1;
	if (fact)
		*out = json_is_true(json_object_get(fact, "started")) ? CG_STARTED_YES
								      : CG_STARTED_NO;
	if (why)
		*why = json_incref(json_object_get(fact, "end"));
	return 0;
}

int cg_facts_put_started(struct cg_facts *facts, const char *accel, const char *machine,
			 const char *definition, bool started, const struct cg_outcome *outcome,
			 struct cg_error *err)
{
	cg_auto_free char *name = malloc(NAME_BYTES);
	cg_auto_json json_t *fact = json_pack("{s:b}", "started", started);

	if (!name)
		return cg_error_errno(err, "started");
	if (!started)
		json_object_set_new(fact, "end", outcome_to_json(outcome));
	return put(facts, KIND_STARTED, accel, about_definition(name, machine, definition),
		   fact, err);
}

int cg_facts_failure(struct cg_facts *facts, const char *accel, const char *machine, json_t **out,
		     struct cg_error *err)
{
	return get(facts, KIND_FAILURE, accel, machine, out, err);
}

int cg_facts_put_failure(struct cg_facts *facts, const char *accel, const char *machine,
			 const struct cg_outcome *outcome, const struct cg_error *why,
			 struct cg_error *err)
{
	cg_auto_json json_t *fact = outcome_to_json(outcome);

	json_object_set_new(fact, "code", json_string(cg_errc_name(why->code)));
	json_object_set_new(fact, "reason", json_string(why->msg));
	return put(facts, KIND_FAILURE, accel, machine, fact, err);
}

/* Paths. */

static char *path_key(const struct cg_facts *facts)
{
	cg_auto_json json_t *parts = json_pack("{s:s}", PATH_KIND,
					       cg_identity_path(facts->identity));

	return cg_json_canonical(parts);
}

int cg_facts_put_path(struct cg_facts *facts, struct cg_error *err)
{
	cg_auto_free char *parts = path_key(facts);

	if (!parts)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a key");
	return cg_store_put(facts->store, PATH_KIND, parts, "",
			    facts->keys[ACCEL_TCG][SCOPE_EMULATOR], cg_clock_wall(), err);
}

int cg_facts_path(struct cg_facts *facts, json_t **out, struct cg_error *err)
{
	cg_auto_free char *parts = path_key(facts), *text = NULL;

	*out = NULL;
	if (!parts)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a key");
	if (cg_store_get(facts->store, PATH_KIND, parts, "", &text, err) < 0)
		return -1;
	return text ? cg_json_parse(out, text, strlen(text), FACT_BYTES, err) : 0;
}
