// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate explain SUBJECT: a feature, a CPU model or a reason. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/paint.h"

#define CODE_WIDTH 23
#define STAGE_WIDTH 11
#define STATE_WIDTH 9

/* Words from column @at on, wrapped to the view's width; the cursor is there already. */
static void print_words(const struct cg_view *view, const char *text, int at)
{
	int column = at;

	for (size_t len; *text; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		if (column > at && column + 1 + (int)len > view->width) {
			printf("\n%*s", at, "");
			column = at;
		}
		column += printf("%s%.*s", column > at ? " " : "", (int)len, text);
	}
	putchar('\n');
}

/* Names from column @at on, and how many if they are many. */
static void print_names(const struct cg_view *view, const json_t *names, int at)
{
	size_t count = json_array_size(names), used = 0, size = 16, i;
	cg_auto_free char *text = NULL;
	const json_t *name;

	json_array_foreach(names, i, name)
		size += json_string_length(name) + 1;
	text = calloc(1, size);
	if (!text)
		return;
	json_array_foreach(names, i, name)
		used += (size_t)sprintf(text + used, "%s%s", i ? " " : "",
					json_string_value(name));
	if (count > 3)
		sprintf(text + used, " (%zu)", count);
	print_words(view, text, at);
}

static void print_answer(const struct cg_view *view, const json_t *reply,
			 const char *what, const char *yes, const char *no)
{
	const char *verdict = cg_json_text(reply, "verdict");
	bool is_yes = strcmp(verdict, "yes") == 0, is_no = strcmp(verdict, "no") == 0;

	cg_paint(view,
		 is_yes  ? CG_PAINT_GOOD
		 : is_no ? CG_PAINT_BAD
			 : CG_PAINT_DIM,
		 verdict, 0);
	printf(": %s %s\n", what,
	       is_yes  ? yes
	       : is_no ? no
		       : "may be had, or not: too little is known");
}

static void print_cause(const struct cg_view *view, const json_t *cause)
{
	const json_t *features = json_object_get(cause, "features");
	const char *remedy = cg_json_text(cause, "remedy");

	cg_paint(view, CG_PAINT_HEAD, cg_json_text(cause, "code"), CODE_WIDTH);
	if (features)
		print_names(view, features, CODE_WIDTH);
	else
		print_words(view, cg_json_text(cause, "words"), CODE_WIDTH);
	if (json_object_get(cause, "mitigations")) {
		printf("%*sguests defend themselves with ", CODE_WIDTH, "");
		print_names(view, json_object_get(cause, "mitigations"), CODE_WIDTH + 30);
	}
	if (remedy) {
		printf("%*s", CODE_WIDTH, "");
		print_words(view, remedy, CODE_WIDTH);
	}
}

static void print_causes(const struct cg_view *view, const json_t *causes)
{
	const json_t *cause;
	size_t i;

	json_array_foreach(causes, i, cause)
		print_cause(view, cause);
}

static void print_stage(const struct cg_view *view, const json_t *stage)
{
	const char *state = cg_json_text(stage, "state");
	enum cg_paint paint = strcmp(state, "present") == 0  ? CG_PAINT_GOOD
			      : strcmp(state, "absent") == 0 ? CG_PAINT_BAD
							     : CG_PAINT_DIM;

	cg_paint(view, CG_PAINT_PLAIN, cg_json_text(stage, "stage"), STAGE_WIDTH);
	cg_paint(view, paint, state, STATE_WIDTH);
	print_words(view, cg_json_text(stage, "words"), STAGE_WIDTH + STATE_WIDTH);
}

static int print_feature(const struct cg_view *view, const json_t *reply,
			 struct cg_error *err)
{
	const char *feature = cg_json_text(reply, "feature"), *needs;
	const json_t *places = json_object_get(reply, "places"), *stage;
	size_t i;

	if (cg_paint_about(view, err) < 0)
		return -1;
	cg_paint(view, CG_PAINT_HEAD, feature, 0);
	for (i = 0; i < json_array_size(places); i++)
		printf("   %s", json_string_value(json_array_get(places, i)));
	putchar('\n');
	print_answer(view, reply, feature, "can be had", "can't be had");
	needs = cg_json_text(reply, "needs");
	if (needs)
		printf("A guest looks for it only if it has %s.\n", needs);
	if (json_object_get(reply, "mitigation"))
		puts("Guests defend themselves with it.");
	print_causes(view, json_object_get(reply, "reasons"));
	putchar('\n');
	cg_paint(view, CG_PAINT_HEAD, "STAGE", STAGE_WIDTH);
	cg_paint(view, CG_PAINT_HEAD, "STATE", STATE_WIDTH);
	cg_paint(view, CG_PAINT_HEAD, "WHAT WAS READ", 0);
	putchar('\n');
	json_array_foreach(json_object_get(reply, "stages"), i, stage)
		print_stage(view, stage);
	return CG_EXIT_YES;
}

