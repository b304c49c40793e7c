/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The contract that a launch comes to: what it was to be, and what its vCPUs were found to be. */
#pragma once

#include "gate/contract.h"
#include "host/tap.h"
#include "lib/launch.h"
#include "probe/guest.h"

struct cg_undertaking {
	const struct cg_launch *launch;
	const struct cg_guest *guest;
	const char *definition, *cpu;  /* as it was asked for, and spelled out */
	struct cg_featureset features; /* of the guest, that it can find */
	const char *name;              /* NULL if the guest has none */
	const json_t *allowed;         /* names that it may do without, sorted; or NULL */
	bool behind_tap;               /* has it a network device there, */
	const struct cg_tap *tap;      /* and what can it do? NULL if nobody knows */
};

/* A new contract, which the caller deinits. */
cg_must_check int cg_undertaking_write(struct cg_contract *out,
				       const struct cg_undertaking *undertaking,
				       struct cg_context *context, struct cg_error *err);
