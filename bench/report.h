/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The figures as a table for people, and as JSON. */
#pragma once

#include "bench/row.h"

/* The machine, and whether it is quiet enough. */
void bench_report_machine(void);

/* What follows is about this emulator, and in its bare starts. */
void bench_report_emulator(const struct bench_emulator *emulator);

void bench_report_row(const struct bench_row *row);

/* All that was reported, to @path. */
cg_must_check int bench_report_save(const char *path, struct cg_error *err);
