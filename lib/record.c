// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writing a record: everything that is known of one emulator under one accelerator on
 * this host. A machine type is in it with all of its models, or not at all.
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "formats/draft.h"
#include "formats/host-model.h"
#include "lib/command.h"
#include "lib/question.h"

#define HOST_NAME_BYTES 256

static const char *const arguments[] = { "emulator", "machine", "accel", "all",
					 "from",     "record",  NULL };

struct recording {
	const struct cg_question *question;
	struct cg_draft *draft;
	json_t *added; /* machine types: names */
	bool contradicted, has_models;
};

static const char *measure_name(const struct cg_emulator_facts *emulator)
{
	static const char *const names[] = {
		[CG_MEASURE_NONE] = "none",
		[CG_MEASURE_GLOBALS] = "globals",
		[CG_MEASURE_MAX] = "max",
	};

	return names[emulator->measure];
}

static json_t *describe_emulator(const struct cg_question *q)
{
	json_t *emulator = cg_question_emulator(q);

	json_object_set(emulator, "parts", cg_identity_parts(q->identity));
	return emulator;
}

static json_t *describe_host(const struct cg_question *q)
{
	if (strcmp(q->accel, "kvm") != 0)
		return NULL;
	return json_pack("{s:s, s:O}", "fingerprint", cg_host_digest(q->host), "parts",
			 cg_host_parts(q->host));
}

