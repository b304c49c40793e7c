// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From what others tell of a host to a record. With a source of E, everything but U is
 * the source's: models, machine types, what they ask for. Under KVM named models take
 * over the host's vendor.
 */
#include <string.h>

#include "cpumodels/scalars.h"
#include "formats/draft.h"
#include "formats/host-model.h"

struct merging {
	const struct cg_host_model *host;
	const struct cg_record *source;
	const struct cg_vocabulary *vocabulary;
	struct cg_draft *draft;
	struct cg_featureset supported, unsupported, untold;
};

/* The features of a set that the vocabulary has. */
static struct cg_featureset known_of(const struct cg_vocabulary *vocabulary,
				     const json_t *set)
{
	struct cg_featureset out = { 0 };
	const char *name;
	json_t *yes;

	cg_json_each(set, name, yes) {
		size_t feature = cg_vocabulary_find(vocabulary, name);

		if (feature < CG_FEATURES_MAX)
			cg_featureset_add(&out, feature);
	}
	return out;
}

static struct cg_featureset all_of(const struct cg_vocabulary *vocabulary)
{
	struct cg_featureset out = { 0 };

	for (size_t i = 0; i < cg_vocabulary_count(vocabulary); i++)
		cg_featureset_add(&out, i);
	return out;
}

/*
 * Where to look up what a model asks for: the machine type that was asked about, if the
 * source tells of it.
 */
static const char *pick_machine(const struct merging *m)
{
	const char *names[] = { cg_record_resolve_machine(m->source, m->host->machine),
				NULL };
	const json_t *machine;
	size_t i;

	names[1] = cg_record_resolve_machine(m->source, NULL);
	for (i = 0; i < CG_COUNT(names); i++)
		if (names[i] && cg_record_has_machine(m->source, names[i]))
			return names[i];
	json_array_foreach(cg_record_machines(m->source), i, machine)
		if (cg_record_has_machine(m->source, cg_json_text(machine, "name")))
			return cg_json_text(machine, "name");
	return "none";
}

static void sort_out(struct merging *m)
{
	struct cg_featureset all = all_of(m->vocabulary), told;
	struct cg_featureset blocked = known_of(m->vocabulary, m->host->blocked);
	const char *machine = m->source ? pick_machine(m) : NULL;
	const json_t *name;
	size_t i;

	m->supported = known_of(m->vocabulary, m->host->supported);
	json_array_foreach(m->host->models, i, name) {
		struct cg_record_cpu cpu;

		if (machine && cg_record_expansion(m->source, machine,
						   json_string_value(name), &cpu))
			m->supported = cg_featureset_or(&m->supported, &cpu.features);
	}
	m->supported = cg_featureset_minus(&m->supported, &blocked);
	m->unsupported = cg_featureset_minus(&all, &m->supported);
	told = cg_featureset_or(&m->supported, &blocked);
	m->untold = cg_featureset_minus(&all, &told);
}

static const char *or_nothing(const char *text)
{
	return text ? text : "";
}

/*
 * Of the emulator what makes it the same one, and no path of a host that isn't this one.
 */
static json_t *emulator_of(const struct merging *m)
{
	static const char *const names[] = { "version", "package", "target", "sha256",
					     "parts" };
	json_t *emulator = json_object();

	for (size_t i = 0; m->source && i < CG_COUNT(names); i++)
		if (json_object_get(cg_record_about(m->source), names[i]))
			json_object_set(emulator, names[i],
					json_object_get(cg_record_about(m->source),
							names[i]));
	if (!m->source && m->host->vendor && json_object_get(m->host->scalars, "xlevel"))
		json_object_set_new(emulator, "target", json_string("x86_64"));
	return emulator;
}

static json_t *make_head(const struct merging *m, json_t *machines)
{
	const json_t *from = m->source ? cg_record_json(m->source) : NULL;
	const char *measure = cg_json_text(from, "measure"),
		   *kind = cg_json_text(from, "expansion");
	char hex[CG_FEATURESET_HEX];

	return json_pack("{s:s, s:s, s:o, s:b, s:s, s:s, s:s, s:s, s:O}", "name",
			 or_nothing(m->host->name), "accel", m->host->accel, "emulator",
			 emulator_of(m), "enforced", 1, "honesty", "partial", "measure",
			 measure ? measure : "max", "expansion", kind ? kind : "full",
			 "untold", cg_featureset_to_hex(&m->untold, hex), "machines",
			 machines);
}

/* The host's own CPU: what it is said to have, over what the source's host asks for. */
static json_t *host_scalars(const struct merging *m, const json_t *like)
{
	json_t *scalars = cg_scalars_apply(like, NULL), *value;
	const char *name;

	cg_json_each(m->host->scalars, name, value)
		if (!like || json_object_get(like, name))
			json_object_set(scalars, name, value);
	return scalars;
}

/* Named models take over the vendor of a KVM host; the bare model has none. */
static json_t *named_scalars(const struct merging *m, const json_t *scalars)
{
	const char *vendor = cg_json_text(scalars, "vendor");
	json_t *out = cg_scalars_apply(scalars, NULL);

	if (m->host->vendor && vendor && *vendor && strcmp(m->host->accel, "kvm") == 0)
		json_object_set_new(out, "vendor", json_string(m->host->vendor));
	return out;
}

static void take_model(const struct merging *m, const char *machine, const json_t *model,
		       struct cg_record_cpu *out)
{
	const char *name = cg_json_text(model, "name");
	struct cg_record_cpu cpu;

