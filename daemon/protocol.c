// SPDX-License-Identifier: LGPL-2.1-or-later
/* QMP's words. An id is never parsed: it goes back as the bytes that came. */
#include "daemon/protocol.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#define MESSAGE_BYTES (32 << 20)

/* Scanning a message that is complete, which is all that is known of it. */

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p;
}

/* Behind the string that begins at @p. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p < end ? p + 1 : end;
}

/* Behind the value that begins at @p. */
static const char *skip_value(const char *p, const char *end)
{
	size_t depth = 0;

	for (; p < end; p++) {
		if (*p == '"')
			p = skip_string(p, end) - 1;
		else if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']' || *p == ',') && !depth)
			return p;
		else if (*p == '}' || *p == ']')
			depth--;
	}
	return end;
}

/* The value of the member "id", blanks around it left out. */
static bool find_member(const char *text, size_t len, struct cg_span *out)
{
	static const char key[] = "\"id\"";
	const char *p = text + 1, *end = text + len - 1, *name, *after;

	while ((p = skip_blanks(p, end)) < end && *p == '"') {
		name = p;
		p = skip_blanks(skip_string(p, end), end);
		if (p >= end || *p != ':')
			return false;
		p = skip_blanks(p + 1, end);
		after = skip_value(p, end);
		if (strncmp(name, key, sizeof(key) - 1) == 0) {
			while (after > p && isspace((unsigned char)after[-1]))
				after--;
			*out = (struct cg_span){ p, (size_t)(after - p) };
			return true;
		}
		p = skip_blanks(after, end);
		if (p >= end || *p != ',')
			return false;
		p++;
	}
	return false;
}

/* Is it good JSON in any case? */
static bool is_plain(const struct cg_span *id)
{
	bool is_text = id->len >= 2 && id->text[0] == '"';

	if (!is_text && (!id->len || id->len > 18 || (id->len > 1 && id->text[0] == '0')))
		return false;
	for (size_t i = is_text; i < id->len - is_text; i++) {
		char c = id->text[i];

		if (is_text ? c < ' ' || c > '~' || c == '"' || c == '\\'
			    : c < '0' || c > '9')
			return false;
	}
	return !is_text || id->text[id->len - 1] == '"';
}

bool cg_message_find_id(const char *text, size_t len, struct cg_span *out)
{
	struct cg_span id;

	if (len < 2 || !find_member(text, len, &id) || !is_plain(&id))
		return false;
	*out = id;
	return true;
}

/* What a client says. */

/*
 * Written in another way ("\u0069d"), it can't be found by its bytes; and with line breaks it can't
 * go back as it came, for an answer is one line.
 */
static int take_id(struct cg_request *out, const char *text, size_t len,
		   struct cg_error *err)
{
	const json_t *id = json_object_get(out->json, "id");

	if (!id || (find_member(text, len, &out->id) &&
		    !memchr(out->id.text, '\n', out->id.len) &&
		    !memchr(out->id.text, '\r', out->id.len)))
		return 0;
	out->own_id = cg_json_canonical(id);
	if (!out->own_id)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for an id");
	out->id = (struct cg_span){ out->own_id, strlen(out->own_id) };
	return 0;
}

static int check(const struct cg_request *request, struct cg_error *err)
{
	const char *key;
	json_t *value;

	if (json_object_get(request->json, "exec-oob"))
		return cg_error_set(err, CG_E_USAGE,
				    "out-of-band execution isn't offered here");
	if (!request->execute)
		return cg_error_set(err, CG_E_USAGE,
				    "QMP input lacks member 'execute', or it is no text");
	cg_json_each(request->json, key, value)
		if (strcmp(key, "execute") != 0 && strcmp(key, "arguments") != 0 &&
		    strcmp(key, "id") != 0)
			return cg_error_set(err, CG_E_USAGE,
					    "QMP input member '%s' is unexpected", key);
	if (request->arguments && !json_is_object(request->arguments))
		return cg_error_set(err, CG_E_USAGE,
				    "QMP input member 'arguments' must be an object");
	return 0;
}

