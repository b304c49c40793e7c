// SPDX-License-Identifier: LGPL-2.1-or-later
/* Transcripts: reading the line format, finding what answers a command, and its text. */
#include "tests/fake-qemu/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE (16 << 20)
#define MAX_PARENTS 8

/* Whole file, NUL-terminated; the caller frees it. */
static int read_text(char **out, const char *path, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(MAX_FILE);
	cg_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 1;

	if (fd < 0)
		return cg_error_errno(err, "open %s", path);
	while (got > 0) {
		if (cg_buffer_reserve(&text, 1 << 16, err) < 0)
			return -1;
		got = read(fd, text.data + text.len, 1 << 16);
		if (got < 0)
			return cg_error_errno(err, "read %s", path);
		text.len += (size_t)got;
	}
	text.data[text.len] = '\0';
	*out = cg_take(text.data);
	return 0;
}

void fake_join_lines(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (p[0] != '\n' || p[1] != ' ') {
			*to++ = *p;
			continue;
		}
		while (p[1] == ' ')
			p++;
		*to++ = ' ';
	}
	*to = '\0';
}

char *fake_command_key(const json_t *command)
{
	cg_auto_json json_t *plain = json_object();
	json_t *arguments = json_object_get(command, "arguments");
	json_t *execute = json_object_get(command, "execute");

	if (execute)
		json_object_set(plain, "execute", execute);
	if (json_object_size(arguments) > 0)
		json_object_set(plain, "arguments", arguments);
	return cg_json_canonical(plain);
}

int fake_transcript_add(struct fake_transcript *transcript, char kind, struct raw text,
			struct cg_error *err)
{
	struct fake_line line = { .kind = kind, .text = text }, *lines;
	cg_auto_json json_t *command = NULL;

	if (kind == '>') {
		if (cg_json_parse(&command, text.at, text.len, MAX_FILE, err) < 0)
			return cg_error_prefix(err, "%s", transcript->path);
		line.key = fake_command_key(command);
	}
	lines = reallocarray(transcript->lines, transcript->count + 1, sizeof(*lines));
	if (!lines)
		return cg_error_errno(err, "transcript");
	transcript->lines = lines;
	lines[transcript->count++] = line;
	return 0;
}

static int load(struct fake_transcript **out, const char *path, unsigned depth,
		struct cg_error *err);

/* "= FILE": beside the file that says so. */
static int load_parent(struct fake_transcript *transcript, struct raw name,
		       unsigned depth, struct cg_error *err)
{
	const char *slash = strrchr(transcript->path, '/');
	cg_auto_free char *path = NULL;

	if (depth >= MAX_PARENTS)
		return cg_error_set(err, CG_E_LIMIT, "%s: parents in a circle",
				    transcript->path);
	if (asprintf(&path, "%.*s%.*s", slash ? (int)(slash + 1 - transcript->path) : 0,
		     transcript->path, (int)name.len, name.at) < 0)
		return cg_error_errno(err, "%s", transcript->path);
	return load(&transcript->parent, path, depth + 1, err);
}

static int add_text_line(struct fake_transcript *transcript, const char *line, size_t len,
			 unsigned depth, struct cg_error *err)
{
	struct raw text = { .at = line + (len > 1 ? 2 : 1),
			    .len = len > 1 ? len - 2 : 0 };

	if (len == 0 || line[0] == '#')
		return 0;
	if (!strchr("=%><*&~x!2", line[0]) || (len > 1 && line[1] != ' '))
		return cg_error_set(err, CG_E_PARSE, "%s: no such line: %.*s",
				    transcript->path, len > 40 ? 40 : (int)len, line);
	if (line[0] == '=')
		return load_parent(transcript, text, depth, err);
	return fake_transcript_add(transcript, line[0], text, err);
}

int fake_transcript_new(struct fake_transcript **out, const char *path,
			struct cg_error *err)
{
	fake_auto_transcript struct fake_transcript *transcript =
		calloc(1, sizeof(*transcript));

