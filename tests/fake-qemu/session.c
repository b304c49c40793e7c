// SPDX-License-Identifier: LGPL-2.1-or-later
/* The receiving half of a session: commands, and where their answers are. */
#include "tests/fake-qemu/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEFINITIONS "{\"execute\":\"query-cpu-definitions\"}"
#define NOT_NEGOTIATED                                                                   \
	"{\"error\": {\"class\": \"CommandNotFound\", \"desc\": "                        \
	"\"Expecting capabilities negotiation with 'qmp_capabilities'\"}}"
#define NOT_JSON                                                                         \
	"{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error, "       \
	"invalid keyword\"}}"
#define SHUTDOWN                                                                           \
	"{\"timestamp\": {\"seconds\": 0, \"microseconds\": 0}, \"event\": \"SHUTDOWN\", " \
	"\"data\": {\"guest\": false, \"reason\": \"host-qmp-quit\"}}\r\n"

/*
 * "All words off" is one question however many words there are, so transcripts have it as
 * {"*": false}. True if @props switch off all that can be switched, and nothing else.
 */
static bool is_all_off(const struct fake_session *session, const json_t *props)
{
	const char *word;
	json_t *value;

	json_object_foreach(session->words, word, value)
		if (!json_is_false(json_object_get(props, word)))
			return false;
	return json_object_size(session->words) > 0 &&
	       json_object_size(props) - !!json_object_get(props, "lmce") ==
		       json_object_size(session->words);
}

static int shorten_all_off(const struct fake_session *session, json_t *command)
{
	json_t *model = json_object_get(json_object_get(command, "arguments"), "model");
	json_t *props = json_object_get(model, "props");

	if (!is_all_off(session, props))
		return 0;
	return json_object_set_new(model, "props", json_pack("{s:b}", "*", 0));
}

/* Does this emulator define @model? Also true if nobody knows. */
static bool is_defined(const struct fake_session *session, const char *model)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(FAKE_MESSAGE);
	struct raw rest, key, value;
	struct cg_error err;

	if (fake_transcript_reply(session->transcript, DEFINITIONS, &text, &err) < 0)
		fake_broken(&err);
	rest = (struct raw){ .at = text.data, .len = text.len };
	rest = raw_inside(raw_get(rest, "return"));
	if (!rest.at)
		return true;
	while (raw_next(&rest, &key, &value))
		if (raw_is(raw_unquote(raw_get(value, "name")), model))
			return true;
	return false;
}

static void answer_unknown(const struct fake_session *session,
			   const struct fake_question *question)
{
	const char *model =
		cg_json_text(json_object_get(question->arguments, "model"), "name");

	if (!fake_transcript_knows(session->transcript, question->name)) {
		fake_send_error(session, question, "CommandNotFound", "The command ",
				question->name, " has not been found");
	} else if (model && !is_defined(session, model)) {
		fake_send_error(session, question, "GenericError", "CPU model '", model,
				"' not found");
	} else {
		fprintf(stderr, "fake-qemu: not recorded: %.1000s\n", question->key);
		fake_send_error(session, question, "CommandNotFound",
				"fake-qemu has no recording of ", question->key, "");
	}
}

static void quit(const struct fake_session *session, const struct fake_question *question)
{
	fake_write(session->arguments.out, SHUTDOWN, sizeof(SHUTDOWN) - 1);
	fake_send_text(session, question, "{\"return\": {}}");
	fake_leave(0);
}

static void answer(struct fake_session *session, const struct fake_question *question)
{
	struct fake_message none = { .fd = session->arguments.out, .id = question->id };
	struct fake_exchange exchange =
		fake_transcript_find(session->transcript, question->key);

	fake_modes_before(&session->modes, question->name, &none);
	if (strcmp(question->name, "qmp_capabilities") == 0) {
		session->negotiated = true;
		fake_send_text(session, question, "{\"return\": {}}");
	} else if (!session->negotiated) {
		fake_send_text(session, question, NOT_NEGOTIATED);
	} else if (strcmp(question->name, "quit") == 0) {
		quit(session, question);
	} else if (exchange.owner) {
		fake_play(session, question, exchange);
	} else {
		answer_unknown(session, question);
	}
}

static void take_message(struct fake_session *session, const char *text, size_t len)
{
	cg_auto_json json_t *command = NULL;
	cg_auto_free char *key = NULL, *id = NULL;
	struct fake_question question = { .name = "" };
	struct cg_error err;

	if (cg_json_parse(&command, text, len, FAKE_MESSAGE, &err) < 0) {
		fake_send_text(session, &question, NOT_JSON);
		return;
	}
	if (json_object_get(command, "id"))
		id = cg_json_canonical(json_object_get(command, "id"));
	question.name = cg_json_text(command, "execute");
	if (!question.name || shorten_all_off(session, command) < 0) {
		question = (struct fake_question){ .name = "", .id = id };
		fake_send_error(session, &question, "GenericError",
				"QMP input lacks member '", "execute", "'");
		return;
	}
	key = fake_command_key(command);
	question.key = key;
	question.id = id;
	question.arguments = json_object_get(command, "arguments");
	answer(session, &question);
}

/* Take all whole messages off the front of @input. */
static void take_messages(struct fake_session *session, struct cg_buffer *input)
{
	while (input->len) {
		size_t blank = strspn(input->data, " \t\r\n"), len;
		struct fake_question none = { .name = "" };

		cg_buffer_drop(input, blank);
		if (!input->len)
			return;
		len = raw_object(input->data, input->len);
		if (input->data[0] != '{') {
			fake_send_text(session, &none, NOT_JSON);
			cg_buffer_drop(input, strcspn(input->data, "\n"));
			continue;
		}
		if (!len)
			return;
		take_message(session, input->data, len);
		cg_buffer_drop(input, len);
	}
}

void fake_converse(struct fake_session *session)
{
	cg_auto_buffer struct cg_buffer input = CG_BUFFER(FAKE_MESSAGE);
	struct cg_error err;
	ssize_t got;

	for (;;) {
		if (cg_buffer_reserve(&input, 1 << 16, &err) < 0)
			fake_broken(&err);
		got = read(session->arguments.in, input.data + input.len, 1 << 16);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return;
		input.len += (size_t)got;
		input.data[input.len] = '\0';
		take_messages(session, &input);
	}
}
