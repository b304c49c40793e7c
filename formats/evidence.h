/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file that somebody names, whatever is in it: a record, QEMU's reply about a host, or
 * one of libvirt's documents. It is read once, so that it may be a pipe.
 */
#pragma once

#include "formats/libvirt-document.h"
#include "formats/record.h"

struct cg_evidence {
	struct cg_record *record; /* NULL: it is the document */
	struct cg_libvirt_document document;
};

/*
 * Blocks on the file and names it in errors, which are those of cg_record_read() and
 * cg_libvirt_document_parse(); CG_E_LIMIT if it is too long, before it is read where that
 * can be known.
 */
cg_must_check int cg_evidence_read(struct cg_evidence *out, const char *path,
				   struct cg_error *err);
void cg_evidence_deinit(struct cg_evidence *evidence);

/*
 * The record of a host that has domcapabilities: what models ask for is in @source, see
 * cg_record_from_host_model(). @path names it.
 */
cg_must_check int cg_evidence_join(struct cg_record **out,
				   const struct cg_libvirt_document *document,
				   const char *path, const struct cg_record *source,
				   struct cg_error *err);

#define cg_auto_evidence cg_cleanup(cg_evidence_deinit)
