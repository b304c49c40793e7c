// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/buffer.h"
#include "base/json.h"
#include "emulator/qmp.h"

#define REPLY_BYTES (256 << 20)
#define REPLY_NS (60 * 60 * CG_S)
#define FILE_BYTES (16 << 20)
#define READ_SIZE 65536
#define WARNINGS_MAX 100

#define MONITOR "qmp:"

struct cg_remote {
	struct cg_qmp *qmp;
	json_t *warnings;
	void (*progress)(void *data, size_t done, size_t total, const char *what);
	void *progress_data;
	char code[24]; /* of the last error */
};

/* Once each, as a context of our own has them. */
static void hear_warning(struct cg_remote *remote, const char *text)
{
	const json_t *known;
	size_t i;

	json_array_foreach(remote->warnings, i, known)
		if (strcmp(json_string_value(known), text) == 0)
			return;
	if (i < WARNINGS_MAX)
		json_array_append_new(remote->warnings, json_string(text));
}

static void hear_event(void *data, const char *name, const json_t *event)
{
	const json_t *what = json_object_get(event, "data");
	const char *text = cg_json_text(what, "what");
	const char *warning = cg_json_text(what, "warning");
	struct cg_remote *remote = data;
	uint64_t done, total;

	if (strcmp(name, CG_EVENT_WARNING) == 0 && warning)
		hear_warning(remote, warning);
	if (strcmp(name, CG_EVENT_PROGRESS) == 0 && remote->progress && text &&
	    cg_json_uint(json_object_get(what, "done"), &done) &&
	    cg_json_uint(json_object_get(what, "total"), &total) && total)
		remote->progress(remote->progress_data, (size_t)done, (size_t)total,
				 text);
}

static void hear_error(void *data, const json_t *error)
{
	const char *code = cg_json_text(error, "code");
	struct cg_remote *remote = data;

	snprintf(remote->code, sizeof(remote->code), "%s", code ? code : "");
}

/* Until it answers: its queue of clients may be full for a moment. */
static int join(int *out, const char *path, struct cg_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cg_auto_close int fd = -1;

	if (strlen(path) >= sizeof(address.sun_path))
		return cg_error_set(err, CG_E_USAGE,
				    "the path of cpugated's socket is too long");
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return cg_error_errno(err, "cpugated at %s", path);
	*out = cg_take_fd(&fd);
	return 0;
}

static int greet(struct cg_remote *remote, const char *path,
		 const struct cg_qmp_limits *limits, struct cg_error *err)
{
	int fd;

	if (join(&fd, path, err) < 0)
		return -1;
	if (cg_qmp_open(&remote->qmp, fd, limits, err) < 0)
		return cg_error_prefix(err, "cpugated at %s", path);
	return 0;
}

int cg_remote_open(struct cg_remote **out, const struct cpugate_options *how,
		   struct cg_error *err)
{
	const struct cg_qmp_limits limits = { .reply_ns = REPLY_NS,
					      .message_bytes = REPLY_BYTES,
					      .cancel_fd = how->cancel_fd };
	struct cg_remote *remote = calloc(1, sizeof(*remote));
	const struct cg_qmp_ear ear = { hear_event, hear_error, remote };

	if (!remote)
		return cg_error_errno(err, "cpugated");
	remote->warnings = json_array();
	remote->progress = how->progress;
	remote->progress_data = how->progress_data;
	if (greet(remote, how->socket, &limits, err) < 0) {
		json_decref(remote->warnings);
		free(remote);
		return -1;
	}
	cg_qmp_listen(remote->qmp, &ear);
	*out = remote;
	return 0;
}

struct cg_remote *cg_remote_close(struct cg_remote *remote)
{
	if (!remote)
		return NULL;
	cg_qmp_close(remote->qmp);
	json_decref(remote->warnings);
	free(remote);
	return NULL;
}

const json_t *cg_remote_warnings(const struct cg_remote *remote)
{
	return remote->warnings;
}

/* Files. */

/* All of a file or a pipe; an errno if it can't be read. */
static int read_all(struct cg_buffer *out, const char *path, struct cg_error *err)
{
	cg_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return errno;
	do {
		if (cg_buffer_reserve(out, READ_SIZE, err) < 0)
			return -1;
		got = read(fd, out->data + out->len, READ_SIZE);
		if (got < 0 && errno != EINTR)
			return errno;
		out->len += got > 0 ? (size_t)got : 0;
	} while (got != 0);
	return 0;
}

/* Send the contents, and say in @files what the name means: their digest, or why there are none. */
static int give(struct cg_remote *remote, const char *path, json_t *files,
		struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(FILE_BYTES + READ_SIZE);
	cg_auto_json json_t *reply = NULL;
	json_t *content;
	int why = read_all(&text, path, err);

	if (why < 0)
		return cg_error_prefix(err, "%s", path);
	if (why > 0)
		return json_object_set_new(files, path, json_integer(why));
	content = json_stringn(text.data ? text.data : "", text.len);
	if (!content)
		return cg_error_set(err, CG_E_PARSE,
				    "%s isn't UTF-8, and can't be sent to cpugated",
				    path);
	if (cg_qmp_call(remote->qmp, "add-file", json_pack("{s:o}", "text", content),
			&reply, err) < 0)
		return cg_error_prefix(err, "%s", path);
	return json_object_set(files, path, json_object_get(reply, "digest"));
}

