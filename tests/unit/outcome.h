/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a call that may fail did: all of these look at a struct cg_error named err. */
#pragma once

#include "tests/unit/unit.h"

#include <string.h>

#include "base/error.h"

#define assert_ok(call)                                                                  \
	do {                                                                             \
		if ((call) != 0)                                                         \
			fail_msg("%s: %s", #call, err.msg);                              \
	} while (0)

#define assert_error(call, errc)                                                         \
	do {                                                                             \
		assert_int_equal(call, -1);                                              \
		assert_string_equal(cg_errc_name(err.code), cg_errc_name(errc));         \
	} while (0)

#define assert_contains(text, part)                                                      \
	do {                                                                             \
		if (!strstr(text, part))                                                 \
			fail_msg("\"%s\" is not in \"%s\"", part, text);                 \
	} while (0)
