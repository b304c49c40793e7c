// SPDX-License-Identifier: LGPL-2.1-or-later
/* Going, and coming back. */
#include "lib/migrant.h"

#include <stdio.h>
#include <string.h>

#include "lib/archive.h"

#define MONITOR "qmp:"
#define END_NS (30 * CG_S)

void cg_migrant_deinit(struct cg_migrant *m)
{
	cg_guardian_deinit(&m->guardian);
	cg_outgoing_close(&m->source);
	cg_migration_answer_deinit(&m->answer);
	cg_traveller_deinit(&m->guest);
	*m = CG_MIGRANT;
}

int cg_migrant_check(const json_t *args, struct cg_error *err)
{
	const char *from = cg_json_text(args, "from");
	const json_t *seconds = json_object_get(args, "deadline");

	if (!from || strncmp(from, MONITOR, strlen(MONITOR)) != 0)
		return cg_error_set(err, CG_E_USAGE,
				    "migrate: --from qmp:SOCKET -- QEMU ARGUMENT...");
	return cg_crossing_check(seconds, err);
}

const char *cg_migrant_socket(const json_t *args)
{
	return cg_json_text(args, "from") + strlen(MONITOR);
}

/* The verdict. */

struct question {
	const char *to, *emulator;
	const json_t *smp;
};

static int judge_at(struct cg_migrant *m, const struct cg_traveller *guest,
		    const struct question *q, struct cg_migration_answer *out,
		    struct cg_error *err)
{
	cg_auto_json json_t *args = json_pack("{s:s*}", "emulator", q->emulator);
	cg_auto_destination struct cg_destination to = { 0 };
	struct cg_migration migration = { .guest = guest, .to = &to, .smp = q->smp };

	if (!guest->words || !q->to) { /* nobody is to be asked, or for nothing */
		cg_verdict_join(&out->verdict, &guest->doubts);
		return 0;
	}
	return cg_destination_open(&to, m->context, args, q->to, guest->machine,
				   guest->accel, err) < 0
		       ? -1
		       : cg_migration_judge(out, &migration, err);
}

/* With a contract, its CPU is what counts, and the guest is held against it. */
static int judge_contract(struct cg_migrant *m, const char *contract,
			  const struct question *q, struct cg_error *err)
{
	cg_auto_migration_answer struct cg_migration_answer promised = { 0 };
	cg_auto_traveller struct cg_traveller guest = { 0 };

	if (cg_traveller_open(&guest, m->context, contract, err) < 0 ||
	    judge_at(m, &guest, q, &promised, err) < 0)
		return -1;
	cg_verdict_join(&m->answer.verdict, &promised.verdict);
	if (m->guest.words)
		cg_traveller_compare(&m->guest, &guest, &m->answer.verdict);
	free(m->answer.cpu);
	m->answer.cpu = cg_take(promised.cpu);
	return 0;
}

int cg_migrant_judge(struct cg_migrant *m, const char *to, const char *emulator,
		     const json_t *smp, struct cg_error *err)
{
	const char *contract = cg_json_text(m->args, "contract");
	const struct question q = { to, emulator, smp };

	if (cg_traveller_open(&m->guest, m->context, cg_json_text(m->args, "from"), err) <
		    0 ||
	    judge_at(m, &m->guest, &q, &m->answer, err) < 0)
		return -1;
	return contract ? judge_contract(m, contract, &q, err) : 0;
}

/* The way. */

int cg_migrant_open(struct cg_migrant *m, struct cg_error *err)
{
	struct cg_qmp_limits limits = cg_context_limits(m->context);

	return cg_outgoing_open(&m->source, cg_migrant_socket(m->args), &limits, err);
}

int cg_migrant_prepare(struct cg_migrant *m, json_t **capabilities, struct cg_error *err)
{
	return cg_outgoing_prepare(&m->source, capabilities, err);
}

int cg_migrant_guard(struct cg_migrant *m, pid_t destination, struct cg_error *err)
{
	m->left = true;
	if (cg_outgoing_mark(&m->source, err) < 0)
		return -1;
	return cg_guardian_start(&m->guardian, &m->source, destination, err);
}

