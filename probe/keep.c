// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Kinds of facts, the scope that each is kept under, and the way in and out of the cache. Nothing here
 * measures; nothing elsewhere decides what a fact depends on.
 */
#include "probe/keep.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "probe/shape.h"

static const struct {
	const char *name;
	enum cg_scope scope;
	bool (*has_shape)(const json_t *fact);
} kinds[] = {
	[CG_KIND_EMULATOR] = { "emulator", CG_SCOPE_EMULATOR, cg_shape_is_emulator },
	[CG_KIND_MACHINES] = { "machines", CG_SCOPE_EMULATOR, cg_shape_is_named_list },
	[CG_KIND_COMPAT] = { "compat", CG_SCOPE_EMULATOR, cg_shape_is_compat },
	[CG_KIND_LIKENESS] = { "likeness", CG_SCOPE_ACCEL, cg_shape_is_object },
	[CG_KIND_MODELS] = { "models", CG_SCOPE_VENDOR, cg_shape_is_models },
	[CG_KIND_SHEET] = { "sheet", CG_SCOPE_VENDOR, cg_shape_is_object },
	[CG_KIND_REQUESTED] = { "requested", CG_SCOPE_VENDOR, cg_shape_is_object },
	[CG_KIND_HOST_REQUESTED] = { "host-requested", CG_SCOPE_HOST,
				     cg_shape_is_object },
	[CG_KIND_UNSUPPORTED] = { "unsupported", CG_SCOPE_HOST, cg_shape_is_unsupported },
	[CG_KIND_UNAVAILABLE] = { "unavailable", CG_SCOPE_HOST, cg_shape_is_sets },
	[CG_KIND_CONTRADICTED] = { "contradicted", CG_SCOPE_HOST, cg_shape_is_object },
	[CG_KIND_STARTED] = { "started", CG_SCOPE_HOST, cg_shape_is_object },
	[CG_KIND_NOT_STARTED] = { "not-started", CG_SCOPE_PLACE, cg_shape_is_object },
	[CG_KIND_FAILURE] = { "failure", CG_SCOPE_PLACE, cg_shape_is_failure },
};

static enum cg_accel accel_index(const char *accel)
{
	return strcmp(accel, "kvm") == 0 ? CG_ACCEL_KVM : CG_ACCEL_TCG;
}

const char *cg_keep_key(const struct cg_facts *facts, enum cg_kind kind,
			const char *accel)
{
	return facts->keys[accel_index(accel)][kinds[kind].scope];
}

/* The scope's members over the narrower one's. */
static int make_key(char **out, const json_t *narrower, const json_t *members,
		    struct cg_error *err)
{
	cg_auto_json json_t *parts = json_copy(cg_json_mutable(narrower));

	json_object_update(parts, cg_json_mutable(members));
	free(*out);
	*out = cg_json_canonical(parts);
	return *out ? 0 : cg_error_set(err, CG_E_SYSTEM, "no memory for a key");
}

/* Of @accel, from what is under scope HOST: a key of some kilobytes, and one member more. */
static int make_place_key(struct cg_facts *facts, enum cg_accel accel,
			  struct cg_error *err)
{
	char **keys = facts->keys[accel];

	free(keys[CG_SCOPE_PLACE]);
	keys[CG_SCOPE_PLACE] = cg_json_insert(keys[CG_SCOPE_HOST], "place",
					      cg_identity_binary(facts->identity));
	return keys[CG_SCOPE_PLACE]
		       ? 0
		       : cg_error_set(err, CG_E_SYSTEM, "no memory for a key");
}