	if (!transcript || !(transcript->path = strdup(path)))
		return cg_error_errno(err, "%s", path);
	if (read_text(&transcript->text, path, err) < 0)
		return -1;
	*out = cg_take(transcript);
	return 0;
}

static int load(struct fake_transcript **out, const char *path, unsigned depth,
		struct cg_error *err)
{
	fake_auto_transcript struct fake_transcript *transcript = NULL;

	if (fake_transcript_new(&transcript, path, err) < 0)
		return -1;
	fake_join_lines(transcript->text);
	for (const char *line = transcript->text, *end; *line;
	     line = end + (*end == '\n')) {
		end = strchrnul(line, '\n');
		if (add_text_line(transcript, line, (size_t)(end - line), depth, err) < 0)
			return -1;
	}
	*out = cg_take(transcript);
	return 0;
}

int fake_transcript_load(struct fake_transcript **out, const char *path,
			 struct cg_error *err)
{
	return load(out, path, 0, err);
}

struct fake_transcript *fake_transcript_free(struct fake_transcript *transcript)
{
	if (!transcript)
		return NULL;
	fake_transcript_free(transcript->parent);
	for (size_t i = 0; i < transcript->count; i++)
		free(transcript->lines[i].key);
	free(transcript->lines);
	free(transcript->greeting);
	free(transcript->path);
	free(transcript->text);
	free(transcript);
	return NULL;
}

/* The lines from @first to the next command. */
static struct fake_exchange exchange_at(const struct fake_transcript *owner, size_t first)
{
	struct fake_exchange found = { .owner = owner, .lines = owner->lines + first };

	while (first + found.count < owner->count && found.lines[found.count].kind != '>')
		found.count++;
	return found;
}

struct fake_exchange fake_transcript_greeting(const struct fake_transcript *transcript)
{
	struct fake_exchange none = { 0 };

	for (; transcript; transcript = transcript->parent) {
		struct fake_exchange found = exchange_at(transcript, 0);

		for (size_t i = 0; i < found.count; i++)
			if (strchr("<*!x", found.lines[i].kind))
				return found;
	}
	return none;
}

struct fake_exchange fake_transcript_find(const struct fake_transcript *transcript,
					  const char *key)
{
	struct fake_exchange none = { 0 };

	for (; transcript; transcript = transcript->parent) {
		for (size_t i = 0; i < transcript->count; i++) {
			const struct fake_line *line = &transcript->lines[i];

			if (line->kind != '>' || strcmp(line->key, key) != 0)
				continue;
			while (i < transcript->count && transcript->lines[i].kind == '>')
				i++; /* several commands may share what follows */
			return exchange_at(transcript, i);
		}
	}
	return none;
}

bool fake_transcript_knows(const struct fake_transcript *transcript, const char *command)
{
	for (; transcript; transcript = transcript->parent) {
		for (size_t i = 0; i < transcript->count; i++) {
			const char *key = transcript->lines[i].key;

			if (key &&
			    raw_is(raw_unquote(raw_get(raw_of(key), "execute")), command))
				return true;
		}
	}
	return false;
}

struct raw fake_transcript_note(const struct fake_transcript *transcript,
				const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < transcript->count; i++) {
		const struct fake_line *line = &transcript->lines[i];

		if (line->kind == '%' && line->text.len > len &&
		    line->text.at[len] == ' ' && strncmp(line->text.at, name, len) == 0)
			return (struct raw){ .at = line->text.at + len + 1,
					     .len = line->text.len - len - 1 };
	}
	return (struct raw){ .at = NULL };
}

/*
 * The message that the first "& NAME" of *@owner or its parents stands behind; *@owner
 * becomes the one that has it. A line that is called NAME itself means the parents' NAME.
 */
