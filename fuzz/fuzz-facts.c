// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A cache whose facts are anything at all, read back through probe/facts.h: each is a fact with
 * all that its readers count on, or a miss, and never in the way. The store's digests keep
 * accidents away from here, so this is about caches that somebody else wrote.
 *
 * The input is pairs of lines: "KIND NAME" ("models pc", "started - max", "blob") and the text;
 * texts get the ids 1, 2 ... in order of their first appearance. "host" is the key that a fact
 * of another host is kept under.
 */
#include <string.h>

#include "fuzz/folder.h"
#include "machine/catalogue.h"
#include "probe/facts.h"

#define ACCEL "tcg"
#define MACHINE "pc"

/* Facts belong to an emulator; which one doesn't matter, for it is never started. */
#define EMULATOR "/proc/self/exe"
#define EMULATOR_KEY "{\"path\":\"" EMULATOR "\"}"

static struct cg_store *store;
static struct cg_identity *identity;

static void put(struct cg_facts *facts, const char *kind, const char *name,
		const char *text)
{
	struct cg_error err;
	int64_t id;

	if (strcmp(kind, "blob") == 0)
		must(cg_store_put_blob(store, text, &id, &err) == 0);
	if (strcmp(kind, "path") == 0)
		must(cg_store_put(store, kind, EMULATOR_KEY, "", text, 1, &err) == 0);
	if (strcmp(kind, "host") == 0)
		must(cg_store_put(store, "unsupported", text, "*", "{}", 1, &err) == 0);
	for (size_t i = 0; i < cg_facts_kinds(); i++) {
		const char *parts;

		if (strcmp(kind, cg_facts_kind(facts, i, ACCEL, &parts)) == 0)
			must(cg_store_put(store, kind, parts, name, text, 1, &err) == 0);
	}
}

static void put_all(struct cg_facts *facts, char *lines)
{
	char *name, *kind, *text;

	while ((name = strsep(&lines, "\n")) && (text = strsep(&lines, "\n"))) {
		kind = strsep(&name, " ");
		put(facts, kind, name ? name : "", text);
	}
}

static void read_emulator(struct cg_facts *facts)
{
	const struct cg_emulator_facts *emulator;
	struct cg_error err;
	const char *alias;
	json_t *name;

	must(cg_facts_emulator(facts, &emulator, &err) == 0);
	if (!emulator)
		return;
	must(cg_json_text(emulator->about, "version") &&
	     cg_json_text(emulator->about, "target"));
	must(!emulator->vocabulary ||
	     (emulator->expansion && json_is_object(emulator->defaults)));
	cg_json_each(emulator->aliases, alias, name)
		must(cg_json_text(emulator->aliases, alias));
}

static void read_machines(struct cg_facts *facts)
{
	cg_auto_json json_t *machines = NULL, *sorted = NULL;
	struct cg_error err;

	must(cg_facts_machines(facts, &machines, &err) == 0);
	sorted = cg_catalogue_sorted(machines);
	must(json_array_size(sorted) == json_array_size(machines));
	(void)cg_catalogue_find(machines, MACHINE);
	(void)cg_catalogue_default(machines);
	(void)cg_catalogue_newest(machines, MACHINE);
	(void)cg_catalogue_nearest(machines, MACHINE);
}

static int check_row(void *data, const char *model, size_t piece,
		     const struct cg_expansion *expansion, struct cg_error *err)
{
	(void)data;
	(void)piece;
	(void)err;
	must(model && json_is_object(expansion->scalars));
	return 0;
}

static void read_expansion(struct cg_facts *facts, const char *definition,
			   bool host_bound)
{
	cg_auto_expansion struct cg_expansion expansion = { 0 };
	struct cg_error err;
	bool known;

	must(cg_facts_expansion(facts, ACCEL, MACHINE, definition, host_bound, &known,
				&expansion, &err) == 0);
	must(json_is_object(expansion.scalars) == known);
}

static void read_models(struct cg_facts *facts)
{
	cg_auto_json json_t *models = NULL, *found = NULL;
	struct cg_error err;
	const json_t *model;
	bool known;
	size_t i;

	must(cg_facts_model(facts, ACCEL, MACHINE, "max", &known, &found, &err) == 0);
	must(cg_facts_models(facts, ACCEL, MACHINE, &models, &err) == 0);
	/* One model is found without a look at the others, which may be none. */
	must(known || !models);
	must(!found || strcmp(cg_json_text(found, "name"), "max") == 0);
	json_array_foreach(models, i, model) {
		must(cg_json_text(model, "name"));
		read_expansion(facts, cg_json_text(model, "name"),
			       cg_session_is_host_bound(model));
	}
}

