// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a message to its answer. */
#include "daemon/server.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "base/socket.h"
#include "daemon/files.h"
#include "daemon/limits.h"
#include "daemon/listener.h"
#include "daemon/log.h"
#include "daemon/methods.h"
#include "daemon/metrics.h"
#include "daemon/notice.h"
#include "daemon/notify.h"
#include "daemon/pages.h"
#include "daemon/peer.h"
#include "daemon/protocol.h"
#include "daemon/replies.h"
#include "daemon/schema.h"
#include "host/watch.h"
#include "lib/parts.h"

#define TICK_NS CG_S
#define METRICS_TICKS 10

/* With more hosts than that, a question is for a worker. */
#define RECORDS_AT_ONCE 200

struct server {
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

/* One question of a client that is being answered. */
struct asking {
	struct server *server;
	struct cg_peer *peer;
	const char *message; /* NULL once it is gone */
	size_t len;
	struct cg_span id;
	struct cg_method method;
	const json_t *args; /* the client's */
	json_t *prepared;   /* the command's */
	size_t page;        /* bytes; 0: the whole reply */
	struct cg_places *places[CG_REPLY_PLACES];
	size_t places_count;
};

/* Answering. */

static void send_error(struct server *s, struct cg_peer *peer, const char *class,
		       const struct cg_error *why, struct cg_span id)
{
	struct cg_error err;

	s->metrics.refused++;
	if (cg_message_error(cg_peer_out(peer), class, why, id, &err) < 0)
		cg_log(CG_LOG_WARNING, "an answer is lost: %s", err.msg);
}

static void send_text(struct server *s, struct cg_peer *peer, struct cg_span text,
		      struct cg_span id)
{
	struct cg_error err;

	if (cg_message_return(cg_peer_out(peer), text, id, &err) < 0)
		send_error(s, peer, NULL, &err, id);
}

/* Consumes the reply. */
static void send_reply(struct server *s, struct cg_peer *peer, json_t *reply,
		       struct cg_span id)
{
	cg_auto_json json_t *taken = reply;
	cg_auto_free char *text = taken ? cg_json_line(taken) : NULL;
	struct cg_error err;

	if (text) {
		send_text(s, peer, (struct cg_span){ text, strlen(text) }, id);
		return;
	}
	(void)cg_error_set(&err, CG_E_SYSTEM, "no memory for an answer");
	send_error(s, peer, NULL, &err, id);
}

static void send_event(struct server *s, const char *event, const json_t *data)
{
	struct cg_error err;

	for (struct cg_peer *p = s->peers, *next; p; p = next) {
		next = cg_peer_next(p);
		if (!cg_peer_is_greeted(p))
			continue;
		if (cg_message_event(cg_peer_out(p), event, data, &err) == 0)
			cg_peer_flush(p);
	}
}

/* Keeping up with the world. */

static void note_host(struct server *s, const struct cg_host *host)
{
	json_decref(s->host_parts);
	s->host_parts = json_incref(cg_host_parts(host));
	s->host_read = cg_clock_now();
}

static void tell_host_changed(struct server *s, const struct cg_host *host)
{
	cg_auto_json json_t *parts =
		cg_parts_difference(s->host_parts, cg_host_parts(host));

	s->epoch++;
	note_host(s, host);
	cg_log(CG_LOG_NOTICE, "this host has changed in %zu parts",
	       json_array_size(parts));
	cg_notice_host_changed(s->notice, parts);
}

/* Read the host again. What can't be read is told with the next answer that needs it. */
static void look_at_host(struct server *s)
{
	const struct cg_host *host;
	struct cg_error err;
	bool changed;

	if (cg_context_check_host(s->context, &changed, &err) < 0 ||
	    cg_context_host(s->context, &host, &err) < 0)
		return;
	if (!s->host_parts)
		note_host(s, host);
	else if (changed)
		tell_host_changed(s, host);
	s->host_read = cg_clock_now();
}

/* Everything that was told until now. */
static void drain(struct server *s)
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
		look_at_host(s);
	if (news.n_paths)
		cg_notice_look(s->notice);
}

/*
 * Before each answer: what has changed until now is known afterwards. Where nobody tells us
 * everything, the host is read each time.
 */
