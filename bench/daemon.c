// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Round trips with a running cpugated: how many a second, and how long one takes, over one
 * connection and over sixteen. "Again" is a question that was answered before, as most were; "worked out" is
 * one whose answer isn't remembered, though nothing has to be measured for it.
 * The goals are for one connection. Beside each, libvirt's API at the nearest it has, where it is installed.
 *
 *	daemon SOCKET [FOLDER-OF-RECORDS]
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "bench/talk.h"
#include "bench/virt.h"

#define QUESTIONS_MAX 128
#define QUESTION_BYTES 512
#define RECORDS 100
#define DURATION (2 * CG_S)
#define REPLY_BYTES (64 << 20)

/* Of emulators and of libvirt alike. */
static const char *const models[] = { "Haswell",
				      "Skylake-Client",
				      "Nehalem",
				      "Westmere",
				      "SandyBridge",
				      "IvyBridge",
				      "Broadwell",
				      "Skylake-Server",
				      "Cascadelake-Server",
				      "Icelake-Server",
				      NULL };

struct bench_goal {
	double us, rate; /* 0 for none */
};

struct bench {
	const char *socket;
	struct bench_virt *virt; /* NULL without libvirt */
	struct cg_error no_virt; /* why */
	char *questions[QUESTIONS_MAX];
	size_t count;
};

static void clear(struct bench *b)
{
	while (b->count)
		free(b->questions[--b->count]);
}

static void add(struct bench *b, const char *question)
{
	if (b->count < QUESTIONS_MAX &&
	    asprintf(&b->questions[b->count], "%s\n", question) >= 0)
		b->count++;
}

/* Each once, so that everything is known; those that fail are left out. */
static void warm_up(struct bench *b)
{
	size_t left = 0;

	for (size_t i = 0; i < b->count; i++) {
		struct cg_error err;
		char *reply;

		if (bench_ask(b->socket, b->questions[i], &reply, &err) < 0) {
			free(b->questions[i]);
			continue;
		}
		free(reply);
		b->questions[left++] = b->questions[i];
	}
	b->count = left;
}

static void print_talked(const char *what, size_t connections,
			 const struct bench_talked *talked)
{
	printf("%-36s %3zu conn. %9.0f/s   median %8.1f us   99 %% %9.1f us", what,
	       connections, talked->rate, (double)talked->median / 1e3,
	       (double)talked->worst / 1e3);
}

/* What libvirt makes of the same question, or why it makes nothing of it. */
static void print_virt(const struct bench *b, enum bench_virt_question question,
		       size_t connections)
{
	struct bench_talked talked;
	struct cg_error err;
	char what[64];

	snprintf(what, sizeof(what), "  libvirt's %s", bench_virt_name(question));
	if (!b->virt) {
		printf("%-36s %s\n", what, b->no_virt.msg);
	} else if (bench_virt_talk(&talked, b->virt, question, models, connections,
				   DURATION, &err) < 0) {
		printf("%-36s %s\n", what, err.msg);
	} else {
		print_talked(what, connections, &talked);
		putchar('\n');
	}
}

/* Is it what was wanted of one connection? */
static void print_goal(const struct bench_goal *goal, const struct bench_talked *talked)
{
	bool met = (double)talked->median / 1e3 <= goal->us && talked->rate >= goal->rate;

	if (!goal->us)
		return;
	printf("   at most %.0f us", goal->us);
	if (goal->rate > 0)
		printf(", %.0f/s", goal->rate);
	printf(": %s", met ? "met" : "MISSED");
}

static void row(struct bench *b, const char *what, enum bench_virt_question question,
		struct bench_goal goal)
{
	struct bench_talk talk = { .socket = b->socket,
				   .questions = (const char *const *)b->questions,
				   .duration = DURATION };
	static const size_t connections[] = { 1, 16 };

	warm_up(b);
	for (size_t i = 0; i < CG_COUNT(connections); i++) {
		struct bench_talked talked;
		struct cg_error err;

		talk.count = b->count;
		talk.connections = connections[i];
		if (!b->count) {
			printf("%-36s can't be asked here\n", what);
		} else if (bench_talk(&talked, &talk, &err) < 0) {
			printf("%-36s %s\n", what, err.msg);
		} else {
			print_talked(what, connections[i], &talked);
			if (connections[i] == 1)
				print_goal(&goal, &talked);
			printf("%s\n", talked.errors ? "   with errors" : "");
		}
		if (b->virt || i == 0)
			print_virt(b, question, connections[i]);
		fflush(stdout);
	}
	clear(b);
}

/* Definitions of this emulator's models: pairs of them for comparisons. */
static void add_models(struct bench *b, void (*print)(char *, const char *, const char *))
{
	for (size_t i = 0; models[i]; i++)
		for (size_t j = 0; models[j]; j++) {
			char question[QUESTION_BYTES];

			print(question, models[i], models[j]);
			add(b, question);
		}
}

