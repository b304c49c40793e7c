// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Starts a real QEMU, asks it what cpugate asks, and writes a transcript for fake-qemu.
 * What the parent transcript says too is left out, so a file shows what is particular to
 * it. Written files are read again and must give every reply byte for byte.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/fake-qemu/compose.h"
#include "tests/fake-qemu/real-qemu.h"
#include "tests/fake-qemu/transcript.h"

#define MAX_TEXT (16 << 20)
#define MAX_PATTERNS 32
#define VCPU "/machine/unattached/device[0]"

#define USAGE                                                                            \
	"usage: record-qemu -o FILE [-p PARENT] [-m MODEL,...] [-t MACHINE,...]\n"       \
	"                   [-e MODEL,PROP=on,...]... [-g] [-l] -- QEMU ARGUMENT...\n"   \
	"  -p  leave out what this transcript in the same folder says too\n"             \
	"  -m  only these models: definitions are cut, and each is expanded\n"           \
	"  -t  only these machine types\n"                                               \
	"  -e  one more expansion\n"                                                     \
	"  -g  -global base-x86_64-cpu.NAME=on for every name there is\n"                \
	"  -l  only what is asked about a live vCPU, and -e\n"

/* One answered question, kept until the file has been checked. */
struct asked {
	char *key;
	char *reply;
	struct asked *next;
};

/* A reply that others can be written as changes of. */
struct pattern {
	char label[32];
	struct raw reply;
};

struct recorder {
	struct real_qemu qemu;
	struct fake_transcript *parent;
	const char *models, *machines, *expansions[16];
	size_t expansion_count;
	json_t *vocabulary; /* each name with false */
	struct pattern patterns[MAX_PATTERNS];
	size_t pattern_count;
	FILE *file;
	struct asked *asked;
	bool died;
};

_Noreturn static void fail(const char *why, const char *what)
{
	fprintf(stderr, "record-qemu: %s%s%s\n", why, what ? ": " : "", what ? what : "");
	exit(1);
}

_Noreturn static void fail_on(const struct cg_error *err)
{
	fail(err->msg, NULL);
}

/* The shortest way to say @reply by changes; NULL if there is none that is worth it. */
static char *shortest_changes(const struct recorder *r, const char *key, struct raw reply)
{
	cg_auto_buffer struct cg_buffer parents = CG_BUFFER(MAX_TEXT);
	struct raw same;
	char *best = NULL;
	struct cg_error err;

	if (fake_transcript_reply(r->parent, key, &parents, &err) < 0)
		fail_on(&err);
	same = (struct raw){ .at = parents.data, .len = parents.len };
	if (parents.len)
		best = compose_changes("=", same, reply);
	for (size_t i = 0; i < r->pattern_count; i++) {
		char *changes = compose_changes(r->patterns[i].label,
						r->patterns[i].reply, reply);

		if (changes && (!best || strlen(changes) < strlen(best))) {
			free(best);
			best = changes;
		} else {
			free(changes);
		}
	}
	if (best && strlen(best) < reply.len)
		return best;
	free(best);
	return NULL;
}

/* Name the reply that was written last, so that later ones can refer to it. */
static void add_pattern(struct recorder *r, const char *label, const char *reply)
{
	struct pattern *pattern = &r->patterns[r->pattern_count];

	if (r->pattern_count == MAX_PATTERNS)
		return;
	snprintf(pattern->label, sizeof(pattern->label), "%s", label);
	pattern->reply = raw_of(reply);
	r->pattern_count++;
	fprintf(r->file, "& %s\n", label);
}

/* A model that has to be written in full lends its name to the reply. */
static void write_reply(struct recorder *r, const char *key, const char *shown,
			const char *reply, const char *label)
{
	struct raw model = raw_get(raw_get(raw_of(reply), "return"), "model");
	struct raw name = raw_unquote(raw_get(model, "name"));
	cg_auto_free char *changes = NULL, *own = NULL;

	compose_line(r->file, '>', shown);
	if (model.at)
		changes = shortest_changes(r, key, raw_of(reply));
	if (changes)
		compose_line(r->file, '*', changes);
	else
		compose_line(r->file, '<', reply);
	if (!label && !changes && name.at && !raw_is(name, "base"))
		own = strndup(name.at, name.len);
	label = own ? own : label;
	if (label)
		add_pattern(r, label, reply);
}

