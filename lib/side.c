// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From KEY=VALUE to what is known. A side on this host is measured when it has to be; one
 * on another host, or on this one as it was, is whatever the cache still holds of it, and
 * what it lacks is said, not guessed.
 */
#include "lib/side.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/past.h"
#include "machine/catalogue.h"

#define KEYS "emulator, machine, accel, host or generation"

static const char *const common[] = { "emulator", "machine", "accel" };

/* Reading. */

static bool is_key(const char *key)
{
	for (size_t i = 0; i < CG_COUNT(common); i++)
		if (strcmp(key, common[i]) == 0)
			return true;
	return strcmp(key, "host") == 0 || strcmp(key, "generation") == 0;
}

/* Takes @value. */
static int put_value(const struct cg_side *side, json_t *given, const char *key,
		     json_t *value, struct cg_error *err)
{
	cg_auto_json json_t *owned = value;

	if (!is_key(key))
		return cg_error_set(err, CG_E_USAGE, "%s: no key %s: " KEYS, side->name,
				    key);
	if (json_object_get(given, key))
		return cg_error_set(err, CG_E_USAGE, "%s: %s= is there twice", side->name,
				    key);
	if (!json_is_string(owned) || !*json_string_value(owned))
		return cg_error_set(err, CG_E_USAGE, "%s: %s= needs a value", side->name,
				    key);
	json_object_set(given, key, owned);
	return 0;
}

static int read_text(const struct cg_side *side, json_t *given, const char *text,
		     struct cg_error *err)
{
	cg_auto_free char *copy = strdup(text);
	char *rest = copy, *item;

	if (!copy)
		return cg_error_errno(err, "%s", side->name);
	while ((item = strsep(&rest, ","))) {
		char *value = strchr(item, '=');

		if (!value)
			return cg_error_set(err, CG_E_USAGE,
					    "%s: \"%s\" is not KEY=VALUE: " KEYS,
					    side->name, item);
		*value++ = '\0';
		if (put_value(side, given, item, json_string(value), err) < 0)
			return -1;
	}
	return 0;
}

/* A generation is a number where the others are texts. */
static int read_object(const struct cg_side *side, json_t *given, const json_t *object,
		       struct cg_error *err)
{
	const char *key;
	char number[24];
	json_t *value;

	cg_json_each(object, key, value) {
		bool counts = strcmp(key, "generation") == 0 && json_is_integer(value);

		snprintf(number, sizeof(number), "%lld",
			 (long long)json_integer_value(value));
		if (put_value(side, given, key,
			      counts ? json_string(number) : json_incref(value), err) < 0)
			return -1;
	}
	return 0;
}

static int read_side(struct cg_side *side, const json_t *args, const json_t *what,
		     struct cg_error *err)
{
	cg_auto_json json_t *given = json_object();
	int ret;

	if (json_is_object(what))
		ret = read_object(side, given, what, err);
	else if (json_is_string(what))
		ret = read_text(side, given, json_string_value(what), err);
	else
		ret = cg_error_set(
			err, CG_E_USAGE,
			"diff: compare what with what? Two sides of KEY=VALUE,...");
	if (ret < 0)
		return -1;
	side->args = json_object();
	for (size_t i = 0; i < CG_COUNT(common); i++)
		if (json_object_get(args, common[i]))
			json_object_set(side->args, common[i],
					json_object_get(args, common[i]));
	json_object_update(side->args, given);
	return 0;
}

static bool names_host(const struct cg_side *side)
{
	return json_object_get(side->args, "host") ||
	       json_object_get(side->args, "generation");
}

/* Only under KVM does anything depend on the host, so who names one asks about KVM. */
static int choose_accels(struct cg_side sides[static 2], struct cg_error *err)
{
	bool kvm = names_host(&sides[0]) || names_host(&sides[1]);

	for (size_t i = 0; i < 2; i++) {
		struct cg_side *side = &sides[i];
		const char *accel = cg_json_text(side->args, "accel");

		if (json_object_get(side->args, "host") &&
		    json_object_get(side->args, "generation"))
			return cg_error_set(err, CG_E_USAGE,
					    "%s: host= or generation=, not both",
					    side->name);
		if (accel && strcmp(accel, "tcg") == 0 && names_host(side))
			return cg_error_set(err, CG_E_USAGE,
					    "%s: under tcg nothing depends on the host",
					    side->name);
		if (!accel && kvm)
			json_object_set_new(side->args, "accel", json_string("kvm"));
	}
	return 0;
}