static int keep_up(struct server *s, struct cg_error *err)
{
	drain(s);
	if (s->blind || cg_clock_now() - s->host_read > CG_WATCH_TRUST)
		look_at_host(s);
	return cg_context_refresh(s->context, err);
}

static void react_to_watch(void *data, unsigned ready)
{
	(void)ready;
	drain(data);
}

/* What the notices ask of us. */

static size_t take_places(struct server *s, struct cg_places **out, size_t room)
{
	return cg_context_noted(s->context, out, room);
}

static int ask_for_notice(void *data, const char *command, const json_t *args,
			  json_t **reply, struct cg_places **places, struct cg_error *err)
{
	struct server *s = data;
	struct cg_places *noted[CG_REPLY_PLACES];
	size_t count;
	int ret;

	if (cg_context_refresh(s->context, err) < 0)
		return -1;
	ret = cg_command_run(s->context, command, args, reply, err);
	count = take_places(s, noted, CG_REPLY_PLACES);
	for (size_t i = 1; i < count; i++)
		cg_places_free(noted[i]);
	*places = count ? noted[0] : NULL;
	return ret;
}

static int ask_later_for_notice(void *data, const char *command, const json_t *args,
				struct cg_waiter *waiter, struct cg_error *err)
{
	cg_auto_json json_t *files = json_object();
	struct server *s = data;
	const struct cg_question_text question = { .command = command,
						   .args = args,
						   .files = files,
						   .uid = (uid_t)-1,
						   .epoch = s->epoch };

	return cg_jobs_ask(s->jobs, &question, waiter, err);
}

static void tell_everybody(void *data, const char *event, const json_t *what)
{
	struct server *s = data;

	s->metrics.changes++;
	send_event(s, event, what);
}

static void watch_places(void *data, const struct cg_places *places, bool on)
{
	struct server *s = data;

	(void)cg_grounds_watch(s->grounds, places, on);
}

/* Questions that wait. */

struct question {
	struct cg_waiter waiter; /* first */
	struct server *server;
	struct cg_peer *peer;
	struct cg_method method;
	json_t *args;
	char *id;
	size_t page;
};

static void free_question(struct question *q)
{
	json_decref(q->args);
	free(q->id);
	free(q);
}

static struct cg_span id_of(const struct question *q)
{
	return (struct cg_span){ q->id, q->id ? strlen(q->id) : 0 };
}

static json_t *shaped(const struct cg_method *method, const json_t *reply,
		      const json_t *args)
{
	return method->shape ? method->shape(reply, args)
			     : json_incref(cg_json_mutable(reply));
}

/* The reply's text, or its first page. Consumes the reply. */
static void send_paged(struct server *s, struct cg_peer *peer, json_t *reply, size_t page,
		       struct cg_span id)
{
	cg_auto_json json_t *taken = reply;
	cg_auto_free char *text = NULL;
	struct cg_error err;
	json_t *first;

	if (!page) {
		send_reply(s, peer, json_incref(taken), id);
		return;
	}
	text = cg_json_line(taken);
	if (!text)
		send_reply(s, peer, NULL, id);
	else if (cg_pages_first(s->pages, text, page, &first, &err) < 0)
		send_error(s, peer, NULL, &err, id);
	else
		send_reply(s, peer, first, id);
}

static void question_done(struct cg_waiter *waiter, const json_t *reply,
			  const struct cg_error *why)
{
	struct question *q = (struct question *)waiter;
	struct server *s = q->server;

	if (reply) {
		s->metrics.measured++;
		send_paged(s, q->peer, shaped(&q->method, reply, q->args), q->page,
			   id_of(q));
	} else {
		send_error(s, q->peer, NULL, why, id_of(q));
	}
	cg_peer_wait(q->peer, -1);
	cg_peer_flush(q->peer);
	if (reply && !json_object_get(q->args, "record"))
		cg_notice_mind(s->notice, q->args);
	free_question(q);
}

static void question_told(struct cg_waiter *waiter, const json_t *progress)
{
	struct question *q = (struct question *)waiter;
	struct cg_error err;

	if (cg_message_event(cg_peer_out(q->peer), "PROBE_PROGRESS", progress, &err) == 0)
		cg_peer_flush(q->peer);
}

