// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What is different between two sides: two emulators, machine types, accelerators, hosts,
 * or one host then and now. Compared by name, because two builds may know different
 * features. One that a build doesn't know can't have been gained or lost there for a
 * reason of the host's, so it is told apart.
 */
#include <stdio.h>
#include <string.h>

#include "lib/command.h"
#include "lib/parts.h"
#include "lib/side.h"

static const char *const arguments[] = { "emulator", "machine", "accel",
					 "from",     "to",      NULL };

/* A side, seen over the names of both. */
struct view {
	const struct cg_side *side;
	size_t *places; /* of this side's features among all names */
	struct cg_featureset known;
	json_t *properties; /* { name: does this emulator have it? }, as far as asked */
};

struct comparison {
	struct cg_vocabulary *names; /* of both; NULL unless both name their features */
	struct view from, to;
	json_t *added, *removed, *renamed, *deprecated, *undeprecated, *realiased;
	json_t *changed, *undecided;
	bool one_emulator, one_side, has_effective;
	size_t compared;      /* models that both have */
	json_t *same_scalars; /* differences of properties, by the two pieces */
};

/* Do both sides have the same keys? Then nothing has to be known of them to be sure. */
static bool is_one(const struct cg_question *from, const struct cg_question *to)
{
	return strcmp(from->machine, to->machine) == 0 &&
	       strcmp(from->accel, to->accel) == 0 &&
	       (strcmp(from->accel, "kvm") != 0 ||
		strcmp(cg_host_digest(from->host), cg_host_digest(to->host)) == 0);
}

static void init(struct comparison *c, const struct cg_side sides[static 2])
{
	json_t **lists[] = { &c->added,        &c->removed,   &c->renamed, &c->deprecated,
			     &c->undeprecated, &c->realiased, &c->changed, &c->undecided };

	*c = (struct comparison){ .from.side = &sides[0], .to.side = &sides[1] };
	c->has_effective = sides[0].has_effective && sides[1].has_effective;
	c->one_emulator = json_equal(cg_identity_parts(sides[0].question.identity),
				     cg_identity_parts(sides[1].question.identity));
	c->one_side = c->one_emulator && is_one(&sides[0].question, &sides[1].question);
	for (size_t i = 0; i < CG_COUNT(lists); i++)
		*lists[i] = json_array();
	c->same_scalars = json_object();
	c->from.properties = json_object();
	c->to.properties = json_object();
}

static void deinit(struct comparison *c)
{
	json_t *all[] = { c->added,        c->removed,   c->renamed, c->deprecated,
			  c->undeprecated, c->realiased, c->changed, c->undecided };

	for (size_t i = 0; i < CG_COUNT(all); i++)
		json_decref(all[i]);
	json_decref(c->same_scalars);
	json_decref(c->from.properties);
	json_decref(c->to.properties);
	free(c->from.places);
	free(c->to.places);
	cg_vocabulary_free(c->names);
}

/* Names of both. */

static const struct cg_vocabulary *words_of(const struct view *view)
{
	return view->side->question.emulator->vocabulary;
}

static int place(struct view *view, const struct cg_vocabulary *names,
		 struct cg_error *err)
{
	const struct cg_vocabulary *words = words_of(view);
	size_t count = cg_vocabulary_count(words);

	view->places = calloc(count + 1, sizeof(*view->places));
	if (!view->places)
		return cg_error_errno(err, "names of features");
	for (size_t i = 0; i < count; i++) {
		view->places[i] = cg_vocabulary_find(names, cg_vocabulary_name(words, i));
		cg_featureset_add(&view->known, view->places[i]);
	}
	return 0;
}

