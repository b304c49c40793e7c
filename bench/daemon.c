// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Round trips with a running cpugated: how many a second, and how long one takes, over one
 * connection and over sixteen. "Again" is a question that was answered before, as most were; "worked out" is
 * one whose answer isn't remembered, though nothing has to be measured for it.
 * The goals are for one connection.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "bench/talk.h"

#define QUESTIONS_MAX 128
#define QUESTION_BYTES 512
#define RECORDS 100
#define DURATION (2 * CG_S)
#define REPLY_BYTES (64 << 20)

struct bench {
	const char *socket;
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

static void row(struct bench *b, const char *what, double goal_us)
{
	struct bench_talk talk = { .socket = b->socket,
				   .questions = (const char *const *)b->questions,
				   .duration = DURATION };
	static const size_t connections[] = { 1, 16 };

	warm_up(b);
	if (!b->count) {
		printf("%-28s can't be asked here\n", what);
		return;
	}
	for (size_t i = 0; i < CG_COUNT(connections); i++) {
		struct bench_talked talked;
		struct cg_error err;

		talk.count = b->count;
		talk.connections = connections[i];
		if (bench_talk(&talked, &talk, &err) < 0) {
			printf("%-28s %s\n", what, err.msg);
			continue;
		}
		printf("%-28s %3zu conn. %9.0f/s   median %8.1f us   99 %% %8.1f us",
		       what, connections[i], talked.rate, (double)talked.median / 1e3,
		       (double)talked.worst / 1e3);
		if (goal_us > 0 && connections[i] == 1)
			printf("   goal %.0f us: %s", goal_us,
			       (double)talked.median / 1e3 <= goal_us ? "reached"
								      : "missed");
		printf("%s\n", talked.errors ? "   with errors" : "");
	}
	clear(b);
}

/* Definitions of this emulator's models: pairs of them for comparisons. */
static void add_models(struct bench *b, void (*print)(char *, const char *, const char *))
{
	static const char *const models[] = {
		"Haswell",   "Skylake-Client", "Nehalem", "Westmere",  "SandyBridge",
		"IvyBridge", "Broadwell",      "EPYC",    "EPYC-Rome", "Icelake-Server"
	};

	for (size_t i = 0; i < CG_COUNT(models); i++)
		for (size_t j = 0; j < CG_COUNT(models); j++) {
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

static void add_baseline(struct bench *b, const json_t *records, bool others)
{
	for (size_t i = 0; i < (others ? QUESTIONS_MAX : 1); i++) {
		cg_auto_json json_t *list = json_copy(cg_json_mutable(records));
		cg_auto_json json_t *question = NULL;
		cg_auto_free char *line = NULL;

		/* Another order is another question with the same answer. */
		for (size_t turn = 0; turn < i; turn++) {
			json_array_append(list, json_array_get(list, 0));
			json_array_remove(list, 0);
		}
		question = json_pack("{s:s, s:{s:O, s:b}}", "execute", "baseline",
				     "arguments", "records", list, "cross-vendor", 1);
		line = cg_json_line(question);
		add(b, line);
	}
}

int main(int argc, char **argv)
{
	cg_auto_json json_t *records = NULL;
	struct bench b = { .socket = argc > 1 ? argv[1] : NULL };

	if (!b.socket) {
		fputs("usage: bench/daemon SOCKET [FOLDER-OF-RECORDS]\n", stderr);
		return 2;
	}
	add(&b, "{\"execute\": \"query-version\"}");
	row(&b, "floor (query-version)", 0);
	add(&b, "{\"execute\": \"query-cpu-definitions\", \"arguments\": {\"accel\": "
		"\"tcg\"}}");
	row(&b, "usable, again", 0);
	add_models(&b, print_compare);
	row(&b, "compare, again", 40);
	add_models(&b, print_expand);
	row(&b, "expand, again", 0);
	add_models(&b, print_compare_paged);
	row(&b, "compare, worked out", 0);
	records = give_records(&b, argc > 2 ? argv[2] : ".", RECORDS);
	if (json_array_size(records)) {
		add_baseline(&b, records, false);
		row(&b, "baseline of 100, again", 500);
		add_baseline(&b, records, true);
		row(&b, "baseline of 100, worked out", 500);
	}
	return 0;
}