static struct question *new_question(const struct asking *a)
{
	struct question *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->waiter = (struct cg_waiter){ question_done, question_told };
	q->server = a->server;
	q->peer = a->peer;
	q->method = a->method;
	q->args = json_incref(a->prepared);
	q->page = a->page;
	q->id = a->id.text ? strndup(a->id.text, a->id.len) : NULL;
	if (!a->id.text || q->id)
		return q;
	free_question(q);
	return NULL;
}

/* A guest that runs says something else each time. */
static bool is_about_guest(const json_t *value)
{
	const char *text = json_string_value(value), *key;
	bool found = text && strncmp(text, "qmp:", 4) == 0;
	json_t *member;
	size_t i;

	json_array_foreach(value, i, member)
		found |= is_about_guest(member);
	if (json_is_object(value))
		cg_json_each(value, key, member)
			found |= is_about_guest(member);
	return found;
}

static int ask_worker(struct asking *a, struct cg_error *err)
{
	const struct cg_rights *rights = cg_peer_rights(a->peer);
	cg_auto_json json_t *files = NULL;
	struct cg_question_text question = {
		.command = a->method.command->name,
		.args = a->prepared,
		.guarded = !rights->owner,
		.uid = rights->uid,
		.shared = (a->method.command->flags & CG_COMMAND_PURE) &&
			  !is_about_guest(a->prepared),
		.epoch = a->server->epoch,
		.places = a->places,
		.places_count = a->places_count,
	};
	struct question *q;

	if (!rights->owner && is_about_guest(a->prepared))
		return cg_error_set(
			err, CG_E_REFUSED,
			"guests are asked for root, our own user and the group " CG_GROUP
			" only");
	if (cg_files_pack(a->server->files, json_object_get(a->args, CG_ARGUMENT_FILES),
			  a->prepared, &files, err) < 0)
		return -1;
	question.files = files;
	q = new_question(a);
	if (!q)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a question");
	if (cg_jobs_ask(a->server->jobs, &question, &q->waiter, err) < 0) {
		free_question(q);
		return -1;
	}
	cg_peer_wait(a->peer, 1);
	return 0;
}

/* Answers at once. */

static bool is_small(const json_t *args)
{
	return json_array_size(json_object_get(args, "records")) <= RECORDS_AT_ONCE;
}

/* Keep a reply, with what it depends on. */
static void remember(struct asking *a, struct cg_span text)
{
	struct cg_reply_basis basis = {
		.generation = cg_context_generation(a->server->context),
		.count = a->places_count,
	};

	if (!(a->method.command->flags & CG_COMMAND_PURE) || a->page || !a->message)
		return;
	for (size_t i = 0; i < a->places_count; i++)
		basis.places[i] = cg_places_ref(a->places[i]);
	cg_replies_put(a->server->replies, a->message, a->len, a->id, &basis, text);
}

/* Consumes the reply. */
static void give(struct asking *a, json_t *reply)
{
	struct server *s = a->server;
	cg_auto_json json_t *taken = reply;
	cg_auto_free char *text = NULL;

	s->metrics.at_once++;
	if (a->page) {
		send_paged(s, a->peer, json_incref(taken), a->page, a->id);
		return;
	}
	text = taken ? cg_json_line(taken) : NULL;
	if (!text) {
		send_reply(s, a->peer, NULL, a->id);
		return;
	}
	remember(a, (struct cg_span){ text, strlen(text) });
	send_text(s, a->peer, (struct cg_span){ text, strlen(text) }, a->id);
}

/* 1 if it was answered, 0 if it takes a worker, -1 with an error. */
static int answer_at_once(struct asking *a, struct cg_error *err)
{
	struct server *s = a->server;
	cg_auto_json json_t *reply = NULL;
	int ret;

	if (!(a->method.command->flags & CG_COMMAND_QUICK) || !is_small(a->prepared))
		return 0;
	if (cg_files_begin(s->files, json_object_get(a->args, CG_ARGUMENT_FILES), err) <
	    0)
		return -1;
	ret = cg_command_run(s->context, a->method.command->name, a->prepared, &reply,
			     err);
	cg_files_end(s->files);
	a->places_count = take_places(s, a->places, CG_REPLY_PLACES);
	if (ret < 0)
		return err->code == CG_E_UNMEASURED ? 0 : -1;
	give(a, shaped(&a->method, reply, a->prepared));
	if (!json_object_get(a->prepared, "record"))
		cg_notice_mind(s->notice, a->prepared);
	return 1;
}

