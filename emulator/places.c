// SPDX-License-Identifier: LGPL-2.1-or-later
/* A list of paths with what stat() and lstat() said of them. */
#include "emulator/places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define PLACES_MAX 1024

/* A file that changed this recently may change again without its times showing it. */
#define SETTLED_NS (2 * CG_S)

/* What a change of a file or folder shows in; all zero for what isn't there. */
struct look {
	uint64_t device, inode, mode;
	int64_t size, modified, changed;
};

struct place {
	char *path;
	struct look itself, target; /* differ for a symbolic link */
};

struct cg_places {
	size_t users, count;
	bool failed; /* something couldn't be noted */
	struct place *items;
};

static int64_t nanoseconds(const struct timespec *time)
{
	return (int64_t)((uint64_t)time->tv_sec * CG_S + (uint64_t)time->tv_nsec);
}

static struct look look_at(const char *path, int flags)
{
	struct look look = { 0 };
	struct stat st;

	if (fstatat(AT_FDCWD, path, &st, flags) < 0) {
		look.mode = errno != ENOENT ? (uint64_t)errno << 32 : 0;
		return look;
	}
	look = (struct look){ .device = st.st_dev,
			      .inode = st.st_ino,
			      .mode = st.st_mode,
			      .size = st.st_size,
			      .modified = nanoseconds(&st.st_mtim),
			      .changed = nanoseconds(&st.st_ctim) };
	return look;
}

static bool is_same(const struct look *a, const struct look *b)
{
	return a->device == b->device && a->inode == b->inode && a->mode == b->mode &&
	       a->size == b->size && a->modified == b->modified &&
	       a->changed == b->changed;
}

struct cg_places *cg_places_new(void)
{
	struct cg_places *places = calloc(1, sizeof(*places));

	if (places)
		places->users = 1;
	return places;
}

struct cg_places *cg_places_ref(struct cg_places *places)
{
	if (places)
		places->users++;
	return places;
}

struct cg_places *cg_places_free(struct cg_places *places)
{
	if (!places || --places->users)
		return NULL;
	for (size_t i = 0; i < places->count; i++)
		free(places->items[i].path);
	free(places->items);
	free(places);
	return NULL;
}

static bool is_noted(const struct cg_places *places, const char *path)
{
	for (size_t i = 0; i < places->count; i++)
		if (strcmp(places->items[i].path, path) == 0)
			return true;
	return false;
}

void cg_places_note(struct cg_places *places, const char *path)
{
	struct place *grown;
	char *copy;

	if (!places || is_noted(places, path))
		return;
	grown = places->count < PLACES_MAX
			? reallocarray(places->items, places->count + 1, sizeof(*grown))
			: NULL;
	if (grown)
		places->items = grown;
	copy = grown ? strdup(path) : NULL;
	if (!copy) {
		places->failed = true;
		return;
	}
	grown[places->count++] = (struct place){
		.path = copy,
		.itself = look_at(path, AT_SYMLINK_NOFOLLOW),
		.target = look_at(path, 0),
	};
}

void cg_places_spoil(struct cg_places *places)
{
	if (places)
		places->failed = true;
}

static bool holds(const struct place *place)
{
	struct look now = look_at(place->path, AT_SYMLINK_NOFOLLOW);

	if (!is_same(&now, &place->itself))
		return false;
	if (!S_ISLNK(place->itself.mode & UINT32_MAX))
		return true;
	now = look_at(place->path, 0);
	return is_same(&now, &place->target);
}

bool cg_places_hold(const struct cg_places *places)
{
	if (places->failed)
		return false;
	for (size_t i = 0; i < places->count; i++)
		if (!holds(&places->items[i]))
			return false;
	return true;
}

bool cg_places_files_hold(const struct cg_places *places)
{
	if (places->failed)
		return false;
	for (size_t i = 0; i < places->count; i++)
		if (S_ISREG(places->items[i].target.mode & UINT32_MAX) &&
		    !holds(&places->items[i]))
			return false;
	return true;
}

bool cg_places_are_same(const struct cg_places *a, const struct cg_places *b)
{
	if (a->failed || b->failed || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i].path, b->items[i].path) != 0 ||
		    !is_same(&a->items[i].itself, &b->items[i].itself) ||
		    !is_same(&a->items[i].target, &b->items[i].target))
			return false;
	return true;
}

bool cg_places_are_settled(const struct cg_places *places)
{
	struct timespec time;
	int64_t now;

	clock_gettime(CLOCK_REALTIME, &time);
	now = nanoseconds(&time);
	for (size_t i = 0; i < places->count; i++)
		if (now - places->items[i].itself.changed < SETTLED_NS ||
		    now - places->items[i].target.changed < SETTLED_NS)
			return false;
	return !places->failed;
}

size_t cg_places_count(const struct cg_places *places)
{
	return places->count;
}

const char *cg_places_path(const struct cg_places *places, size_t i)
{
	return places->items[i].path;
}
