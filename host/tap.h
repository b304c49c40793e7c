/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this kernel's tap devices can do for virtio-net. QEMU asks the same when such a device
 * is made (virtio_net_get_features() in hw/net/virtio-net.c), and takes away what the answer
 * is no to, so guests of one machine type differ by the kernel of their host.
 */
#pragma once

#include <stdbool.h>

struct cg_tap {
	bool vnet_hdr; /* headers with checksums and segments: without, no offloads at all */
	bool mq;       /* several queues */
	bool ufo;      /* UDP fragmentation */
	bool uso;      /* UDP segmentation, since Linux 6.2 */
};

/* A look at one, which goes on beside us. */
struct cg_tap_look {
	int pipe; /* that what was seen comes by; -1 if there is none */
};

#define CG_TAP_LOOK ((struct cg_tap_look){ .pipe = -1 })

/*
 * A tap is asked that nobody else can see: in a network namespace of a process of our own,
 * where it vanishes with that. What takes long is to take it down, 20 ms and more, in which the
 * kernel makes no other one: so that is done after 2 s, or when we look away or end.
 * Doesn't wait for any of it.
 */
void cg_tap_look(struct cg_tap_look *look);

/* What it found. False if there was no look, it isn't allowed here, or takes more than 2 s. */
bool cg_tap_seen(struct cg_tap_look *look, struct cg_tap *out);

/* Harmless if there is none. */
void cg_tap_look_away(struct cg_tap_look *look);
