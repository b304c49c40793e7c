// SPDX-License-Identifier: LGPL-2.1-or-later
/* How replies look to people. */
#include "cli/paint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/ask.h"

static const char *const codes[] = { [CG_PAINT_PLAIN] = "",
				     [CG_PAINT_GOOD] = "\033[32m",
				     [CG_PAINT_BAD] = "\033[31m",
				     [CG_PAINT_DIM] = "\033[2m",
				     [CG_PAINT_HEAD] = "\033[1m" };

void cg_paint(const struct cg_view *view, enum cg_paint paint, const char *text,
	      int columns)
{
	if (view->color && paint != CG_PAINT_PLAIN)
		printf("%s%-*s\033[0m", codes[paint], columns, text);
	else
		printf("%-*s", columns, text);
}

static const char *name_at(const json_t *list, size_t i)
{
	const char *name = json_string_value(json_array_get(list, i));

	return name ? name : "";
}

char *cg_paint_list(const json_t *list, int columns, char *out, size_t size)
{
	size_t count = json_array_size(list), used = 0, i;
	size_t room = columns < 16 ? 16 : (size_t)columns;
	const size_t tail = sizeof(" ... (999)");

	room = room < size ? room : size - 1;
	out[0] = '\0';
	for (i = 0; i < count; i++) {
		size_t len = strlen(name_at(list, i)) + (i > 0);
		size_t needed = used + len + (i + 1 < count ? tail : 0);

		if (needed > room)
			break;
		snprintf(out + used, size - used, "%s%s", i ? " " : "", name_at(list, i));
		used += len;
	}
	if (i < count)
		snprintf(out + used, size - used, "%s... (%zu)", i ? " " : "", count);
	return out;
}

void cg_paint_wrapped(const struct cg_view *view, const json_t *list, int indent)
{
	int at = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		int len = (int)strlen(name_at(list, i));

		if (at && at + 1 + len > view->width) {
			putchar('\n');
			at = 0;
		}
		at += at ? printf(" %s", name_at(list, i))
			 : printf("%*s%s", indent, "", name_at(list, i));
	}
	if (at)
		putchar('\n');
}

char *cg_paint_age(int64_t then, char *out, size_t size)
{
	int64_t age = cg_clock_wall() - then;

	if (age < 0)
		age = 0;
	if (age < 60)
		snprintf(out, size, "%" PRId64 " s", age);
	else if (age < 3600)
		snprintf(out, size, "%" PRId64 " min", age / 60);
	else if (age < 48 * 3600)
		snprintf(out, size, "%" PRId64 " h", age / 3600);
	else
		snprintf(out, size, "%" PRId64 " d", age / (24 * 3600));
	return out;
}

static bool is_alike(const json_t *a, const json_t *b)
{
	return json_equal(json_object_get(a, "code"), json_object_get(b, "code")) &&
	       json_equal(json_object_get(a, "host"), json_object_get(b, "host"));
}

/* Reasons that differ in nothing but the feature, from @first on; returns how many. */
static size_t take_alike(const json_t *reasons, size_t first, json_t *features)
{
	size_t i = first;

	for (; i < json_array_size(reasons); i++) {
		const json_t *reason = json_array_get(reasons, i);

		if (i > first && !is_alike(reason, json_array_get(reasons, first)))
			break;
		if (json_object_get(reason, "feature"))
			json_array_append(features, json_object_get(reason, "feature"));
	}
	return i - first;
}

static void paint_reasons(const struct cg_view *view, const json_t *reasons)
{
	for (size_t i = 0; i < json_array_size(reasons);) {
		const json_t *reason = json_array_get(reasons, i);
		cg_auto_json json_t *features = json_array();
		const char *host = cg_json_text(reason, "host");
		size_t alike = take_alike(reasons, i, features);
		char line[512];

		fputs("  ", stdout);
		cg_paint(view, CG_PAINT_HEAD, cg_json_text(reason, "code"), 22);
		if (alike > 1)
			printf("%s%s%s\n",
			       cg_paint_list(features, view->width - 44, line,
					     sizeof(line)),
			       host ? "   on " : "", host ? host : "");
		else
			printf("%s\n", cg_json_text(reason, "words"));
		if (alike == 1 && cg_json_text(reason, "remedy"))
			printf("%24s%s\n", "", cg_json_text(reason, "remedy"));
		i += alike;
	}
}

void cg_paint_verdict(const struct cg_view *view, const json_t *reply, const char *words)
{
	const char *verdict = cg_json_text(reply, "verdict");
	enum cg_paint paint = strcmp(verdict, "yes") == 0  ? CG_PAINT_GOOD
			      : strcmp(verdict, "no") == 0 ? CG_PAINT_BAD
							   : CG_PAINT_DIM;

	cg_paint(view, paint, verdict, 0);
	printf("%s%s\n", *words ? ": " : "", words);
	paint_reasons(view, json_object_get(reply, "reasons"));
}

int cg_paint_verdict_status(const json_t *reply)
{
	const char *verdict = cg_json_text(reply, "verdict");

	if (strcmp(verdict, "yes") == 0)
		return CG_EXIT_YES;
	return strcmp(verdict, "no") == 0 ? CG_EXIT_NO : CG_EXIT_UNDECIDED;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int cg_paint_about(const struct cg_view *view, struct cg_error *err)
{
	cg_auto_json json_t *about = NULL, *args = json_object();
	static const char *const common[] = { "emulator", "machine", "accel", "record" };
	const json_t *emulator;
	const char *backend, *host;

	for (size_t i = 0; i < CG_COUNT(common); i++)
		if (json_object_get(view->args, common[i]))
			json_object_set(args, common[i],
					json_object_get(view->args, common[i]));
	if (cg_ask_command(view->context, "about", args, &about, err) < 0)
		return -1;
	emulator = json_object_get(about, "emulator");
	backend = cg_json_text(about, "kvm-backend");
	host = cg_json_text(about, "host");
	printf("%s%s%s %s   %s   %s%s%s%s   %s   %s\n", host ? host : "",
	       host ? ": " : "", base_name(cg_json_text(emulator, "path")),
	       cg_json_text(emulator, "version"), cg_json_text(about, "machine"),
	       cg_json_text(about, "accel"), backend ? " (" : "", backend ? backend : "",
	       backend ? ")" : "", cg_json_text(about, "kernel"),
	       cg_json_text(about, "honesty"));
	if (json_is_false(json_object_get(about, "enforced")))
		printf("%s doesn't mask CPUID: a guest may see more than QEMU grants it.\n",
		       backend ? backend : "KVM");
	return 0;
}
