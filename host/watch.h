/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notices that this host, or files that answers depend on, may have changed. It says where to
 * look again, never what is true: the fingerprint (host/fingerprint.h) and an emulator's
 * identity decide whether anything did change.
 *
 * Told at once, by libudev and inotify:
 *   modules     kvm or its back end is loaded or unloaded
 *   devices     /dev/kvm, /dev/sev, /dev/sgx_*: come, go, other owner or rights
 *   cpus        one is switched on or off, comes or goes
 *   parameters  somebody writes to /sys/module/kvm and kvm_*
 *   microcode   somebody writes to /sys/devices/system/cpu/microcode (a late load)
 *   paths       files and folders that were added here: see host/paths.h
 *
 * Not told by anybody: what the kernel changes in sysfs by itself, what is written through
 * a sysfs that another network namespace mounted, and microcode or parameters where these
 * files don't exist. sysfs has no events for them. Nor what host/paths.h names. Therefore whoever
 * answers from a fingerprint reads it again (cg_host_read(), about a millisecond) when
 * something was told, and otherwise when an answer is wanted and the last reading is
 * older than CG_WATCH_TRUST. And who answers for a file compares its stat(), which costs
 * half a microsecond.
 *
 * For one thread at a time. Needs AF_NETLINK, /sys and /dev: a sandbox without them makes
 * it deaf or blind, which it says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"

/* How old a reading of the host may be if nothing was told. */
#define CG_WATCH_TRUST CG_S

/* Where the host may have changed. */
enum {
	CG_WATCH_MODULES = 1 << 0,
	CG_WATCH_DEVICES = 1 << 1,
	CG_WATCH_CPUS = 1 << 2,
	CG_WATCH_PARAMETERS = 1 << 3,
	CG_WATCH_MICROCODE = 1 << 4,
	CG_WATCH_ALL = (1 << 5) - 1,
};

struct cg_watch;

/* What may have changed since it was asked last. */
struct cg_watch_news {
	unsigned host;            /* CG_WATCH_..., or 0 */
	const char *const *paths; /* as they were added; borrowed until the next call */
	size_t n_paths;
	bool lost; /* there was too much to tell: all of the host and all paths are listed */
	bool blind; /* not everything can be watched (rights, limits): look for yourself */
};

/*
 * Watch the host. @root is a folder with the /dev and /sys to watch, for tests; NULL for the
 * real ones. The kernel's announcements are the real ones always; without them (no netlink
 * here) it is blind. Fails only if the kernel has no more epoll or inotify for us.
 */
cg_must_check int cg_watch_open(struct cg_watch **out, const char *root,
				struct cg_error *err);
struct cg_watch *cg_watch_free(struct cg_watch *watch); /* takes NULL; returns NULL */

/* For poll() and the like: readable when there is something to drain. Owned by @watch. */
int cg_watch_fd(const struct cg_watch *watch);

/*
 * Watch a file or folder as well, whether or not it exists; @path is absolute and copied. Adding
 * it twice is adding it once. CG_E_LIMIT beyond CG_PATHS of them, CG_E_USAGE if it isn't
 * absolute.
 */
cg_must_check int cg_watch_add(struct cg_watch *watch, const char *path,
			       struct cg_error *err);
void cg_watch_remove(struct cg_watch *watch, const char *path);

/* True if anything may have changed: then *@out says what. Never blocks and never fails. */
bool cg_watch_drain(struct cg_watch *watch, struct cg_watch_news *out);

/* What the lowest bit of @host is called: "modules", "devices" ...; NULL for none. Static. */
const char *cg_watch_name(unsigned host);

static inline void cg_watch_freep(struct cg_watch **watch)
{
	cg_watch_free(*watch);
}
#define cg_auto_watch cg_cleanup(cg_watch_freep)
