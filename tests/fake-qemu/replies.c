// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libvirt's .replies files: commands and replies in turn, pretty-printed, an empty line
 * between them, a new process at each qmp_capabilities. The first process is KVM's where
 * its query-kvm says so, the second is always TCG's and was asked only what depends on
 * the accelerator; for the rest the first one answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/fake-qemu/transcript.h"

#define MAX_DOCUMENTS 1024

struct document {
	struct raw text;
	unsigned session; /* from 1 */
};

/*
 * Cut @text into documents at the empty lines, each of them one line. Returns their
 * number.
 */
static size_t split(char *text, struct document documents[MAX_DOCUMENTS])
{
	size_t count = 0;
	unsigned session = 0;
	char *next = text;

	while (next && *next && count < MAX_DOCUMENTS) {
		char *begin = next, *end = strstr(begin, "\n\n");
		char *close;

		next = end ? end + 2 : NULL;
		if (end)
			*end = '\0';
		fake_join_lines(begin);
		while ((close = strchr(begin,
				       '\n'))) /* before the last bracket, at its end */
			*close = ' ';
		if (count % 2 == 0 && strstr(begin, "\"qmp_capabilities\""))
			session++;
		documents[count++] = (struct document){ raw_of(begin), session };
	}
	return count;
}

/* Take the id, which was another client's, out of a reply. */
static void drop_id(struct document *reply)
{
	struct raw id = raw_get(reply->text, "id");
	char *begin, *end;

	if (!id.at)
		return;
	begin = (char *)(uintptr_t)id.at;
	end = begin + id.len;
	while (begin > reply->text.at && *begin != ',')
		begin--; /* it is never the first member */
	memmove(begin, end, reply->text.len - (size_t)(end - reply->text.at) + 1);
	reply->text = raw_of(reply->text.at);
}

/* The reply to @command in @session; none if it wasn't asked. */
static struct raw find(const struct document *documents, size_t count, unsigned session,
		       const char *command)
{
	for (size_t i = 0; i + 1 < count; i += 2)
		if (documents[i].session == session &&
		    raw_is(raw_unquote(raw_get(documents[i].text, "execute")), command))
			return documents[i + 1].text;
	return (struct raw){ .at = NULL };
}

static bool is_kvm(struct raw reply)
{
	struct raw answer = raw_get(reply, "return");

	return raw_is(raw_get(answer, "enabled"), "true") &&
	       raw_is(raw_get(answer, "present"), "true");
}

/* All of @session; of other sessions, the commands that @session was never asked. */
static int add_session(struct fake_transcript *transcript, struct document *documents,
		       size_t count, unsigned session, struct cg_error *err)
{
	for (size_t i = 0; i + 1 < count; i += 2) {
		struct raw name = raw_unquote(raw_get(documents[i].text, "execute"));
		cg_auto_free char *command = strndup(name.at, name.len);

		if (documents[i].session != session &&
		    (strcmp(command, "query-kvm") == 0 ||
		     find(documents, count, session, command).at))
			continue;
		drop_id(&documents[i + 1]);
		if (fake_transcript_add(transcript, '>', documents[i].text, err) < 0 ||
		    fake_transcript_add(transcript, '<', documents[i + 1].text, err) < 0)
			return -1;
	}
	if (find(documents, count, session, "query-kvm").at)
		return 0;
	if (fake_transcript_add(transcript, '>', RAW("{\"execute\": \"query-kvm\"}"),
				err) < 0)
		return -1;
	return fake_transcript_add(
		transcript, '<',
		RAW("{\"return\": {\"enabled\": false, \"present\": true}}"), err);
}

/* The greeting wasn't recorded, but what it says is what query-version answers. */
static int add_greeting(struct fake_transcript *transcript, struct raw version,
			struct cg_error *err)
{
	struct raw answer = raw_get(version, "return");
	char *text;
	int len = asprintf(&text,
			   "{\"QMP\": {\"version\": %.*s, \"capabilities\": [\"oob\"]}}",
			   (int)answer.len, answer.at ? answer.at : "");

	if (len < 0)
		return cg_error_errno(err, "greeting");
	transcript->greeting = text;
	return fake_transcript_add(transcript, '<', raw_of(text), err);
}

int fake_replies_load(struct fake_transcript **out, const char *path, const char *accel,
		      struct cg_error *err)
{
	fake_auto_transcript struct fake_transcript *transcript = NULL;
	cg_auto_free struct document *documents =
		calloc(MAX_DOCUMENTS, sizeof(*documents));
	bool kvm, want_kvm = strcmp(accel, "kvm") == 0;
	size_t count;

	if (!documents)
		return cg_error_errno(err, "%s", path);
	if (fake_transcript_new(&transcript, path, err) < 0)
		return -1;
	count = split(transcript->text, documents);
	kvm = is_kvm(find(documents, count, 1, "query-kvm"));
	if (want_kvm && !kvm) {
		*out = NULL;
		return 0;
	}
	if (add_greeting(transcript, find(documents, count, 1, "query-version"), err) <
		    0 ||
	    add_session(transcript, documents, count, kvm && !want_kvm ? 2 : 1, err) < 0)
		return -1;
	*out = cg_take(transcript);
	return 0;
}
