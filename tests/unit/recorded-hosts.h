/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPUs of real hosts as QEMU expanded them, which others recorded; where they aren't,
 * there are none. Over one vocabulary: all features that any of them has a property
 * for.
 */
#pragma once

#include <dirent.h>
#include <stdio.h>

#include "base/json.h"
#include "cpumodels/fleet.h"
#include "cpumodels/leaves.h"
#include "tests/unit/outcome.h"

#define RECORDED_MAX 64

struct recorded_hosts {
	struct cg_vocabulary *names;
	struct cg_supply supplies[RECORDED_MAX];
	json_t *props[RECORDED_MAX];
	char texts[RECORDED_MAX][64];
	size_t count;
};

/* The first JSON document of a file that may hold several. */
static json_t *recorded_first(const char *path)
{
	cg_auto_free char *text = malloc(1 << 20);
	FILE *f = fopen(path, "re");
	json_t *out = NULL;
	struct cg_error err;
	size_t len, end = 0;
	int depth = 0;

	assert_non_null(f);
	len = fread(text, 1, 1 << 20, f);
	fclose(f);
	do
		depth += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
	while (++end < len && depth);
	assert_ok(cg_json_parse(&out, text, end, 1 << 20, &err));
	return out;
}

static bool recorded_is_feature(const char *name, const json_t *value)
{
	size_t count;

	return json_is_boolean(value) && cg_leaves_find(name, &count);
}

static void recorded_name(struct recorded_hosts *hosts)
{
	cg_auto_json json_t *all = json_object(), *list = json_array();
	struct cg_error err;
	const char *name;
	json_t *value;

	for (size_t i = 0; i < hosts->count; i++)
		cg_json_each(hosts->props[i], name, value)
			if (recorded_is_feature(name, value))
				json_object_set_new(all, name, json_true());
	cg_json_each(all, name, value)
		json_array_append_new(list, json_string(name));
	assert_ok(cg_vocabulary_from_json(&hosts->names, list, &err));
}

static void recorded_supply(struct recorded_hosts *hosts, size_t i)
{
	struct cg_supply *s = &hosts->supplies[i];
	const json_t *props = hosts->props[i];
	const char *name;
	json_t *value;

	s->host = hosts->texts[i];
	s->vendor = cg_json_text(props, "vendor");
	s->family = (uint32_t)json_integer_value(json_object_get(props, "family"));
	cg_json_each(props, name, value) {
		size_t f = cg_vocabulary_find(hosts->names, name);

		if (f == CG_FEATURES_MAX)
			continue;
		cg_featureset_add(&s->known, f);
		if (json_is_true(value))
			cg_featureset_add(&s->gives, f);
	}
	s->possible = s->gives;
}

static void recorded_open(struct recorded_hosts *hosts)
{
	const char *top = getenv("top_srcdir");
	char path[4096], folder[2048];
	struct dirent **entries;
	int found;

	*hosts = (struct recorded_hosts){ 0 };
	snprintf(folder, sizeof(folder), "%s/../shared/data/hosts", top ? top : ".");
	found = scandir(folder, &entries, NULL, alphasort);
	for (int i = 0; i < found; i++) {
		const char *dot = strrchr(entries[i]->d_name, '.');

		if (strcmp(dot, ".json") == 0 && hosts->count < RECORDED_MAX) {
			cg_auto_json json_t *file = NULL;

			snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
			snprintf(hosts->texts[hosts->count], 64, "%.*s",
				 (int)(dot - entries[i]->d_name), entries[i]->d_name);
			file = recorded_first(path);
			hosts->props[hosts->count++] = json_incref(json_object_get(
				json_object_get(json_object_get(file, "return"), "model"),
				"props"));
		}
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
	if (!hosts->count)
		fprintf(stderr, "# no recordings in %s: nothing compared\n", folder);
	recorded_name(hosts);
	for (size_t i = 0; i < hosts->count; i++)
		recorded_supply(hosts, i);
}

static void recorded_close(struct recorded_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++)
		json_decref(hosts->props[i]);
	cg_vocabulary_free(hosts->names);
}
