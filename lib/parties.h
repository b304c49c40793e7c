/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosts as their records tell of them, on the machine type that was chosen for them, as
 * those who send and take guests.
 */
#pragma once

#include "cpumodels/definition.h"
#include "cpumodels/passage.h"
#include "lib/records.h"

/*
 * One for each host: with a @definition, guests have what that asks for; with NULL, those
 * of each host have all that it gives, but for what would tie them to it. The caller
 * frees *@out. CG_E_UNKNOWN for names that no host knows.
 */
cg_must_check int cg_parties_new(struct cg_party **out, const struct cg_records *records,
				 const struct cg_definition *definition,
				 struct cg_error *err);
