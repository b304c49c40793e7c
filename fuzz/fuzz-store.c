// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A damaged cache file. Whatever bytes of it were changed, the store opens, answers with what was
 * once put or with a miss, takes what is put, prunes, and never fails for it.
 *
 * The input is changes to a good file, four bytes each: an offset in three, big-endian, and the
 * byte that goes there; with the offset's highest bit set the file ends there instead.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cache/store.h"
#include "fuzz/folder.h"

#define FILE_BYTES (1 << 20)

static const struct {
	const char *kind, *parts, *name, *text;
} facts[] = {
	{ "models", "{\"binary\":\"a\"}", "pc", "{\"like\":{},\"models\":[]}" },
	{ "sheet", "{\"binary\":\"a\"}", "pc", "{\"486\":7}" },
	{ "started", "{\"accel\":\"kvm\"}", "- max", "{\"started\":true}" },
	{ "started", "{\"accel\":\"tcg\"}", "- max", "{\"started\":false}" },
};

static struct {
	const char *path;
	unsigned char bytes[FILE_BYTES];
	size_t size;
} good;

static void put_all(struct cg_store *store, int64_t now)
{
	struct cg_error err;

	for (size_t i = 0; i < CG_COUNT(facts); i++)
		must(cg_store_put(store, facts[i].kind, facts[i].parts, facts[i].name,
				  facts[i].text, now, &err) == 0);
}

static void get_all(struct cg_store *store)
{
	struct cg_error err;

	for (size_t i = 0; i < CG_COUNT(facts); i++) {
		cg_auto_free char *text = NULL;

		must(cg_store_get(store, facts[i].kind, facts[i].parts, facts[i].name,
				  &text, &err) == 0);
		must(!text || strcmp(text, facts[i].text) == 0);
	}
}

static bool look(const struct cg_store_fact *fact, void *data)
{
	(void)data;
	must(fact->kind && fact->parts && fact->name);
	return true;
}

static bool keep(const char *parts, void *data)
{
	(void)data;
	return strstr(parts, "accel") != NULL;
}

static void use(void)
{
	cg_auto_store struct cg_store *store = NULL;
	struct cg_error err;
	int64_t pruned;

	must(cg_store_open(&store, good.path, &err) == 0);
	get_all(store);
	must(cg_store_each_fact(store, NULL, true, look, NULL, &err) == 0);
	put_all(store, 2);
	get_all(store);
	must(cg_store_prune(store, keep, NULL, &pruned, &err) == 0);
	get_all(store);
}

static void set_up(void)
{
	struct cg_store *store;
	struct cg_error err;
	FILE *file;

	good.path = make_folder();
	must(cg_store_open(&store, good.path, &err) == 0);
	put_all(store, 1);
	must(cg_store_put(store, "sheet", "{\"binary\":\"a\"}", "pc", "{\"486\":1}", 1,
			  &err) == 0);
	put_all(store, 1);
	cg_store_close(store);
	file = fopen(good.path, "re");
	must(file);
	good.size = fread(good.bytes, 1, FILE_BYTES, file);
	must(good.size > 0 && feof(file));
	fclose(file);
}

static void write_damaged(const uint8_t *data, size_t size)
{
	int fd = open(good.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	must(fd >= 0 && write(fd, good.bytes, good.size) == (ssize_t)good.size);
	for (; size >= 4; data += 4, size -= 4) {
		size_t at = (size_t)(data[0] & 0x7f) << 16 | (size_t)data[1] << 8 |
			    data[2];

		if (data[0] & 0x80)
			must(ftruncate(fd, (off_t)(at % good.size)) == 0);
		else
			must(pwrite(fd, data + 3, 1, (off_t)(at % good.size)) == 1);
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!good.path)
		set_up();
	empty_folder();
	write_damaged(data, size);
	use();
	use(); /* what was set aside is no longer in the way */
	return 0;
}
