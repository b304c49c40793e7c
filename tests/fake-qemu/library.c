// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a command line to the file that was recorded with the like of it. */
#include "tests/fake-qemu/library.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#define MACHINES "{\"execute\":\"query-machines\"}"

/* FOLDER/MACHINE_ACCEL_KIND.qmp, where each may be a pattern. The caller frees it. */
static char *path_of(const char *folder, const char *machine, const char *accel,
		     const char *kind)
{
	char *path;

	return asprintf(&path, "%s/%s_%s_%s.qmp", folder, machine, accel, kind) < 0
		       ? NULL
		       : path;
}

static bool exists(const char *folder, const char *machine)
{
	cg_auto_free char *pattern = path_of(folder, machine, "*", "*");
	glob_t files;
	bool found;

	found = pattern && glob(pattern, GLOB_NOSORT, NULL, &files) == 0;
	if (found)
		globfree(&files);
	return found;
}

/*
 * What query-machines says of the name or alias @machine; in @text for as long as that
 * lives.
 */
static int describe(struct raw *out, const char *folder, const char *machine,
		    const char *accel, struct cg_buffer *text, struct cg_error *err)
{
	fake_auto_transcript struct fake_transcript *transcript = NULL;
	cg_auto_free char *path = path_of(folder, "none", accel, "plain");
	struct raw rest, key, value;

	*out = (struct raw){ .at = NULL };
	if (!path || fake_transcript_load(&transcript, path, err) < 0 ||
	    fake_transcript_reply(transcript, MACHINES, text, err) < 0)
		return -1;
	rest = raw_inside(
		raw_get((struct raw){ .at = text->data, .len = text->len }, "return"));
	while (rest.at && raw_next(&rest, &key, &value))
		if (raw_is(raw_unquote(raw_get(value, "name")), machine) ||
		    raw_is(raw_unquote(raw_get(value, "alias")), machine))
			*out = value;
	return 0;
}

/*
 * Under which name @machine is in the folder: its own, its alias's target's, or
 * "default". *@out is NULL if this emulator doesn't have it.
 */
static int resolve(char **out, const char *folder, const char *machine, const char *accel,
		   struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(1 << 20);
	struct raw entry, name;

	*out = NULL;
	if (exists(folder, machine)) {
		*out = strdup(machine);
		return 0;
	}
	if (describe(&entry, folder, machine, accel, &text, err) < 0)
		return -1;
	if (!entry.at)
		return 0;
	name = raw_unquote(raw_get(entry, "name"));
	*out = strndup(name.at, name.len);
	if (*out && !exists(folder, *out) &&
	    raw_is(raw_get(entry, "is-default"), "true")) {
		free(*out);
		*out = strdup("default");
	}
	return 0;
}

/*
 * "enforce" and "enforce=on" are one: a -cpu in which every word has a value. The caller
 * frees it.
 */
static char *spell_out(struct raw cpu)
{
	cg_auto_free char *copy = strndup(cpu.at, cpu.len);
	char *rest = copy, *text = NULL, *word;
	size_t size;
	FILE *out = copy ? open_memstream(&text, &size) : NULL;

	if (!out)
		return NULL;
	for (bool first = true; (word = strsep(&rest, ",")); first = false)
		fprintf(out, "%s%s%s", first ? "" : ",", word,
			first || strpbrk(word, "=+-") ? "" : "=on");
	fclose(out);
	return text;
}

static bool is_for_cpu(const struct fake_transcript *transcript, const char *cpu)
{
	struct raw note = fake_transcript_note(transcript, "cpu");
	cg_auto_free char *ours = spell_out(raw_of(cpu));
	cg_auto_free char *theirs = note.at ? spell_out(note) : NULL;

	return ours && theirs && strcmp(ours, theirs) == 0;
}

/* The file among several that was recorded with this very -cpu. */
static int find_cpu(struct fake_transcript **out, const char *folder, const char *machine,
		    const struct fake_arguments *arguments, struct cg_error *err)
{
	cg_auto_free char *pattern = path_of(folder, machine, arguments->accel, "cpu*");
	glob_t files;

	if (!pattern || glob(pattern, 0, NULL, &files) != 0)
		files.gl_pathc = 0;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		fake_auto_transcript struct fake_transcript *transcript = NULL;

		if (fake_transcript_load(&transcript, files.gl_pathv[i], err) < 0)
			return -1;
		if (!is_for_cpu(transcript, arguments->cpu))
			continue;
		*out = cg_take(transcript);
		globfree(&files);
		return 0;
	}
	return cg_error_set(err, CG_E_UNKNOWN, "not recorded: %s with %s and -cpu %.200s",
			    machine, arguments->accel, arguments->cpu);
}

/* Did QEMU start with this -cpu, or did it end after the greeting? */
static bool starts(const struct fake_transcript *transcript)
{
	struct fake_exchange greeting = fake_transcript_greeting(transcript);

	for (size_t i = 0; i < greeting.count; i++)
		if (greeting.lines[i].kind == '!')
			return false;
	return true;
}

int fake_library_find(struct fake_transcript **out, const char *folder,
		      const struct fake_arguments *arguments, const char **refusal,
		      struct cg_error *err)
{
	cg_auto_free char *machine = NULL, *path = NULL;

	if (resolve(&machine, folder, arguments->machine, arguments->accel, err) < 0)
		return -1;
	if (!machine) {
		*out = NULL;
		*refusal = "unsupported machine type\n"
			   "Use -machine help to list supported machines";
		return 0;
	}
	if (arguments->cpu) {
		if (find_cpu(out, folder, machine, arguments, err) < 0)
			return -1;
		if (!arguments->global_count || !starts(*out))
			return 0;
		*out = fake_transcript_free(
			*out); /* what globals change doesn't depend on the vCPU */
	}
	path = path_of(folder, machine, arguments->accel,
		       arguments->global_count ? "globals" : "plain");
	if (!path)
		return cg_error_errno(err, "%s", folder);
	return fake_transcript_load(out, path, err);
}
