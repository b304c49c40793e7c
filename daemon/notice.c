// SPDX-License-Identifier: LGPL-2.1-or-later
/* A few subjects, each with a summary of what can be had, and before-and-after of those. */
#include "daemon/notice.h"

#include <string.h>

#include "daemon/log.h"

#define SUBJECTS_MAX 32

/* A file that has just changed isn't remembered by its times; after so many looks it is. */
#define LOOKS 4
#define EVENT "CAPABILITIES_CHANGED"

struct subject {
	struct cg_waiter waiter; /* first: it is how a job finds us */
	struct cg_notice *notice;
	char *key;
	json_t *args;
	json_t *about, *summary; /* NULL until it is known */
	struct cg_places *places;
	json_t *cause; /* "cause" and "changed" of an event that is to come, or NULL */
	bool asked;    /* a job will say */
	int looks;     /* how often it was looked at in vain */
	bool gone;     /* nobody cares any more, but the job doesn't know */
	struct subject *next;
};

struct cg_notice {
	struct cg_notice_owner owner;
	struct subject *first; /* the newest */
	size_t count;
};

int cg_notice_new(struct cg_notice **out, const struct cg_notice_owner *owner,
		  struct cg_error *err)
{
	struct cg_notice *notice = calloc(1, sizeof(*notice));

	if (!notice)
		return cg_error_errno(err, "notices");
	notice->owner = *owner;
	*out = notice;
	return 0;
}

static void hold_places(struct subject *s, struct cg_places *places)
{
	if (s->places)
		s->notice->owner.watch(s->notice->owner.data, s->places, false);
	cg_places_free(s->places);
	s->places = places;
	if (places)
		s->notice->owner.watch(s->notice->owner.data, places, true);
}

static void free_subject(struct subject *s)
{
	json_decref(s->args);
	json_decref(s->about);
	json_decref(s->summary);
	json_decref(s->cause);
	cg_places_free(s->places);
	free(s->key);
	free(s);
}

/* A job that still knows it frees it. */
static void drop_subject(struct subject *s)
{
	hold_places(s, NULL);
	s->notice->count--;
	s->gone = true;
	if (!s->asked)
		free_subject(s);
}

struct cg_notice *cg_notice_free(struct cg_notice *notice)
{
	if (!notice)
		return NULL;
	while (notice->first) {
		struct subject *next = notice->first->next;

		drop_subject(notice->first);
		notice->first = next;
	}
	free(notice);
	return NULL;
}

/* What can be had: { "models": those that are usable, "missing": features that some model lacks }. */
static json_t *summarize(const json_t *models)
{
	json_t *usable = json_object(), *missing = json_object();
	const json_t *model, *name;
	size_t i, j;

	json_array_foreach(models, i, model) {
		if (json_is_true(json_object_get(model, "usable")))
			json_object_set_new(usable, cg_json_text(model, "name"),
					    json_true());
		json_array_foreach(json_object_get(model, "unavailable-features"), j,
				   name)
			if (json_is_string(name))
				json_object_set_new(missing, json_string_value(name),
						    json_true());
	}
	return json_pack("{s:o, s:o}", "models", usable, "missing", missing);
}

/* Names in @a that aren't in @b. */
static json_t *without(const json_t *a, const json_t *b)
{
	json_t *out = json_array();
	const char *name;
	json_t *value;

	cg_json_each(a, name, value)
		if (!json_object_get(b, name))
			json_array_append_new(out, json_string(name));
	return out;
}

static json_t *difference(const json_t *from, const json_t *to, const char *member,
			  bool missing)
{
	const json_t *a = json_object_get(from, member), *b = json_object_get(to, member);

	return json_pack("{s:o, s:o}", "appeared",
			 missing ? without(a, b) : without(b, a), "vanished",
			 missing ? without(b, a) : without(a, b));
}

static void tell(struct subject *s, const json_t *about, const json_t *summary)
{
	cg_auto_json json_t *event = json_copy(s->cause);
	const json_t *emulator = json_object_get(about, "emulator");

	json_object_set(event, "emulator", json_object_get(emulator, "path"));
	json_object_set(event, "machine", json_object_get(about, "machine"));
	json_object_set(event, "accel", json_object_get(about, "accel"));
	json_object_set_new(event, "models",
			    difference(s->summary, summary, "models", false));
	json_object_set_new(event, "features",
			    difference(s->summary, summary, "missing", true));
	s->notice->owner.tell(s->notice->owner.data, EVENT, event);
}

/* What of an emulator changed, as far as it says: it was another file in any case. */
static void name_parts(struct subject *s, const json_t *about)
{
	static const char *const names[] = { "sha256", "version", "package" };
	json_t *changed = json_object_get(s->cause, "changed");
	const json_t *from = json_object_get(s->about, "emulator");
	const json_t *to = json_object_get(about, "emulator");

	if (!s->cause || strcmp(cg_json_text(s->cause, "cause"), "emulator") != 0)
		return;
	for (size_t i = 0; i < CG_COUNT(names); i++) {
		json_t *a = json_object_get(from, names[i]);
		json_t *b = json_object_get(to, names[i]);

		if (!json_equal(a, b))
			json_array_append_new(changed,
					      json_pack("{s:s, s:O?, s:O?}", "part",
							names[i], "from", a, "to", b));
	}
}

