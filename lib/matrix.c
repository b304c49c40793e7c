// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who can send a running guest to whom. Thousands of hosts are few kinds of hosts, so
 * hosts about which everything that counts is the same are one kind, and everything is
 * computed by class.
 */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "formats/matrix-page.h"
#include "lib/cause.h"
#include "lib/command.h"
#include "lib/parties.h"

#define CLASSES_MAX 500 /* a cell for each two of them */

static const char *const arguments[] = { "emulator", "machine", "accel", "cpu",
					 "records",  "html",    NULL };

struct kind {
	size_t first, count;  /* of its hosts */
	bool sends, receives; /* to or from another host, as far as can be told */
};

struct cell {
	struct cg_passage passage;
	enum cg_answer answer;
};

struct matrix {
	struct cg_records records;
	struct cg_definition definition; /* without a model: each host's own best */
	struct cg_parties parties;       /* each host */
	size_t *class_of;                /* of each host */
	struct kind *classes;
	size_t count;       /* of classes */
	struct cell *cells; /* row by row */
	json_t **names;     /* of features, as JSON */
	json_t *plain;      /* a yes without reasons, as JSON */
	unsigned int seen;  /* a bit for each answer */
};

static void deinit(struct matrix *m)
{
	for (size_t i = 0; m->names && i < CG_FEATURES_MAX; i++)
		json_decref(m->names[i]);
	free(m->names);
	json_decref(m->plain);
	free(m->cells);
	free(m->classes);
	free(m->class_of);
	cg_parties_deinit(&m->parties);
	cg_definition_deinit(&m->definition);
	cg_records_deinit(&m->records);
}

static const struct cg_party *party(const struct matrix *m, size_t kind)
{
	return &m->parties.items[m->classes[kind].first];
}

static struct cell *cell(const struct matrix *m, size_t from, size_t to)
{
	return &m->cells[from * m->count + to];
}

static const char *name_of(const struct matrix *m, size_t kind)
{
	return m->records.names[m->classes[kind].first];
}

/* Classes, in the order of each one's first host. */

/* Equal ones beside each other, and the first of them first. */
static int by_content(const void *a, const void *b, void *data)
{
	const struct matrix *m = data;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	int order = memcmp(&m->parties.items[i], &m->parties.items[j],
			   sizeof(*m->parties.items));

	return order ? order : i < j ? -1 : 1;
}

/* What @class_of holds is the first host of each one's class: number these. */
static void number_classes(struct matrix *m)
{
	for (size_t i = 0; i < m->records.count; i++) {
		size_t first = m->class_of[i];

		if (first == i) {
			m->classes[m->count].first = i;
			m->class_of[i] = m->count++;
		} else {
			m->class_of[i] = m->class_of[first];
		}
		m->classes[m->class_of[i]].count++;
	}
}

static int classify(struct matrix *m, struct cg_error *err)
{
	size_t count = m->records.count, first = 0;
	cg_auto_free size_t *order = calloc(count, sizeof(*order));

	m->class_of = calloc(count, sizeof(*m->class_of));
	m->classes = calloc(count, sizeof(*m->classes));
	if (!order || !m->class_of || !m->classes)
		return cg_error_errno(err, "%zu hosts", count);
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof(*order), by_content, m);
	for (size_t i = 0; i < count; i++) {
		if (i &&
		    memcmp(&m->parties.items[order[first]], &m->parties.items[order[i]],
			   sizeof(*m->parties.items)) != 0)
			first = i;
		m->class_of[order[i]] = order[first];
	}
	number_classes(m);
	if (m->count > CLASSES_MAX)
		return cg_error_set(err, CG_E_LIMIT,
				    "%zu kinds of hosts, more than %d: ask for some of "
				    "them, or hosts-for",
				    m->count, CLASSES_MAX);
	return 0;
}

/* Cells. */

/*
 * Why one of them can't give what any guest may want of it; the first of its hosts
 * tells.
 */
static void find_causes(const struct matrix *m, size_t to,
			const struct cg_featureset *wanted, enum cg_reason *causes)
{
	const struct cg_record *record = m->records.items[m->classes[to].first];
	struct cg_featureset missing =
		cg_featureset_minus(wanted, &party(m, to)->possible);

	missing = cg_featureset_or(&missing, &party(m, to)->refused);
	cg_featureset_each(&missing, f)
		causes[f] =
			cg_cause_find(record,
				      cg_vocabulary_name(cg_joint_names(m->records.joint),
							 f));
}

