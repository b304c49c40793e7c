// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who can send to whom: a guest that was started on one host with all that it gives, and
 * every other host. Equal hosts are one kind, and a row.
 */
#include <string.h>

#include "lib/command.h"
#include "lib/records.h"

static const char *const arguments[] = { "emulator", "machine", "accel", "records",
					 NULL };

struct matrix {
	struct cg_records records;
	struct cg_fleet fleet;
	struct cg_featureset aside; /* what no guest that moves has */
};

static void deinit(struct matrix *m)
{
	cg_fleet_deinit(&m->fleet);
	cg_records_deinit(&m->records);
}

static const struct cg_supply *supply(const struct matrix *m, size_t class)
{
	return m->fleet.classes[class].supply;
}

/* What a guest of one kind of hosts has and another kind can't give. */
static struct cg_featureset lacking(const struct matrix *m, size_t from, size_t to)
{
	struct cg_featureset has =
		cg_featureset_minus(&supply(m, from)->gives, &m->aside);

	return cg_featureset_minus(&has, &supply(m, to)->possible);
}

static bool is_other_vendor(const struct matrix *m, size_t from, size_t to)
{
	const char *a = supply(m, from)->vendor, *b = supply(m, to)->vendor;

	return a && b && strcmp(a, b) != 0;
}

static json_t *describe_cell(const struct matrix *m, size_t from, size_t to, bool *moves)
{
	struct cg_featureset missing = lacking(m, from, to);

	*moves = !is_other_vendor(m, from, to) && cg_featureset_is_empty(&missing);
	return json_pack("{s:s, s:b, s:b, s:o}", "host", supply(m, to)->host, "moves",
			 *moves, "other-vendor", is_other_vendor(m, from, to), "missing",
			 cg_vocabulary_list(m->fleet.names, &missing));
}

static json_t *hosts_of(const struct matrix *m, size_t class)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->fleet.count; i++)
		if (m->fleet.class_of[i] == class)
			json_array_append_new(list, json_string(m->records.names[i]));
	return list;
}

/* A row of cells; *@leaves counts the other kinds that its guests can go to. */
static json_t *describe_row(const struct matrix *m, size_t from, size_t *leaves)
{
	json_t *cells = json_array();
	bool moves;

	*leaves = 0;
	for (size_t to = 0; to < m->fleet.class_count; to++) {
		json_array_append_new(cells, describe_cell(m, from, to, &moves));
		*leaves += moves && to != from;
	}
	return json_pack("{s:s, s:o, s:o}", "host", supply(m, from)->host, "hosts",
			 hosts_of(m, from), "to", cells);
}

/* An island is a single host whose guests can never get away. */
static json_t *describe(const struct matrix *m)
{
	json_t *rows = json_array(), *islands = json_array();
	size_t kinds = m->fleet.class_count, leaves, all = 0;

	for (size_t i = 0; i < kinds; i++) {
		json_array_append_new(rows, describe_row(m, i, &leaves));
		all += leaves;
		if (!leaves && m->fleet.classes[i].count == 1 && kinds > 1)
			json_array_append_new(islands, json_string(supply(m, i)->host));
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "verdict",
			 all == kinds * (kinds - 1) ? "yes" : "no", "machine",
			 m->records.machine, "accel",
			 cg_record_accel(m->records.items[0]), "rows", rows, "islands",
			 islands);
}

static int make(struct matrix *m, json_t **reply, struct cg_error *err)
{
	if (cg_fleet_init(&m->fleet, cg_joint_names(m->records.joint),
			  m->records.supplies, m->records.count, err) < 0)
		return -1;
	m->aside = m->fleet.cautions.sets[CG_CAUTION_MIGRATION];
	*reply = describe(m);
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_cleanup(deinit) struct matrix m = { 0 };
	cg_auto_verdict struct cg_verdict verdict = { 0 };
	const char *machine;
	bool common;

	if (cg_records_open(&m.records, context, args, json_object_get(args, "records"),
			    err) < 0 ||
	    cg_records_find_machine(&m.records, cg_json_text(args, "machine"), &machine,
				    &common, &verdict, err) < 0)
		return -1;
	if (common)
		return cg_records_use_machine(&m.records, machine, err) < 0
			       ? -1
			       : make(&m, reply, err);
	*reply = json_pack("{s:s, s:O}", "verdict",
			   cg_answer_word(cg_verdict_answer(&verdict)), "reasons",
			   verdict.reasons);
	return 0;
}

const struct cg_command cg_command_matrix = { "matrix", arguments, run };
