// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The page: what was asked, the table, islands, and why not. All that comes from records
 * is escaped, and set apart (bdi) from what is around it. It is well-formed XML, too, so
 * that any tool can read it.
 */
#include "formats/matrix-page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "cpumodels/meaning.h"
#include "formats/xml.h"

#define SMALL 40  /* classes, up to which every feature is listed */
#define LISTED 12 /* features of a cell beyond that */

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\"/>\n"
	"<meta http-equiv=\"Content-Security-Policy\"\n"
	" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	"<meta name=\"generator\" content=\"" PACKAGE_STRING "\"/>\n";

static const char style[] =
	"<style>\n"
	":root { color-scheme: light dark; --line: #8886; --yes: #2a8a3e33;\n"
	" --no: #c0392b38; --maybe: #d9a40044; --head: #8882; }\n"
	"body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem;\n"
	" margin: 2rem auto; padding: 0 1rem; }\n"
	"h1 { font-size: 1.6rem; margin: 0 0 .5rem; }\n"
	"h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }\n"
	"h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }\n"
	"p, ul { max-width: 45rem; }\n"
	"dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; }\n"
	"dt { opacity: .75; } dd { margin: 0; overflow-wrap: anywhere; }\n"
	".scroll { overflow-x: auto; }\n"
	"table { border-collapse: collapse; font-size: .875rem; }\n"
	"caption { text-align: left; padding: .25rem 0; }\n"
	"th, td { border: 1px solid var(--line); padding: .2rem .45rem; }\n"
	"th { background: var(--head); font-weight: 600; text-align: left; }\n"
	".grid td { text-align: center; white-space: nowrap; min-width: 2.2rem; }\n"
	".grid tbody th { position: sticky; left: 0; white-space: nowrap;\n"
	" background: linear-gradient(var(--head), var(--head)), Canvas; }\n"
	".grid thead th { vertical-align: bottom; }\n"
	".grid thead th span { writing-mode: vertical-rl; transform: rotate(180deg);\n"
	" max-height: 14rem; overflow: hidden; white-space: nowrap; }\n"
	".grid tbody tr:hover { outline: 2px solid; outline-offset: -1px; }\n"
	".why { table-layout: fixed; width: 100%; }\n"
	".why td, .why th { vertical-align: top; overflow-wrap: break-word; }\n"
	".why tbody th { font-weight: normal; }\n"
	".why th:nth-child(1) { width: 25%; } .why th:nth-child(2) { width: 6em; }\n"
	".why th:nth-child(3) { width: 15em; }\n"
	".yes { background: var(--yes); } .no { background: var(--no); }\n"
	".undecided { background: var(--maybe); }\n"
	".self { font-style: italic; }\n"
	"code { font-family: ui-monospace, monospace; font-size: .95em; }\n"
	"small { opacity: .8; }\n"
	"@media print {\n"
	" @page { size: landscape; margin: 10mm; }\n"
	" :root { color-scheme: light; }\n"
	" body { font-size: 10pt; max-width: none; margin: 0; padding: 0; }\n"
	" .scroll { overflow: visible; }\n"
	" table { font-size: 7.5pt; line-height: 1.25; }\n"
	" th, td { padding: .1rem .2rem; }\n"
	" .grid td { min-width: 0; white-space: normal; }\n"
	" .grid tbody th { position: static; }\n"
	" thead { display: table-header-group; }\n"
	" tr { break-inside: avoid; }\n"
	" h2, h3 { break-after: avoid; }\n"
	" a { color: inherit; text-decoration: none; }\n"
	" td, th { print-color-adjust: exact; -webkit-print-color-adjust: exact; }\n"
	"}\n"
	"</style>\n";

/* Once something didn't fit, nothing more is put. */
struct page {
	struct cg_buffer *out;
	const json_t *reply, *classes, *cells;
	size_t count; /* of classes */
	struct cg_error *err;
	bool failed;
};

static void put(struct page *p, const char *html)
{
	if (!p->failed)
		p->failed = cg_buffer_put(p->out, html, strlen(html), p->err) < 0;
}

static cg_printf(2, 3) void put_format(struct page *p, const char *format, ...)
{
	char text[256];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	put(p, text);
}

