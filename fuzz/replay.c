// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * main() for a fuzz target where there is no libFuzzer: hands it no bytes at all, then each
 * file of its corpus, or the files named as arguments. TAP, a line for each. A target that finds
 * something aborts, one that hangs is killed; either way the rest of the lines is missing.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/fuzz.h"

#define FILE_BYTES (1 << 20)
#define SECONDS 30 /* for one file; on a busy machine, under valgrind */

static void report(size_t number, const char *name)
{
	printf("ok %zu - %s\n", number, name);
	fflush(stdout);
}

/* In a block of just its size, so that ASan sees who reads on behind the end. */
static void run(const char *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	must(exact);
	if (size)
		memcpy(exact, data, size);
	alarm(SECONDS);
	must(LLVMFuzzerTestOneInput(exact, size) == 0);
	alarm(0);
	free(exact);
}

static void run_file(const char *path)
{
	char *bytes = malloc(FILE_BYTES);
	FILE *file = fopen(path, "re");
	size_t size;

	if (!file || !bytes) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	size = fread(bytes, 1, FILE_BYTES, file);
	must(feof(file) && !ferror(file));
	fclose(file);
	run(bytes, size);
	free(bytes);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void run_folder(const char *folder)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int count = scandir(folder, &entries, is_visible, alphasort);

	if (count <= 0) {
		fprintf(stderr, "%s: %s\n", folder,
			count < 0 ? strerror(errno) : "empty");
		exit(1);
	}
	printf("1..%d\n", count + 1);
	run("", 0);
	report(1, "nothing");
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		run_file(path);
		report((size_t)i + 2, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

/* fuzz-NAME is fed with fuzz/corpus/NAME. */
int main(int argc, char **argv)
{
	const char *source = getenv("top_srcdir"),
		   *dash = strchr(program_invocation_short_name, '-');
	char folder[PATH_MAX];

	if (argc > 1) {
		printf("1..%d\n", argc - 1);
		for (int i = 1; i < argc; i++) {
			run_file(argv[i]);
			report((size_t)i, argv[i]);
		}
		return 0;
	}
	snprintf(folder, sizeof(folder), "%s/fuzz/corpus/%s", source ? source : ".",
		 dash ? dash + 1 : "");
	run_folder(folder);
	return 0;
}