static int read_page(struct asking *a, struct cg_error *err)
{
	const json_t *page = json_object_get(a->args, CG_ARGUMENT_PAGE);

	if (!page)
		return 0;
	if (!json_is_integer(page) || json_integer_value(page) < CG_PAGE_MIN ||
	    json_integer_value(page) > CG_OUTPUT_MAX)
		return cg_error_set(err, CG_E_USAGE, CG_ARGUMENT_PAGE ": %d to %d",
				    CG_PAGE_MIN, CG_OUTPUT_MAX);
	a->page = (size_t)json_integer_value(page);
	return 0;
}

static int answer_from_table(struct asking *a, struct cg_error *err)
{
	int ret;

	if (!(a->method.command->flags & CG_COMMAND_READS) &&
	    !cg_peer_rights(a->peer)->owner)
		return cg_error_set(err, CG_E_REFUSED,
				    "%s is for root, our own user and the group " CG_GROUP
				    " only",
				    a->method.name);
	if (read_page(a, err) < 0)
		return -1;
	ret = answer_at_once(a, err);
	return ret == 0 ? ask_worker(a, err) : ret < 0 ? -1 : 0;
}

/* The server's own. */

static int add_file(struct asking *a, json_t **reply, struct cg_error *err)
{
	const json_t *text = json_object_get(a->args, "text");
	cg_auto_free char *digest = NULL;

	if (!json_is_string(text) || cg_json_is_big(text))
		return cg_error_set(err, CG_E_USAGE, "add-file: text isn't a text");
	if (cg_files_add(a->server->files, json_string_value(text),
			 json_string_length(text), &digest, err) < 0)
		return -1;
	*reply = json_pack("{s:s}", "digest", digest);
	return 0;
}

static int next_page(struct asking *a, json_t **reply, struct cg_error *err)
{
	const char *cursor = cg_json_text(a->args, "cursor");

	if (!cursor)
		return cg_error_set(err, CG_E_USAGE, "next-page: which cursor?");
	return cg_pages_next(a->server->pages, cursor, reply, err);
}

static bool is_own_version(const struct asking *a)
{
	return json_object_size(a->prepared) == 0;
}

/* False for what is in the table. */
static bool answer_own(struct asking *a, json_t **reply, int *ret, struct cg_error *err)
{
	*ret = 0;
	switch (a->method.own) {
	case CG_METHOD_COMMANDS:
		*reply = cg_schema_commands();
		return true;
	case CG_METHOD_SCHEMA:
		*reply = cg_schema();
		return true;
	case CG_METHOD_VERSION:
		if (!is_own_version(a))
			return false;
		*reply = cg_message_version(PACKAGE_VERSION, PACKAGE_STRING);
		return true;
	case CG_METHOD_ADD_FILE:
		*ret = add_file(a, reply, err);
		return true;
	case CG_METHOD_NEXT_PAGE:
		*ret = next_page(a, reply, err);
		return true;
	default:
		return false;
	}
}

static int answer(struct asking *a, struct cg_error *err)
{
	json_t *reply = NULL;
	int ret;

	if (cg_method_prepare(&a->method, a->args, &a->prepared, err) < 0)
		return -1;
	if (!answer_own(a, &reply, &ret, err))
		return answer_from_table(a, err);
	if (ret < 0)
		return -1;
	a->server->metrics.at_once++;
	send_reply(a->server, a->peer, reply, a->id);
	return 0;
}

/* Which commands there are, and when. */
static int find_method(struct asking *a, const char *name, const char **class,
		       struct cg_error *err)
{
	bool greets = strcmp(name, "qmp_capabilities") == 0;

	*class = CG_CLASS_NOT_FOUND;
	if (!cg_peer_is_greeted(a->peer) && !greets)
		return cg_error_set(err, CG_E_USAGE,
				    "Expecting capabilities negotiation with "
				    "'qmp_capabilities'");
	if (cg_peer_is_greeted(a->peer) && greets)
		return cg_error_set(err, CG_E_USAGE,
				    "Capabilities negotiation is already complete, command "
				    "ignored");
	if (!cg_method_find(name, &a->method))
		return cg_error_set(err, CG_E_UNKNOWN,
				    "The command %.100s has not been found", name);
	*class = NULL;
	return 0;
}

