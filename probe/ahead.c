// SPDX-License-Identifier: LGPL-2.1-or-later
/* One session on a thread of its own. */
#include "probe/ahead.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"

struct cg_ahead {
	char *binary;
	struct cg_lock *lock;
	struct cg_session_plan plan;
	struct cg_session_result result;
	int ret;
	struct cg_error err;
	pthread_t thread;
	bool joined;
};

static void *run(void *data)
{
	struct cg_ahead *ahead = data;

	ahead->ret = cg_session_run(&ahead->result, &ahead->plan, &ahead->err);
	return NULL;
}

/* What is left to free without a thread. */
static struct cg_ahead *give_up(struct cg_ahead *ahead)
{
	cg_lock_release(ahead->lock);
	free(ahead->binary);
	free(ahead);
	return NULL;
}

struct cg_ahead *cg_ahead_start(const char *binary, const char *lock_path,
				const char *stamp, const struct cg_qmp_limits *limits)
{
	struct cg_ahead *ahead = calloc(1, sizeof(*ahead));
	struct cg_error ignored;

	if (!ahead)
		return NULL;
	ahead->binary = strdup(binary);
	ahead->plan = (struct cg_session_plan){ .binary = ahead->binary,
						.machine = CG_AHEAD_MACHINE,
						.accel = CG_AHEAD_ACCEL,
						.limits = *limits };
	if (!ahead->binary || cg_lock_take(&ahead->lock, lock_path, stamp, cg_clock_in(0),
					   limits->cancel_fd, &ignored) < 0)
		return give_up(ahead);
	if (pthread_create(&ahead->thread, NULL, run, ahead) != 0)
		return give_up(ahead);
	return ahead;
}

struct cg_lock *cg_ahead_take_lock(struct cg_ahead *ahead)
{
	struct cg_lock *lock = ahead->lock;

	ahead->lock = NULL;
	return lock;
}

static void join(struct cg_ahead *ahead)
{
	if (!ahead->joined)
		pthread_join(ahead->thread, NULL);
	ahead->joined = true;
}

int cg_ahead_take(struct cg_ahead *ahead, struct cg_session_result *out,
		  struct cg_error *err)
{
	join(ahead);
	*out = ahead->result;
	ahead->result = (struct cg_session_result){ 0 };
	if (ahead->ret < 0)
		*err = ahead->err;
	return ahead->ret;
}

struct cg_ahead *cg_ahead_free(struct cg_ahead *ahead)
{
	if (!ahead)
		return NULL;
	join(ahead);
	cg_session_result_deinit(&ahead->result);
	return give_up(ahead);
}
