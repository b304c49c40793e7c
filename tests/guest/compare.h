/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What cpugate says of a definition, against what a guest saw of it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "cpumodels/visible.h"
#include "tests/guest/guest.h"

/*
 * @answer is the reply of `cpugate --json expand`; of @topology only threads, dies and
 * shows_apic count. Prints every difference, one a line: "-" was predicted and isn't
 * there, "+" is there. *@same says if there was none.
 */
cg_must_check int compare(bool *same, const struct guest *guest, const json_t *answer,
			  const struct cg_vcpu *topology, struct cg_error *err);
