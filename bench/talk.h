/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking a server as fast as it answers, over some connections, one question each at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct bench_talk {
	const char *socket;
	const char *const *questions; /* lines of QMP, asked in turns */
	size_t count;
	size_t connections;
	int64_t duration;
};

struct bench_talked {
	size_t answers, errors;
	double rate;           /* answers a second */
	int64_t median, worst; /* of a round trip; worst: the 99th of 100 */
};

/* From so many round trips, which are sorted for it, that took so long altogether. */
void bench_talk_summarize(struct bench_talked *out, int64_t *times, size_t answers,
			  int64_t took);

cg_must_check int bench_talk(struct bench_talked *out, const struct bench_talk *talk,
			     struct cg_error *err);

/* One question, outside of any measurement: its reply is a success, or *err says what it is. */
cg_must_check int bench_ask(const char *socket, const char *question, char **reply,
			    struct cg_error *err);
