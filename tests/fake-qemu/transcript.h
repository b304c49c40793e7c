/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one QEMU process said: a list of lines in the format that README.md describes.
 * Replies are found by command, not by order, and stay the bytes that QEMU sent.
 */
#pragma once

#include "base/buffer.h"
#include "base/json.h"
#include "tests/fake-qemu/raw.h"

/* One line: what it is (its first character) and the rest. */
struct fake_line {
	char kind;
	struct raw text;
	char *key; /* of a '>' line: the command in canonical form */
};

struct fake_transcript {
	char *path;
	char *text;
	char *greeting; /* one that wasn't recorded, or NULL */
	struct fake_line *lines;
	size_t count;
	struct fake_transcript
		*parent; /* of the '=' line: answers what isn't here; or NULL */
};

/* What follows a command (or, for the greeting, precedes all of them). */
struct fake_exchange {
	const struct fake_transcript *owner; /* NULL: there is none */
	const struct fake_line *lines;
	size_t count;
};

/* Read a transcript and those that it builds upon. The caller owns *@out. */
cg_must_check int fake_transcript_load(struct fake_transcript **out, const char *path,
				       struct cg_error *err);

/*
 * Read a file of libvirt's recorded replies as if it were a transcript for @accel. *@out
 * is NULL if @accel is kvm and the host of the recording had none.
 */
cg_must_check int fake_replies_load(struct fake_transcript **out, const char *path,
				    const char *accel, struct cg_error *err);

struct fake_transcript *fake_transcript_free(struct fake_transcript *transcript);

static inline void fake_transcript_freep(struct fake_transcript **transcript)
{
	fake_transcript_free(*transcript);
}
#define fake_auto_transcript cg_cleanup(fake_transcript_freep)

/* No lines yet, but the text of the file at @path. The caller owns *@out. */
cg_must_check int fake_transcript_new(struct fake_transcript **out, const char *path,
				      struct cg_error *err);

/* A line at the end; @text must live as long as the transcript. */
cg_must_check int fake_transcript_add(struct fake_transcript *transcript, char kind,
				      struct raw text, struct cg_error *err);

/*
 * A command without its id, as text that is equal for equal commands. The caller frees
 * it.
 */
char *fake_command_key(const json_t *command);

struct fake_exchange fake_transcript_greeting(const struct fake_transcript *transcript);
struct fake_exchange fake_transcript_find(const struct fake_transcript *transcript,
					  const char *key);

/* Is there a reply to the command of this name, with whatever arguments? */
bool fake_transcript_knows(const struct fake_transcript *transcript, const char *command);

/* The value of "% NAME VALUE"; none if there isn't. */
struct raw fake_transcript_note(const struct fake_transcript *transcript,
				const char *name);

/* The message of a '<' or '*' line of @owner, appended to @out. */
cg_must_check int fake_transcript_message(const struct fake_transcript *owner,
					  const struct fake_line *line,
					  struct cg_buffer *out, struct cg_error *err);

/* The whole reply to @key, appended to @out; nothing if it isn't there. */
cg_must_check int fake_transcript_reply(const struct fake_transcript *transcript,
					const char *key, struct cg_buffer *out,
					struct cg_error *err);

/* @reply, a model expansion, with the name and properties that @changes has. */
cg_must_check int fake_expansion_change(struct raw reply, struct raw changes,
					struct cg_buffer *out, struct cg_error *err);

/* In place: each line break and the indentation behind it becomes one space. */
void fake_join_lines(char *text);
