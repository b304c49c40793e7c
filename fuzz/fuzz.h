/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fuzz target hands bytes to code that must put up with any bytes, and says what must be
 * true whatever they are. The program's main() is libFuzzer's or replay.c's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* returns 0 */

_Noreturn static inline void fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
	abort();
}

/* An assert() that no build leaves out. */
#define must(condition)                                                                  \
	((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

/*
 * The input as text, which ends at its first NUL; the caller frees it. Not by strndup(): with
 * ASan's strict_string_checks that reads on for a NUL.
 */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	must(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}
