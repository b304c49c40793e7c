// SPDX-License-Identifier: LGPL-2.1-or-later
/* From file names to what each host can give on the machine type that they share. */
#include "lib/records.h"

#include <stdio.h>
#include <string.h>

#include "cpumodels/leaves.h"
#include "formats/host-model.h"
#include "lib/bits.h"
#include "lib/command.h"
#include "machine/catalogue.h"

#define THIS_HOST "host"

/* Reading. */

static int record_this_host(struct cg_record **out, struct cg_context *context,
			    const json_t *args, struct cg_error *err)
{
	static const char *const common[] = { "emulator", "machine", "accel" };
	cg_auto_json json_t *reply = NULL, *taken = json_object();

	for (size_t i = 0; i < CG_COUNT(common); i++)
		if (json_object_get(args, common[i]))
			json_object_set(taken, common[i],
					json_object_get(args, common[i]));
	if (cg_command_run(context, "record", taken, &reply, err) < 0)
		return -1;
	return cg_record_from_json(out, reply, err);
}

/* Consumes the record. */
static int take_one(struct cg_records *r, struct cg_record *record, const char *text,
		    struct cg_error *err)
{
	r->items[r->count++] = record;
	return !record || cg_record_vocabulary(record)
		       ? 0
		       : cg_error_set(err, CG_E_UNDECIDED, "%s doesn't name its features",
				      text);
}

/* NULL if it only names models, and it has to be found out what they consist of. */
static int read_file(struct cg_record **out, const char *path, struct cg_error *err)
{
	struct cg_error why;

	*out = NULL;
	if (cg_record_read(out, path, &why) == 0 || why.code == CG_E_UNDECIDED)
		return 0;
	*err = why;
	return -1;
}

static int read_one(struct cg_records *r, struct cg_context *context, const json_t *args,
		    const char *text, struct cg_error *err)
{
	struct cg_record *record = NULL;

	if (!text)
		return cg_error_set(err, CG_E_USAGE, "a record is the name of a file");
	if (strcmp(text, THIS_HOST) == 0
		    ? record_this_host(&record, context, args, err) < 0
		    : read_file(&record, text, err) < 0)
		return -1;
	return take_one(r, record, text, err);
}

/* Somebody's word on a host, which doesn't say what models ask for. */
static bool lacks_models(const struct cg_record *record)
{
	const json_t *machine;
	size_t i;

	json_array_foreach(cg_record_machines(record), i, machine)
		if (strcmp(cg_json_text(machine, "name"), "none") != 0)
			return false;
	return cg_record_is_foreign(record);
}

/*
 * What models ask for doesn't depend on the host, so any emulator's word on it does: that of the first record that
 * has it, or of the one that @here, the common arguments, name. *@out is borrowed from @r or *@own; NULL if there is none.
 */
static int find_source(const struct cg_records *r, struct cg_context *context,
		       const json_t *here, struct cg_record **own,
		       const struct cg_record **out, struct cg_error *err)
{
	struct cg_error why;

	*out = NULL;
	for (size_t i = 0; i < r->count && !*out; i++)
		if (r->items[i] && !cg_record_is_foreign(r->items[i]))
			*out = r->items[i];
	if (*out)
		return 0;
	if (record_this_host(own, context, here, &why) == 0) {
		*out = *own;
		return 0;
	}
	if (!cg_error_is_final(&why))
		return 0; /* no emulator here, or no KVM */
	*err = why;
	return -1;
}

static int complete(struct cg_record **record, const char *path,
		    const struct cg_host_model *host, const struct cg_record *source,
		    struct cg_error *err)
{
	struct cg_record *completed;

	if (cg_record_from_host_model(&completed, host, source, err) < 0)
		return cg_error_prefix(err, "%s", path);
	cg_record_free(*record);
	*record = completed;
	return 0;
}

/*
 * Where there is no source, records stay as they are: they can be compared, but have no
 * models. What only names models is nothing without one.
 */
