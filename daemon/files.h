/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Contents of files that clients gave us, by their digest. A question names them
 * "sha256:DIGEST", or by any name that its "files" explain: { NAME: DIGEST, or the errno
 * that the client got for it }. Forgotten when there are too many.
 */
#pragma once

#include "base/json.h"
#include "base/given.h"

#define CG_FILES_PREFIX "sha256:"

struct cg_files;

struct cg_files *cg_files_new(void); /* NULL if memory is out */
struct cg_files *cg_files_free(struct cg_files *files);

/* Keep a text; *@out is its digest. The caller frees it. CG_E_LIMIT if it is too long. */
cg_must_check int cg_files_add(struct cg_files *files, const char *text, size_t len,
			       char **out, struct cg_error *err);

/*
 * Until the next call, files on this thread are those that a question names; @names is its
 * "files" or NULL, and borrowed. cg_files_end() when it is answered.
 */
cg_must_check int cg_files_begin(struct cg_files *files, const json_t *names,
				 struct cg_error *err);
void cg_files_end(struct cg_files *files);

/*
 * For another process: { NAME: its text, or an errno } of what @names explain and what
 * is named by digest anywhere in @args. New reference.
 */
cg_must_check int cg_files_pack(struct cg_files *files, const json_t *names,
				const json_t *args, json_t **out, struct cg_error *err);

/* And there: files on this thread are those of such an object, which is borrowed. */
void cg_files_unpack(const json_t *packed);
