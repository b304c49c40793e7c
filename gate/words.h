/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command line as a list of words. Pure. */
#pragma once

#include "gate/arguments.h"

/*
 * The words that @arguments were read from, with the machine type and the CPU definition
 * replaced: where they stand, or at the end if they came from elsewhere. A new list, NULL if
 * memory is out.
 */
json_t *cg_words_replace(const json_t *words, const struct cg_arguments *arguments,
			 const char *machine, const char *cpu);

/* One line for a shell, quoted where that is needed. The caller frees it. */
char *cg_words_quote(const json_t *words);