	if (!cg_record_expansion(m->source, machine, name, &cpu))
		return;
	if (!json_is_false(json_object_get(model, "migration-safe"))) {
		out->features = cpu.features;
		out->scalars = named_scalars(m, cpu.scalars);
	} else if (strcmp(name, "host") == 0 && json_object_size(m->host->scalars) > 1) {
		out->features = m->supported;
		out->scalars = host_scalars(m, cpu.scalars);
	}
}

static int add_machine(const struct merging *m, const char *machine, struct cg_error *err)
{
	const json_t *models = cg_record_models(m->source, machine), *model;
	size_t count = json_array_size(models), i;
	struct cg_draft_machine row = { .name = machine,
					.models = models,
					.unsupported = &m->unsupported };
	cg_auto_free struct cg_record_cpu *cpus = calloc(count + 1, sizeof(*cpus));
	struct cg_record_cpu bare;
	int ret;

	if (!cpus)
		return cg_error_errno(err, "record");
	if (cg_record_expansion(m->source, machine, "base", &bare))
		row.defaults = bare.scalars;
	json_array_foreach(models, i, model)
		take_model(m, machine, model, &cpus[i]);
	row.cpus = cpus;
	ret = cg_draft_add_machine(m->draft, &row, err);
	for (i = 0; i < count; i++)
		json_decref(cg_json_mutable(cpus[i].scalars));
	return ret;
}

static int merge(struct merging *m, json_t **out, struct cg_error *err)
{
	const json_t *machines = cg_record_machines(m->source), *machine;
	cg_auto_json json_t *head = make_head(m, cg_json_mutable(machines));
	cg_auto_draft struct cg_draft *draft = NULL;
	size_t i;

	if (cg_draft_new(&draft, head, m->vocabulary, cg_record_defaults(m->source),
			 err) < 0)
		return -1;
	m->draft = draft;
	json_array_foreach(machines, i, machine) {
		const char *name = cg_json_text(machine, "name");

		if (cg_record_has_machine(m->source, name) &&
		    add_machine(m, name, err) < 0)
			return -1;
	}
	return cg_draft_finish(draft, out, err);
}

/*
 * Only the host's own CPU, over the features that were named: U is what it doesn't have.
 */
static int stand_alone(struct merging *m, json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *machines =
		json_pack("[{s:s, s:b}]", "name", "none", "is-default", 1);
	cg_auto_json json_t *models = json_pack("[{s:s, s:b, s:b}]", "name", "host",
						"migration-safe", 0, "static", 0);
	cg_auto_json json_t *head = make_head(m, machines);
	cg_auto_json json_t *scalars = host_scalars(m, NULL);
	const struct cg_record_cpu cpu = { m->supported, scalars };
	const struct cg_draft_machine row = { .name = "none",
					      .models = models,
					      .cpus = &cpu,
					      .unsupported = &m->unsupported };
	cg_auto_draft struct cg_draft *draft = NULL;

	if (cg_draft_new(&draft, head, m->vocabulary, scalars, err) < 0 ||
	    cg_draft_add_machine(draft, &row, err) < 0)
		return -1;
	return cg_draft_finish(draft, out, err);
}

/* A vocabulary of all names that were said. */
static int name_vocabulary(struct cg_vocabulary **out, const struct cg_host_model *host,
			   struct cg_error *err)
{
	cg_auto_json json_t *names = json_copy(host->supported), *list = json_array();
	const char *name;
	json_t *yes;

	json_object_update(names, host->blocked);
	cg_json_each(names, name, yes)
		json_array_append_new(list, json_string(name));
	if (json_array_size(list) > CG_FEATURES_MAX)
		return cg_error_set(err, CG_E_LIMIT, "%zu features, more than %d",
				    json_array_size(list), CG_FEATURES_MAX);
	return cg_vocabulary_from_json(out, list, err);
}

static int check_source(const struct cg_host_model *host, const struct cg_record *source,
			struct cg_error *err)
{
	if (!cg_record_vocabulary(source))
		return cg_error_set(err, CG_E_UNDECIDED,
				    "%s doesn't say what its CPU models consist of",
				    cg_record_file(source));
	if (strcmp(cg_record_accel(source), host->accel) != 0)
		return cg_error_set(
			err, CG_E_UNDECIDED,
			"what models ask for under %s isn't what they ask for under %s",
			cg_record_accel(source), host->accel);
	return 0;
}

int cg_record_from_host_model(struct cg_record **out, const struct cg_host_model *host,
			      const struct cg_record *source, struct cg_error *err)
{
	struct merging m = { .host = host, .source = source };
	cg_auto_vocabulary struct cg_vocabulary *named = NULL;
	cg_auto_json json_t *json = NULL;
	int ret;

	if (source && check_source(host, source, err) < 0)
		return -1;
	if (!source && json_array_size(host->models))
		return cg_error_set(
			err, CG_E_UNDECIDED,
			"this tells of models, and not what they consist of: put an "
			"emulator's record beside it (cpugate record --from)");
	if (!source && name_vocabulary(&named, host, err) < 0)
		return -1;
	m.vocabulary = source ? cg_record_vocabulary(source) : named;
	sort_out(&m);
	ret = source ? merge(&m, &json, err) : stand_alone(&m, &json, err);
	return ret < 0 ? -1 : cg_record_from_json(out, json, err);
}
