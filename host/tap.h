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

/*
 * Asked of a tap that nobody else can see: in a network namespace of a process of our own,
 * where it vanishes with that. False if that isn't allowed here, or takes more than 2 s.
 */
bool cg_tap_probe(struct cg_tap *out);
