/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One fake QEMU from its greeting to its end: what it is asked, and what it sends. */
#pragma once

#include "tests/fake-qemu/arguments.h"
#include "tests/fake-qemu/misbehave.h"
#include "tests/fake-qemu/transcript.h"

#define FAKE_BROKEN                                                                      \
	99 /* exit status when the fake fails, and not the QEMU that it plays */
#define FAKE_MESSAGE (16 << 20)

struct fake_session {
	struct fake_arguments arguments;
	struct fake_modes modes;
	struct fake_transcript *transcript;
	json_t *words; /* properties that the static expansion of "base" has, or NULL */
	bool negotiated;
};

/* A question: the command, and what of it is needed again and again. */
struct fake_question {
	const char *name;
	char *key; /* canonical, without the id */
	char *id;  /* JSON, or NULL */
	const json_t *arguments;
};

/* End, without a look for leaks: a report would change our status. */
_Noreturn void fake_leave(int status);

/* Say @err and end as FAKE_BROKEN. */
_Noreturn void fake_broken(const struct cg_error *err);

/* Send @body, an object without an id, or what a mode for @when makes of it. */
void fake_send_body(const struct fake_session *session, const char *when, const char *id,
		    struct raw body);

/* The same as the reply to @question. */
void fake_send_text(const struct fake_session *session,
		    const struct fake_question *question, const char *text);

/* {"error": ...} with the description @before @word @after. */
void fake_send_error(const struct fake_session *session,
		     const struct fake_question *question, const char *class,
		     const char *before, const char *word, const char *after);

/* Do what a transcript says. May not return. */
void fake_play(const struct fake_session *session, const struct fake_question *question,
	       struct fake_exchange exchange);

/* Take commands and answer them until the monitor is closed. */
void fake_converse(struct fake_session *session);
