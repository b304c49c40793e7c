// SPDX-License-Identifier: LGPL-2.1-or-later
/* The only file that includes libudev. */
#include "host/uevents.h"

#include <errno.h>
#include <libudev.h>
#include <string.h>

#define AT_ONCE 1024 /* announcements of one drain, so that a flood can't keep us */

struct cg_uevents {
	struct udev *udev;
	struct udev_monitor *monitor[CG_UEVENTS_FDS];
	size_t n;
};

static int listen_to(struct cg_uevents *uevents, const char *group)
{
	static const char *const subsystems[] = { "cpu", "misc", "module" };
	struct udev_monitor *monitor =
		udev_monitor_new_from_netlink(uevents->udev, group);

	if (!monitor)
		return -1;
	uevents->monitor[uevents->n++] = monitor;
	for (size_t i = 0; i < CG_COUNT(subsystems); i++)
		if (udev_monitor_filter_add_match_subsystem_devtype(monitor,
								    subsystems[i],
								    NULL) < 0)
			return -1;
	return udev_monitor_enable_receiving(monitor) < 0 ? -1 : 0;
}

int cg_uevents_open(struct cg_uevents **out, struct cg_error *err)
{
	cg_auto_uevents struct cg_uevents *uevents = calloc(1, sizeof(*uevents));

	if (uevents)
		uevents->udev = udev_new();
	if (!uevents || !uevents->udev || listen_to(uevents, "kernel") < 0 ||
	    listen_to(uevents, "udev") < 0)
		return cg_error_errno(err, "listen to the kernel's announcements");
	*out = cg_take(uevents);
	return 0;
}

struct cg_uevents *cg_uevents_free(struct cg_uevents *uevents)
{
	if (!uevents)
		return NULL;
	for (size_t i = 0; i < uevents->n; i++)
		udev_monitor_unref(uevents->monitor[i]);
	udev_unref(uevents->udev);
	free(uevents);
	return NULL;
}

size_t cg_uevents_fds(const struct cg_uevents *uevents, int fds[static CG_UEVENTS_FDS])
{
	for (size_t i = 0; i < uevents->n; i++)
		fds[i] = udev_monitor_get_fd(uevents->monitor[i]);
	return uevents->n;
}

static bool is_one_of(const char *name, const char *const *names, size_t n)
{
	while (n && strcmp(name, names[n - 1]) != 0)
		n--;
	return n > 0;
}

unsigned cg_uevent_about(const char *subsystem, const char *name, const char *event)
{
	static const char *const devices[] = { "kvm", "sev", "sgx_vepc",
					       "sgx_provision" };

	if (strcmp(subsystem, "cpu") == 0)
		return CG_UEVENT_CPUS;
	if (strcmp(subsystem, "module") == 0)
		return strcmp(name, "kvm") == 0 || strncmp(name, "kvm_", 4) == 0
			       ? CG_UEVENT_MODULES
			       : 0;
	if (strcmp(subsystem, "misc") != 0 ||
	    !is_one_of(name, devices, CG_COUNT(devices)))
		return 0;
	return event && (!strcmp(event, "create") || !strcmp(event, "destroy"))
		       ? 0
		       : CG_UEVENT_DEVICES;
}

/* One announcement; false when there are no more. */
static bool take_one(struct udev_monitor *monitor, unsigned *about, bool *lost)
{
	struct udev_device *device;
	const char *subsystem, *name;

	errno = 0;
	device = udev_monitor_receive_device(monitor);
	if (!device) {
		/* ENOBUFS: there came more than the socket holds. */
		*lost |= errno != 0 && errno != EAGAIN && errno != EINTR;
		return false;
	}
	subsystem = udev_device_get_subsystem(device);
	name = udev_device_get_sysname(device);
	if (subsystem && name)
		*about |=
			cg_uevent_about(subsystem, name,
					udev_device_get_property_value(device, "EVENT"));
	udev_device_unref(device);
	return true;
}

unsigned cg_uevents_drain(struct cg_uevents *uevents, bool *lost)
{
	unsigned about = 0;

	for (size_t i = 0; i < uevents->n; i++)
		for (int n = 0; n < AT_ONCE; n++)
			if (!take_one(uevents->monitor[i], &about, lost))
				break;
	return about;
}
