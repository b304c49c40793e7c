/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what QEMU said to the lines of a transcript, without parsing it. */
#pragma once

#include <stdio.h>

#include "tests/fake-qemu/raw.h"

/*
 * A line of this kind. It takes up any number of lines in the file: only spaces behind
 * commas become line breaks.
 */
void compose_line(FILE *out, char kind, const char *text);

/*
 * @reply, a list of objects with names, without those that aren't in @names, a comma list
 * or NULL for all. Frees @reply; the caller frees what comes back.
 */
char *compose_cut(char *reply, const char *names);

/*
 * Make the ids of all threads in @cpus (from the one at @index) 1, in place: they are of
 * no interest, and would make every recording differ from the last.
 */
void compose_hide_threads(char *cpus, size_t index);

/*
 * What makes the expansion @reply of the expansion @old, which is called @label, as a '*'
 * line has it; NULL if it can't be said so. The caller frees it.
 */
char *compose_changes(const char *label, struct raw old, struct raw reply);
