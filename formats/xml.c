// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A tree from libxml2's events, so that every limit is met while the text is read and
 * libxml2 itself keeps nothing. No entity can be declared, since a document type ends the
 * reading before its first declaration.
 */
#include "formats/xml.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#ifdef HAVE_LIBXML2
#include <dlfcn.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <pthread.h>
#endif

#define ATTRIBUTES_MAX 256

struct cg_xml *cg_xml_free(struct cg_xml *xml)
{
	while (xml) {
		struct cg_xml *next = xml->next;

		cg_xml_free(xml->children); /* no deeper than CG_XML_DEPTH */
		for (size_t i = 0; i < xml->count; i++) {
			free(xml->attributes[i].name);
			free(xml->attributes[i].value);
		}
		free(xml->attributes);
		free(xml->name);
		free(xml->text);
		free(xml);
		xml = next;
	}
	return NULL;
}

static const struct cg_xml *find(const struct cg_xml *xml, const char *name)
{
	while (xml && strcmp(xml->name, name) != 0)
		xml = xml->next;
	return xml;
}

const struct cg_xml *cg_xml_child(const struct cg_xml *xml, const char *name)
{
	return xml ? find(xml->children, name) : NULL;
}

const struct cg_xml *cg_xml_again(const struct cg_xml *xml)
{
	return find(xml->next, xml->name);
}

const char *cg_xml_get(const struct cg_xml *xml, const char *attribute)
{
	for (size_t i = 0; xml && i < xml->count; i++)
		if (strcmp(xml->attributes[i].name, attribute) == 0)
			return xml->attributes[i].value;
	return NULL;
}

int cg_xml_put_text(struct cg_buffer *out, const char *text, struct cg_error *err)
{
	for (const char *p = text; *p; p++) {
		const char *put = *p == '&'    ? "&amp;"
				  : *p == '<'  ? "&lt;"
				  : *p == '>'  ? "&gt;"
				  : *p == '"'  ? "&quot;"
				  : *p == '\'' ? "&apos;"
					       : NULL;

		if (cg_buffer_put(out, put ? put : p, put ? strlen(put) : 1, err) < 0)
			return -1;
	}
	return 0;
}

#ifdef HAVE_LIBXML2

#if LIBXML_VERSION >= 21200
typedef const xmlError reported;
#else
typedef xmlError reported;
#endif

/*
 * Loaded when there is XML to read: with all that it brings along it takes longer than most answers, which have nothing to
 * do with XML.
 */
static struct {
	const char *missing; /* why it couldn't be; NULL if it is there */
	__typeof__(xmlCreatePushParserCtxt) *create;
	__typeof__(xmlCtxtUseOptions) *use_options;
	__typeof__(xmlParseChunk) *parse;
	__typeof__(xmlStopParser) *stop;
	__typeof__(xmlFreeParserCtxt) *release;
} libxml2;

static void *find_symbol(void *library, const char *name)
{
	void *symbol = library ? dlsym(library, name) : NULL;

	if (!symbol && !libxml2.missing)
		libxml2.missing =
			dlerror(); /* of this thread, which is the only one to come here */
	return symbol;
}

static void load(void)
{
	void *library = dlopen(LIBXML_SONAME, RTLD_NOW | RTLD_LOCAL);

	libxml2.create = find_symbol(library, "xmlCreatePushParserCtxt");
	libxml2.use_options = find_symbol(library, "xmlCtxtUseOptions");
	libxml2.parse = find_symbol(library, "xmlParseChunk");
	libxml2.stop = find_symbol(library, "xmlStopParser");
	libxml2.release = find_symbol(library, "xmlFreeParserCtxt");
	if (libxml2.missing)
		libxml2.missing = strdup(libxml2.missing);
}

struct level {
	struct cg_xml *element;
	struct cg_xml **next_child; /* where the next one is linked in */
	struct cg_buffer text;
};

/* Once failed, further events change nothing. */
struct reader {
	xmlParserCtxt *parser;
	struct cg_xml *root;
	struct level levels[CG_XML_DEPTH];
	size_t depth, elements;
	bool failed;
	struct cg_error *err;
};

