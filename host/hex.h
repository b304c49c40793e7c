/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hexadecimal as the fingerprint spells it: "0x" and lower-case digits. A fingerprint
 * has hundreds of them and half a millisecond for everything: snprintf() would take a
 * tenth of it.
 */
#pragma once

#include <stdint.h>

#define CG_HEX_SIZE 19 /* "0x", 16 digits, NUL */

/* Writes @value and a NUL; returns where the NUL is. */
static inline char *cg_hex(char *to, uint64_t value)
{
	int shift = value ? (63 - __builtin_clzll(value)) & ~3 : 0;

	*to++ = '0';
	*to++ = 'x';
	for (; shift >= 0; shift -= 4)
		*to++ = "0123456789abcdef"[value >> shift & 15];
	*to = '\0';
	return to;
}
