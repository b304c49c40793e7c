// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The process in between does nothing but system calls, since others of its threads may have
 * held locks when it was made, and says what it found with its exit status.
 */
#include "host/tap.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PATIENCE_MS 2000

/* Not in the headers of Linux before 6.2. */
#define USO4 0x20
#define USO6 0x40

enum { LOOKED = 1, HAS_VNET_HDR = 2, HAS_MQ = 4, HAS_UFO = 8, HAS_USO = 16 };

/* Root may as it is, others as root of a user namespace of their own. */
static bool hide(void)
{
	return unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

static int look(void)
{
	struct ifreq interface = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = hide() ? open("/dev/net/tun", O_RDWR | O_CLOEXEC) : -1;
	unsigned int features = 0;
	int found = LOOKED;

	if (fd < 0 || ioctl(fd, TUNGETFEATURES, &features) < 0)
		return 0;
	if (features & IFF_MULTI_QUEUE)
		found |= HAS_MQ;
	if (features & IFF_VNET_HDR) {
		interface.ifr_flags |= IFF_VNET_HDR;
		found |= HAS_VNET_HDR;
	}
	if (ioctl(fd, TUNSETIFF, &interface) < 0)
		return 0;
	if (ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_UFO) == 0)
		found |= HAS_UFO;
	if (ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | USO4 | USO6) == 0)
		found |= HAS_USO;
	return found;
}

/* What the child found, 0 if it didn't come to an end. */
static int attend(pid_t pid)
{
	cg_auto_close int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd end = { .fd = fd, .events = POLLIN };
	int status = 0;

	if (fd < 0 || poll(&end, 1, PATIENCE_MS) != 1)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 0;
	return WEXITSTATUS(status);
}

bool cg_tap_probe(struct cg_tap *out)
{
	pid_t pid = fork();
	int found;

	if (pid == 0)
		_exit(look());
	found = pid > 0 ? attend(pid) : 0;
	if (!(found & LOOKED))
		return false;
	*out = (struct cg_tap){ .vnet_hdr = found & HAS_VNET_HDR,
				.mq = found & HAS_MQ,
				.ufo = found & HAS_UFO,
				.uso = found & HAS_USO };
	return true;
}
