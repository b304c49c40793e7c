// SPDX-License-Identifier: LGPL-2.1-or-later
/* The sending half of a session: messages, and what else a transcript can make happen. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/fake-qemu/session.h"

_Noreturn void fake_leave(int status)
{
	fflush(NULL);
	_exit(status);
}

_Noreturn void fake_broken(const struct cg_error *err)
{
	fprintf(stderr, "fake-qemu: %s\n", err->msg);
	fake_leave(FAKE_BROKEN);
}

void fake_send_body(const struct fake_session *session, const char *when, const char *id,
		    struct raw body)
{
	struct fake_message message = { .fd = session->arguments.out,
					.id = id,
					.body = body };

	fake_modes_send(&session->modes, when, &message);
}

void fake_send_text(const struct fake_session *session,
		    const struct fake_question *question, const char *text)
{
	fake_send_body(session, question->name, question->id, raw_of(text));
}

void fake_send_error(const struct fake_session *session,
		     const struct fake_question *question, const char *class,
		     const char *before, const char *word, const char *after)
{
	cg_auto_json json_t *error = NULL;
	cg_auto_free char *text = NULL;

	error = json_pack("{s:{s:s, s:o}}", "error", "class", class, "desc",
			  json_sprintf("%s%s%s", before, word, after));
	text = error ? cg_json_canonical(error) : NULL;
	if (text)
		fake_send_text(session, question, text);
}

/* The definition of a model, or of a version of it, that the liar lies about. */
static bool is_about(struct raw definition, const char *model)
{
	struct raw name = raw_unquote(raw_get(definition, "name"));
	size_t len = strlen(model);

	return name.at && name.len >= len && strncmp(name.at, model, len) == 0 &&
	       (name.len == len || strncmp(name.at + len, "-v", 2) == 0);
}

/* Claim that @model is refused mmx, which "base" says of nobody: one of them is wrong. */
static void send_lie(const struct fake_session *session,
		     const struct fake_question *question, struct raw body,
		     const char *model)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(FAKE_MESSAGE);
	struct raw rest = raw_inside(raw_get(body, "return")), key, value;
	const char *at = body.at;
	struct cg_error err;
	int failed = 0;

	while (!failed && rest.at && raw_next(&rest, &key, &value)) {
		struct raw lacks = raw_get(value, "unavailable-features");

		if (!lacks.at || !is_about(value, model))
			continue;
		lacks.at++; /* behind its bracket */
		failed = cg_buffer_put(&text, at, (size_t)(lacks.at - at), &err) < 0 ||
			 cg_buffer_printf(&text, &err, "\"mmx\"%s",
					  *lacks.at == ']' ? "" : ", ") < 0;
		at = lacks.at;
	}
	if (failed ||
	    cg_buffer_put(&text, at, (size_t)(body.at + body.len - at), &err) < 0)
		fake_broken(&err);
	fake_send_body(session, question->name, question->id,
		       (struct raw){ .at = text.data, .len = text.len });
}

static void send_recorded(const struct fake_session *session,
			  const struct fake_question *question,
			  const struct fake_transcript *owner,
			  const struct fake_line *line)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(FAKE_MESSAGE);
	const char *lie = fake_modes_flag(&session->modes, "liar");
	const char *id = question->id;
	struct cg_error err;
	struct raw body;

	if (fake_transcript_message(owner, line, &text, &err) < 0)
		fake_broken(&err);
	body = (struct raw){ .at = text.data, .len = text.len };
	if (raw_get(body, "event").at)
		id = NULL;
	if (lie && strcmp(question->name, "query-cpu-definitions") == 0)
		send_lie(session, question, body, lie);
	else
		fake_send_body(session, question->name, id, body);
}

/* What a transcript has besides messages */

_Noreturn static void die_as_told(struct raw how)
{
	cg_auto_free char *word = strndup(how.at, how.len);
	int number = word ? fake_signal_number(word) : 0;

	if (word && strncmp(word, "exit ", 5) == 0)
		fake_leave(atoi(word + 5));
	if (!number) {
		fprintf(stderr, "fake-qemu: no such end: %s\n", word ? word : "?");
		fake_leave(FAKE_BROKEN);
	}
	fake_die_by(number);
}

static void sleep_ms(struct raw text)
{
	long ms = strtol(text.at, NULL, 10);
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

void fake_play(const struct fake_session *session, const struct fake_question *question,
	       struct fake_exchange exchange)
{
	for (size_t i = 0; i < exchange.count; i++) {
		const struct fake_line *line = &exchange.lines[i];

		switch (line->kind) {
		case '<':
		case '*':
			send_recorded(session, question, exchange.owner, line);
			break;
		case '~':
			sleep_ms(line->text);
			break;
		case '2':
			fprintf(stderr, "%.*s\n", (int)line->text.len, line->text.at);
			break;
		case 'x':
			close(session->arguments.out);
			fake_linger();
		case '!':
			die_as_told(line->text);
		default:
			break; /* notes and labels */
		}
	}
}

/* Questions */