static char *key_of(const char *command)
{
	cg_auto_json json_t *json = NULL;
	struct cg_error err;

	if (cg_json_parse(&json, command, strlen(command), MAX_TEXT, &err) < 0)
		fail_on(&err);
	return fake_command_key(json);
}

static bool parent_says(const struct recorder *r, const char *key, const char *reply)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(MAX_TEXT);
	struct cg_error err;

	if (fake_transcript_reply(r->parent, key, &text, &err) < 0)
		fail_on(&err);
	return text.len && strcmp(text.data, reply) == 0;
}

/* Keep the pair for check(). Returns the reply's text, which lives as long as @r. */
static const char *remember(struct recorder *r, char *key, char *reply)
{
	struct asked *asked = malloc(sizeof(*asked));

	if (!asked)
		fail("no memory", NULL);
	*asked = (struct asked){ .key = key, .reply = reply, .next = r->asked };
	r->asked = asked;
	return reply;
}

/* Asking */

/*
 * Send @command, write it down as @shown. Returns the reply, or NULL once QEMU has died.
 */
static const char *ask_as(struct recorder *r, const char *command, const char *shown,
			  const char *kept, const char *label)
{
	char *key, *reply = r->died ? NULL : real_ask(&r->qemu, command);

	if (!reply) {
		if (!r->died && r->asked)
			compose_line(r->file, '>', shown);
		r->died = true;
		return NULL;
	}
	key = key_of(shown);
	reply = compose_cut(reply, kept);
	if (raw_is(raw_unquote(raw_get(raw_of(shown), "execute")), "query-cpus-fast"))
		compose_hide_threads(reply, 0);
	if (!parent_says(r, key, reply))
		write_reply(r, key, shown, reply, label);
	return remember(r, key, reply);
}

static const char *ask(struct recorder *r, const char *command, const char *kept)
{
	return ask_as(r, command, command, kept, NULL);
}

/*
 * "type" and {"name": MODEL, "props": @props}; @props is text or NULL. The caller frees
 * it.
 */
static char *expansion(const char *type, const char *model, const char *props)
{
	char *text;

	if (asprintf(&text,
		     "{\"execute\": \"query-cpu-model-expansion\", \"arguments\": "
		     "{\"type\": \"%s\", \"model\": {\"name\": \"%s\"%s%s}}}",
		     type, model, props ? ", \"props\": " : "", props ? props : "") < 0)
		fail("no memory", NULL);
	return text;
}

static const char *ask_expansion(struct recorder *r, const char *type, const char *model,
				 const char *props)
{
	cg_auto_free char *command = expansion(type, model, props);

	return ask(r, command, NULL);
}

/* Every name that can be switched on a CPU, with false; NULL if there is no "base". */
static json_t *read_vocabulary(const char *static_base)
{
	cg_auto_json json_t *reply = NULL;
	struct cg_error err;
	json_t *props, *value, *out = json_object();
	const char *name;

	if (!static_base ||
	    cg_json_parse(&reply, static_base, strlen(static_base), MAX_TEXT, &err) < 0 ||
	    json_unpack(reply, "{s:{s:{s:o}}}", "return", "model", "props", &props) < 0)
		return out;
	json_object_foreach(props, name, value)
		if (json_is_boolean(value) && strcmp(name, "lmce") != 0)
			json_object_set_new(out, name, json_false());
	return out;
}

static void ask_base(struct recorder *r)
{
	const char *static_base = ask_expansion(r, "static", "base", NULL);
	cg_auto_json json_t *vocabulary = read_vocabulary(static_base);
	cg_auto_free char *props = cg_json_canonical(vocabulary);
	cg_auto_free char *command = expansion("full", "base", props);
	cg_auto_free char *shown = expansion("full", "base", "{\"*\": false}");

	if (json_object_size(vocabulary))
		ask_as(r, command, shown, NULL, "off");
	ask_expansion(r, "full", "base", NULL);
}

