// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/json.h"
#include "daemon/files.h"
#include "lib/command.h"
#include "lib/remote.h"

#define REQUEST_BYTES (256 << 20)
#define READ_SIZE 65536
#define TELL_NS (CG_S / 5)

struct worker {
	int fd;
	int64_t told;
};

static int read_request(int fd, json_t **out, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(REQUEST_BYTES);
	ssize_t got;

	do {
		if (cg_buffer_reserve(&text, READ_SIZE, err) < 0)
			return -1;
		got = read(fd, text.data + text.len, READ_SIZE);
		if (got < 0 && errno != EINTR)
			return cg_error_errno(err, "read the question");
		text.len += got > 0 ? (size_t)got : 0;
	} while (got != 0 && !(text.len && text.data[text.len - 1] == '\n'));
	return cg_json_parse(out, text.data, text.len, REQUEST_BYTES, err);
}

/* Consumes the message. False if nobody listens any more. */
static bool say(int fd, json_t *message)
{
	cg_auto_json json_t *taken = message;
	cg_auto_free char *text = cg_json_line(taken);
	size_t len = text ? strlen(text) : 0, done = 0;

	if (!text)
		return false;
	text[len++] = '\n'; /* in place of the NUL */
	while (done < len) {
		ssize_t put = send(fd, text + done, len - done, MSG_NOSIGNAL);

		if (put < 0 && errno != EINTR)
			return false;
		done += put > 0 ? (size_t)put : 0;
	}
	return true;
}

/* Consumes the data. */
static void say_event(int fd, const char *event, json_t *data)
{
	(void)say(fd, json_pack("{s:s, s:o}", "event", event, "data", data));
}

static void tell(void *data, size_t done, size_t total, const char *what)
{
	struct worker *worker = data;

	if (cg_clock_now() - worker->told < TELL_NS && done < total)
		return;
	worker->told = cg_clock_now();
	say_event(worker->fd, CG_EVENT_PROGRESS,
		  json_pack("{s:I, s:I, s:s}", "done", (json_int_t)done, "total",
			    (json_int_t)total, "what", what));
}

static void warn(const struct worker *worker, struct cg_context *context)
{
	const json_t *warning;
	size_t i;

	json_array_foreach(cg_context_warnings(context), i, warning)
		say_event(worker->fd, CG_EVENT_WARNING,
			  json_pack("{s:O}", "warning", cg_json_mutable(warning)));
}

static int answer(struct worker *worker, int cancel, json_t **reply, struct cg_error *err)
{
	cg_auto_json json_t *request = NULL;
	cg_auto_context struct cg_context *context = NULL;
	struct cg_context_options how = { .progress = tell,
					  .progress_data = worker,
					  .cancel_fd = cancel,
					  .host_root = getenv("CPUGATE_HOST_ROOT") };
	int ret;

	if (read_request(worker->fd, &request, err) < 0)
		return -1;
	how.guarded = json_is_true(json_object_get(request, "guarded"));
	if (cg_context_new(&context, &how, err) < 0)
		return -1;
	cg_files_unpack(json_object_get(request, "files"));
	ret = cg_command_run(context, cg_json_text(request, "execute"),
			     json_object_get(request, "arguments"), reply, err);
	warn(worker, context);
	return ret;
}

/* Asked to stop, it stops what it has started, and says so. */
static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGCHLD, SIG_DFL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int cg_worker_run(int fd)
{
	struct worker worker = { .fd = fd };
	json_t *reply = NULL;
	struct cg_error err;
	json_t *message;

	if (answer(&worker, catch_signals(), &reply, &err) == 0)
		message = json_pack("{s:o}", "return", reply);
	else
		message = json_pack("{s:{s:i, s:i, s:s}}", "error", "code", err.code,
				    "errno", err.sys_errno, "desc", err.msg);
	return say(fd, message) ? 0 : 1;
}
