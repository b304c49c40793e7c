/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel and udevd announce of CPUs, devices and modules, by libudev: enough to know
 * that KVM or a CPU came or went. The kernel is always listened to, as there may be no
 * udevd; udevd's word comes when its rules have set owner and rights.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

/* What an announcement is about. */
enum {
	CG_UEVENT_MODULES = 1 << 0, /* kvm, or a back end of its own */
	CG_UEVENT_DEVICES = 1 << 1, /* /dev/kvm and those that guests get features from */
	CG_UEVENT_CPUS = 1 << 2,    /* one came, went, or is switched on or off */
};

#define CG_UEVENTS_FDS 2

struct cg_uevents;

/* Fails where sockets of the family AF_NETLINK aren't allowed. */
cg_must_check int cg_uevents_open(struct cg_uevents **out, struct cg_error *err);
struct cg_uevents *
cg_uevents_free(struct cg_uevents *uevents); /* takes NULL; returns NULL */

/* Readable when there is something to drain. Owned by @uevents. Returns their number. */
size_t cg_uevents_fds(const struct cg_uevents *uevents, int fds[static CG_UEVENTS_FDS]);

/* Take what there is, without waiting. *@lost becomes true if some was lost. */
unsigned cg_uevents_drain(struct cg_uevents *uevents, bool *lost);

/*
 * What an announcement counts as; 0 for those that change nothing, as a guest that starts
 * (KVM announces that as a change of /dev/kvm with @event "create"). @event may be NULL.
 */
unsigned cg_uevent_about(const char *subsystem, const char *name, const char *event);

static inline void cg_uevents_freep(struct cg_uevents **uevents)
{
	cg_uevents_free(*uevents);
}
#define cg_auto_uevents cg_cleanup(cg_uevents_freep)
