/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside a record: what its file is turned into, for the files of formats/record.h.
 * Places in the file's lists have become pointers and checked numbers.
 */
#pragma once

#include "base/buffer.h"
#include "base/document.h"
#include "formats/record.h"

#define CG_RECORD_READ 65536
#define CG_RECORD_FILE (CG_RECORD_BYTES + CG_RECORD_READ) /* a buffer for a file */
#define CG_RECORD_NONE SIZE_MAX /* a place that is null in the file */

/* The models of one or more machine types. */
struct cg_record_list {
	const json_t *packed; /* without what most of them share */
	const json_t *like;   /* and that */
	json_t *places;       /* { name: place } */
	json_t *models;       /* unpacked when it is asked for */
};

/* What is asked for: features, and what differs from a class's defaults. */
struct cg_record_piece {
	struct cg_featureset features;
	const json_t *properties;
};

/* Machine types whose CPUs are the same. */
struct cg_record_class {
	struct cg_record_list *list;
	/* What its bare model differs from the emulator's in, or NULL. */
	const json_t *defaults;
	/* Properties: of the bare model and, by place, of others; made on demand. */
	json_t *scalars;
	json_t **cpus;
	/* By place of the model; CG_RECORD_NONE if it isn't known. */
	size_t *pieces;
	/* NULL if it isn't known. */
	const struct cg_featureset *unsupported;
	/* { model: set } of what QEMU says that it lacks where that isn't E and U. */
	const json_t *own;
};

struct cg_record {
	size_t owners; /* besides the first */
	json_t *json;
	char *file; /* NULL if it wasn't a file */
	const char *digest, *accel, *name;
	struct cg_vocabulary *vocabulary;
	json_t *aliases;
	const char *default_machine;
	json_t *machines; /* { name: place of its class, or null } */
	struct cg_record_list *lists;
	struct cg_record_piece *pieces;
	struct cg_record_class *classes;
	struct cg_featureset *unsupported;
	struct cg_featureset untold;
	size_t list_count, piece_count, class_count, unsupported_count;
	/* Properties of definitions, by machine type and definition; made on demand. */
	json_t *customs;
};

/* The class of a machine type; NULL if the record tells nothing of it. */
const struct cg_record_class *cg_record_class(const struct cg_record *record,
					      const char *machine);

/*
 * All that is said but for the lists. @text is what the record was parsed from, or NULL.
 */
cg_must_check int cg_record_check(struct cg_record *record, const char *text, size_t len,
				  struct cg_error *err);

/* All of a file, or of what a pipe gives; CG_E_LIMIT if that is too much for a record. */
cg_must_check int cg_record_read_text(struct cg_buffer *out, const char *path,
				      struct cg_error *err);

/* The record, or somebody else's words about a host, that such a text is. */
cg_must_check int cg_record_parse_file(struct cg_record **out, const char *path,
				       const struct cg_buffer *text,
				       struct cg_error *err);