static void stop(struct reader *reader)
{
	reader->failed = true;
	libxml2.stop(reader->parser);
}

/* "prefix:name", or the name alone. */
static char *full_name(const xmlChar *name, const xmlChar *prefix)
{
	char *out;

	if (asprintf(&out, "%s%s%s", prefix ? (const char *)prefix : "",
		     prefix ? ":" : "", (const char *)name) < 0)
		return NULL;
	return out;
}

/* libxml2 gives five pointers for each: name, prefix, URI, value and the value's end. */
static int take_attributes(struct cg_xml *element, int count, const xmlChar **five,
			   struct cg_error *err)
{
	if (count > ATTRIBUTES_MAX)
		return cg_error_set(err, CG_E_LIMIT, "<%s> has more than %d attributes",
				    element->name, ATTRIBUTES_MAX);
	element->attributes = calloc((size_t)count + 1, sizeof(*element->attributes));
	if (!element->attributes)
		return cg_error_errno(err, "XML");
	for (; count > 0; count--, five += 5) {
		struct cg_xml_attribute *a = &element->attributes[element->count++];

		a->name = full_name(five[0], five[1]);
		a->value = strndup((const char *)five[3], (size_t)(five[4] - five[3]));
		if (!a->name || !a->value)
			return cg_error_errno(err, "XML");
	}
	return 0;
}

static int open_element(struct reader *reader, struct cg_xml *element)
{
	struct level *level = &reader->levels[reader->depth];

	if (reader->depth == CG_XML_DEPTH)
		return cg_error_set(reader->err, CG_E_LIMIT,
				    "the XML is nested more than %d deep", CG_XML_DEPTH);
	if (reader->elements++ == CG_XML_ELEMENTS)
		return cg_error_set(reader->err, CG_E_LIMIT,
				    "the XML has more than %d elements", CG_XML_ELEMENTS);
	if (reader->depth) {
		*level[-1].next_child = element;
		level[-1].next_child = &element->next;
	} else {
		reader->root = element;
	}
	*level = (struct level){ element, &element->children, CG_BUFFER(CG_XML_BYTES) };
	reader->depth++;
	return 0;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are libxml2's */
static void on_start(void *data, const xmlChar *name, const xmlChar *prefix,
		     const xmlChar *uri, int namespaces, const xmlChar **declared,
		     int count, int defaulted, const xmlChar **attributes)
{
	struct reader *reader = data;
	cg_auto_xml struct cg_xml *element = calloc(1, sizeof(*element));

	(void)uri;
	(void)namespaces;
	(void)declared;
	(void)defaulted;
	if (reader->failed)
		return;
	if (element)
		element->name = full_name(name, prefix);
	if (!element || !element->name) {
		(void)cg_error_errno(reader->err, "XML");
		stop(reader);
	} else if (take_attributes(element, count, attributes, reader->err) < 0 ||
		   open_element(reader, element) < 0) {
		stop(reader);
	} else {
		element = NULL; /* the tree's */
	}
}

/* The text between the spaces at both of its ends. The caller frees it. */
static char *trimmed(const struct cg_buffer *text)
{
	const char *start = text->data ? text->data : "", *end = start + text->len;

	while (start < end && isspace((unsigned char)*start))
		start++;
	while (start < end && isspace((unsigned char)end[-1]))
		end--;
	return strndup(start, (size_t)(end - start));
}

static void on_end(void *data, const xmlChar *name, const xmlChar *prefix,
		   const xmlChar *uri)
{
	struct reader *reader = data;
	struct level *level;

	(void)name;
	(void)prefix;
	(void)uri;
	if (reader->failed)
		return;
	level = &reader->levels[--reader->depth];
	level->element->text = trimmed(&level->text);
	cg_buffer_deinit(&level->text);
	if (!level->element->text) {
		(void)cg_error_errno(reader->err, "XML");
		stop(reader);
	}
}

static void on_text(void *data, const xmlChar *text, int len)
{
	struct reader *reader = data;

	if (reader->failed || !reader->depth)
		return;
	if (cg_buffer_put(&reader->levels[reader->depth - 1].text, text, (size_t)len,
			  reader->err) < 0)
		stop(reader);
}

static void on_document_type(void *data, const xmlChar *name, const xmlChar *public_id,
			     const xmlChar *system_id)
{
	struct reader *reader = data;

	(void)public_id;
	(void)system_id;
	if (reader->failed)
		return;
	(void)cg_error_set(reader->err, CG_E_PARSE,
			   "the XML has a document type (<!DOCTYPE %s>), which may declare "
			   "entities and is not taken",
			   (const char *)name);
	stop(reader);
}

/* The first error says it; libxml2's text ends with a line feed. */
static void on_error(void *data, reported *error)
{
	struct reader *reader = data;
	const char *message = error->message ? error->message : "not XML";

	if (reader->failed || error->level != XML_ERR_FATAL)
		return;
	(void)cg_error_set(reader->err, CG_E_PARSE, "not XML: line %d: %.*s", error->line,
			   (int)strcspn(message, "\n"), message);
	reader->failed = true;
}

static int check_complete(struct reader *reader)
{
	if (reader->failed)
		return -1;
	if (!reader->root || reader->depth || !reader->parser->wellFormed)
		return cg_error_set(reader->err, CG_E_PARSE,
				    "not XML: it ends too early");
	return 0;
}

static int parse(struct reader *reader, const char *text, size_t len)
{
	xmlSAXHandler events = {
		.initialized = XML_SAX2_MAGIC,
		.internalSubset = on_document_type,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.cdataBlock = on_text,
		.serror = on_error,
	};
	int failed;

	reader->parser = libxml2.create(&events, reader, NULL, 0, NULL);
	if (!reader->parser)
		return cg_error_set(reader->err, CG_E_SYSTEM,
				    "no memory for an XML parser");
	/* Without NOENT, "&amp;" in an attribute arrives as "&#38;". */
	libxml2.use_options(reader->parser,
			    XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC);
	libxml2.parse(reader->parser, text, (int)len, 1);
	failed = check_complete(reader);
	libxml2.release(reader->parser);
	return failed;
}

/*
 * Only UTF-8, whatever it says it is: converting from something else is work for iconv, and
 * libxml2 prints what goes wrong there. What it would take for UTF-16 has zeros, what it
 * would take for EBCDIC doesn't begin with '<'.
 */
static int check_encoding(const char *text, size_t len, struct cg_error *err)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t at = len >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;

	while (at < len && isspace((unsigned char)text[at]))
		at++;
	if (memchr(text, '\0', len))
		return cg_error_set(err, CG_E_PARSE,
				    "not XML in UTF-8: it has zero bytes");
	if (at == len || text[at] != '<')
		return cg_error_set(err, CG_E_PARSE,
				    "not XML: it doesn't begin with '<'");
	return 0;
}