static int unite(struct comparison *c, struct cg_error *err)
{
	const struct cg_vocabulary *a = words_of(&c->from), *b = words_of(&c->to);
	cg_auto_free const char **names = NULL;
	size_t count = 0;

	if (!a || !b)
		return 0;
	names = calloc(cg_vocabulary_count(a) + cg_vocabulary_count(b) + 1,
		       sizeof(*names));
	if (!names)
		return cg_error_errno(err, "names of features");
	for (size_t i = 0; i < cg_vocabulary_count(a); i++)
		names[count++] = cg_vocabulary_name(a, i);
	for (size_t i = 0; i < cg_vocabulary_count(b); i++)
		if (cg_vocabulary_find(a, cg_vocabulary_name(b, i)) == CG_FEATURES_MAX)
			names[count++] = cg_vocabulary_name(b, i);
	if (cg_vocabulary_new(&c->names, names, count, err) < 0 ||
	    place(&c->from, c->names, err) < 0)
		return -1;
	return place(&c->to, c->names, err);
}

static struct cg_featureset translate(const struct view *view,
				      const struct cg_featureset *set)
{
	struct cg_featureset out = { 0 };

	cg_featureset_each(set, i)
		cg_featureset_add(&out, view->places[i]);
	return out;
}

/* Features. */

static void put_names(const struct comparison *c, json_t *out, const char *key,
		      const struct cg_featureset *set, bool always)
{
	if (always || !cg_featureset_is_empty(set))
		json_object_set_new(out, key, cg_vocabulary_list(c->names, set));
}

static json_t *delta(const struct comparison *c, const struct cg_featureset *from,
		     const struct cg_featureset *to, bool *differs)
{
	struct cg_featureset a = translate(&c->from, from), b = translate(&c->to, to);
	struct cg_featureset gained = cg_featureset_minus(&b, &a);
	struct cg_featureset lost = cg_featureset_minus(&a, &b);
	struct cg_featureset set;
	json_t *out = json_object();

	*differs |= !cg_featureset_equal(&a, &b);
	set = cg_featureset_and(&gained, &c->from.known);
	put_names(c, out, "gained", &set, true);
	set = cg_featureset_and(&lost, &c->to.known);
	put_names(c, out, "lost", &set, true);
	set = cg_featureset_minus(&gained, &c->from.known);
	put_names(c, out, "unknown-to-from", &set, false);
	set = cg_featureset_minus(&lost, &c->to.known);
	put_names(c, out, "unknown-to-to", &set, false);
	return out;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(cg_json_text(*(json_t *const *)a, "name"),
		      cg_json_text(*(json_t *const *)b, "name"));
}

static json_t *sorted(const json_t *rows)
{
	size_t count = json_array_size(rows);
	cg_auto_free json_t **items = calloc(count + 1, sizeof(json_t *));
	json_t *out = json_array();

	for (size_t i = 0; items && i < count; i++)
		items[i] = json_array_get(rows, i);
	if (items)
		qsort(items, count, sizeof(json_t *), by_name);
	for (size_t i = 0; items && i < count; i++)
		json_array_append(out, items[i]);
	return out;
}

/*
 * Other properties. One that a build doesn't have isn't compared: a machine type of an
 * older version switches what is new off where it is known, and so means the same.
 */
static bool has_property(struct view *view, const char *name)
{
	const struct cg_side *side = view->side;
	const json_t *answer = json_object_get(view->properties, name);
	bool has = json_object_get(side->question.emulator->defaults, name);

	if (answer)
		return json_is_true(answer);
	for (size_t i = 0; i < side->count && !has; i++)
		has = json_object_get(side->models[i].scalars, name);
	json_object_set_new(view->properties, name, json_boolean(has));
	return has;
}

static void put_property(json_t *out, const char *name, const json_t *from,
			 const json_t *to)
{
	json_array_append_new(out, json_pack("{s:s, s:O?, s:O?}", "name", name, "from",
					     from, "to", to));
}

static json_t *scalars(struct comparison *c, const json_t *from, const json_t *to)
{
	cg_auto_json json_t *found = json_array();
	const json_t *other;
	const char *name;
	json_t *value;

	cg_json_each(from, name, value) {
		other = json_object_get(to, name);
		if (!json_equal(value, other) &&
		    (other || c->one_emulator || has_property(&c->to, name)))
			put_property(found, name, value, other);
	}
	cg_json_each(to, name, value)
		if (!json_object_get(from, name) &&
		    (c->one_emulator || has_property(&c->from, name)))
			put_property(found, name, NULL, value);
	return sorted(found);
}