/* As the library tells files from other things: by a slash, or because there is one. */
static bool names_file(const char *text)
{
	struct stat st;

	if (strncmp(text, MONITOR, strlen(MONITOR)) == 0 || strcmp(text, "host") == 0)
		return false;
	return strchr(text, '/') || (stat(text, &st) == 0 && !S_ISDIR(st.st_mode));
}

static int give_named(struct cg_remote *remote, const json_t *value, bool always,
		      json_t *files, struct cg_error *err)
{
	const char *text = cg_json_is_big(value) ? NULL : json_string_value(value);
	const json_t *item;
	size_t i;

	if (text && !json_object_get(files, text) &&
	    (always ? strcmp(text, "host") != 0 : names_file(text)))
		return give(remote, text, files, err);
	json_array_foreach(value, i, item)
		if (give_named(remote, item, always, files, err) < 0)
			return -1;
	return 0;
}

/* Of a command line of QEMU's, the file that it reads its options from. */
static int give_configurations(struct cg_remote *remote, const json_t *argv,
			       json_t *files, struct cg_error *err)
{
	const json_t *word;
	size_t i;

	json_array_foreach(argv, i, word) {
		const char *text = json_string_value(word);

		if (text &&
		    (strcmp(text, "-readconfig") == 0 ||
		     strcmp(text, "--readconfig") == 0) &&
		    give_named(remote, json_array_get(argv, i + 1), true, files, err) < 0)
			return -1;
	}
	return 0;
}

static int give_files(struct cg_remote *remote, const json_t *args, json_t *files,
		      struct cg_error *err)
{
	/* Arguments that are files, and those that may be. */
	static const struct {
		const char *name;
		bool always;
	} known[] = { { "record", true },  { "records", true },  { "from", false },
		      { "to", false },     { "a", false },       { "b", false },
		      { "guest", false },  { "subject", false }, { "file", true },
		      { "contract", true } };

	for (size_t i = 0; i < CG_COUNT(known); i++)
		if (give_named(remote, json_object_get(args, known[i].name),
			       known[i].always, files, err) < 0)
			return -1;
	return give_configurations(remote, json_object_get(args, "argv"), files, err);
}

/* Paths. */

/* From the root on, if it is a path at all and begins elsewhere. New reference. */
static json_t *absolute(const char *text, size_t skip)
{
	cg_auto_free char *folder = NULL;

	if (text[skip] == '/' || !strchr(text + skip, '/'))
		return json_string(text);
	folder = realpath(".", NULL);
	return folder ? json_sprintf("%.*s%s/%s", (int)skip, text, folder, text + skip)
		      : json_string(text);
}

static void settle_paths(json_t *args)
{
	static const char *const sockets[] = { "a", "b", "guest" };
	const char *emulator = cg_json_text(args, "emulator");
	json_t *argv = json_object_get(args, "argv");
	const char *program = json_string_value(json_array_get(argv, 0));

	if (emulator)
		json_object_set_new(args, "emulator", absolute(emulator, 0));
	if (program)
		json_array_set_new(argv, 0, absolute(program, 0));
	for (size_t i = 0; i < CG_COUNT(sockets); i++) {
		const char *text = cg_json_text(args, sockets[i]);

		if (text && strncmp(text, MONITOR, strlen(MONITOR)) == 0)
			json_object_set_new(args, sockets[i],
					    absolute(text, strlen(MONITOR)));
	}
}

/* Asking. */

static enum cg_errc code_of(const struct cg_remote *remote)
{
	static const enum cg_errc known[] = { CG_E_USAGE, CG_E_UNKNOWN, CG_E_UNDECIDED };

	for (size_t i = 0; i < CG_COUNT(known); i++)
		if (strcmp(remote->code, cg_errc_name(known[i])) == 0)
			return known[i];
	return CG_E_REFUSED;
}

int cg_remote_ask(struct cg_remote *remote, const char *command, const json_t *args,
		  json_t **reply, struct cg_error *err)
{
	cg_auto_json json_t *taken = json_deep_copy(args), *files = json_object();

	if (!taken || !files)
		return cg_error_set(err, CG_E_SYSTEM, "out of memory");
	if (give_files(remote, taken, files, err) < 0)
		return -1;
	settle_paths(taken);
	if (json_object_size(files))
		json_object_set(taken, "files", files);
	remote->code[0] = '\0';
	if (cg_qmp_send(remote->qmp, command, json_incref(taken), err) < 0)
		return cg_error_prefix(err, "cpugated");
	if (cg_qmp_receive(remote->qmp, reply, err) == 0)
		return 0;
	if (*remote->code)
		err->code = code_of(remote);
	else if (err->code != CG_E_CANCELLED)
		return cg_error_prefix(err, "cpugated");
	return -1;
}
