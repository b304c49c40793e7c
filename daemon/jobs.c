// SPDX-License-Identifier: LGPL-2.1-or-later
/* Workers: started, fed, listened to, and ended. */
#include "daemon/jobs.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/child.h"
#include "daemon/limits.h"

#define SELF "/proc/self/exe"
#define LINE_BYTES (256 << 20)
#define READ_SIZE 65536
#define JOB_NS (60 * 60 * CG_S) /* nothing takes longer, not even a sweep under load */

struct job {
	struct cg_jobs *jobs;
	char *key;  /* of what is asked; NULL if it isn't shared */
	char *text; /* of what is asked, until it is sent */
	size_t len, sent;
	uid_t uid;
	uint64_t epoch;
	struct cg_places **places;
	size_t places_count;
	struct cg_waiter **waiters;
	size_t count;
	struct cg_child *child; /* NULL while it waits for its turn */
	int fd;
	struct cg_source *source;
	struct cg_buffer in;
	size_t scanned;
	struct job *next; /* in the order in which they came */
};

struct cg_jobs {
	struct cg_loop *loop;
	struct cg_source *turn; /* for what must not happen at once */
	struct job *first;
	uint64_t started;
};

static void take_turn(void *data, unsigned ready);

int cg_jobs_new(struct cg_jobs **out, struct cg_loop *loop, struct cg_error *err)
{
	struct cg_jobs *jobs = calloc(1, sizeof(*jobs));

	if (!jobs)
		return cg_error_errno(err, "jobs");
	jobs->loop = loop;
	if (cg_loop_add(loop, &jobs->turn, -1, 0, take_turn, jobs, err) < 0) {
		free(jobs);
		return -1;
	}
	*out = jobs;
	return 0;
}

static void free_job(struct job *job)
{
	cg_source_remove(job->source);
	if (job->fd >= 0)
		close(job->fd);
	cg_child_free(job->child);
	for (size_t i = 0; i < job->places_count; i++)
		cg_places_free(job->places[i]);
	free(job->places);
	free(job->waiters);
	free(job->key);
	free(job->text);
	cg_buffer_deinit(&job->in);
	free(job);
}

static void unlink_job(struct job *job)
{
	struct job **link = &job->jobs->first;

	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
}

/* Tell all who wait, and forget it. */
static void finish(struct job *job, const json_t *reply, const struct cg_error *why)
{
	struct cg_jobs *jobs = job->jobs;

	unlink_job(job);
	for (size_t i = 0; i < job->count; i++)
		job->waiters[i]->done(job->waiters[i], reply, why);
	free_job(job);
	cg_source_at(jobs->turn, 0); /* somebody else's */
}

static void fail(struct job *job, enum cg_errc code, const char *what)
{
	char words[256] = "";
	struct cg_error why;

	if (job->child)
		cg_child_last_words(job->child, words, sizeof(words));
	(void)cg_error_set(&why, code, "%s%s%s", what, *words ? ": " : "", words);
	finish(job, NULL, &why);
}

/* Listening. */

static void take_error(struct job *job, const json_t *error)
{
	const char *desc = cg_json_text(error, "desc");
	struct cg_error why = {
		.code = (enum cg_errc)json_integer_value(json_object_get(error, "code")),
		.sys_errno = (int)json_integer_value(json_object_get(error, "errno")),
	};

	snprintf(why.msg, sizeof(why.msg), "%s", desc ? desc : "");
	finish(job, NULL, &why);
}

/* False once the job is over. */
static bool take_line(struct job *job, const char *line, size_t len)
{
	cg_auto_json json_t *message = NULL;
	const char *event;
	struct cg_error err;

	if (cg_json_parse(&message, line, len, LINE_BYTES, &err) < 0) {
		fail(job, CG_E_PROTOCOL, "a worker said something unexpected");
		return false;
	}
	event = cg_json_text(message, "event");
	if (event) {
		for (size_t i = 0; i < job->count; i++)
			if (job->waiters[i]->tell)
				job->waiters[i]->tell(job->waiters[i], event,
						      json_object_get(message, "data"));
		return true;
	}
	if (json_object_get(message, "return"))
		finish(job, json_object_get(message, "return"), NULL);
	else
		take_error(job, json_object_get(message, "error"));
	return false;
}