static void read_sets(struct cg_facts *facts)
{
	cg_auto_json json_t *unavailable = NULL;
	struct cg_featureset unsupported;
	struct cg_error err;
	const char *model;
	json_t *names;
	bool known;

	must(cg_facts_unsupported(facts, ACCEL, MACHINE, &known, &unsupported, &err) ==
	     0);
	must(cg_facts_unavailable(facts, ACCEL, MACHINE, &unavailable, &err) == 0);
	cg_json_each(unavailable, model, names)
		must(json_is_array(names));
	must(cg_facts_knows_unavailable(facts, ACCEL, MACHINE, true, &known, &err) == 0);
	must(cg_facts_contradicted(facts, ACCEL, MACHINE, &known, &err) == 0);
}

static void read_started(struct cg_facts *facts, const char *machine,
			 const char *definition)
{
	cg_auto_json json_t *why = NULL;
	enum cg_started started;
	struct cg_error err;

	must(cg_facts_started(facts, ACCEL, machine, definition, &started, &why, &err) ==
	     0);
}

static void read_sheet(struct cg_facts *facts)
{
	cg_auto_free char *way = NULL;
	struct cg_error err;
	bool known;

	must(cg_facts_has_sheet(facts, ACCEL, MACHINE, &known, &err) == 0);
	must(cg_facts_each_expansion(facts, ACCEL, MACHINE, check_row, NULL, &err) == 0);
	must(cg_facts_way(facts, ACCEL, MACHINE, &way, &err) == 0);
}

/* Of another host the parts are all there is: they are taken as they are, or are no host's. */
static void read_hosts(struct cg_facts *facts)
{
	cg_auto_json json_t *hosts = NULL;
	struct cg_error err = { 0 };
	const json_t *entry;
	size_t i;

	must(cg_facts_hosts(facts, true, &hosts, &err) == 0);
	json_array_foreach(hosts, i, entry) {
		cg_auto_host struct cg_host *host = NULL;

		if (cg_host_from_parts(&host, json_object_get(entry, "parts"), &err) < 0)
			must(err.code == CG_E_CORRUPT);
		else
			must(cg_facts_set_host(facts, host, &err) == 0);
	}
}

static void read_rest(struct cg_facts *facts)
{
	cg_auto_json json_t *failure = NULL, *path = NULL, *compat = NULL;
	struct cg_error err;

	must(cg_facts_compat(facts, &compat, &err) == 0);
	must(cg_facts_path(facts, &path, &err) == 0);
	must(cg_facts_failure(facts, ACCEL, MACHINE, &failure, &err) == 0);
	must(!failure || cg_json_text(failure, "reason"));
}

/* Twice: the second time from what is remembered. */
static void read_all(struct cg_facts *facts)
{
	for (int i = 0; i < 2; i++) {
		read_emulator(facts);
		read_machines(facts);
		read_models(facts);
		read_expansion(facts, "max", true);
		read_expansion(facts, "max,avx=on", false);
		read_started(facts, NULL, "max");
		read_started(facts, MACHINE, "max,avx=on");
		read_sets(facts);
		read_sheet(facts);
		read_hosts(facts);
		read_rest(facts);
	}
}

static void set_up(void)
{
	const struct cg_qmp_limits limits = CG_QMP_LIMITS;
	struct cg_error err;

	must(cg_store_open(&store, make_folder(), &err) == 0);
	must(cg_store_state(store) == CG_STORE_READ_WRITE);
	must(cg_identity_open(&identity, EMULATOR, NULL, &limits, &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cg_auto_free char *lines = fuzz_text(data, size);
	cg_auto_facts struct cg_facts *facts = NULL;
	struct cg_error err;

	if (!store)
		set_up();
	must(cg_facts_new(&facts, store, identity, &err) == 0);
	must(cg_store_begin(store, &err) == 0);
	put_all(facts, lines);
	read_all(facts);
	cg_store_rollback(store);
	return 0;
}
