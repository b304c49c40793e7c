/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server from inside: what its three files share. server.c has clients, time and signals;
 * dialogue.c goes from a message to its answer; world.c keeps up with what answers depend on.
 */
#pragma once

#include "daemon/files.h"
#include "daemon/jobs.h"
#include "daemon/listener.h"
#include "daemon/metrics.h"
#include "daemon/notice.h"
#include "daemon/pages.h"
#include "daemon/peer.h"
#include "daemon/replies.h"
#include "daemon/server.h"
#include "host/watch.h"
#include "lib/context.h"

struct cg_server {
	struct cg_server_options options;
	struct cg_loop *loop;
	struct cg_context *context;
	struct cg_listener listener;
	struct cg_source *listening, *watching, *signals, *ticking, *barking;
	struct cg_peer *peers;
	struct cg_grounds *grounds;
	struct cg_replies *replies;
	struct cg_files *files;
	struct cg_pages *pages;
	struct cg_jobs *jobs;
	struct cg_watch *watch; /* NULL where there can be none */
	struct cg_notice *notice;
	struct cg_metrics metrics;
	json_t *logged;     /* warnings that are in the log */
	json_t *host_parts; /* as the context has them, for differences */
	int64_t host_read;  /* when */
	uint64_t epoch;     /* how often the host has changed */
	bool blind;         /* not everything can be watched */
	bool full;          /* no more clients, said once */
	bool stopping;
	size_t input;
	size_t ticks;
	int signal_fd;
};

/* Dialogue. */

/* A message of a client, and one that can't be read. Both are for the peers' callbacks. */
void cg_dialogue_take(void *data, struct cg_peer *peer, char *text, size_t len);
void cg_dialogue_complain(void *data, struct cg_peer *peer, enum cg_frame why);

/* To everybody who has been greeted. */
void cg_dialogue_event(struct cg_server *s, const char *event, const json_t *data);

/* Is this waiter a question of the @peer? Then it has been let go of. For cg_jobs_forget(). */
bool cg_dialogue_is_of(struct cg_waiter *waiter, void *peer);

/* World. */

/* It was read, now. */
void cg_world_note_host(struct cg_server *s, const struct cg_host *host);

/* Read the host again. What can't be read is told with the next answer that needs it. */
void cg_world_look(struct cg_server *s);

/* Take note of everything that was told until now. */
void cg_world_drain(struct cg_server *s);

/* Before each answer: what has changed until now is known afterwards. */
int cg_world_keep_up(struct cg_server *s, struct cg_error *err);

/* The watch has news. */
void cg_world_react(void *data, unsigned ready);

/* What the last question depended on, at most @room of them; how many. */
size_t cg_world_take_places(struct cg_server *s, struct cg_places **out, size_t room);

/* For notices: ask at once, or a worker; tell everybody; watch, or no longer. */
int cg_world_ask(void *data, const char *command, const json_t *args, json_t **reply,
		 struct cg_places **places, struct cg_error *err);
int cg_world_ask_later(void *data, const char *command, const json_t *args,
		       struct cg_waiter *waiter, struct cg_error *err);
void cg_world_tell(void *data, const char *event, const json_t *what);
void cg_world_watch(void *data, const struct cg_places *places, bool on);