/* The same, compared once for all models that are the same on both sides. */
static json_t *properties(struct comparison *c, const struct cg_side_model *from,
			  const struct cg_side_model *to, bool *differs)
{
	char pair[48];
	json_t *out;

	snprintf(pair, sizeof(pair), "%zu %zu", from->piece, to->piece);
	out = json_object_get(c->same_scalars, pair);
	if (!out) {
		out = scalars(c, from->scalars, to->scalars);
		json_object_set_new(c->same_scalars, pair, out);
	}
	*differs |= json_array_size(out) > 0;
	return json_incref(out);
}

/* A model that both sides have. */

static void compare_features(struct comparison *c, const struct cg_side_model *from,
			     const struct cg_side_model *to)
{
	bool differs = false;
	json_t *row;

	c->compared++;
	if (c->one_side)
		return;
	if (!c->names || !from->known || !to->known) {
		json_array_append_new(c->undecided, json_string(from->name));
		return;
	}
	row = json_pack("{s:s, s:o, s:o, s:o}", "model", from->name, "requested",
			delta(c, &from->requested, &to->requested, &differs), "effective",
			c->has_effective
				? delta(c, &from->effective, &to->effective, &differs)
				: json_null(),
			"properties", properties(c, from, to, &differs));
	if (differs)
		json_array_append_new(c->changed, row);
	else
		json_decref(row);
}

