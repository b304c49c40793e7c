// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * E: what definitions ask for. A sheet is all models of a machine type, row by row in pieces that sheets share;
 * single definitions and what depends on the host stand alone.
 */
#include "probe/keep.h"

#include <stdio.h>
#include <string.h>

/* As in cg_keep_get(): what can't be read is as good as lost. */
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
static int get_expansion_text(struct cg_facts *facts, const char *accel,
			      const char *machine, const char *definition,
			      bool host_bound, char **out, json_t **defaults,
			      struct cg_error *err)
{
	enum cg_kind kind = host_bound ? CG_KIND_HOST_REQUESTED : CG_KIND_REQUESTED;
	cg_auto_free char *name = malloc(CG_KEEP_NAME), *slot = malloc(CG_KEEP_NAME);
	cg_auto_json json_t *sheet = NULL;

	if (!name || !slot)
		return cg_error_errno(err, "expansion");
	if (!host_bound && !strchr(definition, ',')) {
		if (cg_keep_get(facts, CG_KIND_SHEET, accel, machine, &sheet, err) < 0 ||
		    get_sheet_row(facts, sheet, definition, out, err) < 0)
			return -1;
		if (*out)
			return sheet_defaults(facts, sheet, definition, defaults, err);
	}
	cg_keep_about(name, machine, definition);
	*defaults = json_incref(facts->emulator.defaults);
	return cg_keep_get_text(facts, kind, accel, name,
				cg_keep_slot(slot, kind, accel, name), out, err);
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
	if (get_expansion_text(facts, accel, machine, definition, host_bound, &text,
			       &defaults, err) < 0)
		return -1;
	*known = decode(out, text, defaults);
	return 0;
}

int cg_facts_has_sheet(struct cg_facts *facts, const char *accel, const char *machine,
		       bool *known, struct cg_error *err)
{
	cg_auto_json json_t *sheet = NULL;

	if (cg_keep_get(facts, CG_KIND_SHEET, accel, machine, &sheet, err) < 0)
		return -1;
	*known = sheet != NULL;
	return 0;
}

static int put_requested(struct cg_facts *facts, const char *accel, const char *machine,
			 const struct cg_session_item *item, bool host_bound,
			 struct cg_error *err)
{
	cg_auto_free char *text =
		cg_expansion_encode(&item->expansion, facts->emulator.defaults);
	cg_auto_free char *name = malloc(CG_KEEP_NAME);

	if (!text || !name)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for an expansion");
	return cg_keep_put_text(facts,
				host_bound ? CG_KIND_HOST_REQUESTED : CG_KIND_REQUESTED,
				accel, cg_keep_about(name, machine, item->definition),
				text, err);
}

static bool is_host_bound(const struct cg_session_result *result, const char *definition)
{
	char model[CG_DEFINITION_TEXT];
	const json_t *info;

	snprintf(model, sizeof(model), "%.*s", (int)strcspn(definition, ","), definition);
	info = cg_session_find_model(result->models, model);
	return info && cg_session_is_host_bound(info);
}

/* In a sweep most cells share their expansion with others, which is then written once. */
static int put_sheet_row(struct cg_facts *facts, const struct cg_session_item *item,
			 const json_t *defaults, json_t *sheet, struct cg_error *err)
{
	cg_auto_free char *text = NULL;
	char addresses[64];
	int64_t id;

	snprintf(addresses, sizeof(addresses), "%p %p",
		 (const void *)item->expansion.scalars, (const void *)defaults);
	if (json_object_get(facts->kept, addresses)) {
		json_object_set(sheet, item->definition,
				json_object_get(facts->kept, addresses));
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

int cg_keep_put_items(struct cg_facts *facts, const char *accel, const char *machine,
		      enum cg_session_expand expanded,
		      const struct cg_session_result *result, struct cg_error *err)
{
	const json_t *bare = bare_scalars(facts, result);
	cg_auto_json json_t *sheet = NULL;

	if (result->like &&
	    cg_keep_get(facts, CG_KIND_SHEET, accel, result->like, &sheet, err) < 0)
		return -1;
	if (result->like && !json_object_size(sheet))
		return 0; /* lost, or never kept: to be measured here */
	sheet = sheet ? sheet : json_object();

	for (size_t i = 0; i < result->count; i++) {
		const struct cg_session_item *item = &result->items[i];
		bool is_bare = item->expansion.scalars == bare;
		bool host_bound = is_host_bound(result, item->definition);
		int ret;

		if (item->refusal || (result->like && !host_bound))
			continue;
		if (expanded == CG_EXPAND_ALL && !host_bound && !facts->memory_only)
			ret = put_sheet_row(facts, item,
					    is_bare ? facts->emulator.defaults : bare,
					    sheet, err);
		else
			ret = put_requested(facts, accel, machine, item, host_bound, err);
		if (ret < 0)
			return -1;
	}
	if (expanded != CG_EXPAND_ALL)
		return 0;
	return cg_keep_put(facts, CG_KIND_SHEET, accel, machine, sheet, err);
}

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

int cg_facts_each_expansion(struct cg_facts *facts, const char *accel,
			    const char *machine, cg_facts_sheet_fn *fn, void *data,
			    struct cg_error *err)
{
	cg_cleanup(free_pieces) struct pieces pieces = { 0 };
	cg_auto_json json_t *sheet = NULL;
	const char *model;
	size_t piece;
	json_t *id;

	if (cg_keep_get(facts, CG_KIND_SHEET, accel, machine, &sheet, err) < 0)
		return -1;
	pieces.expansions =
		calloc(json_object_size(sheet) + 1, sizeof(*pieces.expansions));
	pieces.ids = calloc(json_object_size(sheet) + 1, sizeof(*pieces.ids));
	if (!pieces.expansions || !pieces.ids)
		return cg_error_errno(err, "expansions");
	if (sheet && sheet_defaults(facts, sheet, "", &pieces.defaults, err) < 0)
		return -1;
	cg_json_each(sheet, model, id) {
		if (read_piece(facts, &pieces, sheet, model, &piece, err) < 0)
			return -1;
		if (piece != SIZE_MAX &&
		    fn(data, model, piece, &pieces.expansions[piece], err) < 0)
			return -1;
	}
	return 0;
}