static int forget_side(struct cg_side *side, struct cg_error *err, const char *fmt, ...)
	cg_printf(3, 4);

/* Nothing can be told of this side: a value, not an error. */
static int forget_side(struct cg_side *side, struct cg_error *err, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&side->missing, fmt, ap);
	va_end(ap);
	if (len < 0)
		side->missing = NULL;
	return len < 0 ? cg_error_set(err, CG_E_SYSTEM, "no memory for a reason") : 0;
}

static int find_past(struct cg_side *side, struct cg_context *context,
		     struct cg_error *err)
{
	const char *host = cg_json_text(side->args, "host");
	const char *generation = cg_json_text(side->args, "generation");
	const struct cg_host *now;

	if (!host && !generation)
		return 0;
	if (cg_context_host(context, &now, err) < 0)
		return -1;
	if (host)
		return cg_past_host(&side->past, &side->missing, side->facts, now, host,
				    err);
	return cg_past_generation(&side->past, &side->missing, side->facts, now,
				  generation, err);
}

static bool is_past(const struct cg_side *side)
{
	return side->past || side->missing;
}

/* Measuring. */

static int open_side(struct cg_side *side, struct cg_context *context,
		     struct cg_error *err)
{
	cg_auto_json json_t *args = json_object();

	for (size_t i = 0; i < CG_COUNT(common); i++)
		if (json_object_get(side->args, common[i]))
			json_object_set(args, common[i],
					json_object_get(side->args, common[i]));
	if (cg_question_identify(&side->question, context, args, err) < 0 ||
	    !(side->facts = side->question.facts) || find_past(side, context, err) < 0)
		return cg_error_prefix(err, "%s", side->name);
	return 0;
}

static int settle(struct cg_side *side, const struct cg_need *need, struct cg_error *err)
{
	struct cg_question *q = &side->question;

	if (need->failed) {
		*err = need->err;
		return cg_error_prefix(err, "%s", side->name);
	}
	q->machine = need->machine;
	q->measured = need->measured;
	if (need->measured && cg_facts_put_path(q->facts, err) < 0)
		return -1;
	return cg_facts_emulator(side->facts, &q->emulator, err);
}

/* @count sides of one emulator, with the facts of the first. */
static int measure(struct cg_side *sides, size_t count, struct cg_error *err)
{
	struct cg_prober *prober = &sides[0].question.prober;
	struct cg_need needs[2];

	for (size_t i = 0; i < count; i++) {
		needs[i] =
			(struct cg_need){ .depth = CG_DEPTH_SHEET,
					  .accel = sides[i].question.accel,
					  .machine = sides[i].question.machine_argument };
		sides[i].facts = sides[0].question.facts;
		if (sides[i].question.host)
			prober->host = sides[i].question.host;
	}
	if (cg_prober_ensure(prober, needs, count, err) < 0)
		return count == 1 ? cg_error_prefix(err, "%s", sides[0].name) : -1;
	for (size_t i = 0; i < count; i++)
		if (settle(&sides[i], &needs[i], err) < 0)
			return -1;
	return 0;
}

static int measure_sides(struct cg_side sides[static 2], struct cg_error *err)
{
	bool one = json_equal(cg_identity_parts(sides[0].question.identity),
			      cg_identity_parts(sides[1].question.identity));

	if (one && !is_past(&sides[0]) && !is_past(&sides[1]))
		return measure(sides, 2, err);
	for (size_t i = 0; i < 2; i++)
		if (!is_past(&sides[i]) && measure(&sides[i], 1, err) < 0)
			return -1;
	return 0;
}

/* The names of machine types are the emulator's, whatever the host. */
static int resolve_machine(struct cg_side *side, struct cg_error *err)
{
	struct cg_question *q = &side->question;
	cg_auto_json json_t *machines = NULL;
	const char *given = q->machine_argument, *near;

	q->machine = given ? given : q->emulator->default_machine;
	if (!q->machine)
		q->machine = "none";
	if (cg_json_text(q->emulator->aliases, q->machine))
		q->machine = cg_json_text(q->emulator->aliases, q->machine);
	if (cg_facts_machines(side->facts, &machines, err) < 0)
		return -1;
	if (cg_catalogue_find(machines, q->machine))
		return 0;
	near = cg_catalogue_nearest(machines, q->machine);
	return cg_error_set(err, CG_E_UNKNOWN, "%s has no machine type %s%s%s%s",
			    cg_identity_path(q->identity), q->machine,
			    near ? " (did you mean " : "", near ? near : "",
			    near ? "?)" : "");
}

