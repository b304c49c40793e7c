// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A QEMU command line, a word a line, which ends where "\f" begins the configuration file
 * that QEMU would read. What is read must come out again when it is pinned, and nothing else
 * may change.
 */
#include <string.h>

#include "base/json.h"
#include "fuzz/fuzz.h"
#include "gate/configuration.h"
#include "gate/words.h"

#define WORDS_MAX 512

static size_t split(char *text, const char *words[WORDS_MAX], json_t *list)
{
	size_t count = 0;
	char *word;

	while ((word = strsep(&text, "\n")) && count < WORDS_MAX) {
		if (strstr(word, "-readconfig"))
			continue;
		words[count] = word;
		if (json_array_append_new(list, json_string(word)) == 0)
			count++;
	}
	return count;
}

static void pin(const json_t *list, const struct cg_arguments *before)
{
	cg_auto_json json_t *out = cg_words_replace(list, before, "pc-1.0", "cpu,a=on");
	cg_auto_arguments struct cg_arguments after = { 0 };
	cg_auto_free const char **words =
		calloc(json_array_size(out) + 1, sizeof(*words));
	cg_auto_free char *line = cg_words_quote(out);
	struct cg_error err;
	const json_t *word;
	size_t i;

	must(words && line);
	json_array_foreach(out, i, word)
		must((words[i] = json_string_value(word)));
	must(cg_arguments_read(&after, words, json_array_size(out), NULL, &err) == 0);
	must(strcmp(cg_arguments_machine(&after), "pc-1.0") == 0);
	must(strcmp(after.cpu, "cpu,a=on") == 0);
	must(json_equal(after.accels, before->accels));
	must(json_equal(after.globals, before->globals));
	must(after.topology.maxcpus == before->topology.maxcpus);
}

static void read_configuration(const char *text)
{
	cg_auto_json json_t *groups = NULL;
	struct cg_error err;

	if (cg_configuration_parse(&groups, text, strlen(text), &err) == 0)
		must(json_is_array(groups));
	else
		must(err.code == CG_E_USAGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cg_auto_free char *text = fuzz_text(data, size);
	cg_auto_arguments struct cg_arguments arguments = { 0 };
	cg_auto_json json_t *list = json_array();
	const char *words[WORDS_MAX];
	char *file = strchr(text, '\f');
	struct cg_error err = { 0 };
	size_t count;

	if (file) {
		*file = '\0';
		read_configuration(file + 1);
	}
	count = split(text, words, list);
	if (cg_arguments_read(&arguments, words, count, NULL, &err) == 0)
		pin(list, &arguments);
	else
		must(err.code == CG_E_USAGE || err.code == CG_E_UNDECIDED ||
		     err.code == CG_E_LIMIT);
	return 0;
}