static void print_compare(char *out, const char *a, const char *b)
{
	snprintf(out, QUESTION_BYTES,
		 "{\"execute\": \"query-cpu-model-comparison\", \"arguments\": "
		 "{\"accel\": \"tcg\", \"modela\": {\"name\": \"%s\"}, \"modelb\": "
		 "{\"name\": \"%s\"}}, \"id\": 1}",
		 a, b);
}

/* Pages are made anew each time. */
static void print_compare_paged(char *out, const char *a, const char *b)
{
	snprintf(out, QUESTION_BYTES,
		 "{\"execute\": \"compare\", \"arguments\": {\"accel\": \"tcg\", "
		 "\"a\": \"%s\", \"b\": \"%s\", \"page-bytes\": 65536}}",
		 a, b);
}

static void print_expand(char *out, const char *a, const char *b)
{
	snprintf(out, QUESTION_BYTES,
		 "{\"execute\": \"query-cpu-model-expansion\", \"arguments\": "
		 "{\"accel\": \"tcg\", \"type\": \"full\", \"model\": {\"name\": "
		 "\"%s\"}}, \"id\": \"%s\"}",
		 a, b);
}

/* Give a file to the server; its digest, which the caller frees, or NULL. */
static char *give_file(const struct bench *b, const char *path)
{
	cg_auto_json json_t *content = NULL, *question = NULL, *answer = NULL;
	cg_auto_free char *line = NULL, *whole = NULL, *text = NULL, *reply = NULL;
	struct cg_error err;

	if (cg_json_read_file(&content, path, REPLY_BYTES, &err) < 0)
		return NULL;
	text = cg_json_canonical(content);
	question = json_pack("{s:s, s:{s:s}}", "execute", "add-file", "arguments", "text",
			     text);
	line = cg_json_line(question);
	if (asprintf(&whole, "%s\n", line) < 0 ||
	    bench_ask(b->socket, whole, &reply, &err) < 0 ||
	    cg_json_parse(&answer, reply, strlen(reply), REPLY_BYTES, &err) < 0)
		return NULL;
	return strdup(cg_json_text(json_object_get(answer, "return"), "digest"));
}

/* The files of @folder in turns, so many times that there are @count hosts. */
static json_t *give_records(const struct bench *b, const char *folder, size_t count)
{
	json_t *list = json_array();
	struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir)) && json_array_size(list) < count) {
		cg_auto_free char *path = NULL, *digest = NULL;

		if (!strstr(entry->d_name, ".json") ||
		    asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
			continue;
		digest = give_file(b, path);
		if (digest)
			json_array_append_new(list, json_sprintf("sha256:%s", digest));
	}
	if (dir)
		closedir(dir);
	for (size_t i = 0; json_array_size(list) && json_array_size(list) < count; i++)
		json_array_append(list, json_array_get(list, i));
	return list;
}

/* Pages are made anew each time. */
static void add_baseline(struct bench *b, json_t *records, bool paged)
{
	cg_auto_json json_t *question =
		json_pack("{s:s, s:{s:O, s:b, s:o*}}", "execute", "baseline", "arguments",
			  "records", records, "cross-vendor", 1, "page-bytes",
			  paged ? json_integer(65536) : NULL);
	cg_auto_free char *line = cg_json_line(question);

	add(b, line);
}

static void measure(struct bench *b, const char *folder)
{
	static const struct bench_goal none = { 0 }, compare = { 40, 20000 },
				       baseline = { .us = 500 };
	cg_auto_json json_t *records = NULL;

	add(b, "{\"execute\": \"query-version\"}");
	row(b, "floor: query-version", BENCH_VIRT_FLOOR, none);
	add(b, "{\"execute\": \"query-cpu-definitions\", \"arguments\": {\"accel\": "
	       "\"tcg\"}}");
	row(b, "usable, again", BENCH_VIRT_USABLE, none);
	add_models(b, print_compare);
	row(b, "compare, again", BENCH_VIRT_COMPARE, compare);
	add_models(b, print_compare_paged);
	row(b, "compare, worked out", BENCH_VIRT_COMPARE, none);
	add_models(b, print_expand);
	row(b, "expand, again", BENCH_VIRT_EXPAND, none);
	records = give_records(b, folder, RECORDS);
	if (json_array_size(records)) {
		add_baseline(b, records, false);
		row(b, "baseline of 100, again", BENCH_VIRT_BASELINE, baseline);
		add_baseline(b, records, true);
		row(b, "baseline of 100, worked out", BENCH_VIRT_BASELINE, baseline);
	}
}

int main(int argc, char **argv)
{
	struct bench b = { .socket = argc > 1 ? argv[1] : NULL };

	if (!b.socket) {
		fputs("usage: bench/daemon SOCKET [FOLDER-OF-RECORDS]\n", stderr);
		return 2;
	}
	b.virt = bench_virt_open(&b.no_virt);
	printf("\nRound trips with cpugated, beside %s\n\n",
	       b.virt ? bench_virt_version(b.virt)
		      : "libvirt, which can't be asked here");
	measure(&b, argc > 2 ? argv[2] : ".");
	bench_virt_close(b.virt);
	return 0;
}