static int make_emulator_keys(struct cg_facts *facts, struct cg_error *err)
{
	static const char *const names[] = {
		[CG_ACCEL_TCG] = "tcg", [CG_ACCEL_KVM] = "kvm"
	};
	const json_t *parts = cg_identity_parts(facts->identity);
	cg_auto_json json_t *format = json_pack("{s:i}", "format", CG_KEEP_FORMAT);

	for (enum cg_accel a = 0; a < CG_ACCELS; a++) {
		cg_auto_json json_t *member = json_pack("{s:s, s:i}", "accel", names[a],
							"format", CG_KEEP_FORMAT);
		enum cg_scope widest = a == CG_ACCEL_TCG ? CG_SCOPE_HOST : CG_SCOPE_ACCEL;

		if (make_key(&facts->keys[a][CG_SCOPE_EMULATOR], parts, format, err) < 0)
			return -1;
		for (enum cg_scope s = CG_SCOPE_ACCEL; s <= widest; s++)
			if (make_key(&facts->keys[a][s], parts, member, err) < 0)
				return -1;
		if (a == CG_ACCEL_TCG && make_place_key(facts, a, err) < 0)
			return -1;
	}
	return 0;
}

int cg_facts_new(struct cg_facts **out, struct cg_store *store,
		 const struct cg_identity *identity, struct cg_error *err)
{
	cg_auto_facts struct cg_facts *facts = calloc(1, sizeof(*facts));

	if (!facts)
		return cg_error_errno(err, "facts");
	facts->store = store;
	facts->memory_only = !store;
	facts->identity = identity;
	facts->memory = json_object();
	facts->seen = json_object();
	facts->texts = json_object();
	facts->kept = json_object();
	facts->held = json_array();
	if (make_emulator_keys(facts, err) < 0)
		return -1;
	*out = cg_take(facts);
	return 0;
}

static void forget_seen(struct cg_facts *facts)
{
	json_object_clear(facts->seen);
	json_object_clear(facts->texts);
}

int cg_facts_set_host(struct cg_facts *facts, const struct cg_host *host,
		      struct cg_error *err)
{
	const json_t *parts = cg_identity_parts(facts->identity);
	cg_auto_json json_t *vendor = NULL, *all = NULL;

	if (facts->host && json_equal(facts->host, cg_host_parts(host)))
		return 0;
	json_decref(facts->host);
	facts->host = json_incref(cg_json_mutable(cg_host_parts(host)));
	vendor = json_pack("{s:s, s:i, s:s}", "accel", "kvm", "format", CG_KEEP_FORMAT,
			   "cpu-vendor", cg_host_vendor(host));
	all = json_copy(cg_host_parts(host));
	json_object_set_new(all, "accel", json_string("kvm"));
	json_object_set_new(all, "format", json_integer(CG_KEEP_FORMAT));
	forget_seen(facts);
	if (make_key(&facts->keys[CG_ACCEL_KVM][CG_SCOPE_VENDOR], parts, vendor, err) <
		    0 ||
	    make_key(&facts->keys[CG_ACCEL_KVM][CG_SCOPE_HOST], parts, all, err) < 0)
		return -1;
	return make_place_key(facts, CG_ACCEL_KVM, err);
}

struct cg_facts *cg_facts_free(struct cg_facts *facts)
{
	if (!facts)
		return NULL;
	for (enum cg_accel a = 0; a < CG_ACCELS; a++)
		for (enum cg_scope s = 0; s < CG_SCOPES; s++)
			free(facts->keys[a][s]);
	json_decref(facts->memory);
	json_decref(facts->seen);
	json_decref(facts->texts);
	json_decref(facts->kept);
	json_decref(facts->held);
	json_decref(facts->fact);
	json_decref(facts->host);
	cg_vocabulary_free(facts->emulator.vocabulary);
	free(facts);
	return NULL;
}

const char *cg_facts_key(const struct cg_facts *facts, const char *accel)
{
	return cg_keep_key(facts, CG_KIND_UNSUPPORTED, accel);
}

size_t cg_facts_kinds(void)
{
	return CG_KINDS;
}

const char *cg_facts_kind(const struct cg_facts *facts, size_t kind, const char *accel,
			  const char **parts)
{
	*parts = cg_keep_key(facts, (enum cg_kind)kind, accel);
	return kinds[kind].name;
}

