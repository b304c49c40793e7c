/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The only file that includes cmocka: its header needs these four before it, in this order.
 *
 * One group per program, and no skip(): cmocka 1.1.5 writes both in a way that TAP readers
 * take for failures. A test that needs something of the machine is a bats test.
 */
#pragma once

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