static int greet(struct asking *a, struct cg_error *err)
{
	if (json_array_size(json_object_get(a->args, "enable")))
		return cg_error_set(err, CG_E_USAGE, "no such capability is offered");
	cg_peer_greet(a->peer);
	a->server->metrics.at_once++;
	send_reply(a->server, a->peer, json_object(), a->id);
	return 0;
}

static int answer_request(struct asking *a, const struct cg_request *request,
			  const char **class, struct cg_error *err)
{
	a->args = request->arguments;
	if (request->own_id) /* it isn't a part of the message, so it can't be cut out */
		a->message = NULL;
	if (find_method(a, request->execute, class, err) < 0)
		return -1;
	return a->method.own == CG_METHOD_CAPABILITIES ? greet(a, err) : answer(a, err);
}

static void deinit_asking(struct asking *a)
{
	for (size_t i = 0; i < a->places_count; i++)
		cg_places_free(a->places[i]);
	json_decref(a->prepared);
}

static void take_warnings(struct server *s)
{
	json_t *warnings = cg_context_warnings(s->context);
	const json_t *warning;
	size_t i;

	json_array_foreach(warnings, i, warning)
		cg_log(CG_LOG_WARNING, "%s", json_string_value(warning));
	json_array_clear(warnings);
}

/* Answered before, and nothing has changed since. */
static bool answer_again(struct server *s, struct cg_peer *peer, const char *text,
			 size_t len)
{
	struct cg_span id = { 0 }, reply;

	if (!cg_peer_is_greeted(peer))
		return false;
	(void)cg_message_find_id(text, len, &id);
	if (!cg_replies_find(s->replies, text, len, id, cg_context_generation(s->context),
			     &reply))
		return false;
	s->metrics.remembered++;
	send_text(s, peer, reply, id);
	return true;
}

static void take_message(void *data, struct cg_peer *peer, char *text, size_t len)
{
	struct server *s = data;
	cg_auto_request struct cg_request request = { 0 };
	cg_cleanup(deinit_asking) struct asking a = {
		.server = s, .peer = peer, .message = text, .len = len
	};
	const char *class = NULL;
	struct cg_error err;

	s->metrics.requests++;
	if (keep_up(s, &err) < 0) {
		send_error(s, peer, NULL, &err, a.id);
		return;
	}
	if (answer_again(s, peer, text, len))
		return;
	if (cg_request_parse(&request, text, len, &err) < 0) {
		send_error(s, peer, NULL, &err, request.id);
		return;
	}
	a.id = request.id;
	if (answer_request(&a, &request, &class, &err) < 0)
		send_error(s, peer, class, &err, request.id);
	take_warnings(s);
}

static void complain(void *data, struct cg_peer *peer, enum cg_frame why)
{
	struct cg_error err;

	if (why == CG_FRAME_DEEP)
		(void)cg_error_set(&err, CG_E_LIMIT, "JSON nested over %d levels",
				   CG_FRAME_DEPTH);
	else if (why == CG_FRAME_LONG)
		(void)cg_error_set(&err, CG_E_LIMIT, "a message of more than %d bytes",
				   CG_MESSAGE_MAX);
	else
		(void)cg_error_set(&err, CG_E_PARSE, "JSON parse error, invalid input");
	((struct server *)data)->metrics.requests++;
	send_error(data, peer, NULL, &err, (struct cg_span){ 0 });
}

/* Clients. */

static bool is_of_peer(struct cg_waiter *waiter, void *peer)
{
	struct question *q = (struct question *)waiter;

	if (waiter->done != question_done || q->peer != peer)
		return false;
	free_question(q);
	return true;
}

static void lose_peer(void *data, struct cg_peer *peer, const char *why)
{
	struct server *s = data;

	if (why) {
		s->metrics.dropped++;
		cg_log(CG_LOG_NOTICE, "client %d of user %d dropped: %s",
		       (int)cg_peer_rights(peer)->pid, (int)cg_peer_rights(peer)->uid,
		       why);
	}
	cg_jobs_forget(s->jobs, is_of_peer, peer);
	cg_peer_unlink(&s->peers, peer);
	cg_peer_free(peer);
	s->metrics.connected--;
	s->full = false;
	cg_source_want(s->listening, EPOLLIN);
}

