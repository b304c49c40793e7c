// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/talk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/buffer.h"
#include "base/clock.h"

#define TIMES_MAX 4000000
#define LINE_MAX_BYTES (64 << 20)
#define GREETING "{\"execute\": \"qmp_capabilities\"}\n"

struct link {
	int fd;
	size_t next; /* question */
	int64_t asked;
	char last; /* byte of what was read */
};

static int write_all(int fd, const char *text, struct cg_error *err)
{
	size_t len = strlen(text), done = 0;

	while (done < len) {
		ssize_t put = send(fd, text + done, len - done, MSG_NOSIGNAL);

		if (put < 0 && errno != EINTR)
			return cg_error_errno(err, "ask");
		done += put > 0 ? (size_t)put : 0;
	}
	return 0;
}

/* A line that isn't an event, as it will be where nothing happens. */
static int read_line(int fd, struct cg_buffer *line, struct cg_error *err)
{
	line->len = 0;
	do {
		ssize_t got;

		if (cg_buffer_reserve(line, 65536, err) < 0)
			return -1;
		got = recv(fd, line->data + line->len, 65536, 0);
		if (got <= 0)
			return cg_error_set(err, CG_E_DIED, "the server hung up");
		line->len += (size_t)got;
	} while (line->data[line->len - 1] != '\n');
	line->data[line->len] = '\0';
	return 0;
}

static int join(int *out, const char *path, struct cg_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cg_auto_buffer struct cg_buffer line = CG_BUFFER(LINE_MAX_BYTES);
	cg_auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return cg_error_errno(err, "connect to %s", path);
	if (read_line(fd, &line, err) < 0 || write_all(fd, GREETING, err) < 0 ||
	    read_line(fd, &line, err) < 0)
		return -1;
	*out = cg_take_fd(&fd);
	return 0;
}

int bench_ask(const char *socket, const char *question, char **reply,
	      struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer line = CG_BUFFER(LINE_MAX_BYTES);
	cg_auto_close int fd = -1;

	if (join(&fd, socket, err) < 0 || write_all(fd, question, err) < 0)
		return -1;
	do
		if (read_line(fd, &line, err) < 0)
			return -1;
	while (strstr(line.data, "\"PROBE_PROGRESS\"") &&
	       !strstr(line.data, "\"return\"") && !strstr(line.data, "\"error\""));
	if (!strstr(line.data, "{\"return\""))
		return cg_error_set(err, CG_E_REFUSED, "%s", line.data);
	*reply = line.data;
	line.data = NULL;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int ask_next(const struct bench_talk *talk, struct link *link,
		    struct cg_error *err)
{
	link->asked = cg_clock_now();
	return write_all(link->fd, talk->questions[link->next++ % talk->count], err);
}

/* What has come on one connection; true if that was all of an answer. */
static bool take(struct link *link, struct bench_talked *out, bool *ended)
{
	static char bytes[1 << 20];
	ssize_t got = recv(link->fd, bytes, sizeof(bytes), 0);

	*ended = got <= 0;
	if (*ended || bytes[got - 1] != '\n')
		return false;
	out->errors += strncmp(bytes, "{\"error\"", 8) == 0;
	return true;
}

static int converse(const struct bench_talk *talk, struct link *links, int epoll,
		    int64_t *times, struct bench_talked *out, struct cg_error *err)
{
	int64_t end = cg_clock_in(talk->duration);
	struct epoll_event events[64];

	while (cg_clock_now() < end && out->answers < TIMES_MAX) {
		int count = epoll_wait(epoll, events, 64, 1000);

		for (int i = 0; i < count; i++) {
			struct link *link = &links[events[i].data.u32];
			bool ended;

			if (take(link, out, &ended)) {
				times[out->answers++] = cg_clock_now() - link->asked;
				if (ask_next(talk, link, err) < 0)
					return -1;
			} else if (ended) {
				return cg_error_set(err, CG_E_DIED, "it hung up");
			}
		}
	}
	return 0;
}

void bench_talk_summarize(struct bench_talked *out, int64_t *times, size_t answers,
			  int64_t took)
{
	out->answers = answers;
	out->rate = (double)answers * CG_S / (double)took;
	if (!answers)
		return;
	qsort(times, answers, sizeof(*times), by_time);
	out->median = times[answers / 2];
	out->worst = times[answers * 99 / 100];
}

int bench_talk(struct bench_talked *out, const struct bench_talk *talk,
	       struct cg_error *err)
{
	cg_auto_free struct link *links = calloc(talk->connections, sizeof(*links));
	cg_auto_free int64_t *times = malloc(TIMES_MAX * sizeof(*times));
	cg_auto_close int epoll = epoll_create1(EPOLL_CLOEXEC);
	int64_t start;
	int ret = 0;

	*out = (struct bench_talked){ 0 };
	for (size_t i = 0; i < talk->connections && ret == 0; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)i };

		ret = join(&links[i].fd, talk->socket, err);
		links[i].next = i;
		if (ret == 0)
			epoll_ctl(epoll, EPOLL_CTL_ADD, links[i].fd, &event);
	}
	start = cg_clock_now();
	for (size_t i = 0; i < talk->connections && ret == 0; i++)
		ret = ask_next(talk, &links[i], err);
	if (ret == 0)
		ret = converse(talk, links, epoll, times, out, err);
	bench_talk_summarize(out, times, out->answers, cg_clock_now() - start);
	for (size_t i = 0; i < talk->connections; i++)
		if (links[i].fd > 0)
			close(links[i].fd);
	return ret;
}
