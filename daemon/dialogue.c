// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a message to its answer. */
#include "daemon/inside.h"

#include <string.h>

#include "daemon/limits.h"
#include "daemon/log.h"
#include "daemon/methods.h"
#include "daemon/protocol.h"
#include "daemon/schema.h"
#include "lib/remote.h"

/* With more hosts than that, a question is for a worker. */
#define RECORDS_AT_ONCE 200

/* One question of a client that is being answered. */
struct asking {
	struct cg_server *server;
	struct cg_peer *peer;
	const char *message; /* NULL once it is gone */
	size_t len;
	struct cg_span id;
	struct cg_method method;
	const json_t *args; /* the client's */
	json_t *prepared;   /* the command's */
	size_t page;        /* bytes; 0: the whole reply */
	bool warned;
	struct cg_places *places[CG_REPLY_PLACES];
	size_t places_count;
};

/* What is still so is in the log once. */
static void log_warning(struct cg_server *s, const char *warning)
{
	if (!warning || json_object_get(s->logged, warning))
		return;
	if (json_object_size(s->logged) >= CG_WARNINGS_LOGGED)
		json_object_clear(s->logged);
	json_object_set_new(s->logged, warning, json_true());
	cg_log(CG_LOG_WARNING, "%s", warning);
}

/* Answering. */

static void send_error(struct cg_server *s, struct cg_peer *peer, const char *class,
		       const struct cg_error *why, struct cg_span id)
{
	struct cg_error err;

	s->metrics.refused++;
	if (cg_message_error(cg_peer_out(peer), class, why, id, &err) < 0)
		cg_log(CG_LOG_WARNING, "an answer is lost: %s", err.msg);
}

static void send_text(struct cg_server *s, struct cg_peer *peer, struct cg_span text,
		      struct cg_span id)
{
	struct cg_error err;

	if (cg_message_return(cg_peer_out(peer), text, id, &err) < 0)
		send_error(s, peer, NULL, &err, id);
}

/* Consumes the reply. */
static void send_reply(struct cg_server *s, struct cg_peer *peer, json_t *reply,
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

void cg_dialogue_event(struct cg_server *s, const char *event, const json_t *data)
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

/* Questions that wait. */

struct question {
	struct cg_waiter waiter; /* first */
	struct cg_server *server;
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
static void send_paged(struct cg_server *s, struct cg_peer *peer, json_t *reply,
		       size_t page, struct cg_span id)
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

/* Somebody wants to know what becomes of what he asked about: an emulator, or our default one. */
static void mind(struct cg_server *s, const struct cg_method *method, const json_t *args)
{
	bool about_emulator = false;

	for (const char *const *a = method->command->arguments; *a; a++)
		about_emulator |= strcmp(*a, "emulator") == 0;
	if (about_emulator && !json_object_get(args, "record"))
		cg_notice_mind(s->notice, args);
}

static void question_done(struct cg_waiter *waiter, const json_t *reply,
			  const struct cg_error *why)
{
	struct question *q = (struct question *)waiter;
	struct cg_server *s = q->server;

	if (reply) {
		s->metrics.measured++;
		send_paged(s, q->peer, shaped(&q->method, reply, q->args), q->page,
			   id_of(q));
	} else {
		send_error(s, q->peer, NULL, why, id_of(q));
	}
	cg_peer_wait(q->peer, -1);
	cg_peer_flush(q->peer);
	if (reply)
		mind(s, &q->method, q->args);
	free_question(q);
}

static void question_told(struct cg_waiter *waiter, const char *event, const json_t *data)
{
	struct question *q = (struct question *)waiter;
	struct cg_error err;

	if (strcmp(event, CG_EVENT_WARNING) == 0)
		log_warning(q->server, cg_json_text(data, "warning"));
	if (cg_message_event(cg_peer_out(q->peer), event, data, &err) == 0)
		cg_peer_flush(q->peer);
}

bool cg_dialogue_is_of(struct cg_waiter *waiter, void *peer)
{
	struct question *q = (struct question *)waiter;

	if (waiter->done != question_done || q->peer != peer)
		return false;
	free_question(q);
	return true;
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

	if (!(a->method.command->flags & CG_COMMAND_PURE) || a->page || a->warned ||
	    !a->message)
		return;
	for (size_t i = 0; i < a->places_count; i++)
		basis.places[i] = cg_places_ref(a->places[i]);
	cg_replies_put(a->server->replies, a->message, a->len, a->id, &basis, text);
}

/* Consumes the reply. */
static void give(struct asking *a, json_t *reply)
{
	struct cg_server *s = a->server;
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

/* What users should be told goes before the answer, to who asked. */
static void tell_warnings(struct asking *a)
{
	json_t *warnings = cg_context_warnings(a->server->context);
	const json_t *warning;
	struct cg_error err;
	size_t i;

	a->warned = json_array_size(warnings) > 0;
	json_array_foreach(warnings, i, warning) {
		cg_auto_json json_t *data =
			json_pack("{s:O}", "warning", cg_json_mutable(warning));

		log_warning(a->server, json_string_value(warning));
		if (cg_message_event(cg_peer_out(a->peer), CG_EVENT_WARNING, data, &err) <
		    0)
			cg_log(CG_LOG_WARNING, "a warning is lost: %s", err.msg);
	}
	json_array_clear(warnings);
}

/* 1 if it was answered, 0 if it takes a worker, -1 with an error. */
static int answer_at_once(struct asking *a, struct cg_error *err)
{
	struct cg_server *s = a->server;
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
	a->places_count = cg_world_take_places(s, a->places, CG_REPLY_PLACES);
	if (ret < 0 && err->code == CG_E_UNMEASURED) {
		/* A worker has the same. */
		json_array_clear(cg_context_warnings(s->context));
		return 0;
	}
	tell_warnings(a);
	if (ret < 0)
		return -1;
	give(a, shaped(&a->method, reply, a->prepared));
	mind(s, &a->method, a->prepared);
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

/* Answered before, and nothing has changed since. */
static bool answer_again(struct cg_server *s, struct cg_peer *peer, const char *text,
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

void cg_dialogue_take(void *data, struct cg_peer *peer, char *text, size_t len)
{
	struct cg_server *s = data;
	cg_auto_request struct cg_request request = { 0 };
	cg_cleanup(deinit_asking) struct asking a = {
		.server = s, .peer = peer, .message = text, .len = len
	};
	const char *class = NULL;
	struct cg_error err;

	s->metrics.requests++;
	if (cg_world_keep_up(s, &err) < 0) {
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
}

void cg_dialogue_complain(void *data, struct cg_peer *peer, enum cg_frame why)
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
	((struct cg_server *)data)->metrics.requests++;
	send_error(data, peer, NULL, &err, (struct cg_span){ 0 });
}