static size_t count_peers(const struct server *s, uid_t uid)
{
	size_t count = 0;

	for (const struct cg_peer *p = s->peers; p; p = cg_peer_next(p))
		count += cg_peer_rights(p)->uid == uid;
	return count;
}

static int welcome(struct server *s, int fd, struct cg_error *err)
{
	const struct cg_peer_owner owner = { .take = take_message,
					     .complain = complain,
					     .lose = lose_peer,
					     .data = s,
					     .input = &s->input,
					     .patience = s->options.patience };
	struct cg_peer *peer;

	if (cg_peer_new(&peer, fd, s->loop, &owner, err) < 0)
		return -1;
	if (count_peers(s, cg_peer_rights(peer)->uid) >= CG_PEERS_OF_USER) {
		cg_peer_free(peer);
		return cg_error_set(err, CG_E_LIMIT, "too many of one user");
	}
	s->metrics.clients++;
	s->metrics.connected++;
	cg_peer_link(&s->peers, peer);
	if (cg_message_greet(cg_peer_out(peer), err) < 0)
		return 0; /* it will notice */
	cg_peer_flush(peer);
	return 0;
}

static void turn_away(struct server *s, const char *why)
{
	s->metrics.turned_away++;
	if (!s->full)
		cg_log(CG_LOG_WARNING, "clients are turned away: %s", why);
	s->full = true;
}

static size_t room_for_peers(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur >= CG_PEERS_MAX + CG_DESCRIPTORS_KEPT)
		return CG_PEERS_MAX;
	return limit.rlim_cur > 2 * CG_DESCRIPTORS_KEPT
		       ? limit.rlim_cur - CG_DESCRIPTORS_KEPT
		       : limit.rlim_cur / 2;
}