static void put_text(struct page *p, const char *text)
{
	if (!p->failed)
		p->failed = cg_xml_put_text(p->out, text, p->err) < 0;
}

/* A name from outside, whose direction of writing doesn't reach beyond it. */
static void put_name(struct page *p, const char *name)
{
	put(p, "<bdi>");
	put_text(p, name);
	put(p, "</bdi>");
}

static const json_t *class_at(const struct page *p, size_t i)
{
	return json_array_get(p->classes, i);
}

static size_t hosts_of(const struct page *p, size_t i)
{
	return json_array_size(json_object_get(class_at(p, i), "hosts"));
}

static void put_class(struct page *p, size_t i)
{
	put_name(p, cg_json_text(class_at(p, i), "name"));
	if (hosts_of(p, i) > 1)
		put_format(p, " <small>\u00d7%zu</small>", hosts_of(p, i));
}

static const json_t *cell_at(const struct page *p, size_t from, size_t to)
{
	return json_array_get(json_array_get(p->cells, from), to);
}

static bool is_yes(const json_t *cell)
{
	return strcmp(cg_json_text(cell, "verdict"), "yes") == 0;
}

static bool has_reason(const json_t *cell, enum cg_reason reason)
{
	const json_t *code;
	size_t i;

	json_array_foreach(json_object_get(cell, "reasons"), i, code)
		if (strcmp(json_string_value(code), cg_reason_code(reason)) == 0)
			return true;
	return false;
}

/* What it is about. */

static void put_fact(struct page *p, const char *term, const char *text)
{
	put_format(p, "<dt>%s</dt><dd>", term);
	put_text(p, text);
	put(p, "</dd>\n");
}

