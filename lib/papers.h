/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest that comes is said to have, against what was promised of it: cg_migrant_papers()
 * of somebody who isn't trusted. Pure.
 */
#pragma once

#include "gate/contract.h"

/* CG_E_REFUSED for the first thing that isn't the same, CG_E_PROTOCOL for what is no guest. */
cg_must_check int cg_papers_check(const json_t *papers,
				  const struct cg_contract *contract,
				  struct cg_error *err);