static int complete_all(struct cg_records *r, struct cg_context *context,
			const json_t *args, const json_t *list, struct cg_error *err)
{
	cg_auto_json json_t *here = json_copy(cg_json_mutable(args));
	cg_auto_record struct cg_record *own = NULL;
	const struct cg_record *source = NULL;
	struct cg_error why;

	for (size_t i = 0; i < r->count; i++) {
		const char *path = json_string_value(json_array_get(list, i));
		cg_auto_host_model struct cg_host_model host = { 0 };

		if (r->items[i] && !lacks_models(r->items[i]))
			continue;
		if (cg_host_model_read(&host, path, &why) < 0) {
			if (r->items[i]) /* a pipe: it can't be read again */
				continue;
			*err = why;
			return -1;
		}
		json_object_set_new(here, "accel", json_string(host.accel));
		if (!source && find_source(r, context, here, &own, &source, err) < 0)
			return -1;
		if (!source && r->items[i])
			return 0;
		if (complete(&r->items[i], path, &host, source, err) < 0)
			return -1;
	}
	return 0;
}

static const char *target_of(const struct cg_record *record)
{
	return cg_json_text(cg_record_about(record), "target");
}

/* The first that says something speaks for all. */
static int check_kinds(const struct cg_records *r, const json_t *list,
		       struct cg_error *err)
{
	const struct cg_record *first = r->items[0];

	for (size_t i = 1; i < r->count; i++) {
		const char *a = target_of(first), *b = target_of(r->items[i]);
		const char *text = json_string_value(json_array_get(list, i));

		if (strcmp(cg_record_accel(first), cg_record_accel(r->items[i])) != 0)
			return cg_error_set(err, CG_E_USAGE,
					    "%s is about %s, %s about %s: a guest runs "
					    "under one accelerator",
					    json_string_value(json_array_get(list, 0)),
					    cg_record_accel(first), text,
					    cg_record_accel(r->items[i]));
		if (a && b && strcmp(a, b) != 0)
			return cg_error_set(err, CG_E_USAGE,
					    "%s is about %s guests, %s about %s guests",
					    json_string_value(json_array_get(list, 0)), a,
					    text, b);
	}
	return 0;
}

/* The last part of a path, without ".json". */
static char *name_of_file(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t len = strlen(base);

	if (len > 5 && strcmp(base + len - 5, ".json") == 0)
		len -= 5;
	return strndup(base, len);
}

/*
 * Hosts are called what their records call them; where two have the same name, by their
 * files, which can't all be the same; and if even those are, by number.
 */
static int name_hosts(struct cg_records *r, const json_t *list, struct cg_error *err)
{
	cg_auto_json json_t *seen = json_object(), *twice = json_object();

	for (size_t i = 0; i < r->count; i++) {
		const char *name = cg_record_name(r->items[i]);

		json_object_set_new(json_object_get(seen, name) ? twice : seen, name,
				    json_true());
	}
	json_object_clear(seen);
	for (size_t i = 0; i < r->count; i++) {
		const char *name = cg_record_name(r->items[i]);
		cg_auto_free char *file =
			name_of_file(json_string_value(json_array_get(list, i)));
		const char *text = json_object_get(twice, name) ? file : name;

		if (!file || asprintf(&r->names[i],
				      json_object_get(seen, text) ? "%s (%zu)" : "%s",
				      text, i + 1) < 0) {
			r->names[i] = NULL;
			return cg_error_errno(err, "names of hosts");
		}
		json_object_set_new(seen, r->names[i], json_true());
	}
	return 0;
}

static int join(struct cg_records *r, struct cg_error *err)
{
	cg_auto_free const struct cg_vocabulary **words =
		calloc(r->count + 1, sizeof(const struct cg_vocabulary *));

	if (!words)
		return cg_error_errno(err, "names of features");
	for (size_t i = 0; i < r->count; i++)
		words[i] = cg_record_vocabulary(r->items[i]);
	return cg_joint_new(&r->joint, words, r->count, err);
}

static int make_room(struct cg_records *r, size_t count, struct cg_error *err)
{
	r->items = calloc(count, sizeof(struct cg_record *));
	r->names = calloc(count, sizeof(*r->names));
	return r->items && r->names ? 0 : cg_error_errno(err, "%zu records", count);
}

