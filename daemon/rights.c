// SPDX-License-Identifier: LGPL-2.1-or-later
/* SO_PEERCRED and SO_PEERGROUPS: as it was when it connected. */
#include "daemon/rights.h"

#include <errno.h>
#include <grp.h>
#include <sys/socket.h>

#define GROUPS_MAX 65536

static bool is_member(int fd, gid_t group)
{
	cg_auto_free gid_t *groups = NULL;
	socklen_t size = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0)
		return false; /* of none */
	if (errno != ERANGE || size > GROUPS_MAX * sizeof(*groups))
		return false;
	groups = malloc(size);
	if (!groups || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(*groups); i++)
		if (groups[i] == group)
			return true;
	return false;
}

/* Looked up once: a name service may take its time. */
static gid_t group(void)
{
	static gid_t known;
	static bool asked;
	const struct group *entry;

	if (!asked) {
		entry = getgrnam(CG_GROUP);
		known = entry ? entry->gr_gid : (gid_t)-1;
		asked = true;
	}
	return known;
}

int cg_rights_read(struct cg_rights *out, int fd, struct cg_error *err)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return cg_error_errno(err, "who a client is");
	out->uid = peer.uid;
	out->pid = peer.pid;
	out->owner = peer.uid == 0 || peer.uid == geteuid();
	if (!out->owner && group() != (gid_t)-1)
		out->owner = peer.gid == group() || is_member(fd, group());
	return 0;
}
