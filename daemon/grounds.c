// SPDX-License-Identifier: LGPL-2.1-or-later
/* A short list of grounds, and how many want each path to be watched. */
#include "daemon/grounds.h"

#include "base/json.h"

struct cg_ground {
	struct cg_grounds *grounds;
	struct cg_places *places;
	size_t users;
	bool watched;
	uint64_t seen; /* news until when it is known to hold */
	struct cg_ground *next;
};

struct cg_grounds {
	struct cg_watch *watch;
	struct cg_ground *first;
	json_t *paths; /* { path: how many want it } */
	uint64_t news;
	bool blind, added;
};

struct cg_grounds *cg_grounds_new(struct cg_watch *watch)
{
	struct cg_grounds *grounds = calloc(1, sizeof(*grounds));

	if (!grounds)
		return NULL;
	grounds->watch = watch;
	grounds->blind = !watch;
	grounds->paths = json_object();
	return grounds;
}

struct cg_grounds *cg_grounds_free(struct cg_grounds *grounds)
{
	if (grounds)
		json_decref(grounds->paths);
	free(grounds);
	return NULL;
}

void cg_grounds_told(struct cg_grounds *grounds, bool blind)
{
	grounds->news++;
	grounds->blind = blind;
}

bool cg_grounds_are_new(struct cg_grounds *grounds)
{
	bool added = grounds->added;

	grounds->added = false;
	return added;
}

static bool watch_path(struct cg_grounds *grounds, const char *path)
{
	json_t *users = json_object_get(grounds->paths, path);
	struct cg_error ignored;

	grounds->added = true;
	if (*path != '/' || cg_watch_add(grounds->watch, path, &ignored) < 0)
		return false;
	if (!users)
		json_object_set_new(grounds->paths, path, json_integer(1));
	else
		json_integer_set(users, json_integer_value(users) + 1);
	return true;
}

static void unwatch_path(struct cg_grounds *grounds, const char *path)
{
	json_t *users = json_object_get(grounds->paths, path);

	if (!users)
		return;
	json_integer_set(users, json_integer_value(users) - 1);
	if (json_integer_value(users) > 0)
		return;
	cg_watch_remove(grounds->watch, path);
	json_object_del(grounds->paths, path);
}

bool cg_grounds_watch(struct cg_grounds *grounds, const struct cg_places *places, bool on)
{
	bool all = grounds->watch != NULL;

	for (size_t i = 0; grounds->watch && i < cg_places_count(places); i++)
		if (on)
			all &= watch_path(grounds, cg_places_path(places, i));
		else
			unwatch_path(grounds, cg_places_path(places, i));
	return all;
}

struct cg_ground *cg_grounds_take(struct cg_grounds *grounds, struct cg_places *places)
{
	struct cg_ground *ground;

	for (ground = grounds->first; ground; ground = ground->next)
		if (cg_places_are_same(ground->places, places)) {
			cg_places_free(places);
			ground->users++;
			return ground;
		}
	ground = calloc(1, sizeof(*ground));
	if (!ground) {
		cg_places_free(places);
		return NULL;
	}
	*ground = (struct cg_ground){ .grounds = grounds,
				      .places = places,
				      .users = 1,
				      .seen = UINT64_MAX,
				      .next = grounds->first };
	grounds->first = ground;
	ground->watched = cg_grounds_watch(grounds, places, true);
	return ground;
}

struct cg_ground *cg_ground_free(struct cg_ground *ground)
{
	struct cg_ground **link;

	if (!ground || --ground->users)
		return NULL;
	for (link = &ground->grounds->first; *link != ground; link = &(*link)->next)
		;
	*link = ground->next;
	cg_grounds_watch(ground->grounds, ground->places, false);
	cg_places_free(ground->places);
	free(ground);
	return NULL;
}

bool cg_ground_holds(struct cg_ground *ground)
{
	const struct cg_grounds *grounds = ground->grounds;

	if (ground->watched && !grounds->blind && ground->seen == grounds->news)
		return cg_places_files_hold(ground->places);
	if (!cg_places_hold(ground->places))
		return false;
	ground->seen = grounds->news;
	return true;
}