/* Once all are read. */
static int finish(struct cg_records *r, struct cg_context *context, const json_t *args,
		  const json_t *list, struct cg_error *err)
{
	return complete_all(r, context, args, list, err) < 0 ||
			       check_kinds(r, list, err) < 0 ||
			       name_hosts(r, list, err) < 0 || join(r, err) < 0
		       ? -1
		       : 0;
}

int cg_records_open(struct cg_records *out, struct cg_context *context,
		    const json_t *args, const json_t *list, struct cg_error *err)
{
	cg_auto_records struct cg_records r = { 0 };
	const json_t *text;
	size_t count = json_array_size(list), i;

	if (!count)
		return cg_error_set(err, CG_E_USAGE,
				    "which hosts? Records (see cpugate record), or "
				    "\"%s\" for this one",
				    THIS_HOST);
	if (make_room(&r, count, err) < 0)
		return -1;
	json_array_foreach(list, i, text)
		if (read_one(&r, context, args, json_string_value(text), err) < 0)
			return -1;
	if (finish(&r, context, args, list, err) < 0)
		return -1;
	*out = r;
	r = (struct cg_records){ 0 };
	return 0;
}

int cg_records_take(struct cg_records *out, struct cg_context *context,
		    const json_t *args, struct cg_record *record, const char *text,
		    struct cg_error *err)
{
	cg_auto_json json_t *list = json_pack("[s]", text);
	cg_auto_record struct cg_record *taken = record;
	cg_auto_records struct cg_records r = { 0 };

	if (make_room(&r, 1, err) < 0 || take_one(&r, cg_take(taken), text, err) < 0 ||
	    finish(&r, context, args, list, err) < 0)
		return -1;
	*out = r;
	r = (struct cg_records){ 0 };
	return 0;
}

void cg_records_deinit(struct cg_records *records)
{
	for (size_t i = 0; i < records->count; i++) {
		cg_record_free(records->items[i]);
		free(records->names[i]);
	}
	free(records->items);
	free(records->names);
	cg_joint_free(records->joint);
	free(records->supplies);
	free(records->failures);
	free(records->machine);
	*records = (struct cg_records){ 0 };
}

/* The machine type. */

static bool lists_machines(const struct cg_record *record)
{
	return json_array_size(cg_record_machines(record)) > 0;
}

bool cg_records_has_machine(const struct cg_records *records, size_t i,
			    const char *machine)
{
	const char *there = cg_record_resolve_machine(records->items[i], machine);

	return !lists_machines(records->items[i]) ||
	       (there && strcmp(there, machine) == 0);
}

static bool all_have(const struct cg_records *r, const char *machine)
{
	bool tells = false;

	for (size_t i = 0; i < r->count; i++) {
		if (!cg_records_has_machine(r, i, machine))
			return false;
		tells |= cg_record_has_machine(r->items[i], machine);
	}
	return tells;
}

static const char *newest_of(const struct cg_records *r, const char *family)
{
	char of[CG_MACHINE_NAME];
	const char *best = NULL;
	int major, minor, most = -1;

	for (size_t i = 0; i < r->count; i++) {
		const json_t *machine;
		size_t at;

		json_array_foreach(cg_record_machines(r->items[i]), at, machine) {
			const char *name = cg_json_text(machine, "name");

			if (!cg_catalogue_split(name, of, &major, &minor) ||
			    strcmp(of, family) != 0 || major * 1000 + minor <= most ||
			    !all_have(r, name))
				continue;
			best = name;
			most = major * 1000 + minor;
		}
		if (best)
			break; /* whatever all have, this one has */
	}
	return best;
}

/* What is behind a name: the first record that knows it tells. */
static const char *resolve(const struct cg_records *r, const char *wanted)
{
	const char *name = NULL;

	for (size_t i = 0; i < r->count && !name; i++)
		name = cg_record_resolve_machine(r->items[i], wanted);
	return name;
}

static void explain_absence(const struct cg_records *r, const char *machine,
			    struct cg_verdict *verdict)
{
	bool told = false;