/* The same file at the same place, touched: nothing to tell. */
static bool is_news(struct subject *s, const json_t *summary)
{
	return s->summary && s->cause &&
	       (json_array_size(json_object_get(s->cause, "changed")) ||
		!json_equal(s->summary, summary));
}

/* @models is what can be had now. */
static void take(struct subject *s, const json_t *models)
{
	cg_auto_json json_t *about = NULL, *summary = summarize(models);
	struct cg_places *places = NULL;
	struct cg_error err;

	if (s->notice->owner.ask(s->notice->owner.data, "about", s->args, &about, &places,
				 &err) < 0) {
		cg_places_free(places);
		return; /* it changes just now: the next look will see */
	}
	name_parts(s, about);
	if (is_news(s, summary))
		tell(s, about, summary);
	hold_places(s, places);
	json_decref(s->cause);
	s->cause = NULL;
	json_decref(s->about);
	s->about = cg_take(about);
	json_decref(s->summary);
	s->summary = cg_take(summary);
}

static void done(struct cg_waiter *waiter, const json_t *reply,
		 const struct cg_error *why)
{
	struct subject *s = (struct subject *)waiter;

	s->asked = false;
	if (s->gone)
		free_subject(s);
	else if (reply)
		take(s, reply);
	else
		cg_log(CG_LOG_NOTICE, "what has changed can't be told: %s", why->msg);
}

/* Ask what can be had. What isn't known is measured if something changed, and else only once. */
static void ask(struct subject *s)
{
	const struct cg_notice_owner *owner = &s->notice->owner;
	cg_auto_places struct cg_places *places = NULL;
	cg_auto_json json_t *models = NULL;
	struct cg_error err;

	if (s->asked)
		return;
	if (owner->ask(owner->data, "models", s->args, &models, &places, &err) == 0) {
		take(s, models);
		return;
	}
	if (err.code != CG_E_UNMEASURED || (!s->cause && ++s->looks != LOOKS))
		return;
	s->asked = owner->ask_later(owner->data, "models", s->args, &s->waiter, &err) ==
		   0;
}

static struct subject *find(struct cg_notice *notice, const char *key)
{
	struct subject **link = &notice->first, *s;

	for (; (s = *link); link = &s->next)
		if (strcmp(s->key, key) == 0) {
			*link = s->next; /* to the front */
			s->next = notice->first;
			return notice->first = s;
		}
	return NULL;
}

static void drop_oldest(struct cg_notice *notice)
{
	struct subject **link = &notice->first, *s;

	while ((*link)->next)
		link = &(*link)->next;
	s = *link;
	*link = NULL;
	drop_subject(s);
}

static json_t *subject_args(const json_t *args)
{
	static const char *const names[] = { "emulator", "machine", "accel" };
	json_t *out = json_object();

	for (size_t i = 0; i < CG_COUNT(names); i++)
		if (json_object_get(args, names[i]))
			json_object_set(out, names[i], json_object_get(args, names[i]));
	return out;
}

void cg_notice_mind(struct cg_notice *notice, const json_t *args)
{
	cg_auto_json json_t *taken = subject_args(args);
	cg_auto_free char *key = taken ? cg_json_canonical(taken) : NULL;
	struct subject *s = key ? find(notice, key) : NULL;

	if (!key || (s && s->summary))
		return;
	if (!s) {
		s = calloc(1, sizeof(*s));
		if (!s)
			return;
		s->waiter.done = done;
		s->notice = notice;
		s->key = cg_take(key);
		s->args = cg_take(taken);
		s->next = notice->first;
		notice->first = s;
		if (++notice->count > SUBJECTS_MAX)
			drop_oldest(notice);
	}
	ask(s);
}

static void cause(struct subject *s, const char *why, const json_t *parts)
{
	json_t *changed = parts ? json_deep_copy(parts) : json_array();

	json_decref(s->cause);
	s->cause = json_pack("{s:s, s:o}", "cause", why, "changed", changed);
}

void cg_notice_host_changed(struct cg_notice *notice, const json_t *parts)
{
	cg_auto_json json_t *event = json_pack("{s:s, s:O}", "cause", "host", "changed",
					       cg_json_mutable(parts));
	struct subject *next;

	bool told = false;

	for (const struct subject *s = notice->first; s; s = s->next)
		told |= s->summary != NULL;
	if (!told) /* of no emulator is it known what it could do */
		notice->owner.tell(notice->owner.data, EVENT, event);
	for (struct subject *s = notice->first; s; s = next) {
		next = s->next;
		cause(s, "host", parts);
		ask(s);
	}
}

void cg_notice_look(struct cg_notice *notice)
{
	struct subject *next;

	for (struct subject *s = notice->first; s; s = next) {
		next = s->next;
		if (!s->summary && !s->cause) {
			ask(s); /* it may be known by now */
			continue;
		}
		if (s->places && cg_places_hold(s->places))
			continue;
		if (s->places)
			cause(s, "emulator", NULL);
		if (s->places || s->cause)
			ask(s);
	}
}