int cg_request_parse(struct cg_request *out, const char *text, size_t len,
		     struct cg_error *err)
{
	*out = (struct cg_request){ 0 };
	if (cg_json_parse(&out->json, text, len, MESSAGE_BYTES, err) < 0)
		return -1;
	if (!json_is_object(out->json))
		return cg_error_set(err, CG_E_PARSE, "QMP input must be a JSON object");
	if (take_id(out, text, len, err) < 0)
		return -1;
	out->execute = cg_json_text(out->json, "execute");
	out->arguments = json_object_get(out->json, "arguments");
	return check(out, err);
}

void cg_request_deinit(struct cg_request *request)
{
	json_decref(request->json);
	free(request->own_id);
	*request = (struct cg_request){ 0 };
}

/* What we say. */

static int put(struct cg_buffer *out, const char *text, struct cg_error *err)
{
	return cg_buffer_put(out, text, strlen(text), err);
}

static int put_line(struct cg_buffer *out, json_t *message, struct cg_error *err)
{
	cg_auto_json json_t *taken = message;
	cg_auto_free char *text = taken ? cg_json_line(taken) : NULL;

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a message");
	return put(out, text, err) < 0 ? -1 : put(out, "\r\n", err);
}

json_t *cg_message_version(const char *version, const char *package)
{
	int numbers[3] = { 0 };

	(void)sscanf(version, "%d.%d.%d", &numbers[0], &numbers[1], &numbers[2]);
	return json_pack("{s:{s:i, s:i, s:i}, s:s}", "qemu", "major", numbers[0], "minor",
			 numbers[1], "micro", numbers[2], "package", package);
}

int cg_message_greet(struct cg_buffer *out, struct cg_error *err)
{
	return put_line(out,
			json_pack("{s:{s:o, s:[]}}", "QMP", "version",
				  cg_message_version(PACKAGE_VERSION, PACKAGE_STRING),
				  "capabilities"),
			err);
}

static int put_id(struct cg_buffer *out, struct cg_span id, struct cg_error *err)
{
	if (!id.text)
		return 0;
	return put(out, ", \"id\": ", err) < 0 ? -1
					       : cg_buffer_put(out, id.text, id.len, err);
}

int cg_message_return(struct cg_buffer *out, struct cg_span value, struct cg_span id,
		      struct cg_error *err)
{
	if (cg_buffer_reserve(out, value.len + id.len + 64, err) < 0 ||
	    put(out, "{\"return\": ", err) < 0 ||
	    cg_buffer_put(out, value.text, value.len, err) < 0 ||
	    put_id(out, id, err) < 0)
		return -1;
	return put(out, "}\r\n", err);
}

int cg_message_error(struct cg_buffer *out, const char *class, const struct cg_error *why,
		     struct cg_span id, struct cg_error *err)
{
	cg_auto_json json_t *error = json_pack("{s:s, s:s, s:s}", "class",
					       class ? class : CG_CLASS_GENERIC, "code",
					       cg_errc_name(why->code), "desc", why->msg);
	cg_auto_free char *text = error ? cg_json_line(error) : NULL;

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a message");
	if (put(out, "{\"error\": ", err) < 0 || put(out, text, err) < 0 ||
	    put_id(out, id, err) < 0)
		return -1;
	return put(out, "}\r\n", err);
}

int cg_message_event(struct cg_buffer *out, const char *event, const json_t *data,
		     struct cg_error *err)
{
	struct timeval now;
	json_t *message;

	gettimeofday(&now, NULL);
	message = json_pack("{s:s, s:O*, s:{s:I, s:I}}", "event", event, "data",
			    cg_json_mutable(data), "timestamp", "seconds",
			    (json_int_t)now.tv_sec, "microseconds",
			    (json_int_t)now.tv_usec);
	return put_line(out, message, err);
}