	for (size_t i = 0; i < r->count; i++) {
		if (cg_records_has_machine(r, i, machine))
			continue;
		cg_verdict_add(verdict, CG_MACHINE_ABSENT, machine, r->names[i], NULL);
		told = true;
	}
	for (size_t i = 0; i < r->count && !told; i++)
		cg_verdict_add(verdict, CG_RECORD_ABSENT, machine, r->names[i], NULL);
}

const char *cg_records_machine_at(const struct cg_records *records, size_t i)
{
	const struct cg_record *record = records->items[i];
	const char *usual = cg_record_resolve_machine(record, NULL);
	const json_t *machine;
	size_t at;

	if (records->machine && cg_record_has_machine(record, records->machine))
		return records->machine;
	if (usual && cg_record_has_machine(record, usual))
		return usual;
	json_array_foreach(cg_record_machines(record), at, machine)
		if (cg_record_has_machine(record, cg_json_text(machine, "name")))
			return cg_json_text(machine, "name");
	return NULL;
}

bool cg_records_has_model(const struct cg_records *records, size_t i, const char *model)
{
	const char *machine = cg_records_machine_at(records, i);
	const json_t *models = machine ? cg_record_models(records->items[i], machine)
				       : NULL;
	const json_t *info;
	size_t at;

	json_array_foreach(models, at, info)
		if (strcmp(cg_json_text(info, "name"), model) == 0)
			return true;
	return !json_array_size(models);
}

uint32_t cg_records_phys_bits(const struct cg_records *records, size_t i)
{
	return cg_bits_phys(cg_record_host_parts(records->items[i]));
}

/* What each can give. */

static uint32_t family_of(const json_t *scalars)
{
	return (uint32_t)json_integer_value(json_object_get(scalars, "family"));
}

/* A CPU that gets all there is. */
static bool find_fullest(const struct cg_record *record, const char *machine,
			 struct cg_record_cpu *out)
{
	return machine && ((strcmp(cg_record_accel(record), "kvm") == 0 &&
			    cg_record_expansion(record, machine, "host", out)) ||
			   cg_record_expansion(record, machine, "max", out));
}

/* All that some CPU has that started there. */
static struct cg_featureset started(const struct cg_record *record, const char *machine)
{
	struct cg_featureset all = { 0 };
	const json_t *model;
	size_t i;

	json_array_foreach(cg_record_models(record, machine), i, model) {
		const char *name = cg_json_text(model, "name");
		struct cg_record_cpu cpu;

		if (cg_record_start(record, machine, name, NULL) == CG_RECORD_STARTED &&
		    cg_record_expansion(record, machine, name, &cpu))
			all = cg_featureset_or(&all, &cpu.features);
	}
	return all;
}

/* Features kept in MSRs, and those that say that the MSRs are there. */
static struct cg_featureset kept_in_msrs(const struct cg_vocabulary *vocabulary)
{
	struct cg_featureset set = { 0 };

	for (size_t i = 0; i < cg_vocabulary_count(vocabulary); i++) {
		size_t count, gate;
		const struct cg_leaf *leaf =
			cg_leaves_find(cg_vocabulary_name(vocabulary, i), &count);
		const char *name = leaf ? cg_leaves_gate(leaf) : NULL;

		if (!leaf || leaf->kind == CG_LEAF_CPUID)
			continue;
		cg_featureset_add(&set, i);
		gate = name ? cg_vocabulary_find(vocabulary, name) : CG_FEATURES_MAX;
		if (gate < CG_FEATURES_MAX)
			cg_featureset_add(&set, gate);
	}
	return set;
}

/* What the record doesn't promise @at its machine type, over its own vocabulary. False if it doesn't say. */
static bool find_lacking(struct cg_records *r, size_t i, const char *at,
			 struct cg_featureset *out)
{
	const struct cg_record *record = r->items[i];
	bool kvm = strcmp(cg_record_accel(record), "kvm") == 0;
	const struct cg_featureset *unsupported =
		r->machine ? cg_record_unsupported(record, r->machine) : NULL;