/* MODEL,PROP=on,PROP=off,... */
static void ask_definition(struct recorder *r, const char *definition)
{
	cg_auto_free char *copy = strdup(definition), *text = NULL;
	char *rest = copy, *model = strsep(&rest, ",");
	cg_auto_json json_t *props = json_object();

	for (char *word; (word = strsep(&rest, ","));) {
		char *value = strchr(word, '=');

		if (!value)
			fail("not PROP=VALUE", word);
		*value++ = '\0';
		json_object_set_new(props, word, json_boolean(strcmp(value, "on") == 0));
	}
	if (json_object_size(props))
		text = cg_json_canonical(props);
	ask_expansion(r, "full", model, text);
}

static void ask_models(struct recorder *r)
{
	cg_auto_free char *copy = r->models ? strdup(r->models) : NULL;
	char *rest = copy, *model;

	while ((model = strsep(&rest, ","))) {
		if (strcmp(model, "base") == 0)
			continue;
		ask_expansion(r, "full", model, NULL);
		if (strcmp(model, "host") == 0 || strcmp(model, "max") == 0)
			ask_expansion(r, "full", model, "{\"migratable\": false}");
	}
}

static void ask_live(struct recorder *r)
{
	const char *cpus;

	ask(r, "{\"execute\": \"query-version\"}", NULL);
	ask(r, "{\"execute\": \"query-target\"}", NULL);
	ask(r, "{\"execute\": \"query-kvm\"}", NULL);
	ask(r,
	    "{\"execute\": \"qom-get\", \"arguments\": "
	    "{\"path\": \"/machine\", \"property\": \"type\"}}",
	    NULL);
	cpus = ask(r, "{\"execute\": \"query-cpus-fast\"}", NULL);
	if (cpus && raw_inside(raw_get(raw_of(cpus), "return")).len)
		ask(r,
		    "{\"execute\": \"qom-get\", \"arguments\": "
		    "{\"path\": \"" VCPU "\", \"property\": \"unavailable-features\"}}",
		    NULL);
}

static void ask_all(struct recorder *r, bool live)
{
	ask_live(r);
	if (!live) {
		ask(r, "{\"execute\": \"query-machines\"}", r->machines);
		ask(r,
		    "{\"execute\": \"query-machines\", \"arguments\": {\"compat-props\": true}}",
		    r->machines);
		ask(r, "{\"execute\": \"query-cpu-definitions\"}", r->models);
		ask_base(r);
		ask_models(r);
	}
	for (size_t i = 0; i < r->expansion_count; i++)
		ask_definition(r, r->expansions[i]);
}

/* The file */

/* What QEMU said on stderr, as '2' lines. */
static void write_words(FILE *out, int fd)
{
	cg_auto_free char *line = NULL;
	size_t size = 0;
	FILE *in = fdopen(fd, "r");

	rewind(in);
	while (getline(&line, &size, in) > 0)
		fprintf(out, "2 %s", line);
	fclose(in);
}

static void write_end(FILE *out, int status)
{
	if (WIFSIGNALED(status))
		fprintf(out, "! SIG%s\n", sigabbrev_np(WTERMSIG(status)));
	else
		fprintf(out, "! exit %d\n", WEXITSTATUS(status));
}

/* The arguments that choose a transcript, for people, and -cpu for the fake. */
static void write_head(FILE *out, const char *parent, char *const argv[], size_t argc,
		       size_t globals)
{
	fprintf(out, "# Written by record-qemu; see README.md.");
	for (size_t i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "-machine") == 0 || strcmp(argv[i], "-cpu") == 0)
			fprintf(out, " %s %s", argv[i], argv[i + 1]);
	if (globals)
		fprintf(out, ", %zu globals", globals);
	putc('\n', out);
	if (parent)
		fprintf(out, "= %s\n", parent);
	for (size_t i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "-cpu") == 0)
			fprintf(out, "%% cpu %s\n", argv[i + 1]);
}

/* Does the file at @path answer everything as QEMU did? */
static void check(struct recorder *r, const char *path)
{
	fake_auto_transcript struct fake_transcript *transcript = NULL;
	struct cg_error err;

	if (fake_transcript_load(&transcript, path, &err) < 0)
		fail_on(&err);
	for (struct asked *asked; (asked = r->asked);) {
		cg_auto_buffer struct cg_buffer text = CG_BUFFER(MAX_TEXT);

		if (fake_transcript_reply(transcript, asked->key, &text, &err) < 0)
			fail_on(&err);
		if (!text.len || strcmp(text.data, asked->reply) != 0)
			fail("the file says something else", asked->key);
		r->asked = asked->next;
		free(asked->key);
		free(asked->reply);
		free(asked);
	}
}

