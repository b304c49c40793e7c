// SPDX-License-Identifier: LGPL-2.1-or-later
/* The page is read back as a tree: nothing from a record becomes an element of it. */
#include "formats/matrix-page.h"

#include <string.h>

#include "base/json.h"
#include "formats/xml.h"
#include "tests/unit/outcome.h"

#define EVIL "<script>alert(1)</script>"
#define QUOTES "\"'&amp;<b onclick=x>\u202e"

/* Two classes, one of them with such names, that can't send to each other. */
static json_t *reply_of(void)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:[s,s,s],"
		" s:[{s:s, s:[s,s]}, {s:s, s:[s]}], s:[[{s:s, s:[], s:[]}, {s:s, s:[s,s], s:[s]}],"
		"    [{s:s, s:[s], s:[s]}, {s:s, s:[], s:[]}]],"
		" s:{s:[s], s:[]}, s:{s:s}}",
		"verdict", "no", "machine", "pc<i>", "accel", "kvm", "definition", QUOTES,
		"hosts", EVIL, "b", QUOTES, "classes", "name", EVIL, "hosts", EVIL, "b",
		"name", QUOTES, "hosts", QUOTES, "cells", "verdict", "yes", "reasons",
		"features", "verdict", "no", "reasons", "missing.host", "width.level",
		"features", "avx<script>", "verdict", "undecided", "reasons",
		"record.self-inconsistent", "features", "aes", "verdict", "yes",
		"reasons", "features", "islands", "out", EVIL, "in", "advice", "out",
		"Sell <it>.");
}

struct seen {
	size_t cells, headers, scopes, scripts, evil, names;
	bool title, language;
};

static void walk(const struct cg_xml *xml, struct seen *seen)
{
	for (; xml; xml = xml->next) {
		seen->cells += strcmp(xml->name, "td") == 0;
		seen->headers += strcmp(xml->name, "th") == 0;
		seen->scopes += strcmp(xml->name, "th") == 0 && cg_xml_get(xml, "scope");
		seen->scripts += strcmp(xml->name, "script") == 0 ||
				 strcmp(xml->name, "b") == 0 ||
				 strcmp(xml->name, "i") == 0;
		seen->evil += strcmp(xml->text, EVIL) == 0;
		seen->names += strcmp(xml->name, "bdi") == 0;
		seen->title |= strcmp(xml->name, "title") == 0 &&
			       strstr(xml->text, "3 hosts on pc<i>");
		seen->language |= strcmp(xml->name, "html") == 0 &&
				  cg_xml_get(xml, "lang");
		assert_null(cg_xml_get(xml, "onclick"));
		walk(xml->children, seen);
	}
}

static void print_page(struct cg_buffer *page)
{
	cg_auto_json json_t *reply = reply_of();
	struct cg_error err;

	assert_non_null(reply);
	assert_ok(cg_matrix_page_print(page, reply, 86400, &err));
}

static void is_well_formed_and_escaped(void **state)
{
	cg_auto_buffer struct cg_buffer page = CG_BUFFER(CG_MATRIX_PAGE_BYTES);
	cg_auto_xml struct cg_xml *tree = NULL;
	struct seen seen = { 0 };
	const char *body;
	struct cg_error err;

	(void)state;
	print_page(&page);
	body = strchr(page.data, '\n'); /* behind the document type */
	if (!cg_xml_is_supported())
		return;
	assert_ok(cg_xml_parse(&tree, body + 1, strlen(body + 1), &err));
	walk(tree, &seen);
	assert_true(seen.title && seen.language);
	/* Legend: "yes", "no", "v", "?" and the dash are bold; nothing else may be. */
	assert_int_equal(seen.scripts, 5);
	assert_int_equal(seen.headers, seen.scopes);
	assert_int_equal(seen.cells, 4 + 2 * 3);
	/* Its row, its column, its reasons, as an island and as a goal. */
	assert_int_equal(seen.evil, 5);
	assert_int_equal(seen.names, 9);
}

static void says_all_without_colour(void **state)
{
	cg_auto_buffer struct cg_buffer page = CG_BUFFER(CG_MATRIX_PAGE_BYTES);

	(void)state;
	print_page(&page);
	assert_non_null(strstr(page.data, "<td class=\"yes self\">yes</td>"));
	assert_non_null(strstr(page.data, "<td class=\"no\">no <small>1</small></td>"));
	assert_non_null(strstr(page.data, "<td class=\"undecided\">\u2013</td>"));
	assert_non_null(strstr(page.data, "1970-01-02 00:00 UTC"));
	assert_non_null(strstr(page.data, "<code>width.level</code>"));
	assert_non_null(strstr(page.data, "Sell &lt;it&gt;."));
	assert_non_null(strstr(page.data, "default-src 'none'"));
	assert_null(strstr(page.data, "http:"));
	assert_null(strstr(page.data, "<script"));
}

static void what_does_not_fit_is_an_error(void **state)
{
	cg_auto_buffer struct cg_buffer page = CG_BUFFER(4096);
	cg_auto_json json_t *reply = reply_of();
	struct cg_error err;

	(void)state;
	assert_error(cg_matrix_page_print(&page, reply, 0, &err), CG_E_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_well_formed_and_escaped),
		cmocka_unit_test(says_all_without_colour),
		cmocka_unit_test(what_does_not_fit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