static bool print_version(const struct cg_view *view, const json_t *version, int width)
{
	const json_t *usable = json_object_get(version, "usable");
	const json_t *aliases = json_object_get(version, "aliases");
	size_t missing = json_array_size(json_object_get(version, "missing"));
	char lacks[32] = "";

	cg_paint(view, CG_PAINT_PLAIN, cg_json_text(version, "model"), width);
	if (json_is_true(usable))
		cg_paint(view, CG_PAINT_GOOD, "yes", 8);
	else if (json_is_null(usable))
		cg_paint(view, CG_PAINT_DIM, "?", 8);
	else
		cg_paint(view, CG_PAINT_BAD, "no", 8);
	if (missing)
		snprintf(lacks, sizeof(lacks), "lacks %zu", missing);
	if (json_array_size(aliases))
		printf("%-12s= %s\n", lacks,
		       json_string_value(json_array_get(aliases, 0)));
	else
		puts(lacks);
	return json_is_true(usable);
}

/* The question that comes next, about the same emulator. */
static void print_next(const struct cg_view *view)
{
	const char *record = cg_json_text(view->args, "record");
	static const char *const common[] = { "emulator", "accel" };

	printf("\nThe best CPU that can be had: cpugate baseline %s",
	       record ? record : "host");
	for (size_t i = 0; i < CG_COUNT(common); i++)
		if (!record && cg_json_text(view->args, common[i]))
			printf(" --%s %s", common[i],
			       cg_json_text(view->args, common[i]));
	putchar('\n');
}

static void print_versions(const struct cg_view *view, const json_t *versions,
			   bool enough)
{
	int width = (int)strlen("VERSION");
	const json_t *version;
	size_t i;

	json_array_foreach(versions, i, version)
		if ((int)strlen(cg_json_text(version, "model")) > width)
			width = (int)strlen(cg_json_text(version, "model"));
	if (json_array_size(versions)) {
		putchar('\n');
		cg_paint(view, CG_PAINT_HEAD, "VERSION", width + 2);
		cg_paint(view, CG_PAINT_HEAD, "USABLE", 0);
		putchar('\n');
	}
	json_array_foreach(versions, i, version)
		enough |= print_version(view, version, width + 2);
	if (!enough)
		print_next(view);
}

static void print_switched_off(const struct cg_view *view, const json_t *off)
{
	char head[96];

	if (!off)
		return;
	snprintf(head, sizeof(head), "not asked for here, but on %s",
		 cg_json_text(off, "machine"));
	putchar('\n');
	cg_paint(view, CG_PAINT_HEAD, head, 0);
	putchar('\n');
	cg_paint_wrapped(view, json_object_get(off, "features"), 2);
}

static int print_model(const struct cg_view *view, const json_t *reply,
		       struct cg_error *err)
{
	const char *alias = cg_json_text(reply, "alias-of");
	const char *definition = cg_json_text(reply, "definition");
	const json_t *blockers = json_object_get(reply, "blockers");

	if (cg_paint_about(view, err) < 0)
		return -1;
	cg_paint(view, CG_PAINT_HEAD, definition, 0);
	printf("%s%s\n", alias ? " = " : "", alias ? alias : "");
	print_answer(view, reply, "it", "can be had", "can't be had whole");
	if (blockers) {
		printf("%-*s", CODE_WIDTH, "needs");
		print_names(view, blockers, CODE_WIDTH);
	}
	print_causes(view, json_object_get(reply, "causes"));
	print_switched_off(view, json_object_get(reply, "switched-off"));
	print_versions(view, json_object_get(reply, "versions"),
		       strcmp(cg_json_text(reply, "verdict"), "no") != 0);
	return CG_EXIT_YES;
}

static int print_reason(const struct cg_view *view, const json_t *reply)
{
	static const struct {
		const char *weight, *words;
	} weights[] = {
		{ "obstacle", "an obstacle" },
		{ "note", "no obstacle" },
		{ "doubt", "makes a yes undecided" },
		{ "disbelief", "makes a no undecided, too" },
	};
	const char *weight = cg_json_text(reply, "weight");
	const char *remedy = cg_json_text(reply, "remedy");
	size_t i = 0;

	while (strcmp(weights[i].weight, weight) != 0)
		i++;
	cg_paint(view, CG_PAINT_HEAD, cg_json_text(reply, "code"), 0);
	printf("   %s\n", weights[i].words);
	print_words(view, cg_json_text(reply, "words"), 0);
	if (remedy) {
		fputs("Remedy: ", stdout);
		print_words(view, remedy, 8);
	}
	return CG_EXIT_YES;
}

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	const char *kind = cg_json_text(reply, "kind");

	if (strcmp(kind, "reason") == 0)
		return print_reason(view, reply);
	return strcmp(kind, "model") == 0 ? print_model(view, reply, err)
					  : print_feature(view, reply, err);
}

/* What a reason means is no question with a no for an answer. */
static int status(const json_t *reply)
{
	return cg_json_text(reply, "verdict") ? cg_paint_verdict_status(reply)
					      : CG_EXIT_YES;
}

const struct cg_verb cg_verb_explain = {
	.name = "explain",
	.command = "explain",
	.operand = "subject",
	.help = "why a feature or CPU model can't be had",
	.print = print,
	.status = status,
};
