// SPDX-License-Identifier: LGPL-2.1-or-later
/* XML of others: what is taken, and what is refused before it can do harm. */
#include "formats/xml.h"

#include <string.h>

#include "tests/unit/outcome.h"

#ifdef HAVE_LIBXML2

static struct cg_xml *parsed(const char *text)
{
	struct cg_xml *xml = NULL;
	struct cg_error err;

	if (cg_xml_parse(&xml, text, strlen(text), &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	return xml;
}

static void expect_refused(const char *text, size_t len, enum cg_errc code,
			   const char *part)
{
	struct cg_xml *xml = NULL;
	struct cg_error err = { 0 };

	assert_error(cg_xml_parse(&xml, text, len, &err), code);
	assert_null(xml);
	assert_contains(err.msg, part);
}

static void a_tree_has_names_texts_and_attributes(void **state)
{
	cg_auto_xml struct cg_xml *xml = parsed(
		"<?xml version='1.0'?>\n<!-- c --><a x='1' y=\"&lt;2&amp;&#65;\">\n"
		"  one <b/> two &gt;<![CDATA[<3>]]> \n <c>&amp;</c><b z=''/> <q:c xmlns:q='u' q:n='4'/>"
		"</a><!-- d -->");
	const struct cg_xml *b = cg_xml_child(xml, "b");

	(void)state;
	assert_string_equal(xml->name, "a");
	assert_string_equal(cg_xml_get(xml, "x"), "1");
	assert_string_equal(cg_xml_get(xml, "y"), "<2&A");
	assert_null(cg_xml_get(xml, "z"));
	assert_string_equal(xml->text, "one  two ><3>");
	assert_string_equal(cg_xml_child(xml, "c")->text, "&");
	assert_null(cg_xml_get(b, "z"));
	assert_string_equal(b->text, "");
	b = cg_xml_again(b);
	assert_string_equal(cg_xml_get(b, "z"), "");
	assert_null(cg_xml_again(b));
	assert_string_equal(cg_xml_get(cg_xml_child(xml, "q:c"), "q:n"), "4");
}

static void what_is_not_there_is_null(void **state)
{
	cg_auto_xml struct cg_xml *xml = parsed("<a/>");

	(void)state;
	assert_null(cg_xml_child(xml, "a"));
	assert_null(cg_xml_child(cg_xml_child(xml, "b"), "c"));
	assert_null(cg_xml_get(NULL, "x"));
	assert_null(cg_xml_free(NULL));
}

static void what_is_not_xml_is_refused_with_its_line(void **state)
{
	static const char *const cases[][2] = {
		{ "", "begin" },
		{ " ", "begin" },
		{ "cpu", "begin" },
		{ "<a>", "not XML" },
		{ "<a>\n<b>\n</a>", "line 3" },
		{ "<a/>\n<b/>", "line 2" },
		{ "<a x='1' x='2'/>", "redefined" },
		{ "<a x=1/>", "line 1" },
		{ "<a>&nbsp;</a>", "nbsp" },
		{ "<a x='&nbsp;'/>", "nbsp" },
		{ "<a>\x01</a>", "line 1" },
		{ "<a>&#0;</a>", "line 1" },
		{ "<a>\xff</a>", "line 1" },
		{ "{\"cpu\": 1}", "begin" },
		{ "Lo\247\224", "begin" },
		{ "<?xml version='1.0' encoding='EUC-JP'?><a>\377\377</a>", "UTF-8" },
		{ "<?xml version='1.0' encoding='latin1'?><a>\351</a>", "UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++)
		expect_refused(cases[i][0], strlen(cases[i][0]), CG_E_PARSE, cases[i][1]);
	expect_refused("<a>\0</a>", 8, CG_E_PARSE, "zero bytes");
	expect_refused("\377\376<\0a\0/\0>\0", 10, CG_E_PARSE, "UTF-8");
}

/* None of their entities is ever looked at. */
static void bombs_and_external_entities_are_refused(void **state)
{
	static const char *const texts[] = {
		"<!DOCTYPE cpu [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>"
		"<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;'>]>"
		"<cpu><model>&d;&d;&d;</model></cpu>",
		"<!DOCTYPE cpu [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
		"<cpu><model>&x;</model></cpu>",
		"<!DOCTYPE cpu [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/p.dtd'>%p;]><cpu/>",
		"<!DOCTYPE cpu SYSTEM 'http://127.0.0.1:9/cpu.dtd'><cpu/>",
		"<!DOCTYPE cpu PUBLIC '-//A//B' '/dev/zero'><cpu/>",
		"<!DOCTYPE cpu><cpu/>",
		"<?xml version='1.0'?><!DOCTYPE cpu [<!ATTLIST cpu mode CDATA 'maximum'>]><cpu/>",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++)
		expect_refused(texts[i], strlen(texts[i]), CG_E_PARSE, "document type");
}

static void put_times(struct cg_buffer *text, const char *what, size_t times)
{
	struct cg_error err;

	for (size_t i = 0; i < times; i++)
		assert_ok(cg_buffer_put(text, what, strlen(what), &err));
}

static void deep_nesting_is_refused(void **state)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(CG_XML_BYTES);
	cg_auto_xml struct cg_xml *xml = NULL;
	struct cg_error err;

	(void)state;
	put_times(&text, "<a>", CG_XML_DEPTH);
	put_times(&text, "</a>", CG_XML_DEPTH);
	assert_ok(cg_xml_parse(&xml, text.data, text.len, &err));
	cg_buffer_deinit(&text);
	put_times(&text, "<a>", CG_XML_DEPTH + 1);
	put_times(&text, "</a>", CG_XML_DEPTH + 1);
	expect_refused(text.data, text.len, CG_E_LIMIT, "64 deep");
	put_times(&text, "<a>", 1000000);
	expect_refused(text.data, text.len, CG_E_LIMIT, "64 deep");
}

static void masses_are_refused(void **state)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(CG_XML_BYTES);
	struct cg_error err;

	(void)state;
	put_times(&text, "<a>", 1);
	put_times(&text, "<b/>", CG_XML_ELEMENTS);
	put_times(&text, "</a>", 1);
	expect_refused(text.data, text.len, CG_E_LIMIT, "200000 elements");
	cg_buffer_deinit(&text);
	put_times(&text, "<a", 1);
	for (int i = 0; i < 300; i++)
		assert_ok(cg_buffer_printf(&text, &err, " b%d=''", i));
	put_times(&text, "/>", 1);
	expect_refused(text.data, text.len, CG_E_LIMIT, "attributes");
}

/* The length alone decides, so a file of 100 MB costs nothing. */
static void size_has_a_limit(void **state)
{
	static const char text[] = "<a/>";

	(void)state;
	expect_refused(text, (size_t)100 * 1024 * 1024, CG_E_LIMIT, "8388608");
	expect_refused(text, CG_XML_BYTES + 1, CG_E_LIMIT, "8388609");
}

#else

static void xml_is_refused_with_a_sentence(void **state)
{
	struct cg_xml *xml = NULL;
	struct cg_error err;

	(void)state;
	assert_error(cg_xml_parse(&xml, "<a/>", 4, &err), CG_E_USAGE);
	assert_contains(err.msg, "libxml2");
	assert_null(xml);
	assert_false(cg_xml_is_supported());
}

#endif

static void what_is_printed_is_escaped(void **state)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(100);
	struct cg_error err;

	(void)state;
	assert_ok(cg_xml_put_text(&text, "a<b>&'c\"", &err));
	assert_string_equal(text.data, "a&lt;b&gt;&amp;&apos;c&quot;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAVE_LIBXML2
		cmocka_unit_test(a_tree_has_names_texts_and_attributes),
		cmocka_unit_test(what_is_not_there_is_null),
		cmocka_unit_test(what_is_not_xml_is_refused_with_its_line),
		cmocka_unit_test(bombs_and_external_entities_are_refused),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(masses_are_refused),
		cmocka_unit_test(size_has_a_limit),
#else
		cmocka_unit_test(xml_is_refused_with_a_sentence),
#endif
		cmocka_unit_test(what_is_printed_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
