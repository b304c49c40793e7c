/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A home that is a file system of its own, to be read-only or full; and one without rights. */
#pragma once

#include "tests/unit/cache-home.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

static inline void drop_privileges(void)
{
	struct __user_cap_header_struct header = { .version =
							   _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	must(syscall(SYS_capset, &header, none) == 0);
}

static inline bool write_proc(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	return written;
}

/* Root in a namespace of our own, where we are somebody else outside. */
static inline bool become_root(void)
{
	char users[32], groups[32];

	snprintf(users, sizeof(users), "0 %u 1", (unsigned int)getuid());
	snprintf(groups, sizeof(groups), "0 %u 1", (unsigned int)getgid());
	return unshare(CLONE_NEWUSER) == 0 &&
	       write_proc("/proc/self/setgroups", "deny") &&
	       write_proc("/proc/self/uid_map", users) &&
	       write_proc("/proc/self/gid_map", groups);
}

/*
 * A file system of our own in the home, in a mount namespace that goes with the process.
 * False where the machine doesn't allow it.
 */
static inline bool mount_home(const char *options)
{
	return (getuid() == 0 || become_root()) && unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", "", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", home, "tmpfs", 0, options) == 0;
}

static inline void try_to_mount(int number)
{
	(void)number;
	_exit(mount_home("size=64k") ? 0 : 1);
}

static inline bool can_mount(void)
{
	int status = 1;
	pid_t pid;

	must(make_home(NULL) == 0);
	pid = in_child(try_to_mount, 0);
	must(waitpid(pid, &status, 0) == pid);
	must(remove_home(NULL) == 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static inline void fill_disk(void)
{
	char path[128], block[512] = { 0 };
	int fd;

	snprintf(path, sizeof(path), "%s/rest", home);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	must(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	must(errno == ENOSPC);
	close(fd);
}