	if (!unsupported)
		unsupported = cg_record_unsupported(record, NULL);
	if (!unsupported)
		return false;
	*out = cg_featureset_or(unsupported, cg_record_untold(record));
	if (at && cg_record_start(record, at, kvm ? "host" : "max", &r->failures[i]) ==
			  CG_RECORD_NOT_STARTED) {
		struct cg_featureset doubtful =
			kept_in_msrs(cg_record_vocabulary(record));
		struct cg_featureset proven = started(record, at);

		doubtful = cg_featureset_minus(&doubtful, &proven);
		*out = cg_featureset_or(out, &doubtful);
	}
	return true;
}

static int supply(struct cg_records *r, size_t i, struct cg_error *err)
{
	const struct cg_record *record = r->items[i];
	const char *at = cg_records_machine_at(r, i);
	struct cg_supply *out = &r->supplies[i];
	struct cg_featureset lacking;
	struct cg_record_cpu cpu;

	if (!find_lacking(r, i, at, &lacking))
		return cg_error_set(err, CG_E_UNDECIDED,
				    "%s: the record doesn't say what can't be had there",
				    r->names[i]);
	lacking = cg_joint_map(r->joint, i, &lacking);
	out->host = r->names[i];
	out->known = cg_joint_known(r->joint, i);
	out->possible = out->gives = cg_featureset_minus(&out->known, &lacking);
	if (!find_fullest(record, at, &cpu))
		return 0;
	out->gives = cg_joint_map(r->joint, i, &cpu.features);
	out->gives = cg_featureset_and(&out->gives, &out->possible);
	if (strcmp(cg_record_accel(record), "kvm") == 0) {
		out->vendor = cg_json_text(cpu.scalars, "vendor");
		out->family = family_of(cpu.scalars);
	}
	return 0;
}

int cg_records_find_machine(const struct cg_records *records, const char *wanted,
			    const char **out, bool *common, struct cg_verdict *verdict,
			    struct cg_error *err)
{
	const char *name = resolve(records, wanted), *machine = name;
	char family[CG_MACHINE_NAME];
	int major, minor;

	if (!name)
		return cg_error_set(err, wanted ? CG_E_UNKNOWN : CG_E_USAGE,
				    wanted ? "no host has machine type %s"
					   : "which machine type? There is no default%s",
				    wanted ? wanted : "");
	if ((!wanted || strcmp(name, wanted) != 0) &&
	    cg_catalogue_split(name, family, &major, &minor))
		machine = newest_of(records, family);
	*common = machine && all_have(records, machine);
	*out = *common ? machine : name;
	if (!*common)
		explain_absence(records, name, verdict);
	return 0;
}

int cg_records_use_machine(struct cg_records *records, const char *machine,
			   struct cg_error *err)
{
	if (machine && !(records->machine = strdup(machine)))
		return cg_error_errno(err, "machine type");
	records->supplies = calloc(records->count, sizeof(*records->supplies));
	records->failures = calloc(records->count, sizeof(const json_t *));
	if (!records->supplies || !records->failures)
		return cg_error_errno(err, "%zu hosts", records->count);
	for (size_t i = 0; i < records->count; i++)
		if (supply(records, i, err) < 0)
			return -1;
	return 0;
}

bool cg_records_expansion(const struct cg_records *records, size_t i, const char *machine,
			  const char *definition, struct cg_featureset *out,
			  const json_t **scalars)
{
	struct cg_record_cpu cpu;

	if (!cg_record_expansion(records->items[i], machine, definition, &cpu))
		return false;
	*out = cg_joint_map(records->joint, i, &cpu.features);
	*scalars = cpu.scalars;
	return true;
}

int cg_records_check_names(const struct cg_records *records,
			   const struct cg_definition *definition, const json_t *scalars,
			   struct cg_error *err)
{
	const struct cg_vocabulary *names = cg_joint_names(records->joint);

	for (size_t i = 0; i < definition->count && scalars; i++) {
		const char *name = definition->overrides[i].name, *near;

		if (cg_vocabulary_find(names, name) < CG_FEATURES_MAX ||
		    json_object_get(scalars, name))
			continue;
		near = cg_vocabulary_nearest(names, name);
		return cg_error_set(err, CG_E_UNKNOWN, "no host knows %s%s%s%s", name,
				    near ? " (did you mean " : "", near ? near : "",
				    near ? "?)" : "");
	}
	return 0;
}