static int go_back(struct cg_side *side, struct cg_error *err)
{
	struct cg_question *q = &side->question;

	if (cg_question_ensure(q, CG_DEPTH_CATALOGUE, NULL, err) < 0 ||
	    resolve_machine(side, err) < 0)
		return cg_error_prefix(err, "%s", side->name);
	if (!side->past)
		return 0;
	q->host = side->past;
	return cg_facts_set_host(side->facts, side->past, err);
}

/* Looking up. */

struct loading {
	struct cg_side *side;
	struct cg_featureset unsupported;
	json_t *unavailable;
};

static void free_loading(struct loading *l)
{
	json_decref(l->unavailable);
}

static void fill(const struct loading *l, struct cg_side_model *model, size_t piece,
		 const struct cg_expansion *e)
{
	const struct cg_vocabulary *vocabulary = l->side->question.emulator->vocabulary;
	struct cg_featureset gone = l->unsupported;
	size_t unknown;

	if (l->side->contradicted) /* QEMU is right about its own binary */
		gone = cg_vocabulary_set(vocabulary,
					 json_object_get(l->unavailable, model->name),
					 &unknown);
	model->known = true;
	model->piece = piece;
	model->scalars = json_incref(e->scalars);
	model->requested = e->features;
	model->effective = cg_featureset_minus(&e->features, &gone);
}

static int take_expansion(void *data, const char *name, size_t piece,
			  const struct cg_expansion *expansion, struct cg_error *err)
{
	const struct loading *l = data;
	const json_t *place = json_object_get(l->side->index, name);

	(void)err;
	if (place)
		fill(l, &l->side->models[json_integer_value(place)], piece, expansion);
	return 0;
}

/*
 * The models that aren't in the sheet: those that depend on the host, and all of them if
 * the cache can't keep sheets.
 */
static int take_others(const struct loading *l, size_t piece, struct cg_error *err)
{
	const struct cg_question *q = &l->side->question;

	for (size_t i = 0; i < l->side->count; i++) {
		struct cg_side_model *model = &l->side->models[i];
		cg_auto_expansion struct cg_expansion e = { 0 };
		bool known;

		if (model->known)
			continue;
		if (cg_facts_expansion(l->side->facts, q->accel, q->machine, model->name,
				       cg_session_is_host_bound(model->info), &known, &e,
				       err) < 0)
			return -1;
		if (known)
			fill(l, model, piece++, &e);
	}
	return 0;
}

/* Is there all that the equation needs? */
static int check(struct cg_side *side, struct cg_error *err)
{
	const struct cg_question *q = &side->question;
	bool has_sheet;

	if (side->list && !q->emulator->vocabulary)
		return 0;
	if (cg_facts_has_sheet(side->facts, q->accel, q->machine, &has_sheet, err) < 0)
		return -1;
	/* Somebody may have pruned in between. */
	if (!side->past && (!side->list || !has_sheet))
		return cg_error_set(err, CG_E_CORRUPT,
				    "%s: what was measured of %s is gone",
				    cg_store_path(q->store), q->machine);
	if (!side->list || !has_sheet)
		return forget_side(side, err, "%s was never measured on a host with %s",
				   q->machine, cg_host_vendor(q->host));
	if (side->past && !side->has_effective && q->emulator->measure != CG_MEASURE_NONE)
		return forget_side(side, err,
				   "what host %.*s can't give %s was never measured",
				   CG_PAST_SHORT, cg_host_digest(q->host), q->machine);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(((const struct cg_side_model *)a)->name,
			  ((const struct cg_side_model *)b)->name);
}

/* QEMU's order is no order. */
static int list_models(struct cg_side *side, struct cg_error *err)
{
	json_t *info;
	size_t i;

	side->index = json_object();
	side->models = calloc(json_array_size(side->list) + 1, sizeof(*side->models));
	if (!side->models)
		return cg_error_errno(err, "models");
	json_array_foreach(side->list, i, info)
		side->models[side->count++] =
			(struct cg_side_model){ cg_json_text(info, "name"),
						.info = info };
	qsort(side->models, side->count, sizeof(*side->models), by_name);
	for (i = 0; i < side->count; i++)
		json_object_set_new(side->index, side->models[i].name,
				    json_integer((json_int_t)i));
	return 0;
}