/* What every host says to the guests of all, without asking yet if these can be. */
static void fill_cells(const struct matrix *m)
{
	enum cg_reason causes[CG_FEATURES_MAX] = { 0 };
	struct cg_featureset wanted = { 0 };

	for (size_t i = 0; i < m->count; i++)
		wanted = cg_featureset_or(&wanted, &party(m, i)->has);
	for (size_t to = 0; to < m->count; to++) {
		find_causes(m, to, &wanted, causes);
		for (size_t from = 0; from < m->count; from++)
			cell(m, from, to)->passage =
				cg_passage_find(party(m, from), party(m, to), causes);
	}
}

static void check_row(struct matrix *m, size_t from)
{
	const struct cg_passage self = cell(m, from, from)->passage;
	struct kind *kind = &m->classes[from];

	for (size_t to = 0; to < m->count; to++) {
		struct cell *c = cell(m, from, to);
		bool other = to != from || kind->count > 1;

		c->passage = cg_passage_check(&self, &c->passage);
		c->answer = cg_passage_answer(&c->passage);
		m->seen |= 1u << c->answer;
		kind->sends |= other && c->answer != CG_NO;
		m->classes[to].receives |= other && c->answer != CG_NO;
	}
}

static int compute(struct matrix *m, struct cg_error *err)
{
	if (cg_parties_new(&m->parties, &m->records,
			   m->definition.model ? &m->definition : NULL, err) < 0)
		return -1;
	cg_parties_forget_spare(&m->parties, m->records.count);
	if (classify(m, err) < 0)
		return -1;
	m->cells = calloc(m->count * m->count, sizeof(*m->cells));
	if (!m->cells)
		return cg_error_errno(err, "%zu kinds of hosts", m->count);
	fill_cells(m);
	for (size_t i = 0; i < m->count; i++)
		check_row(m, i);
	return 0;
}

/* The reply. */

static json_t *list_codes(uint64_t reasons)
{
	json_t *list = json_array();

	for (enum cg_reason r = 0; r < CG_REASONS; r++)
		if (reasons & CG_REASON_BIT(r))
			json_array_append_new(list, json_string(cg_reason_code(r)));
	return list;
}

static json_t *list_features(const struct matrix *m, const struct cg_featureset *features)
{
	const struct cg_vocabulary *names = cg_joint_names(m->records.joint);
	json_t *list = json_array();

	cg_featureset_each(features, f) {
		if (!m->names[f])
			m->names[f] = json_string(cg_vocabulary_name(names, f));
		json_array_append(list, m->names[f]);
	}
	return list;
}

/* A yes for which there is nothing to say is one JSON object, wherever it is. */
static json_t *describe_cell(const struct matrix *m, const struct cell *c)
{
	if (!c->passage.reasons)
		return json_incref(m->plain);
	return json_pack("{s:s, s:o, s:o}", "verdict", cg_answer_word(c->answer),
			 "reasons", list_codes(c->passage.reasons), "features",
			 list_features(m, &c->passage.features));
}

static json_t *describe_cells(const struct matrix *m)
{
	json_t *cells = json_array();

	for (size_t from = 0; from < m->count; from++) {
		json_t *row = json_array();

		for (size_t to = 0; to < m->count; to++)
			json_array_append_new(row, describe_cell(m, cell(m, from, to)));
		json_array_append_new(cells, row);
	}
	return cells;
}

static json_t *describe_hosts(const struct matrix *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->records.count; i++)
		json_array_append_new(list, json_string(m->records.names[i]));
	return list;
}

static json_t *describe_classes(const struct matrix *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->count; i++)
		json_array_append_new(list, json_pack("{s:s, s:[]}", "name",
						      name_of(m, i), "hosts"));
	for (size_t i = 0; i < m->records.count; i++)
		json_array_append_new(json_object_get(json_array_get(list,
								     m->class_of[i]),
						      "hosts"),
				      json_string(m->records.names[i]));
	return list;
}

/* Islands: hosts that certainly can't send to any other, or receive from any. */

static bool is_island(const struct kind *kind, bool out)
{
	return out ? !kind->sends : !kind->receives;
}

static json_t *list_islands(const struct matrix *m, bool out)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->records.count && m->records.count > 1; i++)
		if (is_island(&m->classes[m->class_of[i]], out))
			json_array_append_new(list, json_string(m->records.names[i]));
	return list;
}

/* Is it their vendor that keeps all of them apart? Then no CPU will help. */
static bool by_vendor(const struct matrix *m, bool out)
{
	const uint64_t vendor = CG_REASON_BIT(CG_IDENTITY_VENDOR);

	for (size_t i = 0; i < m->count; i++)
		for (size_t j = 0; j < m->count && is_island(&m->classes[i], out); j++) {
			const struct cell *c = out ? cell(m, i, j) : cell(m, j, i);

			if (i != j && !(c->passage.reasons & vendor))
				return false;
		}
	return true;
}