static void put_date(struct page *p, int64_t made)
{
	time_t then = (time_t)made;
	char text[64];
	struct tm tm;

	if (!gmtime_r(&then, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%MZ", &tm);
	put_format(p, "<dt>Made</dt><dd><time datetime=\"%s\">", text);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm);
	put_format(p, "%s</time> by %s</dd>\n", text, PACKAGE_STRING);
}

static void put_title(struct page *p)
{
	put(p, "<title>Who can send guests to whom: ");
	put_format(p, "%zu hosts on ",
		   json_array_size(json_object_get(p->reply, "hosts")));
	put_text(p, cg_json_text(p->reply, "machine"));
	put(p, "</title>\n");
}

static void put_top(struct page *p, int64_t made)
{
	const char *verdict = cg_json_text(p->reply, "verdict");
	const char *definition = cg_json_text(p->reply, "definition");

	put(p, "</head>\n<body>\n<header>\n<h1>Who can send guests to whom</h1>\n");
	put_format(p, "<p><strong class=\"%s\">%s</strong>: %s</p>\n<dl>\n", verdict,
		   verdict,
		   strcmp(verdict, "yes") == 0
			   ? "every host can send its guests to every other one."
		   : strcmp(verdict, "no") == 0
			   ? "not every host can send its guests to every other one."
			   : "for some hosts it can't be decided.");
	put_fact(p, "Guest",
		 definition ? definition
			    : "each host's own best: all that host or max gives there");
	put_fact(p, "Machine type", cg_json_text(p->reply, "machine"));
	put_fact(p, "Accelerator", cg_json_text(p->reply, "accel"));
	put_format(p, "<dt>Hosts</dt><dd>%zu, of %zu kinds</dd>\n",
		   json_array_size(json_object_get(p->reply, "hosts")), p->count);
	put_date(p, made);
	put(p, "</dl>\n</header>\n<main>\n");
}

/* The table. */

static void put_cell(struct page *p, size_t from, size_t to)
{
	const json_t *cell = cell_at(p, from, to);
	const char *verdict = cg_json_text(cell, "verdict");
	size_t features = json_array_size(json_object_get(cell, "features"));
	bool refused = has_reason(cell, CG_RECORD_SELF_INCONSISTENT);

	put_format(p, "<td class=\"%s%s\">%s", verdict, from == to ? " self" : "",
		   strcmp(verdict, "undecided") != 0 ? verdict
		   : refused                         ? "\u2013"
						     : "?");
	if (has_reason(cell, CG_IDENTITY_VENDOR))
		put(p, " <small>v</small>");
	else if (features && !refused)
		put_format(p, " <small>%zu</small>", features);
	put(p, "</td>");
}

static bool has_reasons(const struct page *p, size_t from)
{
	for (size_t to = 0; to < p->count; to++)
		if (json_array_size(json_object_get(cell_at(p, from, to), "reasons")))
			return true;
	return false;
}

static void put_row(struct page *p, size_t from)
{
	bool linked = has_reasons(p, from);

	put(p, "<tr><th scope=\"row\">");
	if (linked)
		put_format(p, "<a href=\"#from-%zu\">", from + 1);
	put_class(p, from);
	put(p, linked ? "</a></th>" : "</th>");
	for (size_t to = 0; to < p->count; to++)
		put_cell(p, from, to);
	put(p, "</tr>\n");
}

static void put_table(struct page *p)
{
	put(p, "<section>\n<h2 id=\"table\">The table</h2>\n<p>");
	put(p,
	    "A row is where a guest runs, a column is where it is to go. <b>yes</b>: it "
	    "can. <b>no</b>: it can't; a number counts the features that are in the "
	    "way, and <b>v</b> is another vendor. <b>?</b>: what is known doesn't "
	    "tell. <b>\u2013</b>: there is no such guest, since the host of the row "
	    "would refuse it itself. Hosts that are the same in all that counts are one "
	    "row, called by the first; \u00d73 are three of them.</p>\n"
	    "<div class=\"scroll\" role=\"region\" tabindex=\"0\""
	    " aria-labelledby=\"table\">\n<table class=\"grid\">\n"
	    "<caption>From the host of the row to the host of the column</caption>\n"
	    "<thead><tr><th scope=\"col\">from \\ to</th>");
	for (size_t to = 0; to < p->count; to++) {
		put(p, "<th scope=\"col\"><span>");
		put_class(p, to);
		put(p, "</span></th>");
	}
	put(p, "</tr></thead>\n<tbody>\n");
	for (size_t from = 0; from < p->count; from++)
		put_row(p, from);
	put(p, "</tbody>\n</table>\n</div>\n</section>\n");
}

/* Islands. */

static void put_island(struct page *p, const char *side, const char *words)
{
	const json_t *hosts = json_object_get(json_object_get(p->reply, "islands"), side);
	const json_t *host;
	size_t i;

	if (!json_array_size(hosts))
		return;
	put_format(p, "<p>%s ", words);
	json_array_foreach(hosts, i, host) {
		put(p, i ? ", " : "");
		put_name(p, json_string_value(host));
	}
	put(p, ".<br/>\n");
	put_text(p, cg_json_text(json_object_get(p->reply, "advice"), side));
	put(p, "</p>\n");
}

static void put_islands(struct page *p)
{
	if (!json_object_size(json_object_get(p->reply, "advice")))
		return;
	put(p, "<section>\n<h2>Islands</h2>\n");
	put_island(p, "out", "Guests can never get away from");
	put_island(p, "in", "Nothing can come to");
	put(p, "</section>\n");
}

/* Why not. */

static void put_list(struct page *p, const json_t *list, size_t most)
{
	size_t count = json_array_size(list);

	for (size_t i = 0; i < count && i < most; i++) {
		put(p, i ? " <code>" : "<code>");
		put_text(p, json_string_value(json_array_get(list, i)));
		put(p, "</code>");
	}
	if (count > most)
		put_format(p, " and %zu more", count - most);
}

/*
 * { canonical text of a cell: [places in the row] }, for those with reasons. All that are
 * of another vendor are alike: what else is in the way would only fill pages.
 */
static json_t *group(const struct page *p, size_t from)
{
	const char *vendor = cg_reason_code(CG_IDENTITY_VENDOR);
	json_t *groups = json_object();

	for (size_t to = 0; to < p->count; to++) {
		const json_t *cell = cell_at(p, from, to);
		cg_auto_free char *text = NULL;

		if (!json_array_size(json_object_get(cell, "reasons")))
			continue;
		text = has_reason(cell, CG_IDENTITY_VENDOR) ? strdup(vendor)
							    : cg_json_canonical(cell);
		if (text && !json_object_get(groups, text))
			json_object_set_new(groups, text, json_array());
		if (text)
			json_array_append_new(json_object_get(groups, text),
					      json_integer((json_int_t)to));
	}
	return groups;
}

static void put_group(struct page *p, size_t from, const json_t *places)
{
	const json_t *place, *cell = NULL;
	size_t i;

	put(p, "<tr><th scope=\"row\">");
	json_array_foreach(places, i, place) {
		size_t to = (size_t)json_integer_value(place);

		put(p, i ? ", " : "");
		put_class(p, to);
		cell = cell_at(p, from, to);
	}
	put_format(p, "</th><td class=\"%s\">%s</td><td>", cg_json_text(cell, "verdict"),
		   cg_json_text(cell, "verdict"));
	if (has_reason(cell, CG_IDENTITY_VENDOR)) {
		put_format(p, "<code>%s</code></td><td></td></tr>\n",
			   cg_reason_code(CG_IDENTITY_VENDOR));
		return;
	}
	put_list(p, json_object_get(cell, "reasons"), SIZE_MAX);
	put(p, "</td><td>");
	put_list(p, json_object_get(cell, "features"),
		 p->count <= SMALL ? SIZE_MAX : LISTED);
	put(p, "</td></tr>\n");
}

static void put_reasons_from(struct page *p, size_t from)
{
	cg_auto_json json_t *groups = group(p, from);
	const char *text;
	json_t *places;
	size_t able = 0;

	if (!json_object_size(groups))
		return;
	for (size_t to = 0; to < p->count; to++)
		able += to != from && is_yes(cell_at(p, from, to));
	put_format(p, "<h3 id=\"from-%zu\">From ", from + 1);
	put_class(p, from);
	put(p, "</h3>\n<table class=\"why\">\n");
	if (has_reason(cell_at(p, from, from), CG_RECORD_SELF_INCONSISTENT))
		put(p, "<caption>It would refuse such a guest itself.</caption>\n");
	else
		put_format(p,
			   "<caption>%zu of %zu other kinds can take its guests."
			   "</caption>\n",
			   able, p->count - 1);
	put(p, "<thead><tr><th scope=\"col\">to</th><th scope=\"col\">verdict</th>"
	       "<th scope=\"col\">reasons</th><th scope=\"col\">features</th></tr>"
	       "</thead>\n<tbody>\n");
	cg_json_each(groups, text, places)
		put_group(p, from, places);
	put(p, "</tbody>\n</table>\n");
}

/* The codes that occur. */
static json_t *find_codes(const struct page *p)
{
	json_t *codes = json_object();

	for (size_t from = 0; from < p->count; from++)
		for (size_t to = 0; to < p->count; to++) {
			const json_t *code;
			size_t i;

			json_array_foreach(json_object_get(cell_at(p, from, to),
							   "reasons"),
					   i, code)
				json_object_set_new(codes, json_string_value(code),
						    json_true());
		}
	return codes;
}

static void put_codes(struct page *p, const json_t *codes)
{
	put(p, "<h3>The codes</h3>\n<dl>\n");
	for (enum cg_reason r = 0; r < CG_REASONS; r++)
		if (json_object_get(codes, cg_reason_code(r))) {
			put_format(p, "<dt><code>%s</code></dt><dd>", cg_reason_code(r));
			put_text(p, cg_meaning(r));
			put(p, "</dd>\n");
		}
	put(p, "</dl>\n");
}

static void put_reasons(struct page *p)
{
	cg_auto_json json_t *codes = find_codes(p);

	if (!json_object_size(codes))
		return;
	put(p, "<section>\n<h2>Why not</h2>\n");
	put_codes(p, codes);
	for (size_t from = 0; from < p->count; from++)
		put_reasons_from(p, from);
	put(p, "</section>\n");
}

int cg_matrix_page_print(struct cg_buffer *out, const json_t *reply, int64_t made,
			 struct cg_error *err)
{
	struct page p = { .out = out,
			  .reply = reply,
			  .classes = json_object_get(reply, "classes"),
			  .cells = json_object_get(reply, "cells"),
			  .count = json_array_size(json_object_get(reply, "classes")),
			  .err = err };

	put(&p, head);
	put_title(&p);
	put(&p, style);
	put_top(&p, made);
	put_table(&p);
	put_islands(&p);
	put_reasons(&p);
	put(&p, "</main>\n</body>\n</html>");
	return p.failed ? -1 : 0;
}
