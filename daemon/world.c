// SPDX-License-Identifier: LGPL-2.1-or-later
/* What answers depend on: the host, emulators, and who is to be told of it. */
#include "daemon/inside.h"

#include <sys/epoll.h>

#include "daemon/log.h"
#include "lib/command.h"
#include "lib/parts.h"

/* Keeping up with the world. */

void cg_world_note_host(struct cg_server *s, const struct cg_host *host)
{
	json_decref(s->host_parts);
	s->host_parts = json_incref(cg_host_parts(host));
	s->host_read = cg_clock_now();
}

static void tell_host_changed(struct cg_server *s, const struct cg_host *host)
{
	cg_auto_json json_t *parts =
		cg_parts_difference(s->host_parts, cg_host_parts(host));

	s->epoch++;
	cg_world_note_host(s, host);
	cg_log(CG_LOG_NOTICE, "this host has changed in %zu parts",
	       json_array_size(parts));
	cg_notice_host_changed(s->notice, parts);
}

/* Read the host again. What can't be read is told with the next answer that needs it. */
void cg_world_look(struct cg_server *s)
{
	const struct cg_host *host;
	struct cg_error err;
	bool changed;

	if (cg_context_check_host(s->context, &changed, &err) < 0 ||
	    cg_context_host(s->context, &host, &err) < 0)
		return;
	if (!s->host_parts)
		cg_world_note_host(s, host);
	else if (changed)
		tell_host_changed(s, host);
	s->host_read = cg_clock_now();
}

/* Everything that was told until now. */
void cg_world_drain(struct cg_server *s)
{
	struct cg_watch_news news = { 0 };
	struct epoll_event any;

	/* Most often there is nothing, and one look says so. */
	if (!s->watch || (!cg_grounds_are_new(s->grounds) &&
			  epoll_wait(cg_watch_fd(s->watch), &any, 1, 0) == 0))
		return;
	(void)cg_watch_drain(s->watch, &news);
	if (news.n_paths || news.blind != s->blind)
		cg_grounds_told(s->grounds, news.blind);
	s->blind = news.blind;
	if (news.host)
		cg_world_look(s);
	if (news.n_paths)
		cg_notice_look(s->notice);
}

/*
 * Before each answer: what has changed until now is known afterwards. Where nobody tells us
 * everything, the host is read each time.
 */
int cg_world_keep_up(struct cg_server *s, struct cg_error *err)
{
	cg_world_drain(s);
	if (s->blind || cg_clock_now() - s->host_read > CG_WATCH_TRUST)
		cg_world_look(s);
	return cg_context_refresh(s->context, err);
}

void cg_world_react(void *data, unsigned ready)
{
	(void)ready;
	cg_world_drain(data);
}

/* What the notices ask of us. */

size_t cg_world_take_places(struct cg_server *s, struct cg_places **out, size_t room)
{
	return cg_context_noted(s->context, out, room);
}

int cg_world_ask(void *data, const char *command, const json_t *args, json_t **reply,
		 struct cg_places **places, struct cg_error *err)
{
	struct cg_server *s = data;
	struct cg_places *noted[CG_REPLY_PLACES];
	size_t count;
	int ret;

	if (cg_context_refresh(s->context, err) < 0)
		return -1;
	ret = cg_command_run(s->context, command, args, reply, err);
	count = cg_world_take_places(s, noted, CG_REPLY_PLACES);
	for (size_t i = 1; i < count; i++)
		cg_places_free(noted[i]);
	*places = count ? noted[0] : NULL;
	return ret;
}

int cg_world_ask_later(void *data, const char *command, const json_t *args,
		       struct cg_waiter *waiter, struct cg_error *err)
{
	cg_auto_json json_t *files = json_object();
	struct cg_server *s = data;
	const struct cg_question_text question = { .command = command,
						   .args = args,
						   .files = files,
						   .uid = (uid_t)-1,
						   .epoch = s->epoch };

	return cg_jobs_ask(s->jobs, &question, waiter, err);
}

void cg_world_tell(void *data, const char *event, const json_t *what)
{
	struct cg_server *s = data;

	s->metrics.changes++;
	cg_dialogue_event(s, event, what);
}

void cg_world_watch(void *data, const struct cg_places *places, bool on)
{
	struct cg_server *s = data;

	(void)cg_grounds_watch(s->grounds, places, on);
}