/*
 * A QEMU that refuses its arguments may or may not get its greeting out before it ends.
 * Both are true; the one with a greeting, which gives a client more to trip over, is
 * recorded.
 */
static char *start_and_greet(struct recorder *r, char *const argv[], size_t argc)
{
	for (int tries = 20;; tries--) {
		char *greeting;

		real_start(&r->qemu, argv, argc, r->vocabulary);
		greeting = real_receive(&r->qemu);
		if (greeting || !tries)
			return greeting;
		real_stop(&r->qemu);
		close(r->qemu.words);
	}
}

static void record(struct recorder *r, const char *path, const char *parent, bool live,
		   char *const argv[], size_t argc)
{
	cg_auto_free char *greeting = NULL, *body = NULL;
	size_t size;
	FILE *out;
	int status;

	greeting = start_and_greet(r, argv, argc);
	r->file = open_memstream(&body, &size);
	free(greeting ? real_ask(&r->qemu, "{\"execute\": \"qmp_capabilities\"}") : NULL);
	ask_all(r, live);
	fclose(r->file);
	status = real_stop(&r->qemu);
	out = fopen(path, "w");
	if (!out)
		fail(path, strerror(errno));
	write_head(out, parent, argv, argc, json_object_size(r->vocabulary));
	if (!r->died)
		write_words(out, r->qemu.words);
	if (greeting)
		compose_line(out, '<', greeting);
	fputs(body, out);
	if (r->died) {
		write_words(out, r->qemu.words);
		write_end(out, status);
	}
	if (fclose(out) != 0)
		fail(path, strerror(errno));
	check(r, path);
}

/* The names come from a process without a machine, as cpugate has them. */
static json_t *find_vocabulary(const char *program)
{
	cg_auto_free char *binary = strdup(program), *reply = NULL;
	char *argv[] = { binary,
			 strdup("-nodefaults"),
			 strdup("-display"),
			 strdup("none"),
			 strdup("-machine"),
			 strdup("none,accel=tcg"),
			 NULL };
	cg_auto_free char *command = expansion("static", "base", NULL);
	struct real_qemu qemu;

	real_start(&qemu, argv, CG_COUNT(argv) - 1, NULL);
	free(real_receive(&qemu));
	free(real_ask(&qemu, "{\"execute\": \"qmp_capabilities\"}"));
	reply = real_ask(&qemu, command);
	real_stop(&qemu);
	close(qemu.words);
	for (size_t i = 1; i < CG_COUNT(argv) - 1; i++)
		free(argv[i]);
	return read_vocabulary(reply);
}

static void load_parent(struct recorder *r, const char *path, const char *parent)
{
	const char *slash = strrchr(path, '/');
	cg_auto_free char *whole = NULL;
	struct cg_error err;

	if (asprintf(&whole, "%.*s%s", slash ? (int)(slash + 1 - path) : 0, path,
		     parent) < 0)
		fail("no memory", NULL);
	if (fake_transcript_load(&r->parent, whole, &err) < 0)
		fail_on(&err);
}

int main(int argc, char **argv)
{
	struct recorder r = { 0 };
	const char *path = NULL, *parent = NULL;
	bool live = false, globals = false;
	int option;

	while ((option = getopt(argc, argv, "+o:p:m:t:e:gl")) != -1) {
		if (option == 'o')
			path = optarg;
		else if (option == 'p')
			parent = optarg;
		else if (option == 'm')
			r.models = optarg;
		else if (option == 't')
			r.machines = optarg;
		else if (option == 'e' && r.expansion_count < CG_COUNT(r.expansions))
			r.expansions[r.expansion_count++] = optarg;
		else if (option == 'g')
			globals = true;
		else if (option == 'l')
			live = true;
		else
			fail(USAGE, NULL);
	}
	if (!path || optind == argc)
		fail(USAGE, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (parent)
		load_parent(&r, path, parent);
	if (globals)
		r.vocabulary = find_vocabulary(argv[optind]);
	record(&r, path, parent, live, argv + optind, (size_t)(argc - optind));
	fake_transcript_free(r.parent);
	json_decref(r.vocabulary);
	return 0;
}