static int load(struct cg_side *side, struct cg_error *err)
{
	const struct cg_question *q = &side->question;
	cg_cleanup(free_loading) struct loading l = { .side = side };

	if (cg_facts_models(side->facts, q->accel, q->machine, &side->list, err) < 0 ||
	    cg_facts_unsupported(side->facts, q->accel, q->machine, &side->has_effective,
				 &l.unsupported, err) < 0 ||
	    cg_facts_contradicted(side->facts, q->accel, q->machine, &side->contradicted,
				  err) < 0)
		return -1;
	side->has_effective |= side->contradicted; /* then QEMU's own lists tell */
	if (check(side, err) < 0)
		return -1;
	if (side->missing)
		return 0;
	if (side->contradicted && cg_facts_unavailable(side->facts, q->accel, q->machine,
						       &l.unavailable, err) < 0)
		return -1;
	if (list_models(side, err) < 0 ||
	    cg_facts_each_expansion(side->facts, q->accel, q->machine, take_expansion, &l,
				    err) < 0)
		return -1;
	return take_others(&l, side->count, err);
}

static int open_sides(struct cg_side sides[static 2], struct cg_context *context,
		      const json_t *args, struct cg_error *err)
{
	if (read_side(&sides[0], args, json_object_get(args, "from"), err) < 0 ||
	    read_side(&sides[1], args, json_object_get(args, "to"), err) < 0 ||
	    choose_accels(sides, err) < 0 || open_side(&sides[0], context, err) < 0 ||
	    open_side(&sides[1], context, err) < 0 || measure_sides(sides, err) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		if (is_past(&sides[i]) && go_back(&sides[i], err) < 0)
			return -1;
		if (!sides[i].missing && load(&sides[i], err) < 0)
			return -1;
	}
	return 0;
}

int cg_sides_open(struct cg_side sides[static 2], struct cg_context *context,
		  const json_t *args, struct cg_error *err)
{
	sides[0] = (struct cg_side){ .name = "FROM" };
	sides[1] = (struct cg_side){ .name = "TO" };
	if (open_sides(sides, context, args, err) == 0)
		return 0;
	cg_sides_deinit(sides);
	return -1;
}

static void deinit(struct cg_side *side)
{
	for (size_t i = 0; i < side->count; i++)
		json_decref(side->models[i].scalars);
	free(side->models);
	json_decref(side->index);
	json_decref(side->list);
	free(side->missing);
	cg_question_deinit(&side->question);
	cg_host_free(side->past);
	json_decref(side->args);
	*side = (struct cg_side){ 0 };
}

void cg_sides_deinit(struct cg_side sides[static 2])
{
	deinit(&sides[1]); /* may have borrowed from the other */
	deinit(&sides[0]);
}

const struct cg_side_model *cg_side_model(const struct cg_side *side, const char *name)
{
	const json_t *place = json_object_get(side->index, name);

	return place ? &side->models[json_integer_value(place)] : NULL;
}

json_t *cg_side_json(const struct cg_side *side)
{
	const struct cg_question *q = &side->question;
	json_t *json = json_pack("{s:o, s:s, s:s}", "emulator", cg_question_emulator(q),
				 "machine", q->machine, "accel", q->accel);

	if (strcmp(q->accel, "kvm") == 0 && (side->past || !side->missing)) {
		json_object_set_new(json, "host", json_string(cg_host_digest(q->host)));
		json_object_set_new(json, "kernel", json_string(cg_host_kernel(q->host)));
		json_object_set_new(json, "kvm-backend",
				    json_string(cg_host_kvm_backend(q->host)));
	}
	if (side->missing) {
		json_object_set_new(json, "missing", json_string(side->missing));
		return json;
	}
	json_object_set_new(json, "enforced", json_boolean(cg_question_is_enforced(q)));
	json_object_set_new(json, "honesty",
			    json_string(cg_question_honesty(q, side->contradicted)));
	json_object_set_new(json, "from",
			    json_string(q->measured ? "measurement" : "cache"));
	return json;
}
