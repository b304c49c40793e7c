/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest owes to its host rather than to its machine type and CPU model: two hosts with
 * the same QEMU and command line may give it or not. Pure.
 */
#pragma once

#include <jansson.h>

#include "cpumodels/definition.h"
#include "host/tap.h"

/*
 * The list that a contract has as "platform": of @features (names) those that the host decides,
 * and of @definition (NULL for none) the PMU. Under TCG the CPU owes nothing to the host. New
 * reference, NULL if memory is out.
 */
json_t *cg_platform_of_cpu(const json_t *features, const struct cg_definition *definition,
			   const char *accel);

/*
 * Add what virtio-net devices behind a tap owe to it; @tap is NULL if nobody could look. False
 * if memory is out.
 */
bool cg_platform_add_tap(json_t *platform, const struct cg_tap *tap);

/* Do these words of a QEMU command line connect a network device to a tap? */
bool cg_platform_has_tap(const json_t *words);
