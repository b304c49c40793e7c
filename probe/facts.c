// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Kinds of facts, and the scope that each is kept under. Nothing here measures; nothing elsewhere
 * decides what a fact depends on.
 */
#include "probe/facts.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "machine/catalogue.h"
#include "probe/shape.h"

#define FACT_BYTES (4 << 20)
#define NAME_BYTES (CG_DEFINITION_TEXT + 256)

/*
 * Of what facts look like. A part of every key: a cpugate that keeps facts differently never reads those of
 * another by mistake. To be raised with every change of a fact's text or meaning.
 */
#define FORMAT 2

enum scope { SCOPE_EMULATOR, SCOPE_ACCEL, SCOPE_VENDOR, SCOPE_HOST, SCOPES };
enum accel { ACCEL_TCG, ACCEL_KVM, ACCELS };

enum kind {
	KIND_EMULATOR,	     /* version, vocabulary, aliases of machine types */
	KIND_MACHINES,	     /* MachineInfo of all machine types */
	KIND_COMPAT,	     /* what machine types change in CPUs */
	KIND_LIKENESS,	     /* does a machine type share U with the others? */
	KIND_MODELS,	     /* models of a machine type */
	KIND_SHEET,	     /* E of all its models but those bound to the host */
	KIND_REQUESTED,	     /* E of one definition */
	KIND_HOST_REQUESTED, /* the same where the model is bound to the host */
	KIND_UNSUPPORTED,    /* U */
	KIND_UNAVAILABLE,    /* QEMU's own list per model */
	KIND_CONTRADICTED,   /* that list isn't E ∩ U; there only where it isn't */
	KIND_STARTED,	     /* did a vCPU start? */
	KIND_FAILURE,	     /* a measurement that failed */
	KINDS
};

static const struct {
	const char *name;
	enum scope scope;
	bool (*has_shape)(const json_t *fact);
} kinds[] = {
	[KIND_EMULATOR] = { "emulator", SCOPE_EMULATOR, cg_shape_is_emulator },
	[KIND_MACHINES] = { "machines", SCOPE_EMULATOR, cg_shape_is_named_list },
	[KIND_COMPAT] = { "compat", SCOPE_EMULATOR, cg_shape_is_compat },
	[KIND_LIKENESS] = { "likeness", SCOPE_ACCEL, cg_shape_is_object },
	[KIND_MODELS] = { "models", SCOPE_VENDOR, cg_shape_is_models },
	[KIND_SHEET] = { "sheet", SCOPE_VENDOR, cg_shape_is_object },
	[KIND_REQUESTED] = { "requested", SCOPE_VENDOR, cg_shape_is_object },
	[KIND_HOST_REQUESTED] = { "host-requested", SCOPE_HOST, cg_shape_is_object },
	[KIND_UNSUPPORTED] = { "unsupported", SCOPE_HOST, cg_shape_is_unsupported },
	[KIND_UNAVAILABLE] = { "unavailable", SCOPE_HOST, cg_shape_is_sets },
	[KIND_CONTRADICTED] = { "contradicted", SCOPE_HOST, cg_shape_is_object },
	[KIND_STARTED] = { "started", SCOPE_HOST, cg_shape_is_object },
	[KIND_FAILURE] = { "failure", SCOPE_HOST, cg_shape_is_failure },
};

/* Under which binary a path was last measured; its key is the path and nothing else. */
#define PATH_KIND "path"

/* U of the machine types that are like the first one measured: see put_unsupported(). */
#define COMMON "*"

struct cg_facts {
	struct cg_store *store;
	/*
	 * Once the cache couldn't be written (a full disk), what is measured is kept here for as long as the question
	 * lasts: a cache that fails costs time, never an answer. Of a cache that is known not to be writable the prober
	 * makes one in memory: cg_store_use_memory().
	 */
	bool memory_only;
	json_t *memory;	  /* texts, by kind, accelerator and name */
	char warning[CG_ERROR_TEXT];
	const struct cg_identity *identity;
	char *keys[ACCELS][SCOPES];
	/* Expansions already kept, by the scalars that they share: ids, and the scalars themselves to keep their addresses taken. */
	json_t *kept, *held;
	json_t *seen; /* facts already parsed, by kind, accelerator and name: asked for again and again */
	bool has_emulator;
	json_t *fact; /* that @emulator borrows from */
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
	cg_auto_json json_t *format = json_pack("{s:i}", "format", FORMAT);

