// SPDX-License-Identifier: LGPL-2.1-or-later
/* Records in files, and files of others that tell of a host. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/given.h"
#include "formats/host-model.h"
#include "formats/record-inside.h"

/* Of a pipe it is known only later. */
static int check_size(int fd, const char *path, struct cg_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return cg_error_errno(err, "stat %s", path);
	if (S_ISREG(st.st_mode) && st.st_size > CG_RECORD_BYTES)
		return cg_error_set(err, CG_E_LIMIT, "%s: %lld bytes, more than %d", path,
				    (long long)st.st_size, CG_RECORD_BYTES);
	return 0;
}

int cg_record_read_text(struct cg_buffer *out, const char *path, struct cg_error *err)
{
	cg_auto_close int fd = -1;
	ssize_t got;

	if (cg_given_now())
		return cg_given_read(out, path, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cg_error_errno(err, "open %s", path);
	if (check_size(fd, path, err) < 0)
		return -1;
	do {
		if (cg_buffer_reserve(out, CG_RECORD_READ, err) < 0)
			return cg_error_prefix(err, "%s", path);
		got = read(fd, out->data + out->len, CG_RECORD_READ);
		if (got < 0 && errno != EINTR)
			return cg_error_errno(err, "read %s", path);
		out->len += got > 0 ? (size_t)got : 0;
	} while (got != 0);
	return 0;
}

/*
 * Somebody else's file about a host, which is a record of a kind: see
 * formats/host-model.h.
 */
static bool is_foreign(const char *text, size_t len)
{
	return !len ||
	       !memmem(text, len, "\"cpugate-record\"", strlen("\"cpugate-record\""));
}

static int parse_foreign(struct cg_record **out, const char *path,
			 const struct cg_buffer *text, struct cg_error *err)
{
	cg_auto_host_model struct cg_host_model host = { 0 };

	if (cg_host_model_parse(&host, text->data, text->len, err) < 0 ||
	    cg_host_model_name(&host, path, err) < 0)
		return -1;
	return cg_record_from_host_model(out, &host, NULL, err);
}

int cg_record_parse_file(struct cg_record **out, const char *path,
			 const struct cg_buffer *text, struct cg_error *err)
{
	cg_auto_record struct cg_record *r = NULL;

	if ((is_foreign(text->data, text->len)
		     ? parse_foreign(&r, path, text, err)
		     : cg_record_parse(&r, text->data, text->len, err)) < 0)
		return cg_error_prefix(err, "%s", path);
	r->file = strdup(path);
	if (!r->file)
		return cg_error_errno(err, "record");
	*out = cg_take(r);
	return 0;
}

int cg_record_read(struct cg_record **out, const char *path, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(CG_RECORD_FILE);
	const struct cg_given *given = cg_given_now();
	struct cg_record *known = given ? given->record(given->data, path) : NULL;

	if (known) {
		*out = cg_record_ref(known);
		return 0;
	}
	if (cg_record_read_text(&text, path, err) < 0 ||
	    cg_record_parse_file(out, path, &text, err) < 0)
		return -1;
	if (given)
		given->keep(given->data, path, *out);
	return 0;
}

int cg_host_model_read(struct cg_host_model *out, const char *path, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(CG_RECORD_FILE);
	cg_auto_host_model struct cg_host_model host = { 0 };

	if (cg_record_read_text(&text, path, err) < 0)
		return -1;
	if (cg_host_model_parse(&host, text.data, text.len, err) < 0)
		return cg_error_prefix(err, "%s", path);
	if (cg_host_model_name(&host, path, err) < 0)
		return -1;
	*out = host;
	host = (struct cg_host_model){ 0 };
	return 0;
}