static bool is_deprecated(const struct cg_side_model *model)
{
	return json_is_true(json_object_get(model->info, "deprecated"));
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void compare_models(struct comparison *c, const struct cg_side_model *from,
			   const struct cg_side_model *to)
{
	const char *was = cg_json_text(from->info, "alias-of");
	const char *is = cg_json_text(to->info, "alias-of");

	if (is_deprecated(to) && !is_deprecated(from))
		json_array_append_new(c->deprecated, json_string(to->name));
	if (is_deprecated(from) && !is_deprecated(to))
		json_array_append_new(c->undeprecated, json_string(to->name));
	if (!same_text(was, is))
		json_array_append_new(c->realiased,
				      json_pack("{s:s, s:s?, s:s?}", "model", to->name,
						"from", was, "to", is));
	compare_features(c, from, to);
}

/* Models that one side has. */

/* The one model of @view that @other lacks and that asks for exactly @wanted, or NULL. */
static const struct cg_side_model *only_like(const struct view *view,
					     const struct view *other,
					     const struct cg_featureset *wanted)
{
	const struct cg_side_model *found = NULL;

	for (size_t i = 0; i < view->side->count; i++) {
		const struct cg_side_model *model = &view->side->models[i];
		struct cg_featureset set;

		if (!model->known || cg_side_model(other->side, model->name))
			continue;
		set = translate(view, &model->requested);
		if (!cg_featureset_equal(&set, wanted))
			continue;
		if (found)
			return NULL;
		found = model;
	}
	return found;
}

/* Under which name the other side has a model that it doesn't have under this one. */
static const struct cg_side_model *new_name(const struct comparison *c,
					    const struct view *view,
					    const struct view *other,
					    const struct cg_side_model *model)
{
	struct cg_featureset wanted;

	if (!c->names || !model->known)
		return NULL;
	wanted = translate(view, &model->requested);
	return only_like(view, other, &wanted) ? only_like(other, view, &wanted) : NULL;
}

static void note_gone(struct comparison *c, const struct cg_side_model *model)
{
	const struct cg_side_model *to = new_name(c, &c->from, &c->to, model);

	if (to)
		json_array_append_new(c->renamed, json_pack("{s:s, s:s}", "from",
							    model->name, "to", to->name));
	else
		json_array_append_new(c->removed, json_string(model->name));
}

static void compare(struct comparison *c)
{
	const struct cg_side *from = c->from.side, *to = c->to.side;

	for (size_t i = 0; i < from->count; i++) {
		const struct cg_side_model *other =
			cg_side_model(to, from->models[i].name);

		if (other)
			compare_models(c, &from->models[i], other);
		else
			note_gone(c, &from->models[i]);
	}
	for (size_t i = 0; i < to->count; i++)
		if (!cg_side_model(from, to->models[i].name) &&
		    !new_name(c, &c->to, &c->from, &to->models[i]))
			json_array_append_new(c->added, json_string(to->models[i].name));
}

/* The reply. */

/* true, false, or null if nothing is different as far as it is known, which isn't all. */
static json_t *is_identical(const struct comparison *c)
{
	const json_t *const lists[] = { c->added,      c->removed,      c->renamed,
					c->deprecated, c->undeprecated, c->realiased,
					c->changed };

	for (size_t i = 0; i < CG_COUNT(lists); i++)
		if (json_array_size(lists[i]))
			return json_false();
	if (c->one_side)
		return json_true();
	return json_array_size(c->undecided) || !c->has_effective ? json_null()
								  : json_true();
}

static json_t *missing_properties(const struct view *view)
{
	json_t *list = json_array(), *has;
	const char *name;

	cg_json_each(view->properties, name, has)
		if (json_is_false(has))
			json_array_append_new(list, json_string(name));
	return list;
}

static json_t *unknown_names(const struct comparison *c)
{
	struct cg_featureset from, to;

	if (!c->names)
		return json_null();
	from = cg_featureset_minus(&c->to.known, &c->from.known);
	to = cg_featureset_minus(&c->from.known, &c->to.known);
	return json_pack("{s:{s:o, s:o}, s:{s:o, s:o}}", "features", "unknown-to-from",
			 cg_vocabulary_list(c->names, &from), "unknown-to-to",
			 cg_vocabulary_list(c->names, &to), "properties",
			 "unknown-to-from", missing_properties(&c->from), "unknown-to-to",
			 missing_properties(&c->to));
}

static json_t *models_of(const struct comparison *c)
{
	return json_pack("{s:O, s:O, s:O, s:O, s:O, s:O}", "added", c->added, "removed",
			 c->removed, "renamed", c->renamed, "deprecated", c->deprecated,
			 "undeprecated", c->undeprecated, "realiased", c->realiased);
}

/* What is different about two hosts. */
static void put_hosts(const struct cg_side sides[static 2], json_t *reply)
{
	const struct cg_host *from = sides[0].question.host, *to = sides[1].question.host;

	if (strcmp(sides[0].question.accel, "kvm") == 0 &&
	    strcmp(sides[1].question.accel, "kvm") == 0 &&
	    strcmp(cg_host_digest(from), cg_host_digest(to)) != 0)
		json_object_set_new(reply, "host-changed",
				    cg_parts_difference(cg_host_parts(from),
							cg_host_parts(to)));
}

static int answer(const struct cg_side sides[static 2], json_t *reply,
		  struct cg_error *err)
{
	cg_cleanup(deinit) struct comparison c;

	init(&c, sides);
	if (unite(&c, err) < 0)
		return -1;
	compare(&c);
	put_hosts(sides, reply);
	json_object_set_new(reply, "unknown", unknown_names(&c));
	json_object_set_new(reply, "models", models_of(&c));
	json_object_set_new(reply, "compared", json_integer((json_int_t)c.compared));
	json_object_set(reply, "changed", c.changed);
	json_object_set(reply, "undecided", c.undecided);
	json_object_set_new(reply, "identical", is_identical(&c));
	return 0;
}

static void free_sides(struct cg_side (*sides)[2])
{
	cg_sides_deinit(*sides);
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_cleanup(free_sides) struct cg_side sides[2] = { 0 };
	cg_auto_json json_t *out = NULL;

	if (cg_sides_open(sides, context, args, err) < 0)
		return -1;
	out = json_pack("{s:o, s:o}", "from", cg_side_json(&sides[0]), "to",
			cg_side_json(&sides[1]));
	if (sides[0].missing || sides[1].missing)
		json_object_set_new(out, "identical", json_null());
	else if (answer(sides, out, err) < 0)
		return -1;
	*reply = cg_take(out);
	return 0;
}

const struct cg_command cg_command_diff = { "diff", arguments, run, CG_COMMAND_READS };
