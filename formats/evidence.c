// SPDX-License-Identifier: LGPL-2.1-or-later
/* Telling files apart by what is in them. */
#include "formats/evidence.h"

#include "formats/host-model.h"
#include "formats/record-inside.h"

int cg_evidence_read(struct cg_evidence *out, const char *path, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(CG_RECORD_FILE);
	struct cg_evidence evidence = { 0 };

	if (cg_record_read_text(&text, path, err) < 0)
		return -1;
	if (!cg_libvirt_document_is_xml(text.data, text.len)) {
		if (cg_record_parse_file(&evidence.record, path, &text, err) < 0)
			return -1;
	} else if (cg_libvirt_document_parse(&evidence.document, text.data, text.len,
					     err) < 0) {
		return cg_error_prefix(err, "%s", path);
	}
	*out = evidence;
	return 0;
}

void cg_evidence_deinit(struct cg_evidence *evidence)
{
	cg_record_free(evidence->record);
	cg_libvirt_document_deinit(&evidence->document);
	*evidence = (struct cg_evidence){ 0 };
}

int cg_evidence_join(struct cg_record **out, const struct cg_libvirt_document *document,
		     const char *path, const struct cg_record *source,
		     struct cg_error *err)
{
	cg_auto_host_model struct cg_host_model host = { 0 };

	if (cg_host_model_from_libvirt(&host, document, err) < 0 ||
	    cg_host_model_name(&host, path, err) < 0 ||
	    cg_record_from_host_model(out, &host, source, err) < 0)
		return cg_error_prefix(err, "%s", path);
	return 0;
}
