// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which guests would a change cost? Each known one is asked of what is there after the change:
 * this host with another emulator or kernel, or the record of a host that has it already.
 */
#include <string.h>

#include "lib/archive.h"
#include "lib/command.h"
#include "lib/prospect.h"
#include "lib/revival.h"

#define PLACES 32 /* machine types that are kept at hand */

static const char *const arguments[] = { "emulator", "to", NULL };

/* One host, as guests of one machine type and accelerator see it. */
struct place {
	char *machine, *accel;
	struct cg_destination to;
};

struct impact {
	struct cg_context *context;
	const json_t *args;
	const char *to; /* "host" or a file */
	struct place places[PLACES];
	size_t count;
	json_t *rows;
	unsigned answers; /* a bit for each that was given */
};

static void close_places(struct impact *m)
{
	for (size_t i = 0; i < m->count; i++) {
		cg_destination_deinit(&m->places[i].to);
		free(m->places[i].machine);
		free(m->places[i].accel);
	}
	m->count = 0;
}

static int find_place(struct impact *m, const struct cg_traveller *guest,
		      struct cg_destination **out, struct cg_error *err)
{
	struct place *p = m->places;

	for (; p < m->places + m->count; p++) {
		*out = &p->to;
		if (strcmp(p->machine, guest->machine) == 0 &&
		    strcmp(p->accel, guest->accel) == 0)
			return 0;
	}
	if (m->count == PLACES)
		close_places(m);
	p = &m->places[m->count];
	*p = (struct place){ .machine = strdup(guest->machine),
			     .accel = strdup(guest->accel) };
	m->count++;
	*out = &p->to;
	if (!p->machine || !p->accel)
		return cg_error_errno(err, "%s", m->to);
	/* It borrows both, and outlives this guest. */
	return cg_destination_open(&p->to, m->context, m->args, m->to, p->machine,
				   p->accel, err);
}

static enum cg_answer worst_of(unsigned answers)
{
	if (answers & 1u << CG_NO)
		return CG_NO;
	return answers & 1u << CG_UNDECIDED ? CG_UNDECIDED : CG_YES;
}

static void add_row(struct impact *m, const char *name, const struct cg_verdict *start,
		    const struct cg_verdict *move)
{
	unsigned answers = 1u << cg_verdict_answer(start) | 1u << cg_verdict_answer(move);
	enum cg_answer answer = worst_of(answers);

	m->answers |= answers;
	json_array_append_new(m->rows, json_pack("{s:s, s:s, s:o, s:o}", "name", name,
						 "verdict", cg_answer_word(answer),
						 "start", cg_prospect_verdict_json(start),
						 "move", cg_prospect_verdict_json(move)));
}

/* A record of one accelerator says nothing about the guests of another one. */
static bool is_told(const struct cg_destination *to, const struct cg_traveller *guest,
		    struct cg_prospect *prospect)
{
	if (to->is_here || strcmp(to->accel, guest->accel) == 0)
		return true;
	cg_verdict_add(&prospect->start, CG_RECORD_ABSENT, guest->accel, to->name, NULL);
	cg_verdict_join(&prospect->move, &prospect->start);
	return false;
}

static int judge_elsewhere(struct impact *m, struct cg_contract *contract,
			   const char *name, struct cg_prospect *out,
			   struct cg_error *err)
{
	cg_auto_traveller struct cg_traveller guest = { 0 };
	struct cg_destination *to;

	if (cg_traveller_take(&guest, contract, name, err) < 0 ||
	    find_place(m, &guest, &to, err) < 0)
		return -1;
	return is_told(to, &guest, out) ? cg_prospect_judge(out, &guest, to, err) : 0;
}

static int judge(struct impact *m, const json_t *entry, struct cg_error *err)
{
	cg_auto_revival struct cg_revival revival = { 0 };
	cg_auto_prospect struct cg_prospect prospect = { 0 };
	cg_auto_contract struct cg_contract contract = { 0 };
	const char *name = cg_json_text(entry, "name");
	bool here = strcmp(m->to, "host") == 0;

	if (cg_archive_parse(&contract, entry, err) < 0)
		return -1;
	/* Here it is known how cpugate run would start it. */
	if ((here &&
	     cg_revival_judge(&revival, m->context, m->args, &contract, err) < 0) ||
	    judge_elsewhere(m, &contract, name, &prospect, err) < 0)
		return cg_error_prefix(err, "%s", name);
	add_row(m, name, here ? &revival.verdict : &prospect.start, &prospect.move);
	return 0;
}

static int judge_all(struct impact *m, struct cg_error *err)
{
	cg_auto_json json_t *entries = NULL;
	const json_t *entry;
	size_t i;

	if (cg_archive_list(m->context, false, &entries, err) < 0)
		return -1;
	json_array_foreach(entries, i, entry) {
		cg_context_tell(m->context, i, json_array_size(entries),
				cg_json_text(entry, "name"));
		if (judge(m, entry, err) < 0)
			return -1;
	}
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	const char *to = cg_json_text(args, "to");
	cg_auto_json json_t *rows = json_array();
	struct impact m = {
		.context = context, .args = args, .to = to ? to : "host", .rows = rows
	};
	int ret = judge_all(&m, err);

	close_places(&m);
	if (ret < 0)
		return -1;
	*reply = json_pack("{s:s, s:s, s:O}", "verdict",
			   cg_answer_word(worst_of(m.answers)), "to", m.to, "contracts",
			   rows);
	return 0;
}

const struct cg_command cg_command_contract_impact = { "contract-impact", arguments, run,
						       CG_COMMAND_READS };
