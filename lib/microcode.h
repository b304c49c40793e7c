/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Features that microcode is known to take away or to bring, told from the parts of a
 * host's fingerprint. Few, and only where the CPU itself shows which case it is.
 */
#pragma once

#include <jansson.h>

/*
 * What microcode has to do with it that this CPU doesn't have @feature: words, static;
 * or NULL if nothing is known. Of a CPU that a hypervisor shows nothing ever is, since
 * that may hide what it likes.
 */
const char *cg_microcode_case(const json_t *parts, const char *vendor,
			      const char *feature);
