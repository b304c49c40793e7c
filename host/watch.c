// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two sources behind one epoll: announcements (host/uevents.h) and watched paths
 * (host/paths.h). The host's own paths carry what they stand for as their tag; those of the
 * caller have none.
 */
#include "host/watch.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "host/modules.h"
#include "host/paths.h"
#include "host/tree.h"
#include "host/uevents.h"

struct cg_watch {
	int epoll;
	char root[PATH_MAX];        /* "" for the real one */
	struct cg_uevents *uevents; /* NULL: they can't be heard here */
	struct cg_paths *paths;
	const char **changed; /* room for all of them */
	size_t room;
};

/* Room to tell of one path more, so that telling can't fail. */
static int make_room(struct cg_watch *watch, struct cg_error *err)
{
	size_t n = cg_paths_count(watch->paths) + 1;
	const char **more;

	if (n <= watch->room)
		return 0;
	more = reallocarray(watch->changed, n, sizeof(*more));
	if (!more)
		return cg_error_set(err, CG_E_SYSTEM, "out of memory");
	watch->changed = more;
	watch->room = n;
	return 0;
}

static int add(struct cg_watch *watch, const char *path, unsigned tag,
	       struct cg_error *err)
{
	if (make_room(watch, err) < 0)
		return -1;
	return cg_paths_add(watch->paths, path, tag, err);
}

static int add_own(struct cg_watch *watch, const char *path, unsigned tag,
		   struct cg_error *err)
{
	char full[2 * PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", watch->root, path);
	return add(watch, full, tag, err);
}

static int add_parameters(struct cg_watch *watch, const char *module,
			  struct cg_error *err)
{
	char path[CG_MODULE_NAME + 32];

	snprintf(path, sizeof(path), "sys/module/%s/parameters", module);
	return add_own(watch, path, CG_WATCH_PARAMETERS, err);
}

/* Of KVM and its back ends, as far as they are loaded now. */
static int add_modules(struct cg_watch *watch, struct cg_error *err)
{
	cg_auto_close int root = -1;
	struct cg_modules modules;

	if (cg_tree_open(&root, *watch->root ? watch->root : NULL, err) < 0)
		return -1;
	if (cg_modules_find(&modules, root) < 0)
		return cg_error_set(err, CG_E_SYSTEM, "out of memory");
	for (size_t i = 0; i < modules.n; i++)
		if (add_parameters(watch, modules.name[i], err) < 0)
			return -1;
	return add_parameters(watch, "kvm", err);
}

static int add_host(struct cg_watch *watch, struct cg_error *err)
{
	static const char *const devices[] = { "dev/kvm", "dev/sev", "dev/sgx_vepc",
					       "dev/sgx_provision" };

	for (size_t i = 0; i < CG_COUNT(devices); i++)
		if (add_own(watch, devices[i], CG_WATCH_DEVICES, err) < 0)
			return -1;
	if (add_own(watch, "sys/devices/system/cpu/microcode", CG_WATCH_MICROCODE, err) <
	    0)
		return -1;
	return add_modules(watch, err);
}

static int poll_too(const struct cg_watch *watch, int fd, struct cg_error *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(watch->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return cg_error_errno(err, "watch the host");
	return 0;
}

static int poll_all(struct cg_watch *watch, struct cg_error *err)
{
	int fds[CG_UEVENTS_FDS];
	size_t n = watch->uevents ? cg_uevents_fds(watch->uevents, fds) : 0;

	for (size_t i = 0; i < n; i++)
		if (poll_too(watch, fds[i], err) < 0)
			return -1;
	return poll_too(watch, cg_paths_fd(watch->paths), err);
}

int cg_watch_open(struct cg_watch **out, const char *root, struct cg_error *err)
{
	cg_auto_watch struct cg_watch *watch = calloc(1, sizeof(*watch));
	struct cg_error deaf;

	if (!watch)
		return cg_error_set(err, CG_E_SYSTEM, "out of memory");
	watch->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (watch->epoll < 0)
		return cg_error_errno(err, "watch the host");
	if (root && !realpath(root, watch->root))
		return cg_error_errno(err, "open %s", root);
	if (cg_uevents_open(&watch->uevents, &deaf) < 0)
		watch->uevents = NULL;
	if (cg_paths_new(&watch->paths, err) < 0 || poll_all(watch, err) < 0 ||
	    add_host(watch, err) < 0)
		return -1;
	*out = cg_take(watch);
	return 0;
}

struct cg_watch *cg_watch_free(struct cg_watch *watch)
{
	if (!watch)
		return NULL;
	cg_uevents_free(watch->uevents);
	cg_paths_free(watch->paths);
	if (watch->epoll >= 0)
		close(watch->epoll);
	free(watch->changed);
	free(watch);
	return NULL;
}

int cg_watch_fd(const struct cg_watch *watch)
{
	return watch->epoll;
}

int cg_watch_add(struct cg_watch *watch, const char *path, struct cg_error *err)
{
	return add(watch, path, 0, err);
}

void cg_watch_remove(struct cg_watch *watch, const char *path)
{
	cg_paths_remove(watch->paths, path, 0);
}

static unsigned take_uevents(struct cg_watch *watch, bool *lost)
{
	static const struct {
		unsigned uevent, host;
	} means[] = {
		{ CG_UEVENT_MODULES, CG_WATCH_MODULES | CG_WATCH_PARAMETERS },
		{ CG_UEVENT_DEVICES, CG_WATCH_DEVICES },
		{ CG_UEVENT_CPUS, CG_WATCH_CPUS },
	};
	unsigned about = watch->uevents ? cg_uevents_drain(watch->uevents, lost) : 0;
	unsigned host = 0;

	for (size_t i = 0; i < CG_COUNT(means); i++)
		if (about & means[i].uevent)
			host |= means[i].host;
	return host;
}

/* A module's folder in sysfs comes and goes without inotify being told. */
static bool follow_modules(struct cg_watch *watch)
{
	struct cg_error err;

	cg_paths_look(watch->paths);
	return add_modules(watch, &err) == 0;
}

bool cg_watch_drain(struct cg_watch *watch, struct cg_watch_news *out)
{
	struct cg_watch_news news = { .paths = watch->changed };
	const char *path;
	unsigned tag;

	news.host = take_uevents(watch, &news.lost);
	if (news.host & CG_WATCH_MODULES || news.lost)
		news.blind = !follow_modules(watch);
	news.lost |= cg_paths_drain(watch->paths);
	if (news.lost) {
		news.host = CG_WATCH_ALL;
		cg_paths_suspect(watch->paths);
	}
	while ((path = cg_paths_next(watch->paths, &tag)))
		if (tag)
			news.host |= tag;
		else
			watch->changed[news.n_paths++] = path;
	news.blind |= !watch->uevents || cg_paths_are_blind(watch->paths);
	news.paths = watch->changed;
	*out = news;
	return news.host || news.n_paths;
}

const char *cg_watch_name(unsigned host)
{
	static const char *const names[] = { "modules", "devices", "cpus", "parameters",
					     "microcode" };

	for (size_t i = 0; i < CG_COUNT(names); i++)
		if (host & 1u << i)
			return names[i];
	return NULL;
}
