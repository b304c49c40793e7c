// SPDX-License-Identifier: LGPL-2.1-or-later
/* Look, tell, rest. */
#include "lib/crossing.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#define SHORTEST_MS 2
#define LONGEST_MS 100
#define MIB (1024 * 1024)
#define MOST_SECONDS (30 * 24 * 3600)

int cg_crossing_check(const json_t *seconds, struct cg_error *err)
{
	if (!seconds || (json_integer_value(seconds) > 0 &&
			 json_integer_value(seconds) <= MOST_SECONDS))
		return 0;
	return cg_error_set(err, CG_E_USAGE, "--deadline is 1 to %d seconds",
			    MOST_SECONDS);
}

int64_t cg_crossing_deadline(const json_t *seconds)
{
	return cg_clock_in((seconds ? json_integer_value(seconds) : CG_CROSSING_SECONDS) *
			   CG_S);
}

/* The nearer the end, the closer one looks: the guest stands still until it was seen. */
static int interval_ms(const struct cg_transfer *t)
{
	double left_ms;

	if (t->stage != CG_TRANSFER_GOING || t->mbps <= 0)
		return SHORTEST_MS;
	left_ms = (double)t->remaining * 8 / 1000 / t->mbps;
	return left_ms / 4 < SHORTEST_MS  ? SHORTEST_MS
	       : left_ms / 4 > LONGEST_MS ? LONGEST_MS
					  : (int)(left_ms / 4);
}

static int rest(const struct cg_crossing *c, int ms, struct cg_error *err)
{
	struct pollfd cancel = { .fd = cg_context_limits(c->context).cancel_fd,
				 .events = POLLIN };
	int ready = poll(&cancel, 1, ms);

	if (ready < 0 && errno != EINTR)
		return cg_error_errno(err, "poll");
	return ready > 0 ? cg_error_set(err, CG_E_CANCELLED, "interrupted") : 0;
}

static void tell(const struct cg_crossing *c, const struct cg_transfer *t)
{
	char words[40];

	if (!t->total)
		return;
	snprintf(words, sizeof(words), "MiB, stop %lld ms", (long long)t->downtime_ms);
	cg_context_tell(c->context, (t->total - t->remaining) / MIB, t->total / MIB + 1,
			words);
}

/* Does anything come through, and is there time? */
static int check_time(const struct cg_crossing *c, const struct cg_transfer *t,
		      uint64_t *seen, int64_t *stalled, struct cg_error *err)
{
	uint64_t now = t->transferred + (uint64_t)t->stage;

	if (now != *seen)
		*stalled = cg_clock_in(CG_CROSSING_STALL_NS);
	*seen = now;
	if (cg_clock_left_ms(*stalled) == 0)
		return cg_error_set(err, CG_E_TIMEOUT,
				    "nothing has come through for %lld s",
				    (long long)(CG_CROSSING_STALL_NS / CG_S));
	return cg_clock_left_ms(c->deadline)
		       ? 0
		       : cg_error_set(err, CG_E_TIMEOUT, "it took longer than allowed");
}

int cg_crossing_watch(const struct cg_crossing *c, struct cg_transfer *out,
		      struct cg_error *err)
{
	int64_t stalled = cg_clock_in(CG_CROSSING_STALL_NS);
	struct cg_transfer t = { 0 };
	uint64_t seen = 0;
	bool whole = false;

	while (t.stage != CG_TRANSFER_DONE || !whole) {
		if (rest(c, interval_ms(&t), err) < 0 ||
		    cg_outgoing_look(c->outgoing, &t, err) < 0 ||
		    c->arrived(c->data, &whole, err) < 0)
			return -1;
		if (t.stage == CG_TRANSFER_FAILED)
			return cg_error_set(err, CG_E_REFUSED, "%s", t.why);
		if (check_time(c, &t, &seen, &stalled, err) < 0)
			return -1;
		tell(c, &t);
	}
	cg_context_tell(c->context, 1, 1, "");
	*out = t;
	return 0;
}