int cg_migrant_send(struct cg_migrant *m, const char *uri, int fd, struct cg_error *err)
{
	return cg_outgoing_start(&m->source, uri, fd, err);
}

struct watch {
	struct cg_migrant *m;
	int (*arrived)(void *data, bool *whole, struct cg_error *err);
	void *data;
};

static int look(void *data, bool *whole, struct cg_error *err)
{
	struct watch *w = data;

	cg_guardian_note(&w->m->guardian, w->m->source.runs);
	return w->arrived(w->data, whole, err);
}

int cg_migrant_cross(struct cg_migrant *m,
		     int (*arrived)(void *data, bool *whole, struct cg_error *err),
		     void *data, struct cg_error *err)
{
	struct watch w = { m, arrived, data };
	const struct cg_crossing crossing = {
		.context = m->context,
		.outgoing = &m->source,
		.deadline = cg_crossing_deadline(json_object_get(m->args, "deadline")),
		.arrived = look,
		.data = &w,
	};

	return cg_crossing_watch(&crossing, &m->transfer, err);
}

int cg_migrant_commit(struct cg_migrant *m, struct cg_error *err)
{
	cg_guardian_dismiss(&m->guardian);
	if (cg_outgoing_take(&m->source, err) < 0)
		return -1;
	m->committed = true;
	return 0;
}

static bool keeps_source(const struct cg_migrant *m)
{
	return json_is_true(json_object_get(m->args, "keep-source"));
}

/* A guest of which there is another one that runs is best gone. */
void cg_migrant_leave(struct cg_migrant *m)
{
	struct cg_error why;

	if (keeps_source(m))
		return;
	m->ended = cg_outgoing_end(&m->source, cg_clock_in(END_NS), &why) == 0;
	if (!m->ended)
		cg_context_warn(m->context, why.msg);
}

void cg_migrant_take_back(struct cg_migrant *m)
{
	struct cg_error why;

	if (m->committed)
		return;
	m->settled = !m->left ||
		     cg_outgoing_settle(&m->source, cg_clock_in(CG_MIGRANT_SETTLE_NS),
					&why) == 0;
	if (!m->settled)
		cg_context_warn(m->context, why.msg);
}

bool cg_migrant_is_ours(const struct cg_migrant *m)
{
	enum cg_errc code = m->why.code;

	return code != CG_E_DIED && code != CG_E_REFUSED && code != CG_E_TIMEOUT &&
	       code != CG_E_PROTOCOL && code != CG_E_UNKNOWN;
}

/* What is told of it. */

static const char *source_word(const struct cg_migrant *m)
{
	if (m->moved)
		return m->ended ? "ended" : "paused";
	if (m->why.code && !m->settled)
		return "unknown";
	if (m->why.code && !m->source.path)
		return NULL; /* it was left alone, whatever it does */
	return m->source.path && !m->source.runs ? "paused" : "running";
}

void cg_migrant_describe(const struct cg_migrant *m, json_t *reply)
{
	const struct cg_transfer *t = &m->transfer;

	json_object_set_new(reply, "guest", json_string(cg_json_text(m->args, "from")));
	json_object_set_new(reply, "moved", json_boolean(m->moved));
	if (source_word(m))
		json_object_set_new(reply, "source", json_string(source_word(m)));
	if (m->why.code)
		json_object_set_new(reply, "failure", json_string(m->why.msg));
	if (m->moved)
		json_object_set_new(reply, "transfer",
				    json_pack("{s:I, s:I, s:I}", "bytes",
					      (json_int_t)t->transferred, "downtime-ms",
					      (json_int_t)t->downtime_ms, "total-ms",
					      (json_int_t)t->total_ms));
}

json_t *cg_migrant_papers(const struct cg_migrant *m)
{
	const struct cg_traveller *g = &m->guest;

	return json_pack("{s:s, s:s, s:s, s:o, s:O, s:o}", "target", g->target, "machine",
			 g->machine, "accel", g->accel, "features",
			 cg_vocabulary_list(g->words, &g->features), "scalars",
			 g->guest.scalars, "topology", cg_topology_json(&g->topology));
}
