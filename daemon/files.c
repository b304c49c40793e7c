// SPDX-License-Identifier: LGPL-2.1-or-later
/* A shelf of texts; with a text, the record that was read from it last. */
#include "daemon/files.h"

#include <string.h>

#include "base/digest.h"
#include "daemon/limits.h"
#include "daemon/shelf.h"
#include "formats/record.h"

#define PREFIX_LEN (sizeof(CG_FILES_PREFIX) - 1)

/* A record in memory takes so many times its text. */
#define RECORD_FACTOR 6

struct file {
	struct cg_record *record; /* or NULL */
	char *name;               /* that it was read under, which it says of itself */
	size_t len;
	char text[];
};

struct cg_files {
	struct cg_shelf *shelf;
	struct cg_given given;
	const json_t *names; /* of the question that is being answered */
};

static void release(void *thing)
{
	struct file *file = thing;

	cg_record_free(file->record);
	free(file->name);
	free(file);
}

/* The file that a name means: 0, an errno, or -1 if nobody gave it. */
static int find(const struct cg_files *files, const char *name, struct file **out)
{
	const json_t *meaning = json_object_get(files->names, name);
	const char *digest = json_string_value(meaning);

	if (json_is_integer(meaning))
		return (int)json_integer_value(meaning);
	if (strncmp(name, CG_FILES_PREFIX, PREFIX_LEN) == 0)
		digest = name + PREFIX_LEN;
	*out = digest ? cg_shelf_get(files->shelf, digest, strlen(digest)) : NULL;
	return *out ? 0 : -1;
}

static int text(void *data, const char *name, const char **out, size_t *len)
{
	struct file *file;
	int why = find(data, name, &file);

	if (why)
		return why;
	*out = file->text;
	*len = file->len;
	return 0;
}

static void *record(void *data, const char *name)
{
	struct file *file;

	if (find(data, name, &file) || !file->record || strcmp(file->name, name) != 0)
		return NULL;
	return file->record;
}

static void keep(void *data, const char *name, void *read)
{
	struct file *file;
	char *copy;

	if (find(data, name, &file))
		return;
	copy = strdup(name);
	if (!copy)
		return;
	cg_record_free(file->record);
	free(file->name);
	file->name = copy;
	file->record = cg_record_ref(read);
}

struct cg_files *cg_files_new(void)
{
	struct cg_files *files = calloc(1, sizeof(*files));

	if (!files)
		return NULL;
	files->shelf = cg_shelf_new(RECORD_FACTOR * (size_t)CG_FILES_BYTES, release);
	files->given = (struct cg_given){ text, record, keep, files };
	if (files->shelf)
		return files;
	free(files);
	return NULL;
}

struct cg_files *cg_files_free(struct cg_files *files)
{
	if (files)
		cg_shelf_free(files->shelf);
	free(files);
	return NULL;
}

int cg_files_add(struct cg_files *files, const char *text, size_t len, char **out,
		 struct cg_error *err)
{
	cg_auto_free char *hex = malloc(CG_DIGEST_HEX);
	struct cg_digest digest;
	struct file *file;

	if (!hex)
		return cg_error_errno(err, "file");
	cg_digest_of(&digest, text, len);
	cg_digest_hex(&digest, hex);
	if (!cg_shelf_get(files->shelf, hex, strlen(hex))) {
		file = malloc(sizeof(*file) + len + 1);
		if (!file)
			return cg_error_errno(err, "file");
		*file = (struct file){ .len = len };
		memcpy(file->text, text, len);
		file->text[len] = '\0';
		if (!cg_shelf_put(files->shelf, hex, strlen(hex), file,
				  RECORD_FACTOR * len))
			return cg_error_set(err, CG_E_LIMIT,
					    "a file of %zu bytes is too long", len);
	}
	*out = cg_take(hex);
	return 0;
}

int cg_files_begin(struct cg_files *files, const json_t *names, struct cg_error *err)
{
	const char *name;
	json_t *meaning;

	if (names && !json_is_object(names))
		return cg_error_set(err, CG_E_USAGE, "files isn't an object");
	cg_json_each(names, name, meaning)
		if (!json_is_string(meaning) &&
		    (!json_is_integer(meaning) || json_integer_value(meaning) < 1 ||
		     json_integer_value(meaning) > 4095))
			return cg_error_set(err, CG_E_USAGE,
					    "files: %s is neither a digest nor an errno",
					    name);
	files->names = names;
	cg_given_use(&files->given);
	return 0;
}

void cg_files_end(struct cg_files *files)
{
	cg_given_use(NULL);
	files->names = NULL;
}

/* For another process. */

static int pack(struct cg_files *files, const char *name, json_t *out,
		struct cg_error *err)
{
	struct file *file;
	int why = find(files, name, &file);
	json_t *content;

	if (why < 0)
		return cg_error_set(err, CG_E_UNKNOWN,
				    "file %s: its contents weren't given, or are "
				    "forgotten: add-file takes them",
				    name);
	content = why ? json_integer(why) : json_stringn(file->text, file->len);
	if (!content || json_object_set_new(out, name, content) < 0)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for %s", name);
	return 0;
}

/* What is named by its digest, however deep. */
static int pack_named(struct cg_files *files, const json_t *value, json_t *out,
		      struct cg_error *err)
{
	const char *text = json_string_value(value), *key;
	json_t *member;
	size_t i;

	if (text)
		return strncmp(text, CG_FILES_PREFIX, PREFIX_LEN) == 0
			       ? pack(files, text, out, err)
			       : 0;
	json_array_foreach(value, i, member)
		if (pack_named(files, member, out, err) < 0)
			return -1;
	if (!json_is_object(value))
		return 0;
	cg_json_each(value, key, member)
		if (pack_named(files, member, out, err) < 0)
			return -1;
	return 0;
}

int cg_files_pack(struct cg_files *files, const json_t *names, const json_t *args,
		  json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *packed = json_object();
	const char *name;
	json_t *meaning;
	int ret = 0;

	if (cg_files_begin(files, names, err) < 0)
		return -1;
	cg_json_each(names, name, meaning)
		ret = ret < 0 ? ret : pack(files, name, packed, err);
	if (ret == 0)
		ret = pack_named(files, args, packed, err);
	cg_files_end(files);
	if (ret == 0)
		*out = cg_take(packed);
	return ret;
}

static int packed_text(void *data, const char *name, const char **out, size_t *len)
{
	const json_t *content = json_object_get(data, name);

	if (json_is_integer(content))
		return (int)json_integer_value(content);
	*out = json_string_value(content);
	*len = json_string_length(content);
	return *out ? 0 : -1;
}

static void *no_record(void *data, const char *name)
{
	(void)data, (void)name;
	return NULL;
}

static void keep_none(void *data, const char *name, void *read)
{
	(void)data, (void)name, (void)read;
}

void cg_files_unpack(const json_t *packed)
{
	static struct cg_given given = { packed_text, no_record, keep_none, NULL };

	given.data = cg_json_mutable(packed);
	cg_given_use(&given);
}