bool cg_xml_is_supported(void)
{
	return true;
}

int cg_xml_parse(struct cg_xml **out, const char *text, size_t len, struct cg_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	cg_auto_free struct reader *reader = calloc(1, sizeof(*reader));
	int failed;

	if (len > CG_XML_BYTES)
		return cg_error_set(err, CG_E_LIMIT,
				    "an XML of %zu bytes; %d are the limit", len,
				    CG_XML_BYTES);
	if (check_encoding(text, len, err) < 0)
		return -1;
	if (!reader)
		return cg_error_errno(err, "XML");
	pthread_once(&once, load);
	if (libxml2.missing)
		return cg_error_set(err, CG_E_SYSTEM, "no XML without libxml2: %s",
				    libxml2.missing);
	reader->err = err;
	failed = parse(reader, text, len);
	while (reader->depth)
		cg_buffer_deinit(&reader->levels[--reader->depth].text);
	if (failed)
		cg_xml_free(reader->root);
	else
		*out = reader->root;
	return failed;
}

#else

bool cg_xml_is_supported(void)
{
	return false;
}

int cg_xml_parse(struct cg_xml **out, const char *text, size_t len, struct cg_error *err)
{
	(void)out;
	(void)text;
	(void)len;
	return cg_error_set(err, CG_E_USAGE,
			    "this is XML, and this cpugate was built without libxml2");
}

#endif
