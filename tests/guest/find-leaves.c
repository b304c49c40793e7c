// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where QEMU itself has each feature named on standard input, as far as CPUID goes:
 *
 *	find-leaves BINARY ACCEL
 *
 * prints "NAME PLACE" in the form of print-leaves, one line a bit. A dozen starts are
 * enough for all names: the features are numbered from 1, start i switches on those
 * whose number has bit i, and then the starts in which a bit of feature-words or
 * filtered-features was set spell the number of its feature. MSRs are in neither.
 */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "cpumodels/featureset.h"
#include "cpumodels/leaves.h"
#include "emulator/process.h"
#include "emulator/query.h"

#define WORDS_MAX 64
#define CPU_BYTES (64 * 1024)
/* Not AMD: it has copies of bits. */
#define BARE "base,check=off,vendor=GenuineIntel"

struct word {
	struct cg_leaf at;
	unsigned int number[32]; /* of the feature of each bit */
};

struct search {
	const char *binary, *accel;
	char *name[CG_FEATURES_MAX];
	size_t count;
	struct word words[WORDS_MAX];
	size_t word_count;
};

static int read_names(struct search *s, struct cg_error *err)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		if (s->count == CG_FEATURES_MAX) {
			free(line);
			return cg_error_set(err, CG_E_LIMIT, "too many names");
		}
		line[strcspn(line, "\n")] = '\0';
		s->name[s->count++] = line;
		line = NULL;
	}
	free(line);
	return 0;
}

static void free_names(struct search *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->name[i]);
}

static int find_register(const char *name)
{
	static const char *const names[] = { "EAX", "EBX", "ECX", "EDX" };

	for (int i = 0; name && i < CG_REGISTERS; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static struct word *find_word(struct search *s, const struct cg_leaf *at)
{
	for (size_t i = 0; i < s->word_count; i++) {
		const struct cg_leaf *known = &s->words[i].at;

		if (known->leaf == at->leaf && known->subleaf == at->subleaf &&
		    known->reg == at->reg)
			return &s->words[i];
	}
	if (s->word_count == WORDS_MAX)
		return NULL;
	s->words[s->word_count].at = *at;
	return &s->words[s->word_count++];
}

/* State components (XCR0, XSS) have no names and follow features. */
static bool has_no_names(const struct cg_leaf *at)
{
	return at->leaf == 0xd && !(at->subleaf == 1 && at->reg == CG_EAX);
}

static int take_word(struct search *s, const json_t *item, unsigned int start,
		     struct cg_error *err)
{
	uint64_t leaf, subleaf = 0, features;
	struct cg_leaf at = { .kind = CG_LEAF_CPUID };
	int reg = find_register(cg_json_text(item, "cpuid-register"));
	struct word *word;

	if (reg < 0 || !cg_json_uint(json_object_get(item, "cpuid-input-eax"), &leaf) ||
	    !cg_json_uint(json_object_get(item, "features"), &features))
		return cg_error_set(err, CG_E_PROTOCOL, "feature words of another shape");
	(void)cg_json_uint(json_object_get(item, "cpuid-input-ecx"), &subleaf);
	at.leaf = (uint32_t)leaf;
	at.subleaf = (uint32_t)subleaf;
	at.reg = (enum cg_register)reg;
	if (has_no_names(&at))
		return 0;
	word = find_word(s, &at);
	if (!word)
		return cg_error_set(err, CG_E_LIMIT, "too many feature words");
	for (int bit = 0; bit < 32; bit++)
		if (features >> bit & 1)
			word->number[bit] |= 1u << start;
	return 0;
}

static int take_words(struct search *s, struct cg_qmp *qmp, const char *path,
		      const char *property, unsigned int start, struct cg_error *err)
{
	cg_auto_json json_t *words = NULL;
	const json_t *item;
	size_t i;

	if (cg_query_property(qmp, path, property, &words, err) < 0)
		return -1;
	json_array_foreach(words, i, item)
		if (take_word(s, item, start, err) < 0)
			return -1;
	return 0;
}

static int ask(struct search *s, const char *cpu, unsigned int start,
	       struct cg_error *err)
{
	cg_auto_process struct cg_process *process = NULL;
	struct cg_start what = {
		.binary = s->binary, .machine = "q35", .accel = s->accel, .cpu = cpu
	};
	struct cg_qmp_limits limits = CG_QMP_LIMITS;
	cg_auto_json json_t *cpus = NULL;
	struct cg_outcome outcome;
	const char *path;

	if (cg_process_start(&process, &what, err) < 0)
		return -1;
	if (cg_process_connect(process, &limits, err) < 0 ||
	    cg_query_cpus(cg_process_qmp(process), &cpus, err) < 0)
		return cg_process_failed(process, &outcome, err);
	path = json_string_value(json_array_get(cpus, 0));
	if (!path)
		return cg_error_set(err, CG_E_PROTOCOL, "no vCPU");
	if (take_words(s, cg_process_qmp(process), path, "feature-words", start, err) < 0)
		return -1;
	return take_words(s, cg_process_qmp(process), path, "filtered-features", start,
			  err);
}

static int search(struct search *s, struct cg_error *err)
{
	for (unsigned int start = 0; s->count >> start; start++) {
		cg_auto_buffer struct cg_buffer cpu = CG_BUFFER(CPU_BYTES);

		if (cg_buffer_printf(&cpu, err, "%s", BARE) < 0)
			return -1;
		for (size_t i = 0; i < s->count; i++)
			if ((i + 1) >> start & 1 &&
			    cg_buffer_printf(&cpu, err, ",%s=on", s->name[i]) < 0)
				return -1;
		if (ask(s, cpu.data, start, err) < 0)
			return -1;
	}
	return 0;
}

static void print(const struct search *s)
{
	for (size_t i = 0; i < s->word_count; i++) {
		for (uint8_t bit = 0; bit < 32; bit++) {
			struct cg_leaf at = s->words[i].at;
			unsigned int number = s->words[i].number[bit];
			char place[CG_LEAF_TEXT];

			at.bit = bit;
			if (number)
				printf("%s %s\n",
				       number <= s->count ? s->name[number - 1] : "?",
				       cg_leaves_print(&at, place));
		}
	}
}

int main(int argc, char **argv)
{
	cg_cleanup(free_names) struct search s = { 0 };
	struct cg_error err;

	if (argc != 3) {
		fputs("usage: find-leaves BINARY ACCEL <NAMES\n", stderr);
		return 2;
	}
	s.binary = argv[1];
	s.accel = argv[2];
	if (read_names(&s, &err) < 0 || search(&s, &err) < 0) {
		fprintf(stderr, "find-leaves: %s\n", err.msg);
		return 2;
	}
	print(&s);
	return 0;
}
