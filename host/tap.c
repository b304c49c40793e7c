// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The process in between does nothing but system calls, since others of its threads may have
 * held locks when it was made.
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
#include <sys/socket.h>
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

/* Nobody waits for the end of a stream because of us, or for a lock. */
static int leave_everything(int pipe)
{
	int kept = dup3(pipe, STDERR_FILENO + 1, O_CLOEXEC);

	if (pipe == STDERR_FILENO + 1)
		kept = pipe;
	syscall(SYS_close_range, 0U, STDERR_FILENO, 0);
	syscall(SYS_close_range, (unsigned int)STDERR_FILENO + 2, ~0U, 0);
	return kept;
}

/* In a process that is nobody's child, so nobody has to wait for its end. */
static _Noreturn void look_and_tell(int pipe)
{
	struct pollfd left;
	sigset_t all;
	unsigned char found;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	left = (struct pollfd){ .fd = leave_everything(pipe), .events = POLLIN };
	found = (unsigned char)look();
	if (send(left.fd, &found, 1, MSG_NOSIGNAL) == 1)
		(void)!poll(&left, 1, PATIENCE_MS);
	_exit(0);
}

void cg_tap_look(struct cg_tap_look *out)
{
	int ends[2];
	pid_t pid;

	*out = CG_TAP_LOOK;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		if (fork() == 0)
			look_and_tell(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	out->pipe = ends[0];
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}

bool cg_tap_seen(struct cg_tap_look *look, struct cg_tap *out)
{
	struct pollfd said = { .fd = look->pipe, .events = POLLIN };
	unsigned char found = 0;

	if (look->pipe < 0 || poll(&said, 1, PATIENCE_MS) != 1 ||
	    read(look->pipe, &found, 1) != 1 || !(found & LOOKED))
		return false;
	*out = (struct cg_tap){ .vnet_hdr = found & HAS_VNET_HDR,
				.mq = found & HAS_MQ,
				.ufo = found & HAS_UFO,
				.uso = found & HAS_USO };
	return true;
}

void cg_tap_look_away(struct cg_tap_look *look)
{
	cg_closep(&look->pipe);
	look->pipe = -1;
}
