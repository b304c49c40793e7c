/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * XML that others wrote, as a plain tree. The only file behind it that knows libxml2.
 * Nothing is ever fetched, and a document type, without which there are neither bombs
 * nor external entities, is refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

#define CG_XML_BYTES (8 * 1024 * 1024)
#define CG_XML_DEPTH 64
#define CG_XML_ELEMENTS 200000

struct cg_xml_attribute {
	char *name, *value;
};

/* Names keep their prefix: "qemu:commandline". */
struct cg_xml {
	char *name;
	char *text; /* what is directly in it, without space around; "" if nothing is */
	struct cg_xml_attribute *attributes;
	size_t count;
	struct cg_xml *children, *next;
};

/* False in a build without libxml2, where nothing can be parsed. */
bool cg_xml_is_supported(void);

/*
 * The tree of one document in UTF-8; the caller owns *@out. Doesn't block. CG_E_PARSE with the
 * line, CG_E_LIMIT beyond the limits above, CG_E_USAGE in a build without libxml2.
 */
cg_must_check int cg_xml_parse(struct cg_xml **out, const char *text, size_t len,
			       struct cg_error *err);
struct cg_xml *cg_xml_free(struct cg_xml *xml);

/* The first child of that name, or the next one with the name of @xml; or NULL. */
const struct cg_xml *cg_xml_child(const struct cg_xml *xml, const char *name);
const struct cg_xml *cg_xml_again(const struct cg_xml *xml);

/* The value of an attribute, or NULL. Borrowed. */
const char *cg_xml_get(const struct cg_xml *xml, const char *attribute);

/* Put text into XML that is being printed: what has a meaning there is escaped. */
cg_must_check int cg_xml_put_text(struct cg_buffer *out, const char *text,
				  struct cg_error *err);

static inline void cg_xml_freep(struct cg_xml **xml)
{
	cg_xml_free(*xml);
}
#define cg_auto_xml cg_cleanup(cg_xml_freep)