/* False once the job is over. */
static bool take_lines(struct job *job)
{
	char *newline;

	while ((newline = memchr(job->in.data + job->scanned, '\n',
				 job->in.len - job->scanned))) {
		size_t len = (size_t)(newline - job->in.data);

		if (!take_line(job, job->in.data, len))
			return false;
		cg_buffer_drop(&job->in, len + 1);
		job->scanned = 0;
	}
	job->scanned = job->in.len;
	return true;
}

/* False once the job is over. */
static bool hear(struct job *job)
{
	struct cg_error err;
	ssize_t got;

	if (cg_buffer_reserve(&job->in, READ_SIZE, &err) < 0) {
		fail(job, CG_E_LIMIT, "the answer is too long");
		return false;
	}
	got = recv(job->fd, job->in.data + job->in.len, READ_SIZE, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (got <= 0) {
		fail(job, CG_E_DIED, "the process that was to answer ended");
		return false;
	}
	job->in.len += (size_t)got;
	return take_lines(job);
}

/* Asking. */

static bool push(struct job *job)
{
	ssize_t put = send(job->fd, job->text + job->sent, job->len - job->sent,
			   MSG_DONTWAIT | MSG_NOSIGNAL);

	if (put < 0 && errno != EAGAIN && errno != EINTR) {
		fail(job, CG_E_DIED, "the process that was to answer ended");
		return false;
	}
	job->sent += put > 0 ? (size_t)put : 0;
	if (job->sent < job->len)
		return true;
	free(job->text);
	job->text = NULL;
	cg_source_want(job->source, EPOLLIN);
	return true;
}

static void react(void *data, unsigned ready)
{
	struct job *job = data;

	if (ready & CG_LOOP_DUE) {
		fail(job, CG_E_TIMEOUT, "it took too long");
		return;
	}
	if (ready & EPOLLOUT && job->text && !push(job))
		return;
	if (ready & (EPOLLIN | EPOLLHUP | EPOLLERR))
		(void)hear(job);
}

static int start(struct job *job, struct cg_error *err)
{
	char number[16];
	const char *const argv[] = { SELF, "--worker", number, NULL };
	cg_auto_close int theirs = -1;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return cg_error_errno(err, "a socket for a worker");
	job->fd = ends[0];
	theirs = ends[1];
	snprintf(number, sizeof(number), "%d", theirs);
	if (cg_child_start(&job->child, argv, theirs, err) < 0 ||
	    cg_loop_add(job->jobs->loop, &job->source, job->fd, EPOLLIN | EPOLLOUT, react,
			job, err) < 0)
		return -1;
	cg_source_at(job->source, cg_clock_in(JOB_NS));
	job->jobs->started++;
	return 0;
}

static size_t count_running(const struct cg_jobs *jobs, const uid_t *uid)
{
	size_t count = 0;

	for (const struct job *job = jobs->first; job; job = job->next)
		count += job->child && (!uid || job->uid == *uid);
	return count;
}

/* Start what may be started, in the order in which it came, one user not before all others. */
static void take_turn(void *data, unsigned ready)
{
	struct cg_jobs *jobs = data;
	struct job *job = jobs->first, *next;
	struct cg_error err;

	(void)ready;
	for (; job && count_running(jobs, NULL) < CG_WORKERS_MAX; job = next) {
		next = job->next;
		if (job->child || count_running(jobs, &job->uid) >= CG_WORKERS_OF_USER)
			continue;
		if (start(job, &err) < 0) {
			finish(job, NULL, &err);
			return;
		}
	}
}

static int put_waiter(struct job *job, struct cg_waiter *waiter, struct cg_error *err)
{
	struct cg_waiter **grown =
		reallocarray(job->waiters, job->count + 1, sizeof(struct cg_waiter *));

	if (!grown)
		return cg_error_errno(err, "wait for an answer");
	job->waiters = grown;
	job->waiters[job->count++] = waiter;
	return 0;
}

/* A job that asks the same, and still what it asked when it began. */
static struct job *find_shared(struct cg_jobs *jobs,
			       const struct cg_question_text *question, const char *key)
{
	for (struct job *job = jobs->first; job; job = job->next) {
		bool holds = job->key && strcmp(job->key, key) == 0 &&
			     job->epoch == question->epoch;

		for (size_t i = 0; holds && i < job->places_count; i++)
			holds = cg_places_hold(job->places[i]);
		if (holds)
			return job;
	}
	return NULL;
}

static int fill(struct job *job, const struct cg_question_text *question,
		struct cg_error *err)
{
	job->in = CG_BUFFER(LINE_BYTES);
	job->fd = -1;
	job->uid = question->uid;
	job->epoch = question->epoch;
	job->places = calloc(question->places_count + 1, sizeof(struct cg_places *));
	if (!job->places)
		return cg_error_errno(err, "question");
	for (size_t i = 0; i < question->places_count; i++)
		job->places[job->places_count++] = cg_places_ref(question->places[i]);
	return 0;
}

/* Consumes @text. */
static int add(struct cg_jobs *jobs, const struct cg_question_text *question, char *text,
	       struct cg_waiter *waiter, struct cg_error *err)
{
	struct job *job = calloc(1, sizeof(*job)), **link = &jobs->first;

	if (!job) {
		free(text);
		return cg_error_errno(err, "question");
	}
	job->jobs = jobs;
	job->text = text;
	job->len = strlen(text);
	if (question->shared)
		job->key = strdup(text);
	text[job->len++] = '\n'; /* in place of the NUL */
	if (fill(job, question, err) < 0 || put_waiter(job, waiter, err) < 0) {
		free_job(job);
		return -1;
	}
	while (*link)
		link = &(*link)->next;
	*link = job;
	cg_source_at(jobs->turn, 0);
	return 0;
}

int cg_jobs_ask(struct cg_jobs *jobs, const struct cg_question_text *question,
		struct cg_waiter *waiter, struct cg_error *err)
{
	cg_auto_json json_t *request =
		json_pack("{s:s, s:O, s:O, s:b}", "execute", question->command,
			  "arguments", cg_json_mutable(question->args), "files",
			  question->files, "guarded", question->guarded);
	cg_auto_free char *text = request ? cg_json_canonical(request) : NULL;
	struct job *job;

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a question");
	job = question->shared ? find_shared(jobs, question, text) : NULL;
	if (job)
		return put_waiter(job, waiter, err);
	if (cg_jobs_waiting(jobs) >= CG_JOBS_MAX)
		return cg_error_set(
			err, CG_E_LIMIT,
			"%d questions wait already for something to be measured",
			CG_JOBS_MAX);
	return add(jobs, question, cg_take(text), waiter, err);
}

void cg_jobs_forget(struct cg_jobs *jobs, bool (*is_gone)(struct cg_waiter *, void *data),
		    void *data)
{
	struct job *job = jobs->first, *next;

	for (; job; job = next) {
		size_t left = 0;

		next = job->next;
		for (size_t i = 0; i < job->count; i++)
			if (!is_gone(job->waiters[i], data))
				job->waiters[left++] = job->waiters[i];
		job->count = left;
		if (left)
			continue;
		unlink_job(job);
		free_job(job);
		cg_source_at(jobs->turn, 0);
	}
}

struct cg_jobs *cg_jobs_free(struct cg_jobs *jobs)
{
	if (!jobs)
		return NULL;
	while (jobs->first)
		fail(jobs->first, CG_E_CANCELLED, "cpugated is ending");
	cg_source_remove(jobs->turn);
	free(jobs);
	return NULL;
}

size_t cg_jobs_running(const struct cg_jobs *jobs)
{
	return count_running(jobs, NULL);
}

size_t cg_jobs_waiting(const struct cg_jobs *jobs)
{
	size_t count = 0;

	for (const struct job *job = jobs->first; job; job = job->next)
		count++;
	return count;
}

uint64_t cg_jobs_started(const struct cg_jobs *jobs)
{
	return jobs->started;
}