static void accept_one(void *data, unsigned ready)
{
	struct server *s = data;
	struct cg_error err;
	int fd = accept4(s->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)ready;
	if (fd < 0) {
		/* Without a descriptor it stays in the queue: not to be asked all the time. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
			turn_away(s, strerror(errno));
			cg_source_want(s->listening, 0);
		}
		return;
	}
	if (s->metrics.connected >= room_for_peers()) {
		close(fd);
		turn_away(s, "there are too many");
	} else if (welcome(s, fd, &err) < 0) {
		turn_away(s, err.msg);
	}
}

/* Time and signals. */

static void write_metrics(struct server *s)
{
	struct cg_error err;

	s->metrics.workers = cg_jobs_started(s->jobs);
	s->metrics.running = cg_jobs_running(s->jobs);
	s->metrics.waiting = cg_jobs_waiting(s->jobs) - s->metrics.running;
	if (cg_metrics_write(&s->metrics, s->options.metrics, &err) < 0)
		cg_log(CG_LOG_WARNING, "%s", err.msg);
}

static void tick(void *data, unsigned ready)
{
	struct server *s = data;

	(void)ready;
	drain(s);
	if (cg_clock_now() - s->host_read > CG_WATCH_TRUST)
		look_at_host(s);
	cg_notice_look(s->notice);
	cg_source_want(s->listening, EPOLLIN);
	if (s->options.metrics && s->ticks++ % METRICS_TICKS == 0)
		write_metrics(s);
	cg_source_at(s->ticking, cg_clock_in(TICK_NS));
}

static void bark(void *data, unsigned ready)
{
	struct server *s = data;

	(void)ready;
	cg_notify("WATCHDOG=1");
	cg_source_at(s->barking, cg_clock_in(cg_notify_watchdog()));
}

static void take_signal(void *data, unsigned ready)
{
	struct signalfd_siginfo info;
	struct server *s = data;

	(void)ready;
	if (read(s->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		return; /* there is nothing to read again */
	cg_notify("STOPPING=1");
	cg_log(CG_LOG_INFO, "ends: %s", strsignal((int)info.ssi_signo));
	cg_loop_stop(s->loop);
}

/* Beginning and end. */

static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Where not everything can be watched, we look ourselves before each answer. */
static void open_watch(struct server *s, const char *root)
{
	struct cg_watch_news news;
	struct cg_error why;

	s->blind = true;
	if (cg_watch_open(&s->watch, root, &why) < 0) {
		cg_log(CG_LOG_WARNING, "changes can't be watched: %s", why.msg);
		return;
	}
	(void)cg_watch_drain(s->watch, &news);
	s->blind = news.blind;
	if (s->blind)
		cg_log(CG_LOG_NOTICE,
		       "not every change of this host is told to us: it is "
		       "looked at before each answer");
}

static int make_parts(struct server *s, struct cg_error *err)
{
	const struct cg_context_options how = { .cancel_fd = -1,
						.host_root = getenv("CPUGATE_HOST_ROOT"),
						.at_once = true,
						.notes = true };
	const struct cg_notice_owner owner = { ask_for_notice, ask_later_for_notice,
					       tell_everybody, watch_places, s };
	const struct cg_host *host;

	if (cg_loop_new(&s->loop, err) < 0 ||
	    cg_context_new(&s->context, &how, err) < 0 ||
	    cg_jobs_new(&s->jobs, s->loop, err) < 0 ||
	    cg_notice_new(&s->notice, &owner, err) < 0)
		return -1;
	open_watch(s, how.host_root);
	s->grounds = cg_grounds_new(s->watch);
	s->replies = s->grounds ? cg_replies_new(s->grounds) : NULL;
	if (s->grounds)
		cg_grounds_told(s->grounds, s->blind);
	s->files = cg_files_new();
	s->pages = cg_pages_new();
	if (!s->replies || !s->files || !s->pages)
		return cg_error_set(err, CG_E_SYSTEM, "no memory");
	if (cg_context_host(s->context, &host, err) < 0)
		return -1;
	note_host(s, host);
	return 0;
}

static int add_sources(struct server *s, struct cg_error *err)
{
	if (cg_loop_add(s->loop, &s->listening, s->listener.fd, EPOLLIN, accept_one, s,
			err) < 0 ||
	    cg_loop_add(s->loop, &s->signals, s->signal_fd, EPOLLIN, take_signal, s,
			err) < 0 ||
	    cg_loop_add(s->loop, &s->ticking, -1, 0, tick, s, err) < 0 ||
	    cg_loop_add(s->loop, &s->barking, -1, 0, bark, s, err) < 0)
		return -1;
	if (s->watch && cg_loop_add(s->loop, &s->watching, cg_watch_fd(s->watch), EPOLLIN,
				    react_to_watch, s, err) < 0)
		return -1;
	cg_source_at(s->ticking, 0);
	if (cg_notify_watchdog())
		cg_source_at(s->barking, 0);
	return 0;
}

static int open_listener(struct server *s, struct cg_error *err)
{
	cg_auto_free char *path = s->options.socket ? strdup(s->options.socket)
						    : cg_socket_default();

	if (!path)
		return cg_error_errno(err, "the socket's path");
	if (cg_listener_open(&s->listener, path, err) < 0)
		return -1;
	cg_log(CG_LOG_INFO, PACKAGE_STRING " serves %s",
	       s->listener.path ? s->listener.path : "the socket that was passed to it");
	return 0;
}

static void deinit(struct server *s)
{
	while (s->peers) {
		struct cg_peer *peer = s->peers;

		cg_jobs_forget(s->jobs, is_of_peer, peer);
		cg_peer_unlink(&s->peers, peer);
		cg_peer_free(peer);
	}
	cg_jobs_free(s->jobs);
	cg_notice_free(s->notice);
	cg_replies_free(s->replies);
	cg_grounds_free(s->grounds);
	cg_source_remove(s->watching);
	cg_watch_free(s->watch);
	cg_listener_deinit(&s->listener);
	cg_loop_free(s->loop);
	cg_files_free(s->files);
	cg_pages_free(s->pages);
	cg_context_free(s->context);
	json_decref(s->host_parts);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
}

int cg_server_run(const struct cg_server_options *options, struct cg_error *err)
{
	cg_cleanup(deinit) struct server s = { .options = *options,
					       .listener = CG_LISTENER,
					       .signal_fd = catch_signals() };

	if (s.signal_fd < 0)
		return cg_error_errno(err, "signals");
	cg_notify_open();
	if (open_listener(&s, err) < 0 || make_parts(&s, err) < 0 ||
	    add_sources(&s, err) < 0)
		return -1;
	cg_notify("READY=1\nSTATUS=Serving");
	return cg_loop_run(s.loop, err);
}