static const struct fake_line *labelled(const struct fake_transcript **owner,
					struct raw name, const struct fake_line *user)
{
	for (; *owner; *owner = (*owner)->parent) {
		const struct fake_line *last = user;

		for (size_t i = 0; i < (*owner)->count; i++) {
			const struct fake_line *line = &(*owner)->lines[i];

			if (line->kind == '<' || line->kind == '*')
				last = line;
			if (line->kind == '&' && last != user &&
			    raw_equal(line->text, name))
				return last;
		}
	}
	return NULL;
}

/*
 * What a '*' line changes: the reply called @label, or for "=" the parents' to this
 * command.
 */
static int pattern(const struct fake_transcript *owner, const struct fake_line *line,
		   struct raw label, struct cg_buffer *out, struct cg_error *err)
{
	const struct fake_line *like = line;

	if (raw_is(label, "=")) {
		while (like > owner->lines && like->kind != '>')
			like--;
		return like->key
			       ? fake_transcript_reply(owner->parent, like->key, out, err)
			       : 0;
	}
	like = labelled(&owner, label, line);
	if (!like)
		return cg_error_set(err, CG_E_PARSE, "no reply is called %.*s",
				    (int)label.len, label.at);
	return fake_transcript_message(owner, like, out, err);
}

int fake_transcript_message(const struct fake_transcript *owner,
			    const struct fake_line *line, struct cg_buffer *out,
			    struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer model = CG_BUFFER(MAX_FILE);
	struct raw text = line->text, label = text;

	if (line->kind == '<')
		return cg_buffer_put(out, text.at, text.len, err);
	label.len = strcspn(label.at, " ");
	if (label.len >= text.len)
		return cg_error_set(err, CG_E_PARSE, "%s: '*' without changes",
				    owner->path);
	text.at += label.len + 1;
	text.len -= label.len + 1;
	if (pattern(owner, line, label, &model, err) < 0)
		return -1;
	if (!model.len)
		return cg_error_set(err, CG_E_PARSE, "%s: nothing to change",
				    owner->path);
	return fake_expansion_change((struct raw){ .at = model.data, .len = model.len },
				     text, out, err);
}

int fake_transcript_reply(const struct fake_transcript *transcript, const char *key,
			  struct cg_buffer *out, struct cg_error *err)
{
	struct fake_exchange found = fake_transcript_find(transcript, key);

	for (size_t i = 0; i < found.count; i++) {
		const struct fake_line *line = &found.lines[i];

		if (line->kind == '<' || line->kind == '*')
			return fake_transcript_message(found.owner, line, out, err);
	}
	return 0;
}

/* Copy what stands from *@at to @value, then @by instead of @value. */
static int substitute(const char **at, struct raw value, struct raw by,
		      struct cg_buffer *out, struct cg_error *err)
{
	if (cg_buffer_put(out, *at, (size_t)(value.at - *at), err) < 0)
		return -1;
	*at = value.at + value.len;
	return cg_buffer_put(out, by.at, by.len, err);
}

int fake_expansion_change(struct raw reply, struct raw changes, struct cg_buffer *out,
			  struct cg_error *err)
{
	struct raw model = raw_get(raw_get(reply, "return"), "model");
	struct raw name = raw_get(model, "name"), other = raw_get(changes, "name");
	struct raw props = raw_get(model, "props"), changed = raw_get(changes, "props");
	struct raw key, value, rest;
	const char *at = reply.at;

	if (!name.at || !props.at || props.at < name.at)
		return cg_error_set(err, CG_E_PARSE, "not an expansion: %.40s", reply.at);
	if (other.at && substitute(&at, name, other, out, err) < 0)
		return -1;
	rest = raw_inside(props);
	while (changed.at && raw_next(&rest, &key, &value)) {
		cg_auto_free char *word = strndup(key.at, key.len);

		other = raw_get(changed, word);
		if (other.at && substitute(&at, value, other, out, err) < 0)
			return -1;
	}
	return cg_buffer_put(out, at, (size_t)(reply.at + reply.len - at), err);
}