const char *cg_keep_kind_name(enum cg_kind kind)
{
	return kinds[kind].name;
}

char *cg_keep_slot(char out[static CG_KEEP_NAME], enum cg_kind kind, const char *accel,
		   const char *name)
{
	snprintf(out, CG_KEEP_NAME, "%d %s %s", (int)kind, accel, name);
	return out;
}

/* The text of a fact, NULL on a miss; the caller frees it. @slot is its name in memory. */
int cg_keep_get_text(struct cg_facts *facts, enum cg_kind kind, const char *accel,
		     const char *name, const char *slot, char **out, struct cg_error *err)
{
	const char *kept = json_string_value(json_object_get(facts->memory, slot));

	*out = kept ? strdup(kept) : NULL;
	if (kept)
		return *out ? 0 : cg_error_errno(err, "facts");
	if (!facts->store)
		return 0;
	return cg_store_get(facts->store, kinds[kind].name,
			    cg_keep_key(facts, kind, accel), name, out, err);
}

int cg_keep_hold_text(struct cg_facts *facts, enum cg_kind kind, const char *accel,
		      const char *name, const char **out, struct cg_error *err)
{
	cg_auto_free char *text = NULL, *slot = malloc(CG_KEEP_NAME);
	json_t *held;

	if (!slot)
		return cg_error_errno(err, "facts");
	held = json_object_get(facts->texts, cg_keep_slot(slot, kind, accel, name));
	if (!held) {
		if (cg_keep_get_text(facts, kind, accel, name, slot, &text, err) < 0)
			return -1;
		held = text ? json_string(text) : NULL;
		json_object_set_new(facts->texts, slot, held); /* refuses NULL */
	}
	*out = json_string_value(held);
	return 0;
}

/*
 * Parsed fact, or NULL in *out. Not to be changed: it may be handed out again. What can't be read
 * is a miss: then it is measured and put again, which an error would prevent for ever.
 */
int cg_keep_get(struct cg_facts *facts, enum cg_kind kind, const char *accel,
		const char *name, json_t **out, struct cg_error *err)
{
	cg_auto_free char *text = NULL, *slot = malloc(CG_KEEP_NAME);
	cg_auto_json json_t *fact = NULL;
	struct cg_error why;

	if (!slot)
		return cg_error_errno(err, "facts");
	*out = json_incref(
		json_object_get(facts->seen, cg_keep_slot(slot, kind, accel, name)));
	if (*out)
		return 0;
	if (cg_keep_get_text(facts, kind, accel, name, slot, &text, err) < 0)
		return -1;
	if (!text || cg_json_parse(&fact, text, strlen(text), CG_KEEP_BYTES, &why) < 0 ||
	    !kinds[kind].has_shape(fact))
		return 0;
	json_object_set(facts->seen, slot, fact);
	*out = cg_take(fact);
	return 0;
}

int cg_keep_has(struct cg_facts *facts, enum cg_kind kind, const char *accel,
		const char *name, bool *found, struct cg_error *err)
{
	cg_auto_free char *slot = malloc(CG_KEEP_NAME);

	if (!slot)
		return cg_error_errno(err, "facts");
	cg_keep_slot(slot, kind, accel, name);
	*found = json_object_get(facts->seen, slot) ||
		 json_object_get(facts->memory, slot);
	if (*found || !facts->store)
		return 0;
	return cg_store_has(facts->store, kinds[kind].name,
			    cg_keep_key(facts, kind, accel), name, found, err);
}

int cg_keep_put_text(struct cg_facts *facts, enum cg_kind kind, const char *accel,
		     const char *name, const char *text, struct cg_error *err)
{
	cg_auto_free char *slot = malloc(CG_KEEP_NAME);

	if (!slot)
		return cg_error_errno(err, "facts");
	json_object_del(facts->seen, cg_keep_slot(slot, kind, accel, name));
	json_object_del(facts->texts, slot);
	if (facts->memory_only) {
		json_object_set_new(facts->memory, slot, json_string(text));
		return 0;
	}
	return cg_store_put(facts->store, kinds[kind].name,
			    cg_keep_key(facts, kind, accel), name, text, cg_clock_wall(),
			    err);
}