/* The members that are said as they are; when and how sure is known in the end. */
static json_t *make_head(const struct cg_question *q, const json_t *machines)
{
	const struct cg_emulator_facts *e = q->emulator;
	char name[HOST_NAME_BYTES] = "";

	if (gethostname(name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	return json_pack("{s:s, s:s, s:o, s:o*, s:b, s:s, s:s*, s:O}", "name", name,
			 "accel", q->accel, "emulator", describe_emulator(q), "host",
			 describe_host(q), "enforced", cg_question_is_enforced(q),
			 "measure", measure_name(e), "expansion",
			 e->vocabulary ? e->expansion : NULL, "machines", machines);
}

/* What is known of a machine type, by place of the model. */
struct page {
	json_t *models, *places, *defaults;
	struct cg_record_cpu *cpus;
	struct cg_featureset *unavailable, unsupported;
	bool has_unavailable, has_unsupported;
};

static void free_page(struct page *page)
{
	for (size_t i = 0; page->cpus && i < json_array_size(page->models); i++)
		json_decref(cg_json_mutable(page->cpus[i].scalars));
	free(page->cpus);
	free(page->unavailable);
	json_decref(page->defaults);
	json_decref(page->places);
	json_decref(page->models);
}

static void take_cpu(struct page *page, size_t place,
		     const struct cg_expansion *expansion)
{
	struct cg_record_cpu *cpu = &page->cpus[place];

	if (cpu->scalars)
		return;
	cpu->features = expansion->features;
	cpu->scalars = json_incref(expansion->scalars);
}

static int take_row(void *data, const char *model, size_t piece,
		    const struct cg_expansion *expansion, struct cg_error *err)
{
	struct page *page = data;
	const json_t *place = json_object_get(page->places, model);

	(void)piece;
	(void)err;
	if (place)
		take_cpu(page, (size_t)json_integer_value(place), expansion);
	if (strcmp(model, CG_SESSION_PROBE_MODEL) == 0 && !page->defaults)
		page->defaults = json_incref(expansion->scalars);
	return 0;
}

/* Those that depend on the host, and all of them if the cache can't keep sheets. */
static int take_others(const struct cg_question *q, const char *machine,
		       struct page *page, bool *complete, struct cg_error *err)
{
	const json_t *model;
	size_t i;

	json_array_foreach(page->models, i, model) {
		bool host_bound = cg_session_is_host_bound(model), known;
		cg_auto_expansion struct cg_expansion e = { 0 };

		if (page->cpus[i].scalars)
			continue;
		if (cg_facts_expansion(q->facts, q->accel, machine,
				       cg_json_text(model, "name"), host_bound, &known,
				       &e, err) < 0)
			return -1;
		if (known)
			take_cpu(page, i, &e);
		*complete &= known || !host_bound;
	}
	return 0;
}

static int take_lists(const struct cg_question *q, const char *machine, struct page *page,
		      struct cg_error *err)
{
	cg_auto_json json_t *lists = NULL;
	const char *name;
	size_t unknown;
	json_t *list;

	if (cg_facts_unsupported(q->facts, q->accel, machine, &page->has_unsupported,
				 &page->unsupported, err) < 0 ||
	    cg_facts_unavailable(q->facts, q->accel, machine, &lists, err) < 0)
		return -1;
	page->has_unavailable = lists != NULL;
	cg_json_each(lists, name, list) {
		const json_t *place = json_object_get(page->places, name);

		if (place)
			page->unavailable[json_integer_value(place)] =
				cg_vocabulary_set(q->emulator->vocabulary, list,
						  &unknown);
	}
	return 0;
}

static int make_room(struct page *page, struct cg_error *err)
{
	size_t count = json_array_size(page->models), i;
	const json_t *model;

	page->cpus = calloc(count + 1, sizeof(*page->cpus));
	page->unavailable = calloc(count + 1, sizeof(*page->unavailable));
	page->places = json_object();
	if (!page->cpus || !page->unavailable)
		return cg_error_errno(err, "record");
	json_array_foreach(page->models, i, model)
		json_object_set_new(page->places, cg_json_text(model, "name"),
				    json_integer((json_int_t)i));
	return 0;
}

/* *complete is false if something is missing that measuring would find. */
static int fill_page(const struct cg_question *q, const char *machine, struct page *page,
		     bool *complete, struct cg_error *err)
{
	bool has_sheet = true;

	if (cg_facts_models(q->facts, q->accel, machine, &page->models, err) < 0)
		return -1;
	*complete = page->models != NULL;
	if (!*complete)
		return 0;
	if (make_room(page, err) < 0)
		return -1;
	if (!q->emulator->vocabulary)
		return 0;
	if (cg_facts_has_sheet(q->facts, q->accel, machine, &has_sheet, err) < 0 ||
	    cg_facts_each_expansion(q->facts, q->accel, machine, take_row, page, err) <
		    0 ||
	    take_lists(q, machine, page, err) < 0)
		return -1;
	*complete = has_sheet &&
		    (page->has_unavailable || q->emulator->measure == CG_MEASURE_NONE);
	return *complete ? take_others(q, machine, page, complete, err) : 0;
}

static int add_machine(struct recording *r, const char *machine, struct cg_error *err)
{
	const struct cg_question *q = r->question;
	cg_cleanup(free_page) struct page page = { 0 };
	bool complete, contradicted;
	struct cg_draft_machine row;

	if (fill_page(q, machine, &page, &complete, err) < 0 ||
	    cg_facts_contradicted(q->facts, q->accel, machine, &contradicted, err) < 0)
		return -1;
	if (!complete)
		return 0;
	row = (struct cg_draft_machine){
		.name = machine,
		.models = page.models,
		.defaults = page.defaults,
		.cpus = page.cpus,
		.unavailable = page.has_unavailable ? page.unavailable : NULL,
		.unsupported = page.has_unsupported ? &page.unsupported : NULL,
	};
	r->contradicted |= contradicted;
	r->has_models |= json_array_size(page.models) > 0;
	json_object_set_new(r->added, machine, json_true());
	return cg_draft_add_machine(r->draft, &row, err);
}

/*
 * Facts about definitions have a name "MACHINE DEFINITION", "-" for any machine type;
 * found by walking the cache.
 */
struct walk {
	const char *keys[2]; /* that hold now */
	json_t *names;
	int64_t measured; /* when the newest of all facts under these keys was */
};

static bool visit_fact(const struct cg_store_fact *fact, void *data)
{
	struct walk *walk = data;

	for (size_t i = 0; i < CG_COUNT(walk->keys); i++) {
		if (!walk->keys[i] || strcmp(fact->parts, walk->keys[i]) != 0)
			continue;
		if (fact->measured > walk->measured)
			walk->measured = fact->measured;
		if (strcmp(fact->kind, "requested") == 0 ||
		    strcmp(fact->kind, "host-requested") == 0 ||
		    strcmp(fact->kind, "started") == 0)
			json_object_set_new(walk->names, fact->name, json_true());
	}
	return true;
}

static int walk_facts(const struct cg_question *q, struct walk *walk,
		      struct cg_error *err)
{
	for (size_t i = 0; i < cg_facts_kinds(); i++) {
		const char *key, *kind = cg_facts_kind(q->facts, i, q->accel, &key);

		if (strcmp(kind, "requested") == 0)
			walk->keys[0] = key;
		if (strcmp(kind, "started") == 0)
			walk->keys[1] = key;
	}
	return cg_store_each_fact(q->store, NULL, false, visit_fact, walk, err);
}

static int add_definition(struct recording *r, const char *machine, const char *text,
			  struct cg_error *err)
{
	const struct cg_question *q = r->question;
	cg_auto_expansion struct cg_expansion e = { 0 };
	struct cg_record_cpu cpu;
	bool known = false;

	for (int host_bound = 0; host_bound < 2 && !known; host_bound++)
		if (cg_facts_expansion(q->facts, q->accel, machine, text, host_bound,
				       &known, &e, err) < 0)
			return -1;
	if (!known || !strchr(text, ','))
		return 0;
	cpu = (struct cg_record_cpu){ e.features, e.scalars };
	return cg_draft_add_definition(r->draft, machine, text, &cpu, err);
}

static int add_start(struct recording *r, const char *machine, const char *text,
		     struct cg_error *err)
{
	const struct cg_question *q = r->question;
	cg_auto_json json_t *end = NULL, *none = json_object();
	enum cg_started started;

	if (cg_facts_started(q->facts, q->accel, machine, text, &started, &end, err) < 0)
		return -1;
	if (started == CG_STARTED_YES)
		cg_draft_add_start(r->draft, machine, text, NULL);
	else if (started == CG_STARTED_NO)
		cg_draft_add_start(r->draft, machine, text, end ? end : none);
	return 0;
}

static int add_definitions(struct recording *r, const json_t *names, struct cg_error *err)
{
	const char *name;
	json_t *yes;

	cg_json_each(names, name, yes) {
		const char *blank = strchr(name, ' ');
		cg_auto_free char *machine = blank ? strndup(name, (size_t)(blank - name))
						   : NULL;
		bool anywhere = machine && strcmp(machine, "-") == 0;

		if (!machine || (!anywhere && !json_object_get(r->added, machine)))
			continue;
		if ((!anywhere && add_definition(r, machine, blank + 1, err) < 0) ||
		    add_start(r, anywhere ? NULL : machine, blank + 1, err) < 0)
			return -1;
	}
	return 0;
}

static const char *honesty(const struct recording *r)
{
	return r->has_models ? cg_question_honesty(r->question, r->contradicted) : "none";
}

static int compose(const struct cg_question *q, json_t **reply, struct cg_error *err)
{
	cg_auto_json json_t *machines = NULL, *head = NULL, *names = json_object();
	cg_auto_json json_t *added = json_object();
	struct recording r = { .question = q, .added = added };
	cg_auto_draft struct cg_draft *draft = NULL;
	struct walk walk = { .names = names };
	const json_t *machine;
	size_t i;

	if (cg_facts_machines(q->facts, &machines, err) < 0)
		return -1;
	head = make_head(q, machines);
	if (cg_draft_new(&draft, head, q->emulator->vocabulary, q->emulator->defaults,
			 err) < 0 ||
	    walk_facts(q, &walk, err) < 0)
		return -1;
	r.draft = draft;
	json_array_foreach(machines, i, machine)
		if (add_machine(&r, cg_json_text(machine, "name"), err) < 0)
			return -1;
	if (add_definitions(&r, names, err) < 0)
		return -1;
	cg_draft_set(draft, "measured",
		     json_integer(walk.measured ? walk.measured : cg_clock_wall()));
	cg_draft_set(draft, "honesty", json_string(honesty(&r)));
	return cg_draft_finish(draft, reply, err);
}

static int record_here(struct cg_context *context, const json_t *args, json_t **reply,
		       struct cg_error *err)
{
	cg_auto_question struct cg_question q = { 0 };

	if (cg_question_open(&q, context, args, err) < 0)
		return -1;
	q.both = false; /* a record is about one accelerator */
	if (cg_question_ensure(&q, CG_DEPTH_ALL, NULL, err) < 0 ||
	    (json_is_true(json_object_get(args, "all")) &&
	     cg_question_sweep(&q, err) < 0))
		return -1;
	return compose(&q, reply, err);
}

/* The record of this host or, as it is, that of a file. */
static int make_record(struct cg_record **out, struct cg_context *context,
		       const json_t *args, struct cg_error *err)
{
	const char *path = cg_json_text(args, "record");
	cg_auto_json json_t *json = NULL;

	if (path)
		return cg_record_read(out, path, err);
	if (record_here(context, args, &json, err) < 0)
		return -1;
	return cg_record_from_json(out, json, err);
}

/*
 * Of another host, that somebody told of; what models ask for is this one's or a
 * record's.
 */
static int record_other(struct cg_context *context, const json_t *args, json_t **reply,
			struct cg_error *err)
{
	cg_auto_record struct cg_record *source = NULL, *record = NULL;
	cg_auto_json json_t *mine = json_copy(cg_json_mutable(args));
	cg_auto_host_model struct cg_host_model host = { 0 };

	if (cg_host_model_read(&host, cg_json_text(args, "from"), err) < 0)
		return -1;
	if (!cg_json_text(args, "record") && !json_object_get(args, "accel"))
		json_object_set_new(mine, "accel", json_string(host.accel));
	if (make_record(&source, context, mine, err) < 0 ||
	    cg_record_from_host_model(&record, &host, source, err) < 0)
		return -1;
	*reply = json_incref(cg_json_mutable(cg_record_json(record)));
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_record struct cg_record *record = NULL;
	bool all = json_is_true(json_object_get(args, "all"));

	if (all && json_object_get(args, "machine"))
		return cg_error_set(err, CG_E_USAGE,
				    "record: all machine types, or one of them");
	if (cg_json_text(args, "record") &&
	    (all || json_object_get(args, "machine") ||
	     json_object_get(args, "emulator") || json_object_get(args, "accel")))
		return cg_error_set(err, CG_E_USAGE,
				    "record: a record says itself what it is of");
	if (cg_json_text(args, "from"))
		return record_other(context, args, reply, err);
	if (make_record(&record, context, args, err) < 0)
		return -1;
	*reply = json_incref(cg_json_mutable(cg_record_json(record)));
	return 0;
}

const struct cg_command cg_command_record = { "record", arguments, run,
					      CG_COMMAND_READS };
