// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A path is a chain of places: a folder is watched for the name that comes next, a symbolic
 * link leads to more folders, and at the end stands the thing itself. Each folder is watched
 * before what is in it is looked at, so a change while we walk is told afterwards. After
 * any event on a chain it is walked again.
 */
#include "host/paths.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#define PLACES 64 /* of one path, with those that links lead through */
#define LINKS 40  /* as the kernel follows */
#define ROUNDS 64 /* of reading, so that a flood can't keep us */

#define SELF (IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
#define NAMES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
#define CONTENTS (IN_MODIFY | IN_CLOSE_WRITE)

struct place {
	int wd;
	char *name; /* the name that matters in this folder; NULL: all of it */
};

struct chain {
	struct place *place;
	size_t n;
	bool blind;
	struct stat end; /* zeros: there is nothing */
};

struct watched {
	char *path;
	unsigned tag;
	bool changed, walk_again;
	struct chain chain;
};

struct cg_paths {
	int fd;
	size_t n;
	struct watched *list[CG_PATHS];
};

int cg_paths_new(struct cg_paths **out, struct cg_error *err)
{
	struct cg_paths *paths = calloc(1, sizeof(*paths));

	if (!paths)
		return cg_error_errno(err, "watch files");
	paths->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (paths->fd < 0) {
		free(paths);
		return cg_error_errno(err, "watch files");
	}
	*out = paths;
	return 0;
}

static void chain_free(struct chain *chain)
{
	for (size_t i = 0; i < chain->n; i++)
		free(chain->place[i].name);
	free(chain->place);
	*chain = (struct chain){ 0 };
}

static void watched_free(struct watched *watched)
{
	chain_free(&watched->chain);
	free(watched->path);
	free(watched);
}

struct cg_paths *cg_paths_free(struct cg_paths *paths)
{
	if (!paths)
		return NULL;
	for (size_t i = 0; i < paths->n; i++)
		watched_free(paths->list[i]);
	close(paths->fd);
	free(paths);
	return NULL;
}

int cg_paths_fd(const struct cg_paths *paths)
{
	return paths->fd;
}

size_t cg_paths_count(const struct cg_paths *paths)
{
	return paths->n;
}

/* Watch @at, as well as before: two paths may share a folder and want different events. */
static void put_place(struct cg_paths *paths, struct chain *chain, const char *at,
		      uint32_t mask, const char *name)
{
	int wd = inotify_add_watch(paths->fd, at, mask | IN_MASK_ADD | IN_DONT_FOLLOW);
	struct place *more;
	char *copy = NULL;

	if (wd < 0) {
		/* What went away while we walked is told by the folder that it was in. */
		chain->blind |= errno != ENOENT && errno != ENOTDIR && errno != ELOOP;
		return;
	}
	more = chain->n < PLACES ? reallocarray(chain->place, chain->n + 1, sizeof(*more))
				 : NULL;
	if (more)
		chain->place = more;
	if (more && name)
		copy = strdup(name);
	if (!more || (name && !copy)) {
		chain->blind = true;
		return;
	}
	chain->place[chain->n++] = (struct place){ .wd = wd, .name = copy };
}