int cg_keep_put(struct cg_facts *facts, enum cg_kind kind, const char *accel,
		const char *name, const json_t *fact, struct cg_error *err)
{
	cg_auto_free char *text = cg_json_canonical(fact);

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a fact");
	return cg_keep_put_text(facts, kind, accel, name, text, err);
}

int cg_keep_note(struct cg_facts *facts, enum cg_kind kind, const char *accel,
		 const char *name, const json_t *fact, struct cg_error *err)
{
	cg_auto_free char *text = cg_json_canonical(fact), *slot = malloc(CG_KEEP_NAME);

	if (!text || !slot)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a fact");
	json_object_set_new(facts->memory, cg_keep_slot(slot, kind, accel, name),
			    json_string(text));
	return 0;
}

int cg_keep_forget(struct cg_facts *facts, enum cg_kind kind, const char *accel,
		   const char *name, struct cg_error *err)
{
	forget_seen(facts);
	if (facts->memory_only)
		return 0;
	return cg_store_forget(facts->store, kinds[kind].name,
			       cg_keep_key(facts, kind, accel), name, err);
}

/* On with the store in memory, or without it. */
static void renounce(struct cg_facts *facts)
{
	struct cg_error ignored;

	facts->memory_only = !facts->store ||
			     cg_store_give_up(facts->store, &ignored) < 0;
	json_object_clear(facts->kept);
	json_array_clear(facts->held);
}

void cg_keep_give_up(struct cg_facts *facts, const struct cg_error *why)
{
	renounce(facts);
	snprintf(facts->warning, sizeof(facts->warning),
		 "%s; what was measured isn't kept", why->msg);
}

static int put_within(struct cg_facts *facts, cg_keep_put_fn *put, const void *data,
		      struct cg_error *err)
{
	if (cg_store_begin(facts->store, err) < 0)
		return -1;
	if (put(facts, data, err) < 0 || cg_store_commit(facts->store, err) < 0) {
		cg_store_rollback(facts->store);
		return -1;
	}
	return 0;
}

int cg_keep_at_once(struct cg_facts *facts, cg_keep_put_fn *put, const void *data,
		    struct cg_error *err)
{
	if (facts->memory_only)
		return put(facts, data, err);
	if (put_within(facts, put, data, err) < 0)
		cg_keep_give_up(facts, err);
	else if (cg_store_keeps(facts->store))
		return 0;
	else
		renounce(facts); /* it was found to be damaged, and says so itself */
	return put(facts, data, err);
}

bool cg_facts_are_kept(const struct cg_facts *facts)
{
	return !facts->memory_only && json_object_size(facts->memory) == 0;
}

const char *cg_facts_warning(const struct cg_facts *facts)
{
	return *facts->warning ? facts->warning : NULL;
}

struct single {
	enum cg_kind kind;
	const char *accel, *name;
	const json_t *fact;
};

static int put_single(struct cg_facts *facts, const void *data, struct cg_error *err)
{
	const struct single *s = data;

	return cg_keep_put(facts, s->kind, s->accel, s->name, s->fact, err);
}

int cg_keep_put_anyhow(struct cg_facts *facts, enum cg_kind kind, const char *accel,
		       const char *name, const json_t *fact, struct cg_error *err)
{
	const struct single single = { kind, accel, name, fact };

	return cg_keep_at_once(facts, put_single, &single, err);
}

char *cg_keep_about(char name[static CG_KEEP_NAME], const char *machine,
		    const char *definition)
{
	snprintf(name, CG_KEEP_NAME, "%s %s", machine ? machine : "-", definition);
	return name;
}