static const char *advise(const struct matrix *m, bool out)
{
	if (by_vendor(m, out))
		return "No other host has a CPU of that vendor, and guests don't move "
		       "between vendors: keep a second host of its kind.";
	if (m->definition.model)
		return out ? "No other host can give that CPU: cpugate baseline finds "
			     "one that they share, for the next start."
			   : "They can't give that CPU: cpugate hosts-for tells why, "
			     "cpugate baseline finds one that they share.";
	return out ? "Start guests there with a CPU that others have, too, in place of "
		     "all that there is: cpugate baseline finds it."
		   : "Guests of the others have more than these can give: cpugate "
		     "baseline finds a CPU with which they can come.";
}

static void put_islands(const struct matrix *m, json_t *out)
{
	static const char *const sides[] = { "out", "in" };
	json_t *islands = json_object(), *advice = json_object();

	for (size_t i = 0; i < CG_COUNT(sides); i++) {
		json_t *list = list_islands(m, i == 0);

		if (json_array_size(list))
			json_object_set_new(advice, sides[i],
					    json_string(advise(m, i == 0)));
		json_object_set_new(islands, sides[i], list);
	}
	json_object_set_new(out, "islands", islands);
	json_object_set_new(out, "advice", advice);
}

static const char *sum(const struct matrix *m)
{
	return cg_answer_word(m->seen & 1u << CG_NO          ? CG_NO
			      : m->seen & 1u << CG_UNDECIDED ? CG_UNDECIDED
							     : CG_YES);
}

static int describe(struct matrix *m, json_t **reply, struct cg_error *err)
{
	cg_auto_free char *text =
		m->definition.model ? cg_definition_print(&m->definition) : NULL;

	m->plain = json_pack("{s:s, s:[], s:[]}", "verdict", cg_answer_word(CG_YES),
			     "reasons", "features");
	m->names = calloc(CG_FEATURES_MAX, sizeof(json_t *));
	if (!m->plain || !m->names)
		return cg_error_errno(err, "names of features");
	*reply = json_pack("{s:s, s:s, s:s, s:s*, s:o, s:o, s:o}", "verdict", sum(m),
			   "machine", m->records.machine, "accel",
			   cg_record_accel(m->records.items[0]), "definition", text,
			   "hosts", describe_hosts(m), "classes", describe_classes(m),
			   "cells", describe_cells(m));
	put_islands(m, *reply);
	return 0;
}

/* The question. */

/* host and max are what their host is, which is what is asked about without them. */
static int read_definition(struct matrix *m, const json_t *args, struct cg_error *err)
{
	const char *text = cg_json_text(args, "cpu");

	if (!text)
		return 0;
	if (cg_definition_parse(&m->definition, text, err) < 0)
		return -1;
	if (strcmp(m->definition.model, "host") != 0 &&
	    strcmp(m->definition.model, "max") != 0)
		return 0;
	return cg_error_set(err, CG_E_USAGE,
			    "%s is another CPU on every host: name a model, or none for "
			    "each host's own best",
			    m->definition.model);
}

/* The reply itself, once more, for browsers and paper. */
static int add_page(json_t *reply, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer page = CG_BUFFER(CG_MATRIX_PAGE_BYTES);

	if (cg_matrix_page_print(&page, reply, cg_clock_wall(), err) < 0)
		return -1;
	if (json_object_set_new(reply, "page", json_stringn(page.data, page.len)) < 0)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for the page");
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_json json_t *out = NULL;
	cg_cleanup(deinit) struct matrix m = { 0 };
	cg_auto_verdict struct cg_verdict absent = { 0 };
	const char *machine;
	bool common;

	if (read_definition(&m, args, err) < 0 ||
	    cg_records_open(&m.records, context, args, json_object_get(args, "records"),
			    err) < 0 ||
	    cg_records_find_machine(&m.records, cg_json_text(args, "machine"), &machine,
				    &common, &absent, err) < 0 ||
	    cg_records_use_machine(&m.records, machine, err) < 0 || compute(&m, err) < 0)
		return -1;
	if (describe(&m, &out, err) < 0)
		return -1;
	if (out && json_is_true(json_object_get(args, "html")) && add_page(out, err) < 0)
		return -1;
	*reply = cg_take(out);
	return 0;
}

const struct cg_command cg_command_matrix = {
	"matrix", arguments, run, CG_COMMAND_READS | CG_COMMAND_QUICK | CG_COMMAND_PURE
};
