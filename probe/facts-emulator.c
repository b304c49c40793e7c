// SPDX-License-Identifier: LGPL-2.1-or-later
/* Facts about the binary, whoever runs it, and under which path it was last seen. */
#include "probe/keep.h"

#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "machine/catalogue.h"

/* Under which binary a path was last measured; its key is the path and nothing else. */
#define PATH_KIND "path"

static int load_vocabulary(struct cg_emulator_facts *e, const char *words,
			   struct cg_error *err)
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
	e->measure =
		(enum cg_measure)json_integer_value(json_object_get(fact, "measure"));
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
		if (cg_keep_get(facts, CG_KIND_EMULATOR, "tcg", "", &fact, err) < 0)
			return -1;
		if (fact)
			(void)!load_emulator(facts, fact,
					     &why); /* as in cg_keep_get(): a miss */
	}
	*out = facts->has_emulator ? &facts->emulator : NULL;
	return 0;
}

/* The names of a vocabulary as one text: read at every question, so it must be read quickly. */
static json_t *words_of(const struct cg_vocabulary *vocabulary)
{
	struct cg_buffer text = CG_BUFFER(CG_KEEP_BYTES);
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

struct catalogue {
	const json_t *machines, *fact;
};

static int put_catalogue(struct cg_facts *facts, const void *data, struct cg_error *err)
{
	const struct catalogue *c = data;

	if (cg_keep_put(facts, CG_KIND_MACHINES, "tcg", "", c->machines, err) < 0 ||
	    cg_keep_put(facts, CG_KIND_EMULATOR, "tcg", "", c->fact, err) < 0)
		return -1;
	return cg_keep_forget(facts, CG_KIND_FAILURE, "tcg", "", err);
}

int cg_facts_put_emulator(struct cg_facts *facts, const struct cg_session_result *result,
			  struct cg_error *err)
{
	cg_auto_json json_t *machines = cg_catalogue_sorted(result->machines);
	cg_auto_json json_t *fact = json_pack("{s:O, s:o, s:s*}", "about", result->about,
					      "aliases", aliases_of(machines),
					      "default-machine",
					      cg_catalogue_default(machines));
	const struct catalogue catalogue = { machines, fact };

	if (result->vocabulary) {
		json_object_set_new(fact, "vocabulary", words_of(result->vocabulary));
		json_object_set(fact, "defaults", result->defaults);
		json_object_set_new(fact, "measure", json_integer(result->measure));
		json_object_set_new(fact, "expansion", json_string(result->expansion));
	}
	if (cg_keep_at_once(facts, put_catalogue, &catalogue, err) < 0)
		return -1;
	return facts->has_emulator ? 0 : load_emulator(facts, fact, err);
}

int cg_facts_machines(struct cg_facts *facts, json_t **out, struct cg_error *err)
{
	return cg_keep_get(facts, CG_KIND_MACHINES, "tcg", "", out, err);
}

int cg_facts_machine(struct cg_facts *facts, const char *name, bool *known, json_t **out,
		     struct cg_error *err)
{
	struct cg_error why;
	const char *text;

	*out = NULL;
	if (cg_keep_hold_text(facts, CG_KIND_MACHINES, "tcg", "", &text, err) < 0)
		return -1;
	*known = text && *text == '[' &&
		 cg_json_find(out, text, "name", name, &why) == 0 &&
		 (*out || cg_json_find(out, text, "alias", name, &why) == 0);
	return 0;
}

int cg_facts_compat(struct cg_facts *facts, json_t **out, struct cg_error *err)
{
	return cg_keep_get(facts, CG_KIND_COMPAT, "tcg", "", out, err);
}

int cg_facts_put_compat(struct cg_facts *facts, const json_t *compat,
			struct cg_error *err)
{
	return cg_keep_put_anyhow(facts, CG_KIND_COMPAT, "tcg", "", compat, err);
}

static char *path_key(const struct cg_facts *facts)
{
	cg_auto_json json_t *parts =
		json_pack("{s:s}", PATH_KIND, cg_identity_path(facts->identity));

	return cg_json_canonical(parts);
}

int cg_facts_put_path(struct cg_facts *facts, struct cg_error *err)
{
	cg_auto_free char *parts = path_key(facts);

	if (!parts)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a key");
	if (!facts->memory_only &&
	    cg_store_put(facts->store, PATH_KIND, parts, "",
			 facts->keys[CG_ACCEL_TCG][CG_SCOPE_EMULATOR], cg_clock_wall(),
			 err) < 0)
		cg_keep_give_up(facts, err);
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
	if (text && cg_json_parse(out, text, strlen(text), CG_KEEP_BYTES, &why) < 0)
		*out = NULL;
	return 0;
}