	for (enum accel a = 0; a < ACCELS; a++) {
		cg_auto_json json_t *member =
			json_pack("{s:s, s:i}", "accel", names[a], "format", FORMAT);
		enum scope widest = a == ACCEL_TCG ? SCOPE_HOST : SCOPE_ACCEL;

		if (make_key(&facts->keys[a][SCOPE_EMULATOR], parts, format, err) < 0)
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
	facts->memory = json_object();
	facts->seen = json_object();
	facts->kept = json_object();
	facts->held = json_array();
	if (make_emulator_keys(facts, err) < 0)
		return -1;
	*out = cg_take(facts);
	return 0;
}

int cg_facts_set_host(struct cg_facts *facts, const struct cg_host *host, struct cg_error *err)
{
	const json_t *parts = cg_identity_parts(facts->identity);
	cg_auto_json json_t *vendor = NULL, *all = NULL;

	vendor = json_pack("{s:s, s:i, s:s}", "accel", "kvm", "format", FORMAT, "cpu-vendor",
			   cg_host_vendor(host));
	all = json_copy(cg_host_parts(host));
	json_object_set_new(all, "accel", json_string("kvm"));
	json_object_set_new(all, "format", json_integer(FORMAT));
	if (make_key(&facts->keys[ACCEL_KVM][SCOPE_VENDOR], parts, vendor, err) < 0)
		return -1;
	json_object_clear(facts->seen);
	return make_key(&facts->keys[ACCEL_KVM][SCOPE_HOST], parts, all, err);
}

struct cg_facts *cg_facts_free(struct cg_facts *facts)
{
	if (!facts)
		return NULL;
	for (enum accel a = 0; a < ACCELS; a++)
		for (enum scope s = 0; s < SCOPES; s++)
			free(facts->keys[a][s]);
	json_decref(facts->memory);
	json_decref(facts->seen);
	json_decref(facts->kept);
	json_decref(facts->held);
	json_decref(facts->fact);
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

static char *seen_name(char out[static NAME_BYTES], enum kind kind, const char *accel,
		       const char *name)
{
	snprintf(out, NAME_BYTES, "%d %s %s", (int)kind, accel, name);
	return out;
}

/* The text of a fact, NULL on a miss; the caller frees it. @slot is its name in memory. */
static int get_text(struct cg_facts *facts, enum kind kind, const char *accel, const char *name,
		    const char *slot, char **out, struct cg_error *err)
{
	const char *kept = json_string_value(json_object_get(facts->memory, slot));

	*out = kept ? strdup(kept) : NULL;
	if (kept)
		return *out ? 0 : cg_error_errno(err, "facts");
	return cg_store_get(facts->store, kinds[kind].name, key(facts, kind, accel), name, out, err);
}

/*
 * Parsed fact, or NULL in *out. Not to be changed: it may be handed out again. What can't be read
 * is a miss: then it is measured and put again, which an error would prevent for ever.
 */
static int get(struct cg_facts *facts, enum kind kind, const char *accel, const char *name,
	       json_t **out, struct cg_error *err)
{
	cg_auto_free char *text = NULL, *slot = malloc(NAME_BYTES);
	cg_auto_json json_t *fact = NULL;
	struct cg_error why;

	if (!slot)
		return cg_error_errno(err, "facts");
	*out = json_incref(json_object_get(facts->seen, seen_name(slot, kind, accel, name)));
	if (*out)
		return 0;
	if (get_text(facts, kind, accel, name, slot, &text, err) < 0)
		return -1;
	if (!text || cg_json_parse(&fact, text, strlen(text), FACT_BYTES, &why) < 0 ||
	    !kinds[kind].has_shape(fact))
		return 0;
	json_object_set(facts->seen, slot, fact);
	*out = cg_take(fact);
	return 0;
}

static int put_text(struct cg_facts *facts, enum kind kind, const char *accel, const char *name,
		    const char *text, struct cg_error *err)
{
	cg_auto_free char *slot = malloc(NAME_BYTES);

	if (!slot)
		return cg_error_errno(err, "facts");
	json_object_del(facts->seen, seen_name(slot, kind, accel, name));
	if (facts->memory_only) {
		json_object_set_new(facts->memory, slot, json_string(text));
		return 0;
	}
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

static int forget(struct cg_facts *facts, enum kind kind, const char *accel, const char *name,
		  struct cg_error *err)
{
	json_object_clear(facts->seen);
	if (facts->memory_only)
		return 0;
	return cg_store_forget(facts->store, kinds[kind].name, key(facts, kind, accel), name, err);
}

/* From now on without the cache, for the reason in @why. */
static void give_up_cache(struct cg_facts *facts, const struct cg_error *why)
{
	facts->memory_only = true;
	json_object_clear(facts->kept);
	json_array_clear(facts->held);
	snprintf(facts->warning, sizeof(facts->warning), "%s; what was measured isn't kept", why->msg);
}

const char *cg_facts_warning(const struct cg_facts *facts)
{
	return *facts->warning ? facts->warning : NULL;
}

/* put(), where a cache that can't be written is no reason to fail. */
static int put_or_remember(struct cg_facts *facts, enum kind kind, const char *accel,
			   const char *name, const json_t *fact, struct cg_error *err)
{
	if (put(facts, kind, accel, name, fact, err) == 0)
		return 0;
	if (facts->memory_only)
		return -1;
	give_up_cache(facts, err);
	return put(facts, kind, accel, name, fact, err);
}

static char *about_definition(char name[static NAME_BYTES], const char *machine,
			      const char *definition)
{
	snprintf(name, NAME_BYTES, "%s %s", machine ? machine : "-", definition);
	return name;
}

/* The emulator. */

static int load_vocabulary(struct cg_emulator_facts *e, const char *words, struct cg_error *err)
{
	cg_auto_free char *copy = words ? strdup(words) : NULL;
	const char *names[CG_FEATURES_MAX], *name;
	char *rest = copy;
	size_t count = 0;

	if (!copy)
		return 0;
	while ((name = strsep(&rest, " ")) && count < CG_FEATURES_MAX)
		names[count++] = name;
	return cg_vocabulary_new(&e->vocabulary, names, count, err);
}

static int load_emulator(struct cg_facts *facts, const json_t *fact, struct cg_error *err)
{
	struct cg_emulator_facts *e = &facts->emulator;

	if (load_vocabulary(e, cg_json_text(fact, "vocabulary"), err) < 0)
		return -1;
	e->about = json_object_get(fact, "about");
	e->aliases = json_object_get(fact, "aliases");
	e->default_machine = cg_json_text(fact, "default-machine");
	e->defaults = json_object_get(fact, "defaults");
	e->measure = (enum cg_measure)json_integer_value(json_object_get(fact, "measure"));
	e->expansion = cg_json_text(fact, "expansion");
	facts->fact = json_incref(cg_json_mutable(fact));
	facts->has_emulator = true;
	return 0;
}

int cg_facts_emulator(struct cg_facts *facts, const struct cg_emulator_facts **out,
		      struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;
	struct cg_error why;

	if (!facts->has_emulator) {
		if (get(facts, KIND_EMULATOR, "tcg", "", &fact, err) < 0)
			return -1;
		if (fact)
			(void)!load_emulator(facts, fact, &why); /* as in get(): a miss */
	}
	*out = facts->has_emulator ? &facts->emulator : NULL;
	return 0;
}

/* The names of a vocabulary as one text: read at every question, so it must be read quickly. */
static json_t *words_of(const struct cg_vocabulary *vocabulary)
{
	struct cg_buffer text = CG_BUFFER(FACT_BYTES);
	struct cg_error err;
	json_t *words;

	for (size_t i = 0; i < cg_vocabulary_count(vocabulary); i++)
		if (cg_buffer_printf(&text, &err, "%s%s", i ? " " : "",
				     cg_vocabulary_name(vocabulary, i)) < 0)
			break;
	words = json_string(text.data);
	cg_buffer_deinit(&text);
	return words;
}

static json_t *aliases_of(const json_t *machines)
{
	json_t *aliases = json_object();
	const json_t *machine;
	size_t i;

	json_array_foreach(machines, i, machine)
		if (cg_json_text(machine, "alias"))
			json_object_set(aliases, cg_json_text(machine, "alias"),
					json_object_get(machine, "name"));
	return aliases;
}

int cg_facts_put_emulator(struct cg_facts *facts, const struct cg_session_result *result,
			  struct cg_error *err)
{
	cg_auto_json json_t *machines = cg_catalogue_sorted(result->machines);
	cg_auto_json json_t *fact =
		json_pack("{s:O, s:o, s:s*}", "about", result->about, "aliases",
			  aliases_of(machines), "default-machine", cg_catalogue_default(machines));

	if (result->vocabulary) {
		json_object_set_new(fact, "vocabulary", words_of(result->vocabulary));
		json_object_set(fact, "defaults", result->defaults);
		json_object_set_new(fact, "measure", json_integer(result->measure));
		json_object_set_new(fact, "expansion", json_string(result->expansion));
	}
	if (put_or_remember(facts, KIND_MACHINES, "tcg", "", machines, err) < 0 ||
	    put_or_remember(facts, KIND_EMULATOR, "tcg", "", fact, err) < 0)
		return -1;
	return facts->has_emulator ? 0 : load_emulator(facts, fact, err);
}

int cg_facts_machines(struct cg_facts *facts, json_t **out, struct cg_error *err)
{
	return get(facts, KIND_MACHINES, "tcg", "", out, err);
}

int cg_facts_compat(struct cg_facts *facts, json_t **out, struct cg_error *err)
{
	return get(facts, KIND_COMPAT, "tcg", "", out, err);
}

int cg_facts_put_compat(struct cg_facts *facts, const json_t *compat, struct cg_error *err)
{
	return put_or_remember(facts, KIND_COMPAT, "tcg", "", compat, err);
}

/* Models, E and U. */

/*
 * Models are kept without the members that most of them share ("like"): a third of the text, for what every question reads. A model
 * that lacks such a member has null.
 */
static json_t *shared_members(const json_t *models)
{
	static const char *const names[] = { "static", "deprecated", "migration-safe" };
	const json_t *first = json_array_get(models, json_array_size(models) / 2);
	json_t *like = json_object();

	for (size_t i = 0; i < CG_COUNT(names); i++)
		if (json_object_get(first, names[i]))
			json_object_set(like, names[i], json_object_get(first, names[i]));
	return like;
}

static json_t *pack_models(const json_t *models)
{
	json_t *like = shared_members(models), *list = json_array(), *value;
	const json_t *model;
	const char *name;
	size_t i;

	json_array_foreach(models, i, model) {
		json_t *packed = json_copy(cg_json_mutable(model));

		cg_json_each(like, name, value) {
			if (!json_object_get(model, name))
				json_object_set_new(packed, name, json_null());
			else if (json_equal(json_object_get(model, name), value))
				json_object_del(packed, name);
		}
		json_array_append_new(list, packed);
	}
	return json_pack("{s:o, s:o}", "like", like, "models", list);
}

static json_t *unpack_model(const json_t *packed, const json_t *like)
{
	json_t *model = json_copy(cg_json_mutable(packed)), *value;
	const char *name;

	cg_json_each(like, name, value) {
		if (!json_object_get(packed, name))
			json_object_set(model, name, value);
		else if (json_is_null(json_object_get(packed, name)))
			json_object_del(model, name);
	}
	return model;
}

int cg_facts_models(struct cg_facts *facts, const char *accel, const char *machine, json_t **out,
		    struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL, *models = json_array();
	const json_t *packed;
	size_t i;

	*out = NULL;
	if (get(facts, KIND_MODELS, accel, machine, &fact, err) < 0)
		return -1;
	if (!fact)
		return 0;
	json_array_foreach(json_object_get(fact, "models"), i, packed)
		json_array_append_new(models, unpack_model(packed, json_object_get(fact, "like")));
	*out = cg_take(models);
	return 0;
}

int cg_facts_way(struct cg_facts *facts, const char *accel, const char *machine, char **out,
		 struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;
	const char *way;

	*out = NULL;
	if (get(facts, KIND_MODELS, accel, machine, &fact, err) < 0)
		return -1;
	way = cg_json_text(fact, "way");
	*out = fact ? strdup(way ? way : "started") : NULL;
	return 0;
}

int cg_facts_model(struct cg_facts *facts, const char *accel, const char *machine,
		   const char *name, bool *known, json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;
	const json_t *packed;
	size_t i;

	*out = NULL;
	if (get(facts, KIND_MODELS, accel, machine, &fact, err) < 0)
		return -1;
	*known = fact != NULL;
	json_array_foreach(json_object_get(fact, "models"), i, packed) {
		if (strcmp(cg_json_text(packed, "name"), name) == 0) {
			*out = unpack_model(packed, json_object_get(fact, "like"));
			return 0;
		}
	}
	return 0;
}

static int get_unsupported(struct cg_facts *facts, const char *accel, const char *name, bool *known,
			   struct cg_featureset *out, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;

	*known = false;
	if (get(facts, KIND_UNSUPPORTED, accel, name, &fact, err) < 0)
		return -1;
	if (fact && cg_featureset_from_hex(out, cg_json_text(fact, "features"), err) < 0)
		return -1;
	*known = fact != NULL;
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

/* As in get(): what can't be read is as good as lost. */
static bool decode(struct cg_expansion *out, const char *text, const json_t *defaults)
{
	struct cg_error why;

	return text && defaults && cg_expansion_decode(out, text, defaults, &why) == 0;
}

static int get_sheet_row(struct cg_facts *facts, const json_t *sheet, const char *model,
			 char **out, struct cg_error *err)
{
	const json_t *id = json_object_get(sheet, model);

	*out = NULL;
	return id ? cg_store_get_blob(facts->store, json_integer_value(id), out, err) : 0;
}

/*
 * What a row of a sheet is kept as a difference from: the machine type's own bare model, which has all that the
 * machine type changes in every model. That row itself, and sheets without it, go by the emulator's defaults.
 */
static int sheet_defaults(struct cg_facts *facts, const json_t *sheet, const char *model,
			  json_t **out, struct cg_error *err)
{
	cg_auto_expansion struct cg_expansion bare = { 0 };
	cg_auto_free char *text = NULL;

	*out = NULL;
	if (strcmp(model, CG_SESSION_PROBE_MODEL) == 0 ||
	    !json_object_get(sheet, CG_SESSION_PROBE_MODEL)) {
		*out = json_incref(facts->emulator.defaults);
		return 0;
	}
	if (get_sheet_row(facts, sheet, CG_SESSION_PROBE_MODEL, &text, err) < 0)
		return -1;
	if (decode(&bare, text, facts->emulator.defaults))
		*out = cg_take(bare.scalars);
	return 0; /* if lost, then with it all that is a difference from it */
}

/* The text of an expansion and what it is a difference from; both NULL on a miss. */
static int get_expansion_text(struct cg_facts *facts, const char *accel, const char *machine,
			      const char *definition, bool host_bound, char **out,
			      json_t **defaults, struct cg_error *err)
{
	enum kind kind = host_bound ? KIND_HOST_REQUESTED : KIND_REQUESTED;
	cg_auto_free char *name = malloc(NAME_BYTES), *slot = malloc(NAME_BYTES);
	cg_auto_json json_t *sheet = NULL;

	if (!name || !slot)
		return cg_error_errno(err, "expansion");
	if (!host_bound && !strchr(definition, ',')) {
		if (get(facts, KIND_SHEET, accel, machine, &sheet, err) < 0 ||
		    get_sheet_row(facts, sheet, definition, out, err) < 0)
			return -1;
		if (*out)
			return sheet_defaults(facts, sheet, definition, defaults, err);
	}
	about_definition(name, machine, definition);
	*defaults = json_incref(facts->emulator.defaults);
	return get_text(facts, kind, accel, name, seen_name(slot, kind, accel, name), out, err);
}

int cg_facts_expansion(struct cg_facts *facts, const char *accel, const char *machine,
		       const char *definition, bool host_bound, bool *known,
		       struct cg_expansion *out, struct cg_error *err)
{
	cg_auto_json json_t *defaults = NULL;
	cg_auto_free char *text = NULL;

	*known = false;
	if (!facts->has_emulator)
		return 0;
	if (get_expansion_text(facts, accel, machine, definition, host_bound, &text, &defaults,
			       err) < 0)
		return -1;
	*known = decode(out, text, defaults);
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

static json_t *unpack_unavailable(const struct cg_vocabulary *vocabulary, const json_t *fact)
{
	json_t *lists = json_object(), *hex;
	struct cg_featureset set;
	struct cg_error err;
	const char *name;

	cg_json_each(fact, name, hex)
		if (cg_featureset_from_hex(&set, json_string_value(hex), &err) == 0)
			json_object_set_new(lists, name, cg_vocabulary_list(vocabulary, &set));
	return lists;
}

int cg_facts_unavailable(struct cg_facts *facts, const char *accel, const char *machine,
			 json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;

	*out = NULL;
	if (get(facts, KIND_UNAVAILABLE, accel, machine, &fact, err) < 0)
		return -1;
	if (fact && facts->emulator.vocabulary)
		*out = unpack_unavailable(facts->emulator.vocabulary, fact);
	return 0;
}

int cg_facts_knows_unavailable(struct cg_facts *facts, const char *accel, const char *machine,
			       bool *known, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;
	int ret = get(facts, KIND_UNAVAILABLE, accel, machine, &fact, err);

	*known = fact != NULL;
	return ret;
}

int cg_facts_contradicted(struct cg_facts *facts, const char *accel, const char *machine,
			  bool *out, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL;
	int ret = get(facts, KIND_CONTRADICTED, accel, machine, &fact, err);

	*out = fact != NULL;
	return ret;
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

		if (item->refusal || !find_model(result->models, item->definition))
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

static json_t *pack_unavailable(const struct cg_vocabulary *vocabulary, const json_t *lists)
{
	json_t *fact = json_object(), *list;
	char hex[CG_FEATURESET_HEX];
	struct cg_featureset set;
	const char *name;
	size_t unknown;

	cg_json_each(lists, name, list) {
		set = cg_vocabulary_set(vocabulary, list, &unknown);
		json_object_set_new(fact, name, json_string(cg_featureset_to_hex(&set, hex)));
	}
	return fact;
}

static int put_unavailable(struct cg_facts *facts, const char *accel, const char *machine,
			   const struct cg_session_result *result, struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL, *yes = json_object();

	if (!result->has_unsupported)
		return 0;
	fact = pack_unavailable(facts->emulator.vocabulary, result->unavailable);
	if (put(facts, KIND_UNAVAILABLE, accel, machine, fact, err) < 0)
		return -1;
	if (equation_holds(facts, result))
		return forget(facts, KIND_CONTRADICTED, accel, machine, err);
	return put(facts, KIND_CONTRADICTED, accel, machine, yes, err);
}

static int put_models(struct cg_facts *facts, const char *accel, const char *machine,
		      const struct cg_session_result *result, struct cg_error *err)
{
	cg_auto_json json_t *fact = pack_models(result->models);

	if (result->way)
		json_object_set_new(fact, "way", json_string(result->way));
	return put(facts, KIND_MODELS, accel, machine, fact, err);
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

/* In a sweep most cells share their expansion with others, which is then written once. */
static int put_sheet_row(struct cg_facts *facts, const struct cg_session_item *item,
			 const json_t *defaults, json_t *sheet, struct cg_error *err)
{
	cg_auto_free char *text = NULL;
	char addresses[64];
	int64_t id;

	snprintf(addresses, sizeof(addresses), "%p %p", (const void *)item->expansion.scalars,
		 (const void *)defaults);
	if (json_object_get(facts->kept, addresses)) {
		json_object_set(sheet, item->definition, json_object_get(facts->kept, addresses));
		return 0;
	}
	text = cg_expansion_encode(&item->expansion, defaults);
	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for an expansion");
	if (cg_store_put_blob(facts->store, text, &id, err) < 0)
		return -1;
	json_object_set_new(sheet, item->definition, json_integer(id));
	json_object_set_new(facts->kept, addresses, json_integer(id));
	json_array_append(facts->held, item->expansion.scalars);
	json_array_append(facts->held, cg_json_mutable(defaults));
	return 0;
}

static const json_t *bare_scalars(const struct cg_facts *facts,
				  const struct cg_session_result *result)
{
	for (size_t i = 0; i < result->count; i++)
		if (strcmp(result->items[i].definition, CG_SESSION_PROBE_MODEL) == 0 &&
		    !result->items[i].refusal)
			return result->items[i].expansion.scalars;
	return facts->emulator.defaults;
}

static int put_items(struct cg_facts *facts, const char *accel, const char *machine,
		     enum cg_session_expand expanded, const struct cg_session_result *result,
		     struct cg_error *err)
{
	const json_t *bare = bare_scalars(facts, result);
	cg_auto_json json_t *sheet = json_object();

	for (size_t i = 0; i < result->count; i++) {
		const struct cg_session_item *item = &result->items[i];
		bool is_bare = item->expansion.scalars == bare;
		bool host_bound = is_host_bound(result, item->definition);
		int ret;

		if (item->refusal)
			continue;
		if (expanded == CG_EXPAND_ALL && !host_bound && !facts->memory_only)
			ret = put_sheet_row(facts, item, is_bare ? facts->emulator.defaults : bare,
					    sheet, err);
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
	    (put_models(facts, accel, machine, result, err) < 0 ||
	     put_unavailable(facts, accel, machine, result, err) < 0))
		return -1;
	if (result->has_unsupported &&
	    put_unsupported(facts, accel, machine, &result->unsupported, err) < 0)
		return -1;
	if (result->items && put_items(facts, accel, machine, expanded, result, err) < 0)
		return -1;
	return forget(facts, KIND_FAILURE, accel, machine, err);
}

static int put_at_once(struct cg_facts *facts, const char *accel, const char *machine,
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

int cg_facts_put_session(struct cg_facts *facts, const char *accel, const char *machine,
			 enum cg_session_expand expanded, const struct cg_session_result *result,
			 struct cg_error *err)
{
	if (!facts->memory_only) {
		if (put_at_once(facts, accel, machine, expanded, result, err) == 0)
			return 0;
		give_up_cache(facts, err);
	}
	return put_all(facts, accel, machine, expanded, result, err);
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
		*out = json_is_true(json_object_get(fact, "started"))	 ? CG_STARTED_YES
		       : json_is_false(json_object_get(fact, "started")) ? CG_STARTED_NO
									 : CG_STARTED_UNDECIDED;
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
	return put_or_remember(facts, KIND_STARTED, accel, about_definition(name, machine, definition),
		   fact, err);
}

int cg_facts_note_undecided(struct cg_facts *facts, const char *accel, const char *machine,
			    const char *definition, struct cg_error *err)
{
	cg_auto_free char *name = malloc(NAME_BYTES), *slot = malloc(NAME_BYTES);

	if (!name || !slot)
		return cg_error_errno(err, "started");
	about_definition(name, machine, definition);
	json_object_set_new(facts->memory, seen_name(slot, KIND_STARTED, accel, name),
			    json_string("{\"started\":null}"));
	return 0;
}

int cg_facts_failure(struct cg_facts *facts, const char *accel, const char *what, json_t **out,
		     struct cg_error *err)
{
	return get(facts, KIND_FAILURE, accel, what, out, err);
}

int cg_facts_forget_failures(struct cg_facts *facts, const char *accel, struct cg_error *err)
{
	return forget(facts, KIND_FAILURE, accel, NULL, err);
}

int cg_facts_put_failure(struct cg_facts *facts, const char *accel, const char *what,
			 const struct cg_outcome *outcome, const struct cg_error *why,
			 struct cg_error *err)
{
	cg_auto_json json_t *fact = outcome_to_json(outcome);

	json_object_set_new(fact, "code", json_string(cg_errc_name(why->code)));
	json_object_set_new(fact, "reason", json_string(why->msg));
	return put_or_remember(facts, KIND_FAILURE, accel, what, fact, err);
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
	if (!facts->memory_only &&
	    cg_store_put(facts->store, PATH_KIND, parts, "",
			 facts->keys[ACCEL_TCG][SCOPE_EMULATOR], cg_clock_wall(), err) < 0)
		give_up_cache(facts, err);
	return 0;
}

int cg_facts_path(struct cg_facts *facts, json_t **out, struct cg_error *err)
{
	cg_auto_free char *parts = path_key(facts), *text = NULL;
	struct cg_error why;

	*out = NULL;
	if (!parts)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a key");
	if (cg_store_get(facts->store, PATH_KIND, parts, "", &text, err) < 0)
		return -1;
	if (text && cg_json_parse(out, text, strlen(text), FACT_BYTES, &why) < 0)
		*out = NULL;
	return 0;
}

/* Whole sheets. */

/* What a sheet's models consist of, each piece read and parsed once. */
struct pieces {
	json_t *defaults; /* that rows are kept as differences from; NULL if the cache has lost it */
	struct cg_expansion *expansions;
	int64_t *ids;
	size_t count;
};

static void free_pieces(struct pieces *pieces)
{
	for (size_t i = 0; i < pieces->count; i++)
		cg_expansion_deinit(&pieces->expansions[i]);
	json_decref(pieces->defaults);
	free(pieces->expansions);
	free(pieces->ids);
}

/*
 * The place of a piece in *out, or SIZE_MAX if the cache has lost it. The bare model's piece is a difference from
 * something else than those of the others, so it is kept apart from them: under the id's complement.
 */
static int read_piece(struct cg_facts *facts, struct pieces *pieces, const json_t *sheet,
		      const char *model, size_t *out, struct cg_error *err)
{
	int64_t id = json_integer_value(json_object_get(sheet, model));
	const json_t *defaults = pieces->defaults;
	cg_auto_free char *text = NULL;

	if (strcmp(model, CG_SESSION_PROBE_MODEL) == 0) {
		defaults = facts->emulator.defaults;
		id = ~id;
	}
	for (*out = 0; *out < pieces->count; (*out)++)
		if (pieces->ids[*out] == id)
			return 0;
	if (get_sheet_row(facts, sheet, model, &text, err) < 0)
		return -1;
	if (decode(&pieces->expansions[*out], text, defaults))
		pieces->ids[pieces->count++] = id;
	else
		*out = SIZE_MAX;
	return 0;
}

int cg_facts_each_expansion(struct cg_facts *facts, const char *accel, const char *machine,
			    cg_facts_sheet_fn *fn, void *data, struct cg_error *err)
{
	cg_cleanup(free_pieces) struct pieces pieces = { 0 };
	cg_auto_json json_t *sheet = NULL;
	const char *model;
	size_t piece;
	json_t *id;

	if (get(facts, KIND_SHEET, accel, machine, &sheet, err) < 0)
		return -1;
	pieces.expansions = calloc(json_object_size(sheet) + 1, sizeof(*pieces.expansions));
	pieces.ids = calloc(json_object_size(sheet) + 1, sizeof(*pieces.ids));
	if (!pieces.expansions || !pieces.ids)
		return cg_error_errno(err, "expansions");
	if (sheet && sheet_defaults(facts, sheet, "", &pieces.defaults, err) < 0)
		return -1;
	cg_json_each(sheet, model, id) {
		if (read_piece(facts, &pieces, sheet, model, &piece, err) < 0)
			return -1;
		if (piece != SIZE_MAX && fn(data, model, piece, &pieces.expansions[piece], err) < 0)
			return -1;
	}
	return 0;
}

/* Other hosts: what is left of a key when the emulator and the accelerator are taken out of it. */

struct host_walk {
	const json_t *emulator; /* parts; NULL for any */
	char *last;		/* key that was seen last: most come several times in a row */
	json_t *by_fingerprint;
};

/* Take the emulator out of a key. Was it this one? */
static bool take_emulator(json_t *key_parts, const json_t *emulator)
{
	static const char *const names[] = { "binary", "modules", "wrapper" };
	bool same = true;

	for (size_t i = 0; i < CG_COUNT(names); i++) {
		const json_t *mine = json_object_get(emulator, names[i]);
		const json_t *its = json_object_get(key_parts, names[i]);

		same &= (!mine && !its) || json_equal(mine, its);
		json_object_del(key_parts, names[i]);
	}
	return same || !emulator;
}

static void add_host(struct host_walk *walk, json_t *parts, int64_t measured)
{
	cg_auto_free char *text = cg_json_canonical(parts);
	char hex[CG_DIGEST_HEX];
	struct cg_digest digest;

	if (!text)
		return;
	cg_digest_of(&digest, text, strlen(text));
	cg_digest_hex(&digest, hex);
	if (!json_object_get(walk->by_fingerprint, hex))
		json_object_set_new(walk->by_fingerprint, hex,
				    json_pack("{s:s, s:O, s:I}", "fingerprint", hex, "parts",
					      parts, "measured", (json_int_t)measured));
}

static bool visit_host(const struct cg_store_fact *fact, void *data)
{
	cg_auto_json json_t *parts = NULL;
	struct host_walk *walk = data;
	const char *accel;
	struct cg_error err;

	if (walk->last && strcmp(walk->last, fact->parts) == 0)
		return true;
	free(walk->last);
	walk->last = strdup(fact->parts);
	if (cg_json_parse(&parts, fact->parts, strlen(fact->parts), FACT_BYTES, &err) < 0)
		return true; /* nobody's key */
	accel = cg_json_text(parts, "accel");
	if (!accel || strcmp(accel, "kvm") != 0 || !take_emulator(parts, walk->emulator) ||
	    json_integer_value(json_object_get(parts, "format")) != FORMAT)
		return true;
	json_object_del(parts, "accel");
	json_object_del(parts, "format");
	add_host(walk, parts, fact->measured);
	return true;
}

int cg_facts_hosts(struct cg_facts *facts, bool any_emulator, json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *hosts = json_object();
	struct host_walk walk = {
		.emulator = any_emulator ? NULL : cg_identity_parts(facts->identity),
		.by_fingerprint = hosts,
	};
	json_t *host;
	const char *fingerprint;
	int ret = cg_store_each_fact(facts->store, kinds[KIND_UNSUPPORTED].name, false,
				     visit_host, &walk, err);

	free(walk.last);
	if (ret < 0)
		return -1;
	*out = json_array();
	cg_json_each(hosts, fingerprint, host)
		json_array_append(*out, host);
	return 0;
}
