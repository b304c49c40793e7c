// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * epoll for descriptors, a binary heap for time. A source that is removed while others
 * are told may still be in the list of what is due: it is freed when the round is over.
 */
#include "base/loop.h"

#include <errno.h>
#include <stdint.h>

#define EVENTS 64 /* told in one round */
#define NOWHERE SIZE_MAX

struct cg_source {
	struct cg_loop *loop;
	int fd;
	unsigned events;
	cg_source_fn *fn;
	void *data;
	int64_t deadline;
	size_t place; /* in the heap, or NOWHERE */
	bool removed;
	struct cg_source *previous, *next; /* among all, or among the removed */
};

struct cg_loop {
	int epoll;
	bool stop;
	struct cg_source *all, *removed;
	size_t sources;
	struct cg_source **heap; /* the earliest deadline first */
	size_t count, room;
};

int cg_loop_new(struct cg_loop **out, struct cg_error *err)
{
	struct cg_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return cg_error_errno(err, "event loop");
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return cg_error_errno(err, "event loop");
	}
	*out = loop;
	return 0;
}

static void bury(struct cg_loop *loop)
{
	while (loop->removed) {
		struct cg_source *next = loop->removed->next;

		free(loop->removed);
		loop->removed = next;
	}
}

struct cg_loop *cg_loop_free(struct cg_loop *loop)
{
	if (!loop)
		return NULL;
	while (loop->all)
		cg_source_remove(loop->all);
	bury(loop);
	close(loop->epoll);
	free(loop->heap);
	free(loop);
	return NULL;
}

/* The heap. */

static void put(struct cg_loop *loop, size_t place, struct cg_source *source)
{
	loop->heap[place] = source;
	source->place = place;
}

static void rise(struct cg_loop *loop, size_t place)
{
	struct cg_source *source = loop->heap[place];

	while (place && loop->heap[(place - 1) / 2]->deadline > source->deadline) {
		put(loop, place, loop->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	put(loop, place, source);
}

static void sink(struct cg_loop *loop, size_t place)
{
	struct cg_source *source = loop->heap[place];

	for (size_t child; (child = 2 * place + 1) < loop->count; place = child) {
		if (child + 1 < loop->count &&
		    loop->heap[child + 1]->deadline < loop->heap[child]->deadline)
			child++;
		if (loop->heap[child]->deadline >= source->deadline)
			break;
		put(loop, place, loop->heap[child]);
	}
	put(loop, place, source);
}

static void leave_heap(struct cg_source *source)
{
	struct cg_loop *loop = source->loop;
	size_t place = source->place;

	if (place == NOWHERE)
		return;
	source->place = NOWHERE;
	if (place == --loop->count)
		return;
	put(loop, place, loop->heap[loop->count]);
	rise(loop, place);
	sink(loop, loop->heap[place]->place);
}

void cg_source_at(struct cg_source *source, int64_t deadline)
{
	struct cg_loop *loop = source->loop;

	if (source->removed || deadline == source->deadline)
		return;
	leave_heap(source);
	source->deadline = deadline;
	if (deadline == CG_NO_DEADLINE)
		return;
	put(loop, loop->count++, source);
	rise(loop, source->place);
}

/* Sources. */

/* Room in the heap is made here, so that setting a deadline can't fail. */
static int make_room(struct cg_loop *loop, struct cg_error *err)
{
	size_t room = loop->room ? 2 * loop->room : 16;
	struct cg_source **grown;

	if (loop->sources < loop->room)
		return 0;
	grown = reallocarray(loop->heap, room, sizeof(struct cg_source *));
	if (!grown)
		return cg_error_errno(err, "event loop");
	loop->heap = grown;
	loop->room = room;
	return 0;
}

int cg_loop_add(struct cg_loop *loop, struct cg_source **out, int fd, unsigned events,
		cg_source_fn *fn, void *data, struct cg_error *err)
{
	struct cg_source *source;
	struct epoll_event event = { .events = events };

	if (make_room(loop, err) < 0)
		return -1;
	source = malloc(sizeof(*source));
	if (!source)
		return cg_error_errno(err, "event loop");
	*source = (struct cg_source){ .loop = loop,
				      .fd = fd,
				      .events = events,
				      .fn = fn,
				      .data = data,
				      .deadline = CG_NO_DEADLINE,
				      .place = NOWHERE,
				      .next = loop->all };
	event.data.ptr = source;
	if (fd >= 0 && epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		free(source);
		return cg_error_errno(err, "wait for a descriptor");
	}
	if (loop->all)
		loop->all->previous = source;
	loop->all = source;
	loop->sources++;
	*out = source;
	return 0;
}

void cg_source_want(struct cg_source *source, unsigned events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	if (source->removed || source->fd < 0 || source->events == events)
		return;
	source->events = events;
	(void)epoll_ctl(source->loop->epoll, EPOLL_CTL_MOD, source->fd, &event);
}

struct cg_source *cg_source_remove(struct cg_source *source)
{
	struct cg_loop *loop;

	if (!source || source->removed)
		return NULL;
	loop = source->loop;
	leave_heap(source);
	if (source->fd >= 0)
		(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
	if (source->previous)
		source->previous->next = source->next;
	else
		loop->all = source->next;
	if (source->next)
		source->next->previous = source->previous;
	source->removed = true;
	source->next = loop->removed;
	loop->removed = source;
	loop->sources--;
	return NULL;
}

/* Telling. */

/* Only those that were due when the round began: one that is due again at once waits. */
static void tell_due(struct cg_loop *loop)
{
	int64_t now = cg_clock_now();

	for (size_t left = loop->count; left && loop->count; left--) {
		struct cg_source *source = loop->heap[0];

		if (source->deadline > now)
			break;
		leave_heap(source);
		source->deadline = CG_NO_DEADLINE;
		source->fn(source->data, CG_LOOP_DUE);
	}
}

int cg_loop_once(struct cg_loop *loop, int64_t deadline, struct cg_error *err)
{
	struct epoll_event events[EVENTS];
	int count;

	if (loop->count && loop->heap[0]->deadline < deadline)
		deadline = loop->heap[0]->deadline;
	count = epoll_wait(loop->epoll, events, EVENTS, cg_clock_left_ms(deadline));
	if (count < 0 && errno != EINTR)
		return cg_error_errno(err, "wait for events");
	for (int i = 0; i < count; i++) {
		struct cg_source *source = events[i].data.ptr;

		if (!source->removed)
			source->fn(source->data, events[i].events);
	}
	tell_due(loop);
	bury(loop);
	return 0;
}

int cg_loop_run(struct cg_loop *loop, struct cg_error *err)
{
	loop->stop = false;
	while (!loop->stop)
		if (cg_loop_once(loop, CG_NO_DEADLINE, err) < 0)
			return -1;
	return 0;
}

void cg_loop_stop(struct cg_loop *loop)
{
	loop->stop = true;
}