static void put_end(struct cg_paths *paths, struct chain *chain, const char *at)
{
	struct stat st;
	uint32_t mask = SELF;

	if (lstat(at, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		mask |= NAMES | CONTENTS;
	else if (S_ISREG(st.st_mode))
		mask |= CONTENTS;
	put_place(paths, chain, at, mask, NULL);
	if (lstat(at, &chain->end) < 0)
		chain->end = (struct stat){ 0 };
}

/* A path on its way: @done has no links in it, @rest is to be followed. */
struct walk {
	char done[PATH_MAX], rest[PATH_MAX];
	int links;
};

/* The next name of @walk's rest into @name; false at the end. */
static bool next_name(struct walk *walk, char name[static NAME_MAX + 1])
{
	char *rest = walk->rest + strspn(walk->rest, "/");
	size_t len = strcspn(rest, "/");

	if (len == 0 || len > NAME_MAX)
		return false;
	memcpy(name, rest, len);
	name[len] = '\0';
	memmove(walk->rest, rest + len, strlen(rest + len) + 1);
	return true;
}

/* Go on where the link at @at points to; false if it leads nowhere. */
static bool follow(struct walk *walk, const char *at)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t len = readlink(at, target, sizeof(target) - 1);

	if (len <= 0 || ++walk->links > LINKS)
		return false;
	target[len] = '\0';
	strcpy(rest, walk->rest);
	if (*target == '/')
		*walk->done = '\0';
	return (size_t)snprintf(walk->rest, sizeof(walk->rest), "%s/%s", target, rest) <
	       sizeof(walk->rest);
}

/* One name further. False if the chain ends here. */
static bool step(struct cg_paths *paths, struct chain *chain, struct walk *walk,
		 const char *name)
{
	char at[PATH_MAX];
	struct stat st;

	if (strcmp(name, ".") == 0)
		return true;
	if (strcmp(name, "..") == 0) {
		*(strrchr(walk->done, '/') ?: walk->done) = '\0';
		return true;
	}
	put_place(paths, chain, *walk->done ? walk->done : "/", SELF | NAMES | IN_ONLYDIR,
		  name);
	if ((size_t)snprintf(at, sizeof(at), "%s/%s", walk->done, name) >= sizeof(at))
		return false;
	if (lstat(at, &st) < 0) {
		chain->blind |= errno != ENOENT && errno != ENOTDIR;
		return false;
	}
	if (S_ISLNK(st.st_mode))
		return follow(walk, at);
	strcpy(walk->done, at);
	return true;
}

static void walk_path(struct cg_paths *paths, const char *path, struct chain *chain)
{
	struct walk walk = { .links = 0 };
	char name[NAME_MAX + 1];

	snprintf(walk.rest, sizeof(walk.rest), "%s", path);
	while (next_name(&walk, name))
		if (!step(paths, chain, &walk, name))
			return;
	put_end(paths, chain, *walk.done ? walk.done : "/");
}

static bool is_used(const struct cg_paths *paths, int wd)
{
	for (size_t i = 0; i < paths->n; i++)
		for (size_t j = 0; j < paths->list[i]->chain.n; j++)
			if (paths->list[i]->chain.place[j].wd == wd)
				return true;
	return false;
}

/* End the watches of a chain that no path has any more, and free it. */
static void drop_chain(struct cg_paths *paths, struct chain *old)
{
	for (size_t i = 0; i < old->n; i++)
		if (!is_used(paths, old->place[i].wd))
			inotify_rm_watch(paths->fd, old->place[i].wd);
	chain_free(old);
}

/* What a path led to, and whether it is still that. Reading changes none of it. */
static bool is_same_end(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_mode == b->st_mode && a->st_uid == b->st_uid &&
	       a->st_gid == b->st_gid && a->st_size == b->st_size &&
	       (S_ISCHR(a->st_mode) || (a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
					a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
					a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
					a->st_ctim.tv_nsec == b->st_ctim.tv_nsec));
}

static void walk_again(struct cg_paths *paths, struct watched *watched)
{
	struct chain old = watched->chain;

	watched->chain = (struct chain){ 0 };
	watched->walk_again = false;
	walk_path(paths, watched->path, &watched->chain);
	watched->changed |= !is_same_end(&old.end, &watched->chain.end);
	drop_chain(paths, &old);
}

static size_t find(const struct cg_paths *paths, const char *path, unsigned tag)
{
	size_t i = 0;

	while (i < paths->n &&
	       (paths->list[i]->tag != tag || strcmp(paths->list[i]->path, path) != 0))
		i++;
	return i;
}

int cg_paths_add(struct cg_paths *paths, const char *path, unsigned tag,
		 struct cg_error *err)
{
	struct watched *watched;

	if (*path != '/' || strlen(path) >= PATH_MAX)
		return cg_error_set(err, CG_E_USAGE, "can't watch \"%s\": no full path",
				    path);
	if (find(paths, path, tag) < paths->n)
		return 0;
	if (paths->n == CG_PATHS)
		return cg_error_set(err, CG_E_LIMIT, "can't watch more than %d paths",
				    CG_PATHS);
	watched = calloc(1, sizeof(*watched));
	if (watched)
		watched->path = strdup(path);
	if (!watched || !watched->path) {
		free(watched);
		return cg_error_set(err, CG_E_SYSTEM, "out of memory");
	}
	watched->tag = tag;
	walk_path(paths, path, &watched->chain);
	paths->list[paths->n++] = watched;
	return 0;
}

void cg_paths_remove(struct cg_paths *paths, const char *path, unsigned tag)
{
	size_t i = find(paths, path, tag);
	struct watched *watched;

	if (i == paths->n)
		return;
	watched = paths->list[i];
	paths->list[i] = paths->list[--paths->n];
	drop_chain(paths, &watched->chain);
	watched_free(watched);
}

/* Without a name, something happened to the watched file or folder itself. */
static void mark(struct cg_paths *paths, const struct inotify_event *event)
{
	for (size_t i = 0; i < paths->n; i++) {
		struct watched *watched = paths->list[i];

		for (size_t j = 0; j < watched->chain.n; j++) {
			const struct place *place = &watched->chain.place[j];

			if (place->wd == event->wd &&
			    (!place->name || event->len == 0 ||
			     strcmp(place->name, event->name) == 0))
				watched->changed = watched->walk_again = true;
		}
	}
}

/* One buffer of events. Returns false when there are no more. */
static bool take_events(struct cg_paths *paths, bool *lost)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t len = read(paths->fd, buffer, sizeof(buffer));
	const struct inotify_event *event;

	for (ssize_t at = 0; at < len; at += (ssize_t)(sizeof(*event) + event->len)) {
		event = (const void *)(buffer + at);
		if (event->mask & IN_Q_OVERFLOW)
			*lost = true;
		else
			mark(paths, event);
	}
	return len > 0;
}

void cg_paths_suspect(struct cg_paths *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		paths->list[i]->changed = true;
}

bool cg_paths_drain(struct cg_paths *paths)
{
	bool lost = false;

	for (int round = 0; round < ROUNDS && take_events(paths, &lost); round++)
		continue;
	if (lost) {
		cg_paths_suspect(paths);
		cg_paths_look(paths);
	}
	/* What was blind may see by now: a limit raised, a right given. */
	for (size_t i = 0; i < paths->n; i++)
		if (paths->list[i]->walk_again || paths->list[i]->chain.blind)
			walk_again(paths, paths->list[i]);
	return lost;
}

void cg_paths_look(struct cg_paths *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		walk_again(paths, paths->list[i]);
}

const char *cg_paths_next(struct cg_paths *paths, unsigned *tag)
{
	for (size_t i = 0; i < paths->n; i++) {
		struct watched *watched = paths->list[i];

		if (!watched->changed)
			continue;
		watched->changed = false;
		*tag = watched->tag;
		return watched->path;
	}
	return NULL;
}

bool cg_paths_are_blind(const struct cg_paths *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		if (paths->list[i]->chain.blind)
			return true;
	return false;
}
